"""What can be wrong with a shape or a dtype."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0301",
    "declared-shape",
    "a shape that isn't what is written",
    """\
A shape after an item, `Conv(64)[B, 64, H, W]`, is a claim that is checked: documentation that
cannot go stale. Numbers must match; a name that is free is bound; a name that is bound must have
the same size; `_` is any one size and `...` any number of them. Here the inferred shape is another.""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3)[B, 16, 32, 32] -> ReLU -> Out
""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3, padding = 1)[B, 16, 32, 32] -> ReLU -> Out
""",
)

rule(
    "E0302",
    "dtype-mismatch",
    "numbers of the wrong kind",
    """\
Numbers have a kind (`float32`, `int64`, `bool`), and it flows with the shape. An `Embedding` looks
rows up by whole numbers; a convolution multiplies floating-point ones. An input says its kind in
parentheses: `tokens:In(int64)[B, T]`; `Cast(float32)` changes it on the way.""",
    """\
tokens:In[B, T] -> Linear(8) -> Embedding(100, 16) -> Out
""",
    """\
tokens:In(int64)[B, T] -> Embedding(100, 16) -> Out
""",
)

rule(
    "E0303",
    "cannot-divide",
    "a size that doesn't divide",
    """\
`/` is exact. Where a size is needed and the quotient isn't whole, something doesn't fit: a width
that its heads don't divide, a number of channels that its groups don't. `floor(a / b)` rounds down,
where that is what you mean.""",
    """\
+Halve { In[B, N] -> Linear(N / 2) -> Out }
In[B, 2*n + 1] -> Halve -> Out
""",
    """\
+Halve { In[B, N] -> Linear(N / 2) -> Out }
In[B, 2*n] -> Halve -> Out
""",
)

rule(
    "E0304",
    "shape-mismatch",
    "shapes that an operation cannot take",
    """\
Every operation says which shapes it takes: `Add` equal ones (a literal 1 and missing leading axes
stretch), `Concat` equal ones but for its axis, a convolution as many channels as its groups divide.
These can't be: no value of the symbolic sizes makes them fit. The notes say where each size was
made.""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, 3, padding = 1) -> y
[image, y] -> Add -> Out
""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, 3, padding = 1) -> y
image -> Conv(16, 1) -> shortcut
[shortcut, y] -> Add -> Out
""",
)

rule(
    "W0911",
    "condition",
    "sizes that agree only for some inputs",
    """\
Two sizes must agree and are equal for some values of a symbolic size only: after four poolings and
four upsamplings a picture has its old height when that is a multiple of 16. The model holds under
this condition. Declare it in the input's shape, `In[B, 3, 16*h, 16*w]`, and it is proved instead of
assumed.""",
    """\
image:In[B, 3, H, W] -> MaxPool(2) -> Upsample(2) -> up
[image, up] -> Add -> Out
""",
    """\
image:In[B, 3, 2*h, 2*w] -> MaxPool(2) -> Upsample(2) -> up
[image, up] -> Add -> Out
""",
)

rule(
    "W0912",
    "doubtful-axis",
    "a default axis that may not be the one you mean",
    """\
`Concat`, `Split` and the normalizations work along axis 1 unless told otherwise: the channels of a
picture. A tensor of rank 3 is as often [batch, time, features], where the features are last. With
`--strict`, such a use without an `axis` is reported: write the axis you mean.

`Linear` works along the last axis. Fed with a picture as a convolution or pooling makes it, that is
its width, which is hardly ever meant: a `Flatten` is missing.""",
    """\
// moniel2 check --strict main.nn
a:In[B, 16, 64]
b:In[B, 16, 64]
[a, b] -> Concat -> Out
""",
    """\
// moniel2 check --strict main.nn
a:In[B, 16, 64]
b:In[B, 16, 64]
[a, b] -> Concat(axis = -1) -> Out
""",
)
