"""What one compilation may cost at most. A leaf: every stage reads its bounds here, ``explain limits`` prints them.

A limit that is reached is an ordinary diagnostic (``limit``): a text can ask for anything and the answer stays quick.
"""

from __future__ import annotations

MAX_TEXT = 4 * 1024 * 1024
MAX_NESTING = 1_000
MAX_RECURSION = 1_000
MAX_LIST = 65_536
MAX_LIST_NESTING = 100
MAX_COPIES = 2_048
MAX_BUNDLE = 4_096
MAX_NODES_PER_BLOCK = 200_000
MAX_SPECIALIZATIONS = 10_000
MAX_INTEGER_BITS = 4_096
MAX_FLAT = 1_000_000
MAX_DRAWN = 3_000
MAX_DIAGNOSTICS = 1_000
MAX_COMPARED = 300_000

LIMITS: tuple[tuple[str, int, str], ...] = (
    ("MAX_TEXT", MAX_TEXT, "bytes in one file"),
    ("MAX_NESTING", MAX_NESTING, "brackets and braces inside one another"),
    ("MAX_RECURSION", MAX_RECURSION, "blocks inside one another, counted where they are used"),
    ("MAX_LIST", MAX_LIST, "items in one list, those of lists inside it counted"),
    ("MAX_LIST_NESTING", MAX_LIST_NESTING, "lists inside one another, as values"),
    ("MAX_COPIES", MAX_COPIES, "different copies in one series; equal ones are free"),
    ("MAX_BUNDLE", MAX_BUNDLE, "tensors that flow into one Out"),
    ("MAX_NODES_PER_BLOCK", MAX_NODES_PER_BLOCK, "nodes in one block, before looking inside them"),
    (
        "MAX_SPECIALIZATIONS",
        MAX_SPECIALIZATIONS,
        "different uses of blocks: a definition, its arguments, its input shapes",
    ),
    ("MAX_INTEGER_BITS", MAX_INTEGER_BITS, "binary digits in one whole number"),
    ("MAX_FLAT", MAX_FLAT, "operations that `graph --flat` writes out one by one"),
    ("MAX_DRAWN", MAX_DRAWN, "boxes in one picture"),
    ("MAX_DIAGNOSTICS", MAX_DIAGNOSTICS, "diagnostics shown for one file"),
    ("MAX_COMPARED", MAX_COMPARED, "pairs of names compared to say what a misspelt one may mean"),
)
"""Name, value, and what is counted."""


def explain_limits() -> str:
    """The page of ``moniel2 explain limits``."""
    width = max(len(f"{value:,}") for _, value, _ in LIMITS)
    rows = "\n".join(f"  {value:>{width},}  {what}" for _, value, what in LIMITS)
    return (
        "Limits: what one compilation may cost at most\n\n"
        "A compilation does bounded work whatever the text says. A network may still be as large as you like: equal\n"
        "copies are kept once with a count, so `Block * 1000000` costs no more than `Block`. When one of these bounds\n"
        "is reached, the diagnostic `limit` (E0701) says where, and what asked for so much.\n\n" + rows + "\n"
    )
