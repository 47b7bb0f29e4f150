"""What can be wrong with the form of a text."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0101",
    "unexpected",
    "something stands where it can't",
    """\
The text up to here can go on in several ways, and this is none of them. The message says what was
expected. The statement is passed over and reading goes on with the next one, so that every mistake
of a file is reported in one run.""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, kernel = , padding = 1) -> Out
""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, kernel = 3, padding = 1) -> Out
""",
)

rule(
    "E0102",
    "dangling-arrow",
    "an arrow with nothing on one side",
    """\
An arrow leads from an item to an item. A chain may be broken over lines before an arrow or after
one; a line end that follows an arrow doesn't end the chain.""",
    """\
In[B, 64] -> Linear(10) -> -> Out
""",
    """\
In[B, 64] -> Linear(10) -> Out
""",
)

rule(
    "E0103",
    "unclosed-bracket",
    "a bracket that is never closed",
    """\
The bracket under the carets has no partner: the file ends, or a new statement begins, and it is
still open. Inside parentheses and square brackets a line end says nothing, so the place where this
shows can be far from the one to change.""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3 -> ReLU -> Out
""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3) -> ReLU -> Out
""",
)

rule(
    "E0104",
    "stray-bracket",
    "a closing bracket that closes nothing",
    """\
No bracket of this kind is open here: there is one too many, or the one that should open it is
missing or of another kind.""",
    """\
In[B, 64] -> Linear(10)) -> Out
""",
    """\
In[B, 64] -> Linear(10) -> Out
""",
)

rule(
    "E0105",
    "missing-comma",
    "two parts with nothing between them",
    """\
Arguments, parameters, sizes and the elements of a list are separated by commas. Between the items of
a chain, in a list as elsewhere, stands an arrow.""",
    """\
In[B, 3, 32, 32] -> Conv(16 3) -> Out
""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3) -> Out
""",
)

rule(
    "E0106",
    "missing-separator",
    "two statements on one line",
    """\
A statement ends at the end of its line or at `;`. Only two chains may stand side by side, with a
warning: see `missing-arrow`.""",
    """\
d = 64 In[B, d] -> Linear(10) -> Out
""",
    """\
d = 64
In[B, d] -> Linear(10) -> Out
""",
)

rule(
    "E0107",
    "name-case",
    "a capital where a small letter must stand, or the other way round",
    """\
A word that starts with a capital is an operation or a definition where nodes stand. Nodes and wires
start with a small letter, definitions with a capital. That is how a reader, and the grammar, tells a
new operation from a tensor that has a name. Sizes, parameters and constants may have either. Letters
of scripts without capitals count as small.""",
    """\
In[B, 32] -> Encoder:Linear(64) -> Out
""",
    """\
In[B, 32] -> encoder:Linear(64) -> Out
""",
)

rule(
    "E0108",
    "wrong-equals",
    "`=`, `==` or `:` in another's place",
    """\
`=` gives a value to a name: a constant, a parameter's default, an argument, an input. `==` compares
two values. `:` gives a node its id.""",
    """\
+Block(stride) { In -> (Conv(8, 3) if stride = 1 else Conv(8, 3, 2)) -> Out }
In[B, 8, 32, 32] -> Block(1) -> Out
""",
    """\
+Block(stride) { In -> (Conv(8, 3) if stride == 1 else Conv(8, 3, 2)) -> Out }
In[B, 8, 32, 32] -> Block(1) -> Out
""",
)

rule(
    "E0109",
    "misplaced-keyword",
    "a keyword where none can stand",
    """\
`if`, `else`, `for`, `in`, `import`, `from`, `as`, `and`, `or`, `not`, `true`, `false` and `none` are
keywords only where one can stand; elsewhere they are names like any other (`in:Input`). Here the
word is neither.""",
    """\
for i in 0..4 { In[B, 8] -> Linear(8) -> Out }
""",
    """\
In[B, 8] -> Linear(8 + i) for i in 0..4 -> Out
""",
)

rule(
    "E0110",
    "foreign-spelling",
    "a spelling of another language",
    """\
This is written otherwise here. What was meant is clear, so the rest is read as if it had been
written so: comments begin with `//`, texts stand in double quotes, conditions are joined by `and`,
`or` and `not`, a definition begins with `+`.""",
    """\
In[B, 64] -> Linear(10, bias = False) -> Out
""",
    """\
In[B, 64] -> Linear(10, bias = false) -> Out
""",
)

rule(
    "E0111",
    "unknown-character",
    "a character that means nothing",
    """\
No word, number, mark or comment begins with this character. In comments and between double quotes
every character may stand.""",
    """\
In[B, 64] -> Linear(10) -> Out $
""",
    """\
In[B, 64] -> Linear(10) -> Out
""",
)

rule(
    "E0112",
    "malformed-number",
    "digits that are no number",
    """\
A number is `12`, `0.5` or `1e-6`; sizes are `1x7`. A name starts with a letter. A product of a
number and a name needs its `*`.""",
    """\
In[B, 64] -> Linear(10_000) -> Out
""",
    """\
In[B, 64] -> Linear(10000) -> Out
""",
)

rule(
    "E0113",
    "unclosed-text",
    "a text without its closing quote",
    """\
A text stands between double quotes on one line. A quote, a backslash, a line end and a tab in it are
written `\\"`, `\\\\`, `\\n` and `\\t`.""",
    """\
In[B, N, D] -> Rearrange("b n d -> b d n) -> Out
""",
    """\
In[B, N, D] -> Rearrange("b n d -> b d n") -> Out
""",
)

rule(
    "E0114",
    "unclosed-comment",
    "a comment without its end",
    """\
A comment that begins with `/*` goes on to the next `*/`, over any number of lines. There is none.""",
    """\
In[B, 64] -> Linear(10) -> Out
/* The head.
""",
    """\
In[B, 64] -> Linear(10) -> Out
/* The head. */
""",
)

rule(
    "E0115",
    "unknown-escape",
    "a backslash that stands for nothing",
    """\
In a text a backslash may stand before a quote, another backslash, `n` (a line end) or `t` (a tab).""",
    """\
@label("a \\d")
In[B, 64] -> Linear(10) -> Out
""",
    """\
@label("a \\\\d")
In[B, 64] -> Linear(10) -> Out
""",
)

rule(
    "E0116",
    "infix-on-tensors",
    "an operator between tensors",
    """\
`+`, `-`, `*` and their like compute with numbers. Between tensors there are only arrows, so that
everything that happens to a tensor has its place in the picture: addition is the operation `Add`,
and takes a list.""",
    """\
x:In[B, 64]
y:In[B, 64]
x + y -> ReLU -> Out
""",
    """\
x:In[B, 64]
y:In[B, 64]
[x, y] -> Add -> ReLU -> Out
""",
)

rule(
    "E0117",
    "chained-comparison",
    "a comparison of a comparison",
    """\
`a < b < c` compares twice, and languages differ in what that means. Say it with `and`.""",
    """\
+Block(n) { In -> (ReLU if 0 < n < 4) -> Out }
In[B, 8] -> Block(2) -> Out
""",
    """\
+Block(n) { In -> (ReLU if 0 < n and n < 4) -> Out }
In[B, 8] -> Block(2) -> Out
""",
)

rule(
    "E0118",
    "misplaced-presentation",
    "`@…` before something that isn't drawn",
    """\
`@label`, `@color`, `@collapse` and their like say how to show the definition or the chain that
follows. A constant, an import or an `if` has no picture of its own.""",
    """\
@label("the width")
d = 64
In[B, d] -> Linear(d) -> Out
""",
    """\
d = 64
@label("the head")
In[B, d] -> Linear(d) -> Out
""",
)

rule(
    "W0941",
    "missing-arrow",
    "two chains on one line with nothing between them",
    """\
As in Moniel, a chain may follow another on the same line. It is more often an arrow that was
forgotten. Between two chains that are meant so, write `;` or begin a new line.""",
    """\
In[B, 64] -> Linear(10) -> y y -> Out
""",
    """\
In[B, 64] -> Linear(10) -> y; y -> Out
""",
)

rule(
    "W0942",
    "half-chosen",
    "parentheses that hold more than the `if` in them",
    """\
`if` and `else` bind more closely than an arrow, as `*` and `for` do: in `(Conv(16) -> BN if norm)` the
convolution is always there. Parentheses say what is meant: around the chain if it is there as a whole or
not at all, around its last item if only that is.""",
    """\
+Stem(norm = true) = (Conv(16, 3) -> BN if norm) -> ReLU
In[B, 3, 32, 32] -> Stem -> Out
""",
    """\
+Stem(norm = true) = ((Conv(16, 3) -> BN) if norm) -> ReLU
In[B, 3, 32, 32] -> Stem -> Out
""",
)
