"""Names for Python: what a source calls something, made safe, each taken once.

Keys of the ``state_dict`` follow the attributes, so the same function names both.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

# What every ``nn.Module`` has already, ``nn.Sequential`` and ``nn.ModuleDict`` included; underscored names are never
# taken as they are. A test compares it with torch.
MODULE_ATTRIBUTES = frozenset(
    [
        "T_destination",
        "add_module",
        "append",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "clear",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extend",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "insert",
        "ipu",
        "items",
        "keys",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "pop",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "update",
        "values",
        "xpu",
        "zero_grad",
    ]
)

# What the generated file means by these names.
FILE_NAMES = frozenset(
    {"torch", "nn", "F", "math", "Tensor", "Sequence", "NamedTuple", "OrderedDict", "Missing", "self"}
)

# ``l``, ``O`` and ``I`` look like digits: linters refuse them as variables.
_AMBIGUOUS = frozenset({"l", "O", "I"})

_BUILTINS = frozenset(dir(builtins))


def identifier(text: str) -> str:
    """``text`` as a Python identifier, changed as little as possible; Unicode letters stay."""
    text = unicodedata.normalize("NFKC", text)
    if text.isidentifier():
        return text
    text = "".join(c if ("_" + c).isidentifier() else "_" for c in text)
    return text if text.isidentifier() else f"_{text}"


def snake(text: str) -> str:
    """``inChannels`` and ``InChannels`` → ``in_channels``, ``Cin`` → ``cin``, ``ResNet`` → ``res_net``."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    return identifier(text.lower())


def camel(text: str) -> str:
    """``conv_bn`` → ``ConvBn``, ``features`` → ``Features``; capitals inside stay, and so does what parts numbers."""
    parts = [p for p in re.split(r"[^\w]|(?<!\d)_|_(?!\d)", identifier(text)) if p]
    joined = "".join(p[0].upper() + p[1:] for p in parts)
    return joined if joined.isidentifier() else f"Block{joined}"


class Names:
    """Names already taken in one scope."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def copy(self) -> Names:
        return Names(frozenset(self._taken))

    def reserve(self, name: str) -> None:
        self._taken.add(name)

    def fresh(self, wanted: str) -> str:
        """``wanted``, or with the next free number behind it."""
        name, n = wanted, 1
        while name in self._taken:
            n += 1
            name = f"{wanted}{n}"
        self._taken.add(name)
        return name


def attribute(id: str) -> str:
    """A node's id as an attribute of its module and so as a part of its key; digits stay digits (``0.weight``)."""
    if id.isascii() and id.isdigit():
        return id
    name = identifier(id)
    if name in MODULE_ATTRIBUTES or keyword.iskeyword(name) or name.startswith("_") or name in _BUILTINS_AS_ATTRIBUTES:
        name = name.strip("_") + "_"
        return name if name.isidentifier() else f"node{name}"
    return name


# ``self.print`` is legal and harmless; only what Python itself treats specially is not.
_BUILTINS_AS_ATTRIBUTES = frozenset({"__class__", "__dict__", "__debug__", "None", "True", "False"})


def attributes(ids: list[str]) -> list[str]:
    """One attribute for each id, all different; ids that are safe as they are keep theirs."""
    names = Names()
    result = {i: attribute(i) for i in ids}
    for i in ids:
        if result[i] == i:
            names.reserve(i)
    return [result[i] if result[i] == i else names.fresh(result[i]) for i in ids]


def variable(text: str) -> str:
    """A name for a local variable or a parameter."""
    # What is no letter by itself, a dot that is set above one, is left out.
    name = "".join(re.findall(r"\w", identifier(text)))
    if name.startswith("__"):
        name = name.lstrip("_")
    if not name.isidentifier():
        name = f"x{name}"
    if keyword.iskeyword(name) or name in _BUILTINS or name in FILE_NAMES or name in _AMBIGUOUS:
        name += "_"
    return name


def field(text: str) -> str:
    """A name for a field of a ``NamedTuple``."""
    name = variable(text).lstrip("_")
    return name if name.isidentifier() else f"out{name}"


def words(lines: Iterable[str]) -> set[str]:
    """The names in lines of Python, and words that only look like one."""
    return {word for line in lines for word in re.findall(r"(?<![\w.])[^\W\d]\w*", line)}


def reserved(name: str) -> bool:
    return keyword.iskeyword(name)


def class_name(text: str) -> str:
    """A definition's name for its class."""
    name = camel(text)
    if keyword.iskeyword(name) or name in _BUILTINS or name in FILE_NAMES or name in _AMBIGUOUS:
        name += "Block"
    return name
