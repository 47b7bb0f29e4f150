"""What can be wrong with files and imports, and with the size of it all."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0601",
    "import-not-found",
    "a file that cannot be read",
    """\
The path of an import is relative to the file it stands in. There is no such file, or it isn't text.
`std.name` is a module that ships with the compiler.""",
    """\
from "blocs.nn" import Head
In[B, 64] -> Head -> Out
// --- blocks.nn
+Head = Linear(10)
""",
    """\
from "blocks.nn" import Head
In[B, 64] -> Head -> Out
// --- blocks.nn
+Head = Linear(10)
""",
)

rule(
    "E0602",
    "import-cycle",
    "files that import one another in a circle",
    """\
A file's meaning may not depend on itself. Move what both files need into a third, which neither has
to import back.""",
    """\
from "a.nn" import Head
In[B, 64] -> Head -> Out
// --- a.nn
from "b.nn" import Width
+Head = Linear(10)
// --- b.nn
from "a.nn" import Head
+Width = Head
""",
    """\
from "a.nn" import Head
In[B, 64] -> Head -> Out
// --- a.nn
+Head = Linear(10)
""",
)

rule(
    "E0603",
    "import-outside",
    "an import that leaves the project",
    """\
A program reads files of its own project only: nothing above the nearest folder that holds a
`pyproject.toml` or `.git`, or above the main file's folder where there is neither. Copy the file,
or move the root.""",
    """\
from "/usr/share/blocks.nn" import Head
In[B, 64] -> Head -> Out
""",
    """\
from "blocks.nn" import Head
In[B, 64] -> Head -> Out
// --- blocks.nn
+Head = Linear(10)
""",
)

rule(
    "E0604",
    "import-name",
    "a name that the imported file doesn't define",
    """\
An import brings definitions by their exact names (acronyms are for the file that defines them). The
file has none of this name at its top level.""",
    """\
from "blocks.nn" import Heads
In[B, 64] -> Heads -> Out
// --- blocks.nn
+Head = Linear(10)
""",
    """\
from "blocks.nn" import Head
In[B, 64] -> Head -> Out
// --- blocks.nn
+Head = Linear(10)
""",
)

rule(
    "E0605",
    "no-main",
    "a text without a network",
    """\
The main graph of a file is its top-level chains; a file without any draws its last definition, or
the one that `--block` asks for. This one has neither, or no definition of that name.""",
    """\
width = 64
""",
    """\
width = 64
In[B, 3] -> Linear(width) -> Out
""",
)

rule(
    "E0606",
    "misplaced-import",
    "an import inside a block",
    """\
What other files a file needs is said at its top level, once; the names an import brings can be used
everywhere in the file, inside blocks too.""",
    """\
+Gate(C) {
    from std.vision import SqueezeExcite as SE
    In[_, C, _, _] -> SE(16) -> Out
}
In[B, 64, 8, 8] -> Gate(64) -> Out
""",
    """\
from std.vision import SqueezeExcite as SE
+Gate(C) { In[_, C, _, _] -> SE(16) -> Out }
In[B, 64, 8, 8] -> Gate(64) -> Out
""",
)

rule(
    "W0961",
    "drawn-last",
    "a helper that is drawn as the model",
    """\
A file without a chain draws its last definition. Here another definition uses that one, so the model
is likely the other. A last line that names the model says so; `--block Name` asks for any.""",
    """\
+Net(width = 64) { In[B, D] -> Linear(width) -> Head -> Out }
+Head { In[B, D] -> Linear(10) -> Out }
""",
    """\
+Net(width = 64) { In[B, D] -> Linear(width) -> Head -> Out }
+Head { In[B, D] -> Linear(10) -> Out }
Net
""",
)

rule(
    "E0701",
    "limit",
    "more than one compilation may ask for",
    """\
A compilation does bounded work whatever the text says: nesting, recursion, lists, whole numbers and
the size of drawings have limits. `moniel2 explain limits` lists them. Equal copies in a series cost
nothing: `Block * 1000000` is one block with a count.""",
    """\
In[B, 8] -> Linear(i + 1) for i in 0..1000000 -> Out
""",
    """\
In[B, 8] -> Linear(8) * 1000000 -> Out
""",
)
