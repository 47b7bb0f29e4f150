"""All operations, and how a written name finds one.

Operations are found by walking this package: a class decorated with ``@op`` in any module of it is listed, and nothing
else needs to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from moniel2.ops.spec import Argument, Op, OpSpec, coerce

# The types that Moniel knows, in its order. They come first where a name is an acronym, so that whatever is added
# later, the programs of Moniel keep their meaning.
MONIEL = (
    "Add",
    "Linear",
    "Input",
    "Output",
    "Placeholder",
    "Variable",
    "Constant",
    "Multiply",
    "Convolution",
    "Dense",
    "MaxPooling",
    "BatchNormalization",
    "Deconvolution",
    "AveragePooling",
    "AdaptiveAveragePooling",
    "AdaptiveMaxPooling",
    "MaxUnpooling",
    "LocalResponseNormalization",
    "ParametricRectifiedLinearUnit",
    "LeakyRectifiedLinearUnit",
    "RandomizedRectifiedLinearUnit",
    "LogSigmoid",
    "Threshold",
    "HardTanh",
    "TanhShrink",
    "HardShrink",
    "LogSoftMax",
    "SoftShrink",
    "SoftMax",
    "SoftMin",
    "SoftPlus",
    "SoftSign",
    "Identity",
    "RectifiedLinearUnit",
    "Sigmoid",
    "ExponentialLinearUnit",
    "Tanh",
    "Absolute",
    "Summation",
    "Dropout",
    "MatrixMultiply",
    "BiasAdd",
    "Reshape",
    "Concat",
    "Flatten",
    "Tensor",
    "Softmax",
    "CrossEntropy",
    "ZeroPadding",
    "RandomNormal",
    "TruncatedNormalDistribution",
    "DotProduct",
)


@cache
def catalog() -> Mapping[str, OpSpec]:
    """Every operation by its canonical name, by family. Raises ``ValueError`` if two claim one name."""
    found: dict[str, OpSpec] = {}
    for spec in _declared():
        if spec.name in found:
            raise ValueError(f"two operations are called {spec.name}")
        found[spec.name] = spec
    return MappingProxyType(found)


def _declared() -> Iterator[OpSpec]:
    package = import_module(__package__ or "moniel2.ops")
    for module in sorted(m.name for m in iter_modules(package.__path__)):
        for value in vars(import_module(f"{package.__name__}.{module}")).values():
            if not (isinstance(value, type) and issubclass(value, Op) and "spec" in vars(value)):
                continue
            if value.__module__.endswith(f".{module}"):
                yield value.spec


@cache
def names() -> Mapping[str, OpSpec]:
    """Every name and declared alias. An alias that presets arguments (``Conv2d``) is a spec with those defaults."""
    found: dict[str, OpSpec] = {}
    for spec in catalog().values():
        found[spec.name] = spec
    for spec in catalog().values():
        for alias in (*spec.aliases, *([spec.moniel] if spec.moniel else [])):
            if found.get(alias, spec).name != spec.name:
                raise ValueError(f"{found[alias].name} and {spec.name} are both called {alias}")
            found.setdefault(alias, _preset(spec, alias))
    return MappingProxyType(found)


def _preset(spec: OpSpec, alias: str) -> OpSpec:
    given = spec.presets.get(alias)
    if given is None:
        return spec
    arguments = tuple(
        replace(a, default=coerce(a.kind, given[a.name])) if a.name in given else a for a in spec.arguments
    )

    return replace(spec, arguments=arguments, make=_Preset(spec, given))


class _Preset:
    """Makes an operation as its class does, with arguments of its own where none are given."""

    def __init__(self, spec: OpSpec, given: Mapping[str, object]) -> None:
        self.spec, self.given = spec, given

    def __call__(self, *positional: object, **named: object) -> Op:
        taken = {a.name for a in self.spec.arguments[: len(positional)]}
        return self.spec.make(*positional, **{k: v for k, v in self.given.items() if k not in taken} | named)

    def __getattr__(self, name: str) -> object:
        return getattr(self.spec.make, name)


@lru_cache(maxsize=4096)
def find(name: str) -> OpSpec | tuple[OpSpec, ...] | None:
    """The operation that ``name`` means, several if that is ambiguous, None if there is none.

    The passes: canonical name, declared alias, acronym of one of Moniel's own names, acronym of any name.
    """
    known = names()
    if name in known:
        return known[name]
    for pool in (MONIEL, tuple(known)):
        hits = _distinct(known[full] for full in pool if full in known and abbreviates(name, full))
        if hits:
            return hits[0] if len(hits) == 1 else hits
    return None


def _distinct(specs: Iterable[OpSpec]) -> tuple[OpSpec, ...]:
    """Each operation once: as it is if so found, else as its one preset, else as all of them."""
    found: dict[str, list[OpSpec]] = {}
    for spec in specs:
        same = found.setdefault(spec.name, [])
        if spec not in same:
            same.append(spec)
    plain = catalog()
    return tuple(
        s for name, same in found.items() for s in ([plain[name]] if any(x is plain[name] for x in same) else same)
    )


def find_argument(spec: OpSpec, name: str) -> Argument | tuple[Argument, ...] | None:
    """The argument that ``name`` means, several if that is ambiguous, None if there is none.

    The passes: its name, a declared alias (both in snake_case or camelCase), an acronym of a name, of an alias.
    """
    for same in (_same_parts, abbreviates_argument):
        for every in (_own_name, _other_names):
            hits = tuple(a for a in spec.arguments if any(same(name, full) for full in every(a)))
            if hits:
                return hits[0] if len(hits) == 1 else hits
    return None


def _own_name(argument: Argument) -> tuple[str, ...]:
    return (argument.name,)


def _other_names(argument: Argument) -> tuple[str, ...]:
    return argument.aliases


def _same_parts(name: str, full: str) -> bool:
    return argument_parts(name) == argument_parts(full)


def nearest(name: str, count: int = 3) -> list[str]:
    """Known names that look most like ``name``, the likeliest first, each operation once."""
    from difflib import SequenceMatcher  # only needed where something is wrong

    matcher = SequenceMatcher(b=name.lower(), autojunk=False)
    scored: dict[str, tuple[float, str]] = {}
    for known, spec in names().items():
        matcher.set_seq1(known.lower())
        if matcher.real_quick_ratio() < 0.6 or matcher.ratio() < 0.6:
            continue
        score = (-matcher.ratio(), known)
        scored[spec.name] = min(scored.get(spec.name, score), score)
    return [known for _, known in sorted(scored.values())[:count]]


# ------------------------------------------------------------------------------- Moniel's acronyms


def abbreviates(short: str, full: str) -> bool:
    """Whether ``short`` is an acronym of ``full`` by Moniel's rule: part by part, each a prefix of the other's.

    Parts begin at capitals and digits: ``LRN`` and ``LocRespNorm`` are ``LocalResponseNormalization``.
    """
    mine, other = parts(short), parts(full)
    return len(mine) == len(other) and all(o.startswith(m) for m, o in zip(mine, other, strict=True))


def abbreviates_argument(short: str, full: str) -> bool:
    """The same for arguments, in snake_case or camelCase: ``kS`` and ``kernelSize`` are ``kernel_size``."""
    mine, other = argument_parts(short), argument_parts(full)
    return len(mine) == len(other) and all(o.startswith(m) for m, o in zip(mine, other, strict=True))


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, ...]:
    """``MaxPool2d`` is ``Max``, ``Pool``, ``2d``."""
    found: list[str] = []
    for letter in name:
        if not found or letter.isupper() or letter.isdigit():
            found.append(letter)
        else:
            found[-1] += letter
    return tuple(found)


@lru_cache(maxsize=4096)
def argument_parts(name: str) -> tuple[str, ...]:
    """``kernelSize`` and ``kernel_size`` are ``kernel``, ``size``."""
    return tuple(part.lower() for word in name.split("_") for part in parts(word))
