"""Products of matrices, and sums of products by named axes."""

from __future__ import annotations

from dataclasses import dataclass

from moniel2.dims import ONE, ZERO, Dim, Shape
from moniel2.ops.check import agree, broadcast
from moniel2.ops.code import Arg, Call, Infix, Method, Own, Subscript, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.dtypes import alike, numeric, promote
from moniel2.ops.plain import Plain, broadcast_all, operands
from moniel2.ops.spec import Axis, Category, Problem, Weight, Weights, arg, op, sample


def _inner(x: Shape, y: Shape) -> Dim:
    """The size that is summed over. Raises ``Problem`` if the two don't agree on it."""
    if not x or not y:
        raise Problem(f"needs tensors, got {x} and {y}", "y" if x else "x", "Mul multiplies by a number")
    below = y[-2] if len(y) > 1 else y[0]
    mend = None
    if len(y) > 1 and x[-1] == y[-1]:
        mend = "transpose the second: Transpose(-2, -1)"
    elif len(x) > 1 and x[-2] == below:
        mend = "transpose the first: Transpose(-2, -1)"
    elif len(x) > 1 and x[-2] == y[-1]:
        mend = "exchange the two"
    return agree(x[-1], below, f"multiplies rows of {x[-1]} with columns of {below}: {x} by {y}", "y", mend)


@op(
    Category.MERGE,
    aliases=("MatrixMultiplication", "BatchMatMul", "BMM", "Bmm"),
    moniel="MatrixMultiply",
    samples=[
        sample({}, ("N", 4, 3), ("N", 3, 5)),
        sample({}, ("N", "T", 4), (4, 5)),
        sample({}, ("N", 1, 2, 4), (3, 4, 5)),
        sample({}, (4, 3), (3, 2)),
    ],
)
class MatMul(Plain):
    """The product of matrices, in the last two axes; the axes before them broadcast.

    [..., N, K] times [..., K, M] is [..., N, M]. A tensor with one axis is a vector, as in ``torch.matmul``.
    """

    def shape(self, x: Shape, y: Shape) -> Shape:
        _inner(x, y)
        if len(x) > 1 and len(y) > 1:
            try:
                batch = broadcast([Shape(*x[:-2]), Shape(*y[:-2])])
            except Problem:
                raise Problem(f"needs equal axes before the last two, got {x} by {y}", "y") from None
        else:
            batch = Shape(*x[:-2], *y[:-2])
        rows = x[-2:-1]
        columns = y[-1:] if len(y) > 1 else ()
        return Shape(*batch, *rows, *columns)

    def dtype(self, x: str, y: str) -> str:
        return numeric(x=alike(x=x, y=y))

    def macs(self, x: Shape, y: Shape) -> Dim:
        # torch doesn't count a matrix times a vector.
        return ZERO if len(y) == 1 else self.shape(x, y).size * _inner(x, y)

    def torch(self, x: Shape, y: Shape) -> Torch:
        return Infix("@", (Arg("x"), Arg("y")))


@op(
    Category.MERGE,
    aliases=("Dot",),
    moniel="DotProduct",
    samples=[
        sample({}, ("N", 3), (3, 5)),
        sample({}, ("N", "T", 3), (3, 5)),
        sample({}, ("N", 3), (2, 3, 5)),
        sample({}, (7,), (7,)),
    ],
)
class DotProduct(Plain):
    """Sums products over the last axis of the first tensor and the axis before the last of the second.

    [..., K] and [K, M] give [..., M]; two vectors give a number. Unlike in ``MatMul``, further axes of the second do
    not broadcast: they are appended, as in ``numpy.dot``.
    """

    def shape(self, x: Shape, y: Shape) -> Shape:
        _inner(x, y)
        return Shape(*x[:-1], *y[:-2], *(y[-1:] if len(y) > 1 else ()))

    def dtype(self, x: str, y: str) -> str:
        return numeric(x=alike(x=x, y=y))

    def macs(self, x: Shape, y: Shape) -> Dim:
        return ZERO if len(y) == 1 else self.shape(x, y).size * _inner(x, y)

    def torch(self, x: Shape, y: Shape) -> Torch:
        if len(y) > 2:
            return Call("torch.tensordot", (Arg("x"), Arg("y")), {"dims": ([-1], [-2])})
        return Infix("@", (Arg("x"), Arg("y")))


@op(
    Category.MERGE,
    samples=[sample({}, (3,), (5,)), sample({}, ("N", 3), ("N", 5)), sample({}, ("N", "T", 3), ("T", 5))],
)
class Outer(Plain):
    """All products of two tensors' last axes: [..., N] and [..., M] give [..., N, M]."""

    def shape(self, x: Shape, y: Shape) -> Shape:
        if not x or not y:
            raise Problem(f"needs tensors with an axis, got {x} and {y}", "y" if x else "x")
        return Shape(*broadcast_all((Shape(*x[:-1]), Shape(*y[:-1])), ("x", "y")), x[-1], y[-1])

    def dtype(self, x: str, y: str) -> str:
        return promote(x, y)

    def torch(self, x: Shape, y: Shape) -> Torch:
        if len(x) == len(y) == 1:
            return Call("torch.outer", (Arg("x"), Arg("y")))
        return Infix("*", (Method(Arg("x"), "unsqueeze", (-1,)), Method(Arg("y"), "unsqueeze", (-2,))))


@op(
    Category.LINEAR,
    aliases=("AddBias",),
    moniel="BiasAdd",
    glyph="+",
    samples=[
        sample({}, ("N", 4, "H", "W"), (4,)),
        sample({"axis": -1}, ("N", "T", 4), (4,)),
        sample({}, ("N", 4)),
    ],
)
class BiasAdd(Plain):
    """Adds one number per channel: the second tensor, [C], or a trained one of its own if there is none."""

    axis: Axis = arg(1, doc="the axis of the channels", aliases=("dim",))

    def shape(self, x: Shape, bias: Shape | None = None) -> Shape:
        axis = axis_of(self.axis, len(x))
        if bias is None:
            return x
        if len(bias) != 1:
            raise Problem(f"needs one number per channel, [{x[axis]}], got {bias}", "bias", "Add broadcasts any shape")
        message = f"adds a number to each of {x[axis]} channels (axis {axis} of {x}), got {bias[0]}"
        size = agree(x[axis], bias[0], message, "bias")
        return Shape(*x[:axis], size, *x[axis + 1 :])

    def dtype(self, x: str, bias: str = "") -> str:
        return promote(x, bias or "float32")

    def weights(self, x: Shape, bias: Shape | None = None) -> Weights:
        return {"": Weight(Shape(x[self.axis]))} if bias is None else {}

    def torch(self, x: Shape, bias: Shape | None = None) -> Torch:
        term = Own("", Call("torch.zeros", (x[self.axis],))) if bias is None else Arg("bias")
        after = len(x) - axis_of(self.axis, len(x)) - 1
        return Infix("+", (Arg("x"), Subscript(term, (slice(None), *[None] * after)) if after else term))


# ----------------------------------------------------------------------------------------- einsum


@dataclass(frozen=True, slots=True)
class Equation:
    """``inputs -> output``: the axis names of each operand and of the result; "..." stands for any further axes."""

    inputs: tuple[tuple[str, ...], ...]
    output: tuple[str, ...]


def equation(pattern: str) -> Equation:
    """Read "b i d, b j d -> b i j" (names, separated by spaces) or torch's "bid,bjd->bij" (letters).

    It is the letters' form if no operand and no result has a space within. Raises ``Problem``.
    """
    left, arrow, right = pattern.partition("->")
    texts = [t.strip() for t in left.split(",")]
    spaced = any(" " in t for t in (*texts, right.strip()))
    inputs = tuple(_axes(t, spaced, pattern) for t in texts)
    if arrow:
        output = _axes(right.strip(), spaced, pattern)
        known = {a for term in inputs for a in term}
        for name in output:
            if name not in known:
                raise Problem(f'"{pattern}": {name} stands on the right only', "pattern", rule="bad-value")
        if len(set(output)) != len(output):
            raise Problem(f'"{pattern}": an axis stands twice on the right', "pattern", rule="bad-value")
        return Equation(inputs, output)
    everything = [a for term in inputs for a in term]
    once = sorted(a for a in set(everything) if a != "..." and everything.count(a) == 1)
    return Equation(inputs, (*(["..."] if "..." in everything else []), *once))


def _axes(text: str, spaced: bool, pattern: str) -> tuple[str, ...]:
    padded = text.replace("...", " ... ").split()
    axes = padded if spaced else [a for part in padded for a in ([part] if part == "..." else part)]
    for name in axes:
        if name != "..." and not name.isidentifier():
            raise Problem(f'"{pattern}": {name} is no name of an axis', "pattern", rule="bad-value")
    if axes.count("...") > 1:
        raise Problem(f'"{pattern}": ... stands twice for one tensor', "pattern", rule="bad-value")
    return tuple(axes)


@op(
    Category.MERGE,
    label="{pattern}",
    samples=[
        sample({"pattern": "b i d, b j d -> b i j"}, ("N", 3, 4), ("N", 5, 4)),
        sample({"pattern": "bhid,bhjd->bhij"}, ("N", 2, 3, 4), ("N", 2, 5, 4)),
        sample({"pattern": "b n d, d out -> b n out"}, ("N", 3, 4), (4, 6)),
        sample({"pattern": "... i, i j -> ... j"}, ("N", "T", 4), (4, 6)),
        sample({"pattern": "i, j -> i j"}, (3,), (4,)),
        sample({"pattern": "b i i -> b i"}, ("N", 3, 3)),
        sample({"pattern": "ij,jk,kl->il"}, (2, 3), (3, 4), (4, 5)),
        sample({"pattern": "ij,kj"}, (2, 3), (4, 3)),
    ],
)
class Einsum(Plain):
    """Multiplies tensors and sums over the axes that the result does not name.

    ``Einsum("b i d, b j d -> b i j")`` compares every i with every j. Axes are names with spaces between them, or
    single letters without, as in ``torch.einsum``; ``...`` is any number of further axes.
    """

    pattern: str = arg(
        doc='the axes of each operand, then those of the result: "b i d, b j d -> b i j"', aliases=("equation",)
    )

    def shape(self, *xs: Shape) -> Shape:
        parsed = self._equation(xs)
        sizes, more = self._sizes(parsed, xs)
        return Shape(*(s for a in parsed.output for s in (more if a == "..." else (sizes[a],))))

    def _equation(self, xs: tuple[Shape, ...]) -> Equation:
        parsed = equation(self.pattern)
        if len(parsed.inputs) != len(xs):
            raise Problem(f'"{self.pattern}" is for {len(parsed.inputs)} tensors, got {len(xs)}', "pattern")
        return parsed

    def _sizes(self, parsed: Equation, xs: tuple[Shape, ...]) -> tuple[dict[str, Dim], Shape]:
        sizes: dict[str, Dim] = {}
        more = Shape()
        for i, (axes, x) in enumerate(zip(parsed.inputs, xs, strict=True)):
            named = sum(a != "..." for a in axes)
            if len(x) < named or (len(x) != named and "..." not in axes):
                hint = None
                if not any(" " in part.strip() for part in self.pattern.replace("->", ",").split(",")):
                    hint = "letters without spaces are one axis each; put spaces between longer names"
                raise Problem(f'"{" ".join(axes)}" names {named} axes, got {x}', f"xs[{i}]", hint)
            at = axes.index("...") if "..." in axes else len(axes)
            rest = len(x) - named
            for name, size in zip((*axes[:at], *axes[at + 1 :]), (*x[:at], *x[at + rest :]), strict=True):
                before = sizes.get(name, ONE)
                if before == 1:
                    sizes[name] = size
                elif size != 1:
                    sizes[name] = agree(
                        before, size, f"has {before} for the axis {name} before, and {size} in {x}", f"xs[{i}]"
                    )
            if "..." in axes:
                more = broadcast_all((more, Shape(*x[at : at + rest])), ("", f"xs[{i}]"))
        return sizes, more

    def dtype(self, *xs: str) -> str:
        return numeric(x=alike(**{f"xs[{i}]": x for i, x in enumerate(xs)}))

    def macs(self, *xs: Shape) -> Dim:
        """Left to right, two at a time, as torch does; products without a sum are element-wise and free."""
        parsed = self._equation(xs)
        sizes, more = self._sizes(parsed, xs)
        sizes["..."] = more.size
        total = ZERO
        done = set(parsed.inputs[0])
        for i, axes in enumerate(parsed.inputs[1:], 1):
            needed = {*parsed.output, *(a for later in parsed.inputs[i + 1 :] for a in later)}
            both = {a for a in done | set(axes) if a in needed or (a in done and a in axes)}
            if any(a not in needed for a in both):
                cost = ONE
                for name in both:
                    cost = cost * sizes[name]
                total = total + cost
            done = both & needed
        return total

    def torch(self, *xs: Shape) -> Torch:
        return Call("torch.einsum", (_letters(equation(self.pattern)), *operands(xs)))


def _letters(parsed: Equation) -> str:
    """torch's form of an equation: a letter for each axis, its own first letter where it is free."""
    letters = {"...": "..."}
    for name in (a for term in parsed.inputs for a in term):
        if len(name) == 1:
            letters[name] = name
    for name in (a for term in parsed.inputs for a in term):
        if name not in letters:
            free = (c for c in name[0] + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if c.isascii())
            letters[name] = next(c for c in free if c.isalpha() and c not in letters.values())
    terms = ["".join(letters[a] for a in term) for term in parsed.inputs]
    return f"{', '.join(terms)} -> {''.join(letters[a] for a in parsed.output)}"
