"""One method for each rule of the grammar: what stands in the text becomes a node of the tree."""

from __future__ import annotations

from dataclasses import replace

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.limits import MAX_INTEGER_BITS
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.tokens import Token


class Builder:
    """Called by the parser, innermost first, with the span and the parts of what it has recognised.

    ``diagnostics`` collects what is well-formed and yet not allowed.
    """

    def __init__(self, source: Source, docs: dict[int, str]) -> None:
        self.source = source
        self.docs = docs
        self.diagnostics: list[Diagnostic] = []

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    # -------------------------------------------------------------------------- statements

    def file(self, span: Span, *statements: tree.Statement) -> tree.Body:
        return tree.Body(statements, span=span)

    def body(self, span: Span, *statements: tree.Statement) -> tree.Body:
        return tree.Body(statements, span=span)

    def presented(self, span: Span, *parts: object) -> tree.Statement:
        *presentation, statement = parts
        shown = tuple(p for p in presentation if isinstance(p, tree.Presentation))
        if isinstance(statement, (tree.Flow, tree.Definition)):
            doc = self.docs.get(span.start, "") or statement.doc
            return replace(statement, presentation=shown, doc=doc, span=span)
        assert isinstance(statement, (tree.Constant, tree.If, tree.Import, tree.FromImport))
        self.diagnostics.append(
            Diagnostic(
                "misplaced-presentation",
                f"`@{shown[0].name}` says how to show a definition or a chain, and here is neither",
                shown[0].span,
            )
        )
        return statement

    def presentation(self, span: Span, name: Token, arguments: tree.Arguments | None = None) -> tree.Presentation:
        end = arguments.span.end if arguments else name.end
        return tree.Presentation(name.text, arguments, span=Span(self.source, span.start, end))

    def flow(self, span: Span, chain: tree.Chain) -> tree.Flow:
        return tree.Flow(chain, doc=self.docs.get(span.start, ""), span=span)

    def constant(self, span: Span, name: Token, value: tree.Expr) -> tree.Constant:
        return tree.Constant(name.text, value, doc=self.docs.get(span.start, ""), span=span, name_span=self._span(name))

    def if_statement(
        self, span: Span, condition: tree.Expr, then: tree.Body, otherwise: tree.Body | tree.If | None
    ) -> tree.If:
        return tree.If(condition, then, otherwise, span=span)

    def import_statement(self, span: Span, module: tuple[str, bool, Span], alias: Token | None) -> tree.Import:
        path, dotted, path_span = module
        return tree.Import(path, dotted, alias.text if alias else None, span=span, path_span=path_span)

    def from_import(self, span: Span, module: tuple[str, bool, Span], *names: tree.ImportedName) -> tree.FromImport:
        path, dotted, path_span = module
        return tree.FromImport(path, dotted, names, span=span, path_span=path_span)

    def imported(self, span: Span, name: Token, alias: Token | None) -> tree.ImportedName:
        return tree.ImportedName(name.text, alias.text if alias else None, span=span)

    def module(self, span: Span, path: Token) -> tuple[str, bool, Span]:
        return self._unquoted(path), False, span

    def dotted_module(self, span: Span, *names: Token) -> tuple[str, bool, Span]:
        return ".".join(name.text for name in names), True, span

    def definition(
        self, span: Span, name: Token, parameters: tuple[tree.Parameter, ...] | None, body: tree.Body | None
    ) -> tree.Definition:
        doc = self.docs.get(span.start, "")
        return tree.Definition(name.text, parameters or (), body, None, doc=doc, span=span, name_span=self._span(name))

    def short_definition(
        self, span: Span, name: Token, parameters: tuple[tree.Parameter, ...] | None, chain: tree.Chain
    ) -> tree.Definition:
        doc = self.docs.get(span.start, "")
        return tree.Definition(name.text, parameters or (), None, chain, doc=doc, span=span, name_span=self._span(name))

    def parameters(self, span: Span, *parameters: tree.Parameter) -> tuple[tree.Parameter, ...]:
        return parameters

    def parameter(self, span: Span, name: Token, default: tree.Expr | None) -> tree.Parameter:
        return tree.Parameter(name.text, default, span=span, name_span=self._span(name))

    # ------------------------------------------------------------------------------ chains

    def chain(self, span: Span, *items: tree.Item) -> tree.Chain:
        return tree.Chain(items, span=span)

    def series(self, span: Span, item: tree.Item, loop: tree.For) -> tree.Series:
        return tree.Series(item, loop, span=span)

    def loop(self, span: Span, targets: tree.Targets, iterable: tree.Expr) -> tree.For:
        return tree.For(targets, iterable, span=span)

    def targets(self, span: Span, *names: Token | tree.Targets) -> tree.Targets:
        return tuple(name.text if isinstance(name, Token) else name for name in names)

    several = targets

    def choice(self, span: Span, item: tree.Item, condition: tree.Expr, otherwise: tree.Item | None) -> tree.Choice:
        return tree.Choice(item, condition, otherwise, span=span)

    def repeat(self, span: Span, item: tree.Item, count: tree.Expr) -> tree.Repeat:
        if isinstance(item, tree.Operand) and (turned := self._turned(item, count, span)) is not None:
            return turned
        return tree.Repeat(item, count, span=span)

    def _turned(self, number: tree.Operand, what: tree.Expr, span: Span) -> tree.Repeat | None:
        """`3 * Linear(8)`: three copies, written as a product is."""
        head, arguments = (what.callee, what.arguments) if isinstance(what, tree.Call) else (what, None)
        if not isinstance(head, tree.Name) or not head.name[0].isupper() or not isinstance(number.value, int):
            return None
        mend = f"write `{what.span.text} * {number.value}`"
        message = "the number of copies stands behind what is copied"
        self.diagnostics.append(Diagnostic("foreign-spelling", message, span, help=mend))
        type_name = tree.TypeName(head.name, None, span=head.span)
        item = tree.Instance(None, type_name, arguments, None, None, False, span=what.span)
        return tree.Repeat(item, tree.Number(number.value, span=number.span), span=span)

    def instance(
        self,
        span: Span,
        node_id: tree.Id | None,
        type_name: tree.TypeName,
        optional: Token | None,
        arguments: tree.Arguments | None,
        body: tree.Body | None,
        dims: tree.Dims | None,
    ) -> tree.Instance:
        return tree.Instance(node_id, type_name, arguments, body, dims, optional is not None, span=span)

    def braces(self, span: Span, node_id: tree.Id | None, body: tree.Body, dims: tree.Dims | None) -> tree.Braces:
        return tree.Braces(node_id, body, dims, span=span)

    def apply(
        self,
        span: Span,
        node_id: tree.Id | None,
        target: tree.Reference,
        arguments: tree.Arguments,
        dims: tree.Dims | None,
    ) -> tree.Apply:
        return tree.Apply(node_id, target, arguments, dims, span=span)

    def list_item(self, span: Span, node_id: tree.Id | None, *parts: object) -> tree.ListItem:
        *elements, dims = parts
        assert dims is None or isinstance(dims, tree.Dims)
        return tree.ListItem(node_id, tuple(e for e in elements if isinstance(e, tree.Element)), dims, span=span)

    def group(self, span: Span, node_id: tree.Id | None, chain: tree.Chain, dims: tree.Dims | None) -> tree.Group:
        last = chain.items[-1]
        if isinstance(last, tree.Choice) and len(chain.items) > 1:
            self._half_chosen(chain, last)
        return tree.Group(node_id, chain, dims, span=span)

    def _half_chosen(self, chain: tree.Chain, last: tree.Choice) -> None:
        """``(Conv -> BN if c)``: the parentheses hold more than the ``if`` does."""
        text, start = self.source.text, chain.span.start
        before, item = text[start : last.span.start], text[last.span.start : last.item.span.end]
        rest = text[last.item.span.end : chain.span.end].strip()
        said = f"only `{item}` depends on `{last.condition.span.text}` here"
        if "\n" not in chain.span.text:
            said += f", as in `{before}({item} {rest})`"
        self.diagnostics.append(
            Diagnostic("half-chosen", said, chain.span, help=f"write `({before}{item}) {rest}`"),
        )

    def reference(self, span: Span, path: tree.Reference, dims: tree.Dims | None) -> tree.Reference:
        return path if dims is None else replace(path, dims=dims, span=span)

    def operand(self, span: Span, number: Token) -> tree.Operand:
        return tree.Operand(self._value(number), span=span)

    def negative_operand(self, span: Span, number: Token) -> tree.Operand:
        return tree.Operand(-self._value(number), span=span)

    def node_id(self, span: Span, name: Token) -> tree.Id:
        return tree.Id(name.text, span=self._span(name))

    def type_name(self, span: Span, *words: Token) -> tree.TypeName:
        *qualifier, name = words
        return tree.TypeName(name.text, ".".join(word.text for word in qualifier) or None, span=span)

    def path(self, span: Span, *segments: Token | tree.Expr) -> tree.Reference:
        return tree.Reference(tuple(map(self._segment, segments)), span=span)

    def _segment(self, segment: Token | tree.Expr) -> str | int | tree.Expr:
        if not isinstance(segment, Token):
            return segment
        if segment.kind != "INT":
            return segment.text
        value = self._value(segment)
        assert isinstance(value, int)
        return value

    def element(self, span: Span, key: tree.Id | None, chain: tree.Chain, loop: tree.For | None) -> tree.Element:
        return tree.Element(key, chain, loop, span=span)

    def key(self, span: Span, name: Token) -> tree.Id:
        return tree.Id(name.text, span=self._span(name))

    def dims(self, span: Span, *items: tree.Expr) -> tree.Dims:
        open_sizes = [item for item in items if isinstance(item, tree.Word) and item.value is None]
        for size in open_sizes:
            self.diagnostics = [d for d in self.diagnostics if d.span != size.span]
            message = f"`{size.span.text}` is no size: one that is open has a name, as `B`, or is `_`"
            self.diagnostics.append(Diagnostic("foreign-spelling", message, size.span, help="write `_`"))
        if open_sizes:
            items = tuple(tree.Wildcard(span=item.span) if item in open_sizes else item for item in items)
        return tree.Dims(items, span=span)

    def ellipsis(self, span: Span) -> tree.Ellipsis_:
        return tree.Ellipsis_(span=span)

    def arguments(self, span: Span, *items: tree.Argument) -> tree.Arguments:
        return tree.Arguments(items, span=span)

    def argument(self, span: Span, value: tree.Expr) -> tree.Argument:
        return tree.Argument(None, value, span=span)

    def named_argument(self, span: Span, name: Token, value: tree.Expr) -> tree.Argument:
        return tree.Argument(name.text, value, span=span, name_span=self._span(name))

    # ------------------------------------------------------------------------------ values

    def ternary(self, span: Span, then: tree.Expr, condition: tree.Expr, otherwise: tree.Expr) -> tree.Ternary:
        return tree.Ternary(then, condition, otherwise, span=span)

    def binary(self, span: Span, left: tree.Expr, operator: Token, right: tree.Expr) -> tree.Binary:
        return tree.Binary(_OPERATORS.get(operator.kind, operator.text), left, right, span=span)

    def not_in(self, span: Span, left: tree.Expr, right: tree.Expr) -> tree.Binary:
        return tree.Binary("not in", left, right, span=span)

    def unary(self, span: Span, operator: Token, operand: tree.Expr) -> tree.Unary:
        return tree.Unary(_OPERATORS.get(operator.kind, operator.text), operand, span=span)

    def range_value(self, span: Span, start: tree.Expr, stop: tree.Expr) -> tree.Range:
        return tree.Range(start, stop, span=span)

    def index(self, span: Span, value: tree.Expr, index: tree.Expr) -> tree.Index:
        return tree.Index(value, index, span=span)

    def slice(self, span: Span, value: tree.Expr, start: tree.Expr | None, stop: tree.Expr | None) -> tree.Slice:
        return tree.Slice(value, start, stop, span=span)

    def attribute(self, span: Span, value: tree.Expr, name: Token) -> tree.Attribute:
        return tree.Attribute(value, name.text, span=span)

    def call(self, span: Span, callee: tree.Expr, arguments: tree.Arguments) -> tree.Call:
        return tree.Call(callee, arguments, span=span)

    def number(self, span: Span, number: Token) -> tree.Number:
        return tree.Number(self._value(number), span=span)

    def shape(self, span: Span, shape: Token) -> tree.Sequence:
        sizes: list[tree.Expr] = []
        offset = shape.start
        for digits in shape.text.split("x"):
            size = Token("INT", digits, offset, offset + len(digits))
            sizes.append(tree.Number(self._value(size), span=self._span(size)))
            offset = size.end + 1
        return tree.Sequence(tuple(sizes), written="x", span=span)

    def text(self, span: Span, text: Token) -> tree.Text:
        return tree.Text(self._unquoted(text), span=span)

    def word_value(self, span: Span, word: Token) -> tree.Word:
        return tree.Word(_WORDS[word.text], span=span)

    def name(self, span: Span, name: Token) -> tree.Expr:
        if name.text == "_":
            return tree.Wildcard(span=span)
        if name.text in _WORDS:
            return self.word_value(span, name)
        if name.text not in _PYTHON:
            return tree.Name(name.text, span=span)
        ours = name.text.lower()
        self.diagnostics.append(
            Diagnostic("foreign-spelling", f"`{name.text}` is written `{ours}`", span, help=f"write `{ours}`")
        )
        return tree.Word(_PYTHON[name.text], span=span)

    def block_value(self, span: Span, body: tree.Body) -> tree.BlockValue:
        return tree.BlockValue(body, span=span)

    def tuple_value(self, span: Span, *items: tree.Expr) -> tree.Sequence:
        return tree.Sequence(items, written="(", span=span)

    def sequence(self, span: Span, *items: tree.Expr) -> tree.Sequence:
        return tree.Sequence(items, written="[", span=span)

    def comprehension(self, span: Span, value: tree.Expr, loop: tree.For) -> tree.Comprehension:
        return tree.Comprehension(value, loop.targets, loop.iterable, span=span)

    # ----------------------------------------------------------------------------- letters

    def _value(self, number: Token) -> int | float:
        """The value of a number; one too large for any use is reported and becomes 0."""
        digits = number.text.replace("_", "")
        if number.kind == "FLOAT":
            value = float(digits)
            if value != float("inf"):
                return value
        elif len(digits) <= MAX_INTEGER_BITS // 3 and (whole := int(digits)).bit_length() <= MAX_INTEGER_BITS:
            return whole
        self.diagnostics.append(Diagnostic("limit", "this number is larger than anything can use", self._span(number)))
        return 0

    def _unquoted(self, text: Token) -> str:
        body = text.text[1:-1] if len(text.text) > 1 and text.text[-1] == text.text[0] else text.text[1:]
        if "\\" not in body:
            return body
        letters: list[str] = []
        offset = 0
        while offset < len(body):
            escaped = body[offset : offset + 2]
            if body[offset] != "\\":
                letters.append(body[offset])
                offset += 1
                continue
            if escaped not in _ESCAPES:
                start = text.start + 1 + offset
                self.diagnostics.append(
                    Diagnostic(
                        "unknown-escape",
                        f"`{escaped}` stands for nothing in a text",
                        Span(self.source, start, start + len(escaped)),
                        help='the escapes are `\\"`, `\\\\`, `\\n` and `\\t`',
                    )
                )
            letters.append(_ESCAPES.get(escaped, escaped[1:]))
            offset += 2
        return "".join(letters)


_WORDS = {"true": True, "false": False, "none": None}
_PYTHON = {"True": True, "False": False, "None": None}
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t"}
_OPERATORS = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "POWER": "**",
    "LE": "<=",
    "GE": ">=",
    "EQ": "==",
    "NE": "!=",
    "STAR": "*",
    "SLASH": "/",
    "MINUS": "-",
}
