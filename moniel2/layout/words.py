"""The words of a picture: lines on boxes, titles of frames, shapes beside wires, tooltips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from moniel2.dims import Dim, Floor, Shape
from moniel2.ir.model import (
    Block,
    BlockName,
    Choice,
    Extern,
    Loop,
    Node,
    Operation,
    Sketch,
    Tensor,
    Undefined,
    Value,
    What,
)
from moniel2.layout.steps import STEP, Step, labelled
from moniel2.layout.text import shortened, width
from moniel2.ops.label import label
from moniel2.ops.spec import Category

WIDEST = 190.0  # pixels of a line on a box
WIDEST_SHAPE = 130.0
WIDEST_CONDITION = 230.0
MOST_ALTERNATIVES = 4
SHORT = 12  # letters
MOST_NAMED, LONGEST_NAMED = 2, 26  # arguments that are told by name, and their letters
FIRST_SIZE, SECOND_SIZE = 11.0, 9.5

THEMES = {
    Category.CONVOLUTION: "conv",
    Category.LINEAR: "linear",
    Category.NORMALIZATION: "norm",
    Category.ACTIVATION: "act",
    Category.POOLING: "pool",
    Category.ATTENTION: "attn",
    Category.RECURRENCE: "rnn",
    Category.EMBEDDING: "embed",
    Category.MERGE: "merge",
    Category.TENSOR: "tensor",
    Category.REGULARIZATION: "reg",
    Category.LOSS: "loss",
    Category.IO: "io",
}
BRACES = "{…}"
MOST_IN_CIRCLE = 4  # operands; more need a box as wide as they are
IN_SHORT = (
    (Category.CONVOLUTION, "Conv ", ""),
    (Category.CONVOLUTION, "ConvTranspose", "Deconv"),
    (Category.POOLING, "MaxPool ", "max "),
    (Category.POOLING, "AvgPool ", "avg "),
)
CIRCLED = "+×−÷"  # drawn as a sign in a circle when they join tensors; other glyphs are text in a small box
ADORNING = frozenset(
    {Category.NORMALIZATION, Category.ACTIVATION, Category.REGULARIZATION, Category.TENSOR, Category.MERGE}
)
# What a reader doesn't need to rebuild the network at a glance; ``--show args`` shows it all the same.
QUIET = (
    "padding", "no bias", "bias", "axis", "axes", "eps", "momentum", "keep", "rank", "no affine", "ceil", "count",
    "no count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lines:
    first: str
    second: str = ""
    glyph: str = ""
    theme: str = "block"
    dashed: bool = False


def lines(step: Step, shapes: Sequence[Shape | None], all_arguments: bool) -> Lines:
    """What stands on a step's box when it is closed. ``shapes`` are those of the tensors that flow in."""
    found = said(step, shapes, all_arguments)
    return Lines(
        shortened(found.first, FIRST_SIZE, WIDEST),
        shortened(found.second, SECOND_SIZE, WIDEST),
        found.glyph,
        found.theme,
        found.dashed,
    )


def said(step: Step, shapes: Sequence[Shape | None], all_arguments: bool) -> Lines:
    """The same, however long it is."""
    what = step.what
    if isinstance(what, Operation):
        found = _operation(step, what, shapes, all_arguments)
    elif isinstance(what, Sketch):
        given = ", ".join(value_text(v) for _, v in what.arguments)
        found = Lines(f"{what.name} {given + ', ' if given else ''}?", "", "", THEMES[what.spec.category], True)
    elif isinstance(what, Undefined):
        given = ", ".join(value_text(v) for _, v in what.arguments)
        found = Lines(what.name, given, "", "undefined" if not what.declared else "block", True)
    elif isinstance(what, Extern):
        found = Lines(what.definition, what.target, "", "block")
    elif isinstance(what, Loop):
        found = Lines(
            title(what.body, step.node) or "Scan", f"over axis {what.axis}{', backwards' if what.reverse else ''}"
        )
    elif isinstance(what, Choice):
        found = Lines(asks(what), alternatives(what), "", "block", True)
    else:
        found = Lines(title(what, step.node) or contents(what), subtitle(what, step.node, step.alike))
    if (told := labelled(step.node)) is not None:
        found = Lines(told, found.second, "", found.theme, found.dashed)
    elif step.wrapper and not found.glyph and step.wrapper.lower() not in found.first.lower():
        found = Lines(step.wrapper, found.first, "", found.theme, found.dashed)
    if step.branch:
        found = _of_branch(step, found)
    if when := which_step(step.node):
        found = replace(found, second=when)
    if step.merged:
        also = " · ".join(short_name(n) for n in step.merged)
        found = Lines(found.first, f"{found.second} · {also}".strip(" ·"), found.glyph, found.theme, found.dashed)
    if "-" not in found.first and "-" not in found.second:
        return found
    return replace(found, first=typeset(found.first), second=typeset(found.second))


def typeset(words: str) -> str:
    """With a minus before negative numbers, not a hyphen: ``axis −1``."""
    return re.sub(r"(?<![\w)\]])-(?=[\d.])", "−", words)


def _of_branch(step: Step, found: Lines) -> Lines:
    """A branch of an open choice says when it is taken, then what it is."""
    what = step.what
    if step.is_bare:
        return Lines(step.branch, "", "", "undefined", True)
    if isinstance(what, Block) and not title(what, None):
        return Lines(step.branch, contents(what), "", "block")
    theme = THEMES[what.spec.category] if found.glyph and isinstance(what, Operation) else found.theme
    return Lines(f"{step.branch}: {found.first}", found.second, "", theme, found.dashed)


def asks(choice: Choice) -> str:
    """What an open choice waits for, as a question."""
    return f"{shortened(f'if {choice.condition}', FIRST_SIZE, WIDEST_CONDITION)} ?"


def alternatives(choice: Choice) -> str:
    """What it may be: ``Conv · BatchNorm or nothing``; of a choice in its ``else`` also what that may be."""
    found: list[str] = []
    while True:
        then, other = choice.branches
        found.append(_told(then))
        only = other.nodes[0].what if other is not None and len(other.nodes) == 1 else None
        if not isinstance(only, Choice) or len(found) == MOST_ALTERNATIVES:
            return " or ".join([*found, "…" if isinstance(only, Choice) else _told(other)])
        choice = only


def _told(branch: Block | None) -> str:
    return "nothing" if branch is None else contents(branch)


def _operation(step: Step, op: Operation, shapes: Sequence[Shape | None], all_arguments: bool) -> Lines:
    theme = THEMES[op.spec.category]
    glyph = op.spec.glyph
    numbers = [t for t in step.takes if not isinstance(t.source, tuple)]
    tensors = [t for t in step.takes if isinstance(t.source, tuple)]
    first, second = label(op.op, shapes)
    if step.alike:
        return Lines(op.name, ranged(step.alike), "", theme)
    if glyph and glyph in CIRCLED:
        if len(tensors) > MOST_IN_CIRCLE:
            return Lines(op.name, "", "", theme)
        if len(tensors) > 1 and not numbers:
            return Lines(op.name, "", glyph, "glyph")
        value = op.op.values.get("value")
        if numbers:
            text = value_text(float(numbers[0].source)) if not isinstance(numbers[0].source, tuple) else ""
            leading = step.takes[0] is numbers[0] and glyph in "−÷"
            return Lines(f"{text} {glyph} x" if leading else f"{glyph} {text}", "", "", theme)
        if value is not None:
            return Lines(f"{glyph} {value_text(value)}", "", "", theme)
        return Lines(f"{glyph}x" if glyph == "−" else op.name, "", "", theme)
    if glyph:
        first, second = glyph, ""
    if not step.takes and theme == "tensor" and not all_arguments:
        # A source is told by its name and by the shape beside its wire.
        return Lines(step.node.id if step.node.named else first, "", "", theme)
    if not all_arguments:
        kept = [p for p in second.split(", ") if p and not p.startswith(QUIET)]
        if _is_depthwise(op, shapes):
            kept = ["depthwise" if p.startswith("groups") else p for p in kept]
        second = ", ".join(kept)
    return Lines(first, second, "", theme)


def _is_depthwise(op: Operation, shapes: Sequence[Shape | None]) -> bool:
    """Whether every channel is convolved by itself."""
    groups, shape = op.op.values.get("groups"), shapes[0] if shapes else None
    if op.spec.category is not Category.CONVOLUTION or shape is None or len(shape) < 2:
        return False
    return groups != 1 and shape[1] == groups


def title(block: Block, node: Node | None) -> str:
    """The name on a block's frame or box: what the author calls it, else the definition, else the node's own name."""
    if node is not None and (told := labelled(node)) is not None:
        return told
    if (told := labelled(block)) is not None:
        return told
    if block.name:
        return block.name
    return node.id if node is not None and node.named else ""


def which_step(node: Node) -> str:
    """Of a step of a loop, which one: ``t = 2``."""
    told = node.attribute(STEP)
    return str(told.values[0]) if told is not None and told.values else ""


def briefly(step: Step, said: Lines) -> str:
    """The first line of a box where there is little room: no pattern, and of what is common only the numbers."""
    if isinstance(step.what, Operation) and " -> " in said.first:
        return step.what.name
    return in_short(said.first, said.theme)


def in_short(first: str, theme: str) -> str:
    """``3×3, 64`` for ``Conv 3×3, 64``, ``max 2×2`` for ``MaxPool 2×2``: the colour tells what it is."""
    for category, name, short in IN_SHORT:
        if theme == THEMES[category] and first.startswith(name):
            return short + first[len(name) :]
    return first


def tint(step: Step) -> str:
    """The colour that the text asks for: of this node, or of all blocks of its definition."""
    node, what = step.node, step.what
    told = node.attribute("color") or (what.attribute("color") if isinstance(what, Block) else None)
    return str(told.values[0]) if told is not None and told.values else ""


def contents(block: Block) -> str:
    """What a block without a name holds: ``Linear · ReLU``."""
    names = [f"({_briefly(n.what)})" if isinstance(n.what, Choice) else n.what.name for n in block.nodes if n.what.name]
    return " · ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _briefly(choice: Choice) -> str:
    """The first thing in each branch: ``BatchNorm or nothing``."""
    names = [next((n.what.name for n in b.nodes), "…") if b is not None else "nothing" for b in choice.branches]
    return " or ".join("…" if name in ("", "Choice") else name for name in names)


def subtitle(block: Block, node: Node, alike: Sequence[Node] = ()) -> str:
    """Which one of its kind it is: its id where that says more than its name, and what it was called with if short.

    ``alike`` are copies that differ: then what differs is told.
    """
    if alike:
        return _range_of(alike)
    if when := which_step(node):
        return when
    given = called_with(block)
    counted = node.id.isdecimal() and given  # a number says less than any argument
    if not block.name or not node.named or counted or _says_the_same(node.id, block.name):
        return given
    if len(given) > SHORT:
        given = called_with(block, switches=False)
    return f"{node.id} · {given}" if given and len(given) <= SHORT else node.id


def bodies(block: Block) -> tuple[str, ...]:
    """What mainly stands in the braces that a block was given: the first block in them, else the first operation.

    A normalization or an activation says little: what else there is goes before.
    """
    found = []
    for node in block.nodes:
        if isinstance(node.what, Block) and not node.what.name:
            inside = [n.what for n in node.what.nodes]
            named = [w.name for w in inside if isinstance(w, Block) and w.name]
            plain = [w for w in inside if isinstance(w, Operation)]
            telling = [w.name for w in plain if w.spec.category not in ADORNING]
            found += named[:1] or telling[:1] or [w.name for w in plain][:1]
    return tuple(found)


def _range_of(alike: Sequence[Node]) -> str:
    """From the first to the last copy: ``3a … 3b``, or ``dilation 1 … 512``."""
    first, last = alike[0], alike[-1]
    if first.named and last.named and first.id != last.id:
        return f"{first.id} … {last.id}"
    return ranged(alike) or (first.id if first.named else "")


def ranged(alike: Sequence[Node]) -> str:
    """The one number in whose value copies differ, from the least to the greatest: ``dilation 1 … 512``; "" if it isn't
    one number."""
    given = [dict(n.what.parameters) for n in alike if isinstance(n.what, Block)]
    given = given or [dict(n.what.op.values) for n in alike if isinstance(n.what, Operation)]
    differing = [name for name, value in given[0].items() if any(g.get(name) != value for g in given)]
    if len(given) != len(alike) or len(differing) != 1:
        return ""
    values = [v.constant if isinstance(v, Dim) else v for g in given for v in [g.get(differing[0])]]
    numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    return f"{differing[0]} {min(numbers)} … {max(numbers)}" if len(numbers) == len(given) else ""


def called_with(block: Block, switches: bool = True) -> str:
    """The arguments of a block as a reader writes them: ``3×3, 64, /2``, ``heads 8``, ``causal``.

    What shows in its output (channels) stands bare; of the rest a little, with its name, unless it is the default.
    """
    usual = set(block.defaults)
    rank = max((len(p.tensor.shape) for p in block.inputs if p.tensor.shape is not None), default=0) - 2
    sizes = {d.constant for p in block.outputs for t in p.tensors if t.shape is not None for d in t.shape}
    given: list[str] = []
    named: list[str] = []
    turned: list[str] = []
    stride = ""
    for name, value in block.parameters:
        if isinstance(value, BlockName):
            given += bodies(block) if value.text == BRACES else []
        elif isinstance(value, tuple) or value is None:
            continue
        elif isinstance(value, bool):
            # A switch that nothing sets otherwise is off.
            if value is not dict(block.defaults).get(name, False):
                turned.append(name if value else f"no {name}")
        elif name == "kernel":
            given.insert(0, "×".join([value_text(value)] * max(rank, 1)) if isinstance(value, int) else str(value))
        elif name == "stride":
            stride = "" if value == 1 else f"/{value_text(value)}"
        elif (name, value) in usual:
            continue
        elif (isinstance(value, int) and value in sizes) or len(name) == 1:
            given.append(value_text(value))
        else:
            said = value_text(value)
            named.append(said if said == name else f"{name} {said}")
    if _too_many(named):
        named = []
    elif switches and not _too_many([*named, *turned]):
        named += turned
    return ", ".join([*given, *([stride] if stride else []), *named])


def _too_many(named: list[str]) -> bool:
    return len(named) > MOST_NAMED or sum(map(len, named)) > LONGEST_NAMED


@lru_cache(maxsize=4096)
def shape_text(tensor: Tensor, batch: str) -> str:
    """``64×56×56``: sizes as written, without the batch where the rank says what the others are; "" if too long.

    Of ``B×T`` words it doesn't: what is made of them has the batch too, ``B×T×512``; nor where every example is set
    against every other, ``B×B``.
    """
    shape = tensor.shape
    if shape is None or not shape.rank:
        return ""
    sizes = [size_text(d) for d in shape]
    words = len(sizes) == 2 and tensor.dtype.startswith("int")
    if len(sizes) not in (1, 3) and not words and sizes[0] == batch and batch not in sizes[1:]:
        sizes = sizes[1:]
    text = "×".join(f"({s})" if " " in s else s for s in sizes)
    return text if width(text, SECOND_SIZE) <= WIDEST_SHAPE else ""


def size_text(size: Dim) -> str:
    """A size as a reader writes it: ``⌈H/32⌉`` for ``floor((H + 31)/32)``."""
    if not size.known:
        return "?"
    if (number := size.constant) is not None:
        return str(number)
    return _product(_rounded(_gathered(size)))


def _gathered(size: Dim) -> str:
    """A rounded quotient takes in the whole number beside it: ``floor((T - 1)/2)`` for ``floor((T + 1)/2) - 1``."""
    offset = next((k for monomial, k in size.terms if not monomial), 0)
    rest = [term for term in size.terms if term[0]]
    monomial, factor = rest[0]
    if len(rest) != 1 or factor != 1 or not isinstance(offset, int):
        return str(size)
    ((floor, power),) = monomial if len(monomial) == 1 else ((None, 1),)
    if not isinstance(floor, Floor) or power != 1:
        return str(size)
    bottom = floor.bottom.constant
    if bottom is None:
        return str(size)
    top = floor.top + bottom * offset
    if " " not in str(raised := top - (bottom - 1)):
        return f"ceil({raised}/{bottom})"
    return f"floor({f'({top})' if ' ' in str(top) else top}/{bottom})"


_ROUNDINGS = {"floor(": "⌊⌋", "ceil(": "⌈⌉"}


def _rounded(text: str) -> str:
    """``⌊H/2⌋`` for ``floor(H/2)``, inside one another too."""
    closing: list[str] = []
    found: list[str] = []
    for part in re.split(r"(floor\(|ceil\(|\(|\))", text):
        if part in _ROUNDINGS:
            found.append(_ROUNDINGS[part][0])
            closing.append(_ROUNDINGS[part][1])
        elif part == ")":
            found.append(closing.pop())
        else:
            found.append(part)
            if part == "(":
                closing.append(")")
    return "".join(found)


def _product(text: str) -> str:
    """``16h`` for ``16*h``, ``a·b`` for ``a*b``."""
    text = re.sub(r"\b(\d+)\*(?=[^\W\d_]|[⌊⌈])", r"\1", text.replace("**2", "²").replace("**3", "³"))
    return text.replace("*", "·")


def value_text(value: Value) -> str:
    """An argument's value, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")
    if isinstance(value, Dim):
        return size_text(value)
    if isinstance(value, tuple):
        return "×".join(map(value_text, value))
    return "none" if value is None else str(value)


def argument_text(what: What, name: str, value: Value) -> str:
    """An argument's value in a tooltip: sizes as a product, positions as a row."""
    sizes = not isinstance(what, Operation) or any(
        a.name == name and a.kind in ("sizes", "padding") for a in what.spec.arguments
    )
    if isinstance(value, tuple) and not sizes:
        return f"({', '.join(map(value_text, value))})"
    return value_text(value)


def short_number(number: int) -> str:
    """Three figures: ``9.41 k``."""
    value, unit = float(number), ""
    for unit in ("", " k", " M", " G", " T"):  # noqa: B007
        if value < 999.5:
            break
        value /= 1000
    return f"{value:.3g}{unit}"


@lru_cache(maxsize=4096)
def tensor_text(tensor: Tensor) -> str:
    """A tensor's shape and type as written; many steps have the same."""
    return str(tensor)


def tooltip(step: Step) -> str:
    """What it is in full: name, what it was called with, what comes out."""
    what = step.what
    if isinstance(what, Choice):
        return f"{step.key}: if {what.condition}: {alternatives(what)}"
    name = what.name if not isinstance(what, Block) else what.name or "block"
    arguments = what.parameters if isinstance(what, Block) else getattr(what, "arguments", ())
    inside = ", ".join(f"{k} = {argument_text(what, k, v)}" for k, v in arguments)
    shape = f" → {tensor_text(step.outputs[0])}" if step.outputs and step.outputs[0].shape is not None else ""
    times = times_text(step)
    return f"{step.key}: {name}{f'({inside})' if inside else ''}{f' {times}' if times else ''}{shape}"


def times_text(step: Step) -> str:
    """How often it is repeated: ``×6``, and ``×n`` where nobody knows."""
    return f"×{step.times}" if step.times else f"×{step.repeat}" if step.repeat > 1 else ""


def short_name(node: Node) -> str:
    what = node.what
    if isinstance(what, Operation):
        names = [what.name, *what.spec.aliases]
        capitals = [n for n in names if n.isupper() and 1 < len(n) <= 4]
        return capitals[0] if capitals else what.name
    return node.id


def _says_the_same(name: str, kind: str) -> bool:
    """``self_attention`` says no more than ``SelfAttention``, nor ``block2`` than ``Block``."""
    bare = name.replace("_", "").lower()
    stem = bare.rstrip("0123456789")
    return (
        stem == kind.lower()
        or (len(stem) > 3 and kind.lower().startswith(stem))
        or (len(bare) > 3 and kind.lower().endswith(bare))
    )
