"""One compilation: loaded files, diagnostics, and the memory of what was built already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Diagnostic, Related
from moniel2.dims import Condition, Dim
from moniel2.ir import model as ir
from moniel2.ir.model import Tensor
from moniel2.semantics.bind import bind_parameters
from moniel2.semantics.build import Builder, Request, Special
from moniel2.semantics.names import Scope, within
from moniel2.semantics.scope import Frame
from moniel2.semantics.stands import is_block, is_size
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import UNKNOWN_VALUE, Closure, DefBlock, Given, Worth, given_key, text_of, to_ir
from moniel2.source import Source, Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Declared
    from moniel2.semantics.names import Def, Unit
    from moniel2.semantics.outline import Outline
    from moniel2.semantics.schedule import Steps
    from moniel2.semantics.strands import Strand

Load = Callable[[str], "Source | None"]


@dataclass(frozen=True)
class Arriving:
    """What flows into an instance.

    ``ports`` gives for each ``In`` the tensors it takes (several are a bundle, none: unconnected). For a body whose
    ends are its ports, ``implicit`` are the tensors with the names they are bound by. ``states``: first values of a
    Scan.
    """

    ports: tuple[tuple[Tensor, ...], ...] = ()
    implicit: tuple[tuple[str, Tensor], ...] | None = None
    states: tuple[tuple[str, Tensor], ...] = ()
    strands: tuple[tuple[Strand, ...], ...] = field(default=(), compare=False)  # for explanations only


@dataclass(eq=False)
class Requirement:
    condition: Condition
    span: Span
    message: str
    builder: Builder | None = None


@dataclass(frozen=True)
class Open:
    """A block under construction: what it is called, where it is used."""

    name: str
    span: Span
    definition: Def | None
    undecided: bool


@dataclass(frozen=True)
class Opening:
    """Parameters of the model's block that are left open: symbols for them, and the numbers that those stand for.

    ``said`` is what there is to say without, by rule and place. ``doors`` are symbols for parameters of inner
    definitions, which stand for a number where it arrives.
    """

    symbols: Mapping[str, ir.Symbols]
    values: Mapping[str, int]
    said: frozenset[tuple[str, str, int]]
    doors: Mapping[tuple[str, str], Dim] = field(default_factory=dict)
    decided: dict[Span, set[bool]] = field(default_factory=dict)  # conditions, and whether they held
    supposed: dict[Span, None] = field(default_factory=dict)  # those that only the numbers decide

    def decides(self, condition: Span, holds: bool, supposed: bool) -> None:
        self.decided.setdefault(condition, set()).add(holds)
        if supposed:
            self.supposed[condition] = None

    def arriving(self, definition: str, parameter: str, value: Worth | None) -> Worth | None:
        """The symbol that a number has from here on inwards; a list with symbols for those of its numbers that have
        one. None for what stays as it is."""
        if isinstance(value, tuple):
            parts = [self.arriving(definition, f"{parameter}[{i}]", v) for i, v in enumerate(value)]
            known = tuple(v if p is None else p for p, v in zip(parts, value, strict=True))
            return None if all(p is None for p in parts) else known
        if isinstance(value, Dim) and value.constant is not None:
            value = value.constant
        symbol = self.doors.get((definition, parameter))
        number = isinstance(value, int) and not isinstance(value, bool)
        return symbol if symbol is not None and number and symbol.at(self.values) == value else None


class TooOpen(Exception):
    """Something depends on a parameter that is left open."""


@dataclass(eq=False)
class Session:
    load: Load
    settings: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seen: set[tuple[str, str, int, int]] = field(default_factory=set)
    requirements: list[Requirement] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    prelude: Scope = field(default_factory=lambda: Scope(None))
    memory: dict[Hashable, Special] = field(default_factory=dict)
    open: dict[Hashable, Open] = field(default_factory=dict)  # the blocks under construction, outermost first
    globals: dict[int, Frame] = field(default_factory=dict)
    empty: Frame = field(default_factory=lambda: Frame(None, home=True))
    used: set[int] = field(default_factory=set)  # definitions that were used, by the identity of their text
    used_settings: set[str] = field(default_factory=set)
    used_inputs: set[str] = field(default_factory=set)
    settable: list[str] = field(default_factory=list)  # names that --set knows, for suggestions
    compared: int = 0
    inner: dict[int, dict[str, str]] = field(default_factory=dict)  # of a file's scope: inside what a definition stands
    built: int = 0
    strict: bool = False
    opening: Opening | None = None
    endless: set[int] = field(default_factory=set)
    names: dict[tuple[int, str], ir.Block] = field(default_factory=dict)
    kept: list[ir.Block] = field(default_factory=list)
    weights: dict[int, int | None] = field(default_factory=dict)
    numbers: dict[object, int] = field(default_factory=dict)
    bundles: set[Span] = field(default_factory=set)  # that reached what can't take them, and were reported
    faulty: dict[int, object] = field(default_factory=dict)  # operations and blocks with a fault that is reported

    # --------------------------------------------------------------------------------- problems

    def report(
        self,
        rule: str,
        message: str,
        span: Span,
        *,
        help: str | None = None,
        label: str = "",
        related: tuple[Related, ...] = (),
        builder: Builder | None = None,
    ) -> None:
        """One problem at one place is reported once, whatever the number of instances that meet it."""
        where = (rule, span.source.name, span.start, span.end)
        if where in self.seen:
            return
        self.seen.add(where)
        if self.opening is not None and rule != "condition" and (rule, *where[1:3]) not in self.opening.said:
            raise TooOpen(message)
        from moniel2.semantics.trace import arguments_text

        notes = list(dict.fromkeys(related))
        while builder is not None and builder.parent is not None and not builder.parent.apart:
            if len(notes) > 7:
                break
            if not builder.free and builder.called_at != span:
                notes.append(Related(f"in {arguments_text(builder)}, used here", builder.called_at))
            builder = builder.parent
        self.diagnostics.append(Diagnostic(rule, message, span, label, tuple(notes), help))

    def did_you_mean(self, word: str, candidates: Collection[str]) -> str | None:
        """The help line for a misspelt name; None once so many were compared that nobody reads on."""
        from moniel2.diagnostics.suggest import did_you_mean

        self.compared += len(candidates)
        return did_you_mean(word, candidates) if self.compared <= limits.MAX_COMPARED else None

    def fault(self, what: ir.What) -> None:
        """Something is wrong with an operation or a block, and has been reported."""
        self.faulty[id(what)] = what

    def require(self, condition: Condition, span: Span, message: str, builder: Builder | None) -> None:
        self.requirements.append(Requirement(condition, span, message, builder))

    def symbol(self, name: str) -> Worth:
        """The value of a free size: itself, or what ``--set`` says."""
        self.settable.append(name)
        text = self.settings.get(name)
        if text is not None and text.strip().lstrip("-").isdigit():
            self.used_settings.add(name)
            return int(text)
        left_open = self.opening.symbols.get(name) if self.opening is not None else None
        return left_open if isinstance(left_open, Dim) else Dim.of(name)

    def renamed(self, block: ir.Block, definition: Def, frame: Frame) -> ir.Block:
        """A block under the name and with the parameters of an alias; the same object for the same alias."""
        from moniel2.semantics.finish import constant_defaults

        key = (id(block), definition.key)
        known = self.names.get(key)
        if known is None:
            parameters = tuple(
                (p.name, to_ir(frame.values[p.name])) for p in definition.written.parameters if p.name in frame.values
            )
            known = replace(
                block,
                name=definition.name,
                parameters=parameters or block.parameters,
                defaults=constant_defaults(definition) if parameters else block.defaults,
                doc=definition.written.doc or block.doc,
                beneath=block.beneath or ir.Beneath(block.name, block.parameters, block.defaults, block.doc),
            )
            self.names[key] = known
            self.kept.append(block)
        return known

    def adopt(self, builder: Builder, target: Declared, what: ir.What) -> None:
        """A node that only braces inside apply: its weights live where it is declared."""
        from moniel2.semantics.build import Slot

        target.owned = True
        site = target.site
        builder.add_slot(Slot(target.id, site, (site.position, 0), what, (), (), (), span=site.span))

    # --------------------------------------------------------------------------- specialization

    def specialize(
        self,
        parent: Builder,
        worth: DefBlock | Closure,
        given: tuple[Given, ...],
        arriving: Arriving,
        request: Request,
        span: Span,
        *,
        free: bool = False,
        looped: bool = False,
        called: str = "",
    ) -> Steps:
        """The ``Special`` of a block for these arguments and inputs, built once; None if it never ends, or would stand
        inside itself where it is undecided whether it does.
        """
        key = (
            worth.key,
            given_key(given),
            arriving,
            request,
            free,
            looped,
        )
        known = self.memory.get(key)
        if known is not None:
            return known
        name = called or worth.text()
        outline = worth.outline if isinstance(worth, Closure) else worth.definition.outline
        if id(outline) in self.endless or self._undecided(worth):
            return None
        if key in self.open or len(self.open) >= limits.MAX_RECURSION or self._endless(parent, worth, given, span):
            # Its other uses would go down as deep, each in its own way.
            self.endless.add(id(outline))
            self._recursion(key, name, span)
            return None
        if self.built >= limits.MAX_SPECIALIZATIONS:
            raise Trouble(
                f"more than {limits.MAX_SPECIALIZATIONS:,} different blocks",
                span,
                "see: moniel2 explain limits",
                "limit",
            )
        self.built += 1
        self.open[key] = Open(name, span, _definition(worth), isinstance(worth, Closure) and worth.undecided)
        made = yield self._build(parent, worth, given, arriving, request, span, free, looped, name)
        del self.open[key]
        self.memory[key] = made
        return made

    def _undecided(self, worth: DefBlock | Closure) -> bool:
        """Whether a block would stand inside itself in a branch that may not be taken: it would go on so forever."""
        definition = _definition(worth)
        if definition is None:
            return False
        for at in reversed(self.open.values()):
            if at.undecided:
                return any(o.definition is definition for o in self.open.values())
            if at.definition is definition:
                return False
        return False

    def _endless(self, parent: Builder, worth: DefBlock | Closure, given: tuple[Given, ...], span: Span) -> bool:
        """Whether a block that is about to stand in itself for the first time would do so without end (reported)."""
        if not isinstance(worth, DefBlock):
            return False
        around = [at.definition for at in self.open.values()]
        if around.count(worth.definition) != 1:
            return False
        from moniel2.semantics.endless import endless

        circle = {d for d in around[around.index(worth.definition) :] if d is not None}
        found = endless(self, parent, worth, given, span, circle)
        if found is None:
            return False
        name = worth.definition.name
        if found.decided:
            rule, message = "limit", f"{name} stands more than {limits.MAX_RECURSION:,} deep inside itself"
            help = "the `if` that should stop it never does"
        else:
            rule, message = "recursive-definition", f"{name} contains itself without end"
            help = "a recursive block needs an `if` that stops it"
        self.report(rule, message, span, help=help, related=found.calls)
        return True

    def _recursion(self, key: Hashable, name: str, span: Span) -> None:
        """A block inside itself, or so deep that it might as well be."""
        if any(d.rule in ("limit", "recursive-definition") for d in self.diagnostics):
            return  # it has been said, or what would have stopped it couldn't be computed
        names = [at.name for at in self.open.values()]
        if key in self.open:
            start = list(self.open).index(key)
            rule, message = "recursive-definition", f"{name} contains itself without end"
            cycle = [*names[start : start + 6], name]
        else:
            rule, message = "limit", f"blocks stand more than {limits.MAX_RECURSION:,} deep inside one another"
            cycle = [*names[-6:], name]
        self.report(
            rule,
            message,
            span,
            help="a recursive block needs an `if` that stops it",
            related=(Related(" → ".join(cycle)),),
        )

    def _build(
        self,
        parent: Builder,
        worth: DefBlock | Closure,
        given: tuple[Given, ...],
        arriving: Arriving,
        request: Request,
        span: Span,
        free: bool,
        looped: bool,
        name: str,
    ) -> Steps:
        from moniel2.semantics.finish import finish
        from moniel2.semantics.ports import start

        if isinstance(worth, Closure):
            outline, around = worth.outline, worth
            scope = within(worth.builder.scope, outline)
            frame = Frame(worth.frame, home=True)
        else:
            assert worth.definition.outline is not None
            outline, scope, around = worth.definition.outline, worth.definition.inner, None
            frame = Frame(worth.frame, home=True, closed=True)
        builder = Builder(
            self,
            outline,
            scope,
            frame,
            parent=parent,
            called=name,
            called_at=span,
            around=around,
            free=free,
            looped=looped,
        )
        defaults = []
        parameters: list[str] = []
        if isinstance(worth, DefBlock):
            defaults = self.enter_parameters(builder, worth, given)
            parameters = [p.name for p in worth.definition.written.parameters]
            builder.parameters = tuple(n for n in parameters if n in builder.home.values)
        start(builder, arriving, request, defaults)
        yield builder
        definition = worth.definition if isinstance(worth, DefBlock) else None
        return finish(builder, definition, parameters)

    def enter_parameters(
        self, builder: Builder, worth: DefBlock, given: tuple[Given, ...]
    ) -> list[tuple[str, tree.Expr]]:
        """Give the parameters their values; defaults come back, to be evaluated when all they need is there."""
        definition = worth.definition
        self.used.add(id(definition.written))
        names = tuple(p.name for p in definition.written.parameters)
        if builder.free:
            self.settable += names
        bound = bind_parameters(definition.name, names, worth.given, given)
        site = builder.parent or builder
        for complaint in bound.complaints:
            site.report(complaint.rule, complaint.message, complaint.span, help=complaint.help)
            builder.misgiven = builder.misgiven or complaint.rule == "too-many-arguments"
        defaults: list[tuple[str, tree.Expr]] = []
        for parameter in definition.written.parameters:
            item = bound.values.get(parameter.name)
            if item is not None:
                builder.given[parameter.name] = item
            if builder.free and self.opening is not None and parameter.name in self.opening.symbols:
                builder.home.values[parameter.name] = self.opening.symbols[parameter.name]
            elif builder.free and parameter.name in self.settings:
                builder.home.values[parameter.name] = self._setting(builder, parameter)
            elif (symbol := self._arriving(definition, parameter, item)) is not None:
                builder.home.values[parameter.name] = symbol
            elif item is not None:
                builder.home.values[parameter.name] = item.value
            elif parameter.default is not None:
                builder.home.pending.add(parameter.name)
                builder.defaults[parameter.name] = parameter.default
                defaults.append((parameter.name, parameter.default))
            elif builder.free and not given and not worth.given:
                builder.home.values[parameter.name] = self._open_parameter(definition.outline, parameter.name)
            else:
                builder.home.values[parameter.name] = UNKNOWN_VALUE
                builder.incomplete = builder.misgiven = True
                if not bound.complaints:
                    site.report(
                        "missing-argument",
                        _needs(definition, parameter.name, bound.values),
                        builder.called_at,
                        help=f"{definition.name}({', '.join(names)})",
                        related=(Related("declared here", parameter.span),),
                    )
        return defaults

    def _arriving(self, definition: Def, parameter: tree.Parameter, item: Given | None) -> Worth | None:
        """The symbol for a parameter of an inner definition that is left open."""
        if self.opening is None or not self.opening.doors:
            return None
        default = parameter.default.value if isinstance(parameter.default, tree.Number) else None
        value = default if item is None else item.value
        return self.opening.arriving(definition.key, parameter.name, value)

    def _setting(self, builder: Builder, parameter: tree.Parameter) -> Worth:
        """``--set name=value`` for a parameter of the block that is the model."""
        from moniel2.semantics.settings import expression_of

        self.used_settings.add(parameter.name)
        expr = expression_of(self.settings[parameter.name])
        if expr is None:
            text = self.settings[parameter.name]
            builder.report("bad-value", f"--set {parameter.name}: `{text}` is no value", parameter.span)
            return UNKNOWN_VALUE
        try:
            return builder.evaluator.value(expr, builder.home)
        except Trouble as trouble:
            builder.report("bad-value", f"--set {parameter.name}: {trouble.message}", parameter.span)
            return UNKNOWN_VALUE

    def _open_parameter(self, outline: Outline | None, name: str) -> Worth:
        """A parameter nobody gave, of a block drawn on its own: a symbolic size, if it may be one."""
        return Dim.of(name) if is_size(outline, name) else UNKNOWN_VALUE


def _needs(definition: Def, missing: str, given: Mapping[str, Given]) -> str:
    """What a call lacks: likely the block whose place something else has taken, if that is so."""
    for name, item in given.items():
        if item.name is None and isinstance(item.value, (int, float, tuple)) and is_block(definition.outline, name):
            return f"{definition.name} needs `{name}`, and {text_of(item.value)} is no block"
    return f"{definition.name} needs `{missing}`"


def _definition(worth: DefBlock | Closure) -> Def | None:
    return worth.definition if isinstance(worth, DefBlock) else None
