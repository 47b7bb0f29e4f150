"""Lists that are read as a whole: ``torch.cat(skips)`` rather than ``torch.cat([skips[0], skips[1], …])``, and
``torch.cat([x, *skips])`` where something else stands among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    if tree.head == "list":
        return Term("list", "", tuple(_unpacked(tree.children, lengths)))
    return Term(tree.head, tree.text, tuple(whole_lists(c, lengths, alike) for c in tree.children), tree.keys)


def _unpacked(items: tuple[Tree, ...], lengths: Mapping[int, int]) -> Iterator[Tree]:
    """Items of a list, those of another one that are all there and in order as ``*others``."""
    at = 0
    while at < len(items):
        item = items[at]
        whole = item.children[0] if isinstance(item, Term) and item.head == "index" else None
        if isinstance(whole, Value):
            count = lengths.get(whole.number, 0)
            if count >= FEWEST and items[at : at + count] == _items_of(whole, count):
                yield Term("prefix", "*", (whole,))
                at += count
                continue
        yield whole_lists(item, lengths, False)
        at += 1


def _items_of(whole: Value, count: int) -> tuple[Tree, ...]:
    return tuple(Term("index", "", (whole, Leaf(i))) for i in range(count))


def _all_items(tree: Term, lengths: Mapping[int, int]) -> Value | None:
    """The list whose items, all and in order, are a term's parts."""
    first = tree.children[0] if len(tree.children) >= FEWEST else None
    if not isinstance(first, Term) or first.head != "index" or not isinstance(first.children[0], Value):
        return None
    whole = first.children[0]
    return whole if tree.children == _items_of(whole, lengths.get(whole.number, 0)) else None
