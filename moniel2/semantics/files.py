"""Loading the files of a program: the text itself, what it imports, the standard library."""

from __future__ import annotations

import posixpath
import re

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean, nearest
from moniel2.semantics.names import Def, Scope, Unit, fill, in_braces, within
from moniel2.semantics.outline import Outline
from moniel2.semantics.plusless import with_plus
from moniel2.semantics.presentation import check_names
from moniel2.semantics.session import Session
from moniel2.semantics.survey import mark_shadowed, outline_of
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.node import nodes
from moniel2.syntax.parse import parse


def load_main(session: Session, source: Source, asked: str = "") -> Unit:
    """The unit of the program's own text, with all it imports; ``asked``: the block that is wanted of it, as text."""
    unit = _unit(session, source, source.name, [])
    _prelude(session, asked)
    return unit


def _prelude(session: Session, asked: str) -> None:
    """What every program sees without importing it; of the library, only the files that hold what it mentions."""
    source = session.load(_PRELUDE)
    if source is None:
        return
    file, problems = parse(source)
    session.diagnostics += problems
    unit = Unit(source, file, session.prelude, _PRELUDE)
    statements = list(outline_of(file.body).imports)
    session.prelude.offered = [name for statement in statements for name in _brought(statement)]
    mentioned = set(_WORD.findall(asked))
    read: set[str] = set()
    while more := [u for path, u in session.units.items() if path not in read]:
        for other in more:
            read.add(other.path)
            own = other.scope.definitions.keys() | other.scope.imported.keys()
            mentioned |= set(_WORD.findall(other.source.text)) - own
        for statement in list(statements):
            if not mentioned.isdisjoint(_brought(statement)):
                statements.remove(statement)
                _import(session, unit, statement, [(_PRELUDE, statement.span)])


def _unit(session: Session, source: Source, path: str, opening: list[tuple[str, Span]]) -> Unit:
    known = session.units.get(path)
    if known is not None:
        return known
    file, problems = parse(source)
    session.diagnostics += problems
    file = with_plus(session, file)
    unit = Unit(source, file, Scope(None), path)
    session.units[path] = unit
    mark_shadowed(file)
    outline = outline_of(file.body)
    check_names(session, file.body)
    _misplaced(session, unit.scope, file.body, outline)
    fill(unit.scope, outline.definitions, path)
    _definitions(session, unit.scope, outline)
    for statement in outline.imports:
        _import(session, unit, statement, [*opening, (path, statement.span)])
    _imported_twice(session, unit.scope, outline)
    return unit


def _imported_twice(session: Session, scope: Scope, outline: Outline) -> None:
    """Two imports that bring the same name: only the last would count."""
    seen: dict[str, Span] = {}
    for statement in outline.imports:
        spans = [i.span for i in statement.names] if isinstance(statement, tree.FromImport) else [statement.span]
        for name, span in zip(_brought(statement), spans, strict=True):
            if name in seen and name not in scope.failed:
                session.report(
                    "duplicate-definition",
                    f"`{name}` is imported twice",
                    span,
                    related=(Related("first imported here", seen[name]),),
                    help=f"call one of them something else: … as {name}2",
                )
            seen.setdefault(name, span)


def _misplaced(session: Session, scope: Scope, body: tree.Body, outline: Outline) -> None:
    """Imports inside a block: what a file is made of is said at its top."""
    if body.span.source.text.count("import") <= len(outline.imports):
        return
    at_top = set(map(id, outline.imports))
    for part in nodes(body):
        if isinstance(part, (tree.Import, tree.FromImport)) and id(part) not in at_top:
            scope.failed |= set(_brought(part))
            session.report(
                "misplaced-import",
                "an import stands at the top of a file, not inside a block",
                part.span,
                help="move it out: its names can be used everywhere in the file",
            )


def _definitions(session: Session, scope: Scope, outline: Outline) -> None:
    """What can be told of definitions from their text: those given twice, and their parameters."""
    _twice(session, scope, outline)
    found = [*scope.definitions.values(), *in_braces(outline, scope)]
    for definition in found:
        _parameters(session, definition)
        if definition.outline is not None and definition.outline.defines_within:
            _twice(session, definition.inner, definition.outline)
            found += definition.inside


def _twice(session: Session, scope: Scope, outline: Outline) -> None:
    """Definitions of one name, in a body and in the braces in it."""
    stack = [(scope, outline)]
    while stack:
        here, at = stack.pop()
        for before, after in here.twice:
            chosen = after.name in at.chosen_definitions
            session.report(
                "duplicate-definition",
                f"`{after.name}` is defined twice",
                after.written.name_span,
                related=(Related("first defined here", before.written.name_span),),
                help="a definition belongs to the whole block: give them two names, and choose where they are used"
                if chosen
                else None,
            )
        stack += [
            (its, inner) for inner in at.inside if inner.defines_within and (its := within(here, inner)) is not here
        ]


def _parameters(session: Session, definition: Def) -> None:
    """Parameters declared twice, and those that nothing reads."""
    seen: dict[str, Span] = {}
    for parameter in definition.written.parameters:
        if parameter.name in seen:
            session.report(
                "duplicate-parameter",
                f"{definition.name} declares `{parameter.name}` twice",
                parameter.name_span,
                related=(Related("first declared here", seen[parameter.name]),),
            )
        seen.setdefault(parameter.name, parameter.name_span)
    if definition.outline is None or not seen:
        return
    read = definition.names
    for name, span in seen.items():
        if name not in read:
            near = did_you_mean(name, sorted(read - set(seen)))
            session.report("unused-parameter", f"{definition.name} never uses `{name}`", span, help=near)


def _import(
    session: Session, unit: Unit, statement: tree.Import | tree.FromImport, opening: list[tuple[str, Span]]
) -> None:
    unit.scope.failed |= set(_brought(statement))
    path = _path(session, unit, statement)
    if path is None:
        return
    if any(p == path for p, _ in opening):
        cycle = [p for p, _ in opening]
        cycle = [*cycle[cycle.index(path) :], path]
        session.report(
            "import-cycle",
            "these files import each other",
            statement.path_span,
            related=(Related(" → ".join(cycle)),),
        )
        return
    imported = session.units.get(path)
    if imported is None:
        source = session.load(path)
        if source is None:
            session.report(
                "import-not-found",
                f"there is no file {statement.path}"
                if not statement.dotted
                else f"there is no module {statement.path}",
                statement.path_span,
                help=_modules(statement),
            )
            return
        imported = _unit(session, source, path, opening)
    if isinstance(statement, tree.Import):
        name = statement.alias or _default_name(statement)
        unit.scope.modules[name] = imported
        unit.scope.failed.discard(name)
        return
    for item in statement.names:
        found = imported.scope.definitions.get(item.name) or imported.scope.imported.get(item.name)
        if found is None:
            names = list(imported.scope.definitions)
            session.report(
                "import-name",
                f"{statement.path} has no `{item.name}`",
                item.span,
                help=did_you_mean(item.name, names) or (f"it has {', '.join(names)}" if names else None),
            )
            # The text may use the name as it should be: that it isn't there then is no news.
            unit.scope.failed |= set(nearest(item.name, names))
            continue
        unit.scope.imported[item.alias or item.name] = found
        unit.scope.failed.discard(item.alias or item.name)


def _brought(statement: tree.Import | tree.FromImport) -> list[str]:
    """The names that an import brings."""
    if isinstance(statement, tree.Import):
        return [statement.alias or _default_name(statement)]
    return [i.alias or i.name for i in statement.names]


_PRELUDE = "std/prelude.nn"
_WORD = re.compile(r"[^\W\d]\w*")
_STD = ("blocks", "positions", "transformer", "vision")


def _default_name(statement: tree.Import) -> str:
    if statement.dotted:
        return statement.path.rsplit(".", 1)[-1]
    return posixpath.basename(statement.path).rsplit(".", 1)[0]


def _modules(statement: tree.Import | tree.FromImport) -> str | None:
    if statement.path.split(".")[0] in ("torch", "torchvision", "keras", "tensorflow", "numpy", "flax", "jax"):
        return "PyTorch's layers are known without an import: Conv2d, BatchNorm2d, …"
    return "std modules: " + ", ".join(f"std.{n}" for n in _STD) if statement.dotted else None


def _path(session: Session, unit: Unit, statement: tree.Import | tree.FromImport) -> str | None:
    """Where the imported file is, from where the importing one is."""
    if statement.dotted:
        return statement.path.replace(".", "/") + ".nn"
    if statement.path.startswith("/") or ":" in statement.path:
        session.report(
            "import-outside",
            "an import is relative to the file it stands in",
            statement.path_span,
            help='import "blocks/resnet.nn" as resnet',
        )
        return None
    folder = posixpath.dirname(unit.path)
    return posixpath.normpath(posixpath.join(folder, statement.path))
