"""Which braces are the same: those that say the same of the same."""

from __future__ import annotations

import re
from collections.abc import Hashable

from moniel2.ir.model import Block


def written(block: Block) -> Hashable:
    """What tells definitions apart: braces that say the same of the same are the same class, wherever they stand."""
    text = _braces(block) if block.within and not block.name else ""
    if not text:
        return block.definition
    return (text, *(written(n.what) if isinstance(n.what, Block) else n.what.name for n in block.nodes))


def _braces(block: Block) -> str:
    """What stands in the braces that a block is, whether they stand where it is used or are handed in."""
    if block.span is None:
        return ""
    text = block.span.text
    if text[:1] not in ("{", "("):
        path, _, place = block.definition.rpartition(":")
        path, _, line = path.rpartition(":")
        lines = block.span.source.text.split("\n")
        if path != block.span.source.name or not (line.isdigit() and place.isdigit()) or int(line) > len(lines):
            return ""
        text = "\n".join([lines[int(line) - 1][int(place) - 1 :], *lines[int(line) :]])
        text = text[: _closed(text)]
    return " ".join(text.split()) if text[:1] in ("{", "(") else ""


def _closed(text: str) -> int:
    """Where the bracket is closed that a text begins with; 0 if nowhere."""
    depth = 0
    for found in re.finditer(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|[{}()\[\]]', text):
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return 0
