"""Lists that are read as a whole: ``torch.cat(skips)`` rather than ``torch.cat([skips[0], skips[1], …])``."""

from __future__ import annotations

from collections.abc import Mapping

from moniel2.backends.torch.tree import Leaf, Term, Tree, Value

FEWEST = 3  # of two, both are named


def whole_lists(tree: Tree, lengths: Mapping[int, int], alike: bool) -> Tree:
    """The tree with such lists in place of their items. ``lengths`` are those of all lists; ``alike``: of one shape."""
    if not isinstance(tree, Term):
        return tree
    items = _all_items(tree, lengths)
    if items is not None and tree.head == "list":
        return items
    if items is not None and alike and (tree.head, tree.text) == ("infix", "+"):
        stacked = Term("call", "torch.stack", (items,), ("",))
        return Term("method", "sum", (stacked, Leaf(0)), ("", "dim"))
    return Term(tree.head, tree.text, tuple(whole_lists(c, lengths, alike) for c in tree.children), tree.keys)


def _all_items(tree: Term, lengths: Mapping[int, int]) -> Value | None:
    """The list whose items, all and in order, are a term's parts."""
    first = tree.children[0] if len(tree.children) >= FEWEST else None
    if not isinstance(first, Term) or first.head != "index" or not isinstance(first.children[0], Value):
        return None
    whole = first.children[0]
    wanted = tuple(Term("index", "", (whole, Leaf(i))) for i in range(lengths.get(whole.number, 0)))
    return whole if tree.children == wanted else None
