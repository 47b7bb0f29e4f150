"""Rearranging by a pattern with named axes, in the notation of einops: "b n (heads d) -> b heads n d".

Names are separated by spaces; parentheses merge several axes into one, the first varying slowest; ``1`` is an axis of
size 1; ``...`` any number of further axes. Rogozhnikov, "Einops: Clear and Reliable Tensor Manipulations with
Einstein-like Notation", ICLR 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from moniel2.dims import UNKNOWN, Dim, Shape
from moniel2.ops.check import agree, exactly
from moniel2.ops.code import Arg, Method, Torch
from moniel2.ops.dtypes import whole
from moniel2.ops.plain import Plain
from moniel2.ops.spec import Category, Problem, arg, op, sample

MORE = "..."
MERGED = "(...)"  # all further axes as one
Group = tuple[str, ...]  # the elementary axes of one axis; () is an axis of size 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """Both sides of the arrow, axis by axis."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every named axis, in order of first mention."""
        return tuple(
            dict.fromkeys(n for side in (self.left, self.right) for g in side for n in g if n not in (MORE, MERGED))
        )


def read(pattern: str) -> Pattern:
    """Raises ``Problem`` for what is no pattern."""
    if pattern.count("->") != 1:
        raise _bad(pattern, "needs one arrow", '"b n (heads d) -> b heads n d"')
    left, right = pattern.split("->")
    return Pattern(_side(left, pattern), _side(right, pattern))


def _bad(pattern: str, message: str, help: str | None = None) -> Problem:
    colon = "" if message.startswith(("has ", "needs ")) else ":"
    return Problem(f'"{pattern}"{colon} {message}', "pattern", help, "bad-value")


def _side(text: str, pattern: str) -> tuple[Group, ...]:
    groups: list[Group] = []
    inner: list[str] | None = None
    seen: set[str] = set()
    for word in text.replace("(", " ( ").replace(")", " ) ").replace("…", MORE).replace(MORE, f" {MORE} ").split():
        if word == "(":
            if inner is not None:
                raise _bad(pattern, "has parentheses within parentheses")
            inner = []
        elif word == ")":
            if inner is None:
                raise _bad(pattern, "has a closing parenthesis too many")
            groups.append((MERGED,) if inner == [MORE] else tuple(inner))
            inner = None
        elif word == "1":
            if inner is None:
                groups.append(())
        elif word == MORE or word.isidentifier():
            if word in seen:
                raise _bad(pattern, f"has {word} twice on one side")
            seen.add(word)
            if inner is None:
                groups.append((word,))
            else:
                inner.append(word)
        elif word.isdigit():
            raise _bad(pattern, f"has the number {word}", "only 1 can stand for itself; give other sizes a name")
        else:
            raise _bad(pattern, f"{word} is no name of an axis")
    if inner is not None:
        raise _bad(pattern, "has a parenthesis that isn't closed")
    return tuple(groups)


# ------------------------------------------------------------------------------------------- sizes


@dataclass(frozen=True, slots=True)
class Solved:
    """A pattern with the sizes of all axes; ``...`` has become names of its own."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]
    sizes: Mapping[str, Dim]
    found: frozenset[str] = frozenset()  # those that the input says

    def size(self, group: Group) -> Dim:
        return Shape(*(self.sizes[n] for n in group)).size


def solve(pattern: str, x: Shape, given: Mapping[str, Dim]) -> Solved:
    """Find every size from the input and the given ones. Raises ``Problem``."""
    parsed = read(pattern)
    for name in given:
        if name not in parsed.names:
            raise Problem(f'"{pattern}" has no axis {name}', name, rule="unknown-argument")
    if (MERGED,) in parsed.left:
        raise _bad(pattern, f"has {MORE} within parentheses on the left")
    more = [g for g in parsed.left if MORE in g]
    rest = len(x) - len(parsed.left) + 1 if more else 0
    if rest < 0 or (not more and len(x) != len(parsed.left)):
        least = "at least " if more else ""
        count = len(parsed.left) - len(more)
        raise Problem(f'"{pattern}" is for {least}{count} axes, got {x}', "pattern")
    if more and len(more[0]) > 1:
        raise _bad(pattern, f"has {MORE} within parentheses on the left")
    extra = tuple(f"{MORE}{i}" for i in range(rest))
    left = _unfold(parsed.left, extra, merge=False)
    right = _unfold(parsed.right, extra, merge=True)
    sizes = dict(given)
    for axis, (group, size) in enumerate(zip(left, x, strict=True)):
        _split(pattern, axis, group, size, sizes)
    return Solved(left, right, sizes, frozenset(sizes) - given.keys())


def _unfold(side: tuple[Group, ...], extra: tuple[str, ...], merge: bool) -> tuple[Group, ...]:
    """The side with ``...`` replaced by as many axes as it stands for."""
    found: list[Group] = []
    for group in side:
        if group == (MORE,):
            found += [(n,) for n in extra]
        elif group == (MERGED,):
            found.append(extra)
        elif merge and MORE in group:
            at = group.index(MORE)
            found.append((*group[:at], *extra, *group[at + 1 :]))
        else:
            found.append(group)
    return tuple(found)


def _split(pattern: str, axis: int, group: Group, size: Dim, sizes: dict[str, Dim]) -> None:
    """Solve one axis of the input for the names in it."""
    free = [n for n in group if n not in sizes]
    if len(free) > 1 and not size.known:
        sizes.update((n, UNKNOWN) for n in free)
        return
    product = Shape(*(sizes[n] for n in group if n in sizes)).size
    if len(free) > 1:
        names = ", ".join(free[:-1]) + f" and {free[-1]}"
        raise Problem(
            f'"{pattern}" does not say how axis {axis}, of size {size}, splits into {names}',
            "pattern",
            f"give one of them: {free[0]} = …",
            "missing-argument",
        )
    if free:
        known = " * ".join(f"{n} = {sizes[n]}" for n in group if n in sizes)
        message = f'"{pattern}": axis {axis} has size {size}, no multiple of {product} ({known})'
        sizes[free[0]] = exactly(size, product, message, "pattern") if product != 1 else size
        return
    if not group:
        agree(size, 1, f'"{pattern}": axis {axis} must have size 1, got {size}', "pattern")
        return
    what = group[0] if len(group) == 1 else f"({' '.join(group)})"
    message = f'"{pattern}": axis {axis} has size {size}, but {what} is {product}'
    agree(size, product, message, "pattern", _given_help(group))


def _given_help(group: Group) -> str | None:
    if len(group) > 1:
        return None
    return f"{group[0]} has a value around this pattern; another name in the pattern would be free"


# --------------------------------------------------------------------------------------- operations


class Patterned(Plain):
    """Operations whose argument is a pattern."""

    pattern: str = arg(doc='the axes before and after: "b n (heads d) -> b heads n d"')
    sizes: tuple[tuple[str, Dim], ...] = arg(
        (), doc="sizes of axes in the pattern, by name: ``heads = 8``", kind="named", keyword=True
    )

    def wanted(self) -> tuple[str, ...]:
        return read(self.pattern).names

    def solved(self, x: Shape) -> Solved:
        return solve(self.pattern, x, dict(self.sizes))

    def _only(self, names: list[str], side: str) -> None:
        if names:
            listing = ", ".join(n.replace(MORE + "0", MORE) for n in names)
            raise _bad(self.pattern, f"{listing} stands on the {side} only", self.one_sided)

    one_sided: ClassVar[str] = ""


def _flat(side: tuple[Group, ...]) -> list[str]:
    return [n for g in side for n in g]


def _take_apart(value: Torch, s: Solved) -> Torch:
    """The input with one axis for each elementary one."""
    composite = [i for i, g in enumerate(s.left) if len(g) != 1]
    if not composite:
        return value
    if len(composite) == 1:
        group = s.left[i := composite[0]]
        axis = -1 if i == len(s.left) - 1 else i
        if not group:
            return Method(value, "squeeze", (axis,))
        # One is what the others leave: the one that the pattern leaves to them, but no 3 of queries, keys and values.
        left = next((n for n in group if n in s.found and s.sizes[n].constant not in range(5)), group[-1])
        return Method(value, "unflatten", (axis, tuple(-1 if n == left else s.sizes[n] for n in group)))
    return Method(value, "reshape", tuple(s.sizes[n] for n in _flat(s.left)) or ((),))


def _reorder(value: Torch, have: list[str], want: list[str]) -> Torch:
    order = tuple(have.index(n) for n in want)
    moved = [i for i, n in enumerate(order) if i != n]
    if not moved:
        return value
    if len(moved) == 2:
        return Method(value, "transpose", tuple(moved))
    return Method(value, "permute", order)


def _put_together(value: Torch, s: Solved) -> Torch:
    """The elementary axes of the right side merged into its axes."""
    composite = [i for i, g in enumerate(s.right) if len(g) != 1]
    if not composite:
        return value
    if len(composite) == 1:
        start, group = composite[0], s.right[composite[0]]
        end = start + len(group) - 1
        last = end == len(_flat(s.right)) - 1
        if group:
            return Method(value, "flatten", (start,) if last else (start, end))
        return Method(value, "unsqueeze", (-1 if start == len(s.right) - 1 else start,))
    return Method(value, "reshape", tuple(s.size(g) for g in s.right) or ((),))


@op(
    Category.TENSOR,
    aliases=("EinopsRearrange",),
    label="{pattern}",
    source="einops: rearrange",
    samples=[
        sample({"pattern": "b n (heads d) -> b heads n d", "heads": 3}, ("N", "T", 12)),
        sample({"pattern": "b heads n d -> b n (heads d)"}, ("N", 3, "T", 4)),
        sample({"pattern": "b c h w -> b (h w) c"}, ("N", 4, "H", "W")),
        sample({"pattern": "b c (h p) (w q) -> b (h w) (p q c)", "p": 2, "q": 3}, ("N", 4, 8, 12)),
        sample({"pattern": "b n (qkv heads d) -> qkv b heads n d", "heads": 2, "d": 3}, ("N", "T", 18)),
        sample({"pattern": "... a b -> ... b a"}, ("N", "T", 3, 4)),
        sample({"pattern": "b ... c -> b c ..."}, ("N", 4, 5, 3)),
        sample({"pattern": "b ... c -> b c (...)"}, ("N", 4, 5, 3)),
        sample({"pattern": "b 1 n -> b n 1"}, ("N", 1, 4)),
        sample({"pattern": "b n -> b 1 n 1"}, ("N", 4)),
        sample({"pattern": "b n -> b n"}, ("N", 4)),
        sample({"pattern": "b (x y) c -> b x c y", "x": 2}, ("N", 6, 4)),
    ],
)
class Rearrange(Patterned):
    """The same elements with axes split, merged and reordered by a pattern.

    ``Rearrange("b n (heads d) -> b heads n d", heads = 8)`` makes [B, 8, N, D/8] of [B, N, D]. Names in the pattern
    that have a value where it is written have that value.
    """

    one_sided = "Reduce leaves axes out, RepeatEinops adds them"

    def shape(self, x: Shape) -> Shape:
        s = self._checked(x)
        return Shape(*(s.size(g) for g in s.right))

    def _checked(self, x: Shape) -> Solved:
        s = self.solved(x)
        left, right = _flat(s.left), _flat(s.right)
        lost, new = [n for n in left if n not in right], [n for n in right if n not in left]
        if len(lost) == len(new) == 1:
            message = f"{lost[0]} stands on the left only, and {new[0]} on the right only"
            raise _bad(self.pattern, message, f"one name for both, if they are the same axis: {lost[0]}")
        self._only(lost, "left")
        self._only(new, "right")
        return s

    def torch(self, x: Shape) -> Torch:
        s = self._checked(x)
        return _put_together(_reorder(_take_apart(Arg("x"), s), _flat(s.left), _flat(s.right)), s)


@op(
    Category.TENSOR,
    aliases=("EinopsReduce",),
    label="{reduction} {pattern}",
    source="einops: reduce",
    samples=[
        sample({"pattern": "b c h w -> b c", "reduction": "mean"}, ("N", 4, "H", "W")),
        sample({"pattern": "b c (h p) (w q) -> b c h w", "reduction": "max", "p": 2, "q": 2}, ("N", 4, 8, 12)),
        sample({"pattern": "b n d -> b 1 d", "reduction": "sum"}, ("N", "T", 4)),
        sample({"pattern": "b n d -> d b", "reduction": "min"}, ("N", "T", 4)),
        sample({"pattern": "b ... -> b", "reduction": "prod"}, ("N", 3, 4)),
        sample({"pattern": "b n -> n b", "reduction": "sum"}, ("N", 4), dtypes=("int64",)),
    ],
)
class Reduce(Patterned):
    """Reduces the axes that stand on the left of the pattern only, and rearranges the rest.

    ``Reduce("b c (h p) (w q) -> b c h w", "max", p = 2, q = 2)`` is 2 × 2 max-pooling.
    """

    reduction: str = arg("mean", doc="what becomes of the reduced axes", choices=("mean", "sum", "max", "min", "prod"))

    one_sided = "RepeatEinops adds axes"

    def shape(self, x: Shape) -> Shape:
        s = self._checked(x)
        return Shape(*(s.size(g) for g in s.right))

    def dtype(self, x: str) -> str:
        if self.reduction == "mean" and whole(x):
            mend = "cast first: Cast(float32) -> Reduce"
            raise Problem(f"needs floating-point numbers for a mean, got {x}", "x", mend, "dtype-mismatch")
        if whole(x) and self.reduction in ("sum", "prod"):
            pattern = read(self.pattern)
            right = [n.strip("()") for n in _flat(pattern.right)]
            return "int64" if any(name not in right for name in _flat(pattern.left)) else x
        return x

    def _checked(self, x: Shape) -> Solved:
        s = self.solved(x)
        left = _flat(s.left)
        self._only([n for n in _flat(s.right) if n not in left], "right")
        return s

    def torch(self, x: Shape) -> Torch:
        s = self._checked(x)
        left, right = _flat(s.left), _flat(s.right)
        axes = tuple(i for i, n in enumerate(left) if n not in right)
        value = _take_apart(Arg("x"), s)
        if self.reduction == "prod":
            for axis in reversed(axes):
                value = Method(value, "prod", (), {"dim": axis})
        elif axes:
            function = {"max": "amax", "min": "amin"}.get(self.reduction, self.reduction)
            value = Method(value, function, (), {"dim": axes[0] if len(axes) == 1 else axes})
        return _put_together(_reorder(value, [n for n in left if n in right], right), s)


@op(
    Category.TENSOR,
    aliases=("EinopsRepeat",),
    label="{pattern}",
    source="einops: repeat",
    samples=[
        sample({"pattern": "n d -> b n d", "b": 3}, ("T", 4)),
        sample({"pattern": "b h n d -> b (h r) n d", "r": 2}, ("N", 3, "T", 4)),
        sample({"pattern": "1 n d -> b n d", "b": 5}, (1, "T", 4)),
        sample({"pattern": "b c h w -> b c (h p) (w q)", "p": 2, "q": 2}, ("N", 4, 3, 5)),
        sample({"pattern": "b d -> d b r", "r": 3}, ("N", 4)),
    ],
)
class RepeatEinops(Patterned):
    """Rearranges, and repeats along the axes that stand on the right of the pattern only; their sizes are given.

    ``RepeatEinops("1 n d -> b n d", b = B)`` makes a batch of one.
    """

    one_sided = "Reduce leaves axes out"

    def shape(self, x: Shape) -> Shape:
        s = self._checked(x)
        return Shape(*(s.size(g) for g in s.right))

    def _checked(self, x: Shape) -> Solved:
        s = self.solved(x)
        left, right = _flat(s.left), _flat(s.right)
        self._only([n for n in left if n not in right], "left")
        for name in right:
            if name not in s.sizes:
                message = f'"{self.pattern}" does not say how often {name} repeats'
                raise Problem(message, "pattern", f"give it: {name} = …", "missing-argument")
        return s

    def torch(self, x: Shape) -> Torch:
        s = self._checked(x)
        left, right = _flat(s.left), _flat(s.right)
        value = _reorder(_take_apart(Arg("x"), s), left, [n for n in right if n in left])
        new = [i for i, n in enumerate(right) if n not in left]
        for axis in new if new != list(range(len(new))) else []:  # ``expand`` adds leading axes by itself
            value = Method(value, "unsqueeze", (axis,))
        if new:
            value = Method(value, "expand", tuple(s.sizes[n] if i in new else -1 for i, n in enumerate(right)))
        return _put_together(value, s)
