"""Which part may import which: the table of ARCHITECTURE.md, held by walking the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "moniel2"

LEAVES = {"source", "dims", "limits", "printing"}
ROOMS: dict[str, set[str]] = {
    "diagnostics": {"source"},
    "syntax": {"source", "diagnostics"},
    "ops": {"dims"},
    "ir": {"ops", "dims", "source"},
    "semantics": {"syntax", "ops", "dims", "diagnostics", "source", "ir"},
    "layout": {"ir", "ops", "dims"},
    "backends": {"ir", "layout", "ops", "dims", "printing", "diagnostics", "source"},
    "verification": {"backends", "ir", "diagnostics", "dims", "source"},
}
OUTSIDE = {"pipeline", "tools", "facade", "__init__", "__main__"}
"""They see all and are seen by none but one another."""

HEAVY = {"torch", "networkx", "reportlab", "resvg_py", "pydot", "moniel2.verification"}
"""Imported inside functions only, so that nobody waits for what they don't use."""

TORCH = "verification"
"""The room that is about torch: it imports it freely, and is heavy itself."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The top-level module or package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that is imported, anywhere in a file, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield node.module, node.lineno
            if node.module == "moniel2":
                yield from ((f"moniel2.{alias.name}", node.lineno) for alias in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    own = room(path)
    assert own in LEAVES | ROOMS.keys() | OUTSIDE, f"{own} has no row in the table"
    if own in OUTSIDE:
        return
    allowed = {own} | LEAVES | ROOMS[own] if own in ROOMS else {own}
    for name, line in imported(parsed(path)):
        parts = name.split(".")
        if parts[0] == "moniel2" and len(parts) > 1:
            assert parts[1] in allowed, f"{path.name}:{line}: {own} may not import {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_wait_until_they_are_needed(path: Path) -> None:
    for node in parsed(path).body:
        lazy = isinstance(node, ast.FunctionDef | ast.ClassDef)
        if lazy or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        for name, line in imported(node):
            parts = name.split(".")
            if room(path) == TORCH and (parts[0] == "torch" or parts[:2] == ["moniel2", TORCH]):
                continue
            heavy = parts[0] in HEAVY or ".".join(parts[:2]) in HEAVY
            assert not heavy, f"{path.name}:{line}: {name} is imported at the top"


def test_torch_is_imported_where_it_is_asked_for() -> None:
    """Generated code imports it; ours runs that code where a module is asked for, and where it is verified."""
    importing = {
        str(path.relative_to(PACKAGE))
        for path in modules()
        if room(path) != TORCH
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
        for name, _ in imported(node)
        if name.split(".")[0] == "torch"
    }
    assert importing <= {"backends/torch/module.py", "tools/commands/verify.py"}


def test_leaves_import_nothing_of_ours() -> None:
    leaves = [path for path in modules() if room(path) in LEAVES]
    assert {room(path) for path in leaves} == LEAVES
    for path in leaves:
        own = f"moniel2.{room(path)}."
        assert not [n for n, _ in imported(parsed(path)) if n.startswith("moniel2") and not n.startswith(own)]


def test_every_package_has_a_row() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert folders <= ROOMS.keys() | OUTSIDE | LEAVES
