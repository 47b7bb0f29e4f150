"""The standard blocks for readers: which there are, and one with its text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources

from moniel2.source import Source
from moniel2.syntax.parse import parse
from moniel2.syntax.tree import Definition, FromImport
from moniel2.tools.reference import first_sentence
from moniel2.tools.table import table


@dataclass(frozen=True, slots=True)
class Block:
    """A definition of the standard library and the module it stands in (``std.vision``)."""

    module: str
    definition: Definition
    needs_import: bool

    @property
    def text(self) -> str:
        """The definition as it is written."""
        return self.definition.span.text.strip()


@cache
def library() -> dict[str, Block]:
    """Every standard block by its name."""
    files = {p.name: p.read_text(encoding="utf-8") for p in resources.files("moniel2").joinpath("std").iterdir()}
    prelude, _ = parse(Source("std/prelude.nn", files.pop("prelude.nn")))
    imports = [s for s in prelude.body.statements if isinstance(s, FromImport)]
    at_hand = {name.name for statement in imports for name in statement.names}
    found: dict[str, Block] = {}
    for file in sorted(name for name in files if name.endswith(".nn")):
        tree, _ = parse(Source(f"std/{file}", files[file]))
        for statement in tree.body.statements:
            if isinstance(statement, Definition):
                module = f"std.{file.removesuffix('.nn')}"
                found[statement.name] = Block(module, statement, statement.name not in at_hand)
    return found


def nearest_blocks(name: str) -> list[str]:
    """Standard blocks with a name like this one."""
    return get_close_matches(name, library(), 2)


def blocks_listing() -> str:
    """Every standard block with its first sentence, by module."""
    modules: dict[str, list[Block]] = {}
    for block in library().values():
        modules.setdefault(block.module, []).append(block)
    parts = []
    for module, blocks in modules.items():
        rows = [(f"  {b.definition.name}", first_sentence(b.definition.doc)) for b in blocks]
        parts.append(f"standard blocks, {module}\n{table(rows, (False, False))}")
    return "\n".join(parts)


def block_page(block: Block) -> str:
    """A standard block: what it is, how it is reached, and its text."""
    name = block.definition.name
    reach = f"from {block.module} import {name}" if block.needs_import else "at hand everywhere, without an import"
    facts = table([("standard block", block.module), ("use", reach)], (False, False))
    return f"{name}\n\n{block.definition.doc}\n\n{facts}\n{block.text}\n"


def block_json(block: Block) -> dict[str, object]:
    """The same for programs."""
    return {
        "schema": "moniel2.block/1",
        "name": block.definition.name,
        "module": block.module,
        "needs_import": block.needs_import,
        "doc": block.definition.doc,
        "parameters": [
            {"name": p.name, "default": None if p.default is None else p.default.span.text}
            for p in block.definition.parameters
        ],
        "text": block.text,
    }
