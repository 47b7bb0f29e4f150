"""Expressions to values. Pure: all names an expression needs are in the frame when it is evaluated."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import Condition, Dim, Real, lower_bound, real
from moniel2.ir.model import DType, Unknown
from moniel2.semantics.functions import FUNCTIONS
from moniel2.semantics.operators import combine
from moniel2.semantics.scope import Frame
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import (
    BLOCKS,
    UNKNOWN_VALUE,
    BlockWorth,
    Given,
    Numeric,
    Worth,
    simplest,
    text_of,
    whole_hint,
    with_arguments,
)
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder

BlockOf = Callable[[tree.Expr, Frame], BlockWorth | None]
Assume = Callable[[Condition, Span, str], None]
Complain = Callable[[Trouble], None]
Steps = Generator[tuple[tree.Expr, Frame], Any, Worth]
_SIMPLE = (tree.Number, tree.Text, tree.Word, tree.Name)


def _range(expr: tree.Call) -> str | None:
    """`range(4)`, as Python counts."""
    items = [item.value.span.text for item in expr.arguments.items]
    if not isinstance(expr.callee, tree.Name) or expr.callee.name != "range" or not 0 < len(items) < 3:
        return None
    return f"counting is written `{'..'.join(items if len(items) > 1 else ['0', *items])}`"


DTYPES = frozenset(
    [
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "int8",
        "uint8",
        "int16",
        "int32",
        "int64",
        "bool",
        "complex64",
        "complex128",
    ]
)
_DTYPE_WORDS = {"float": "float32", "double": "float64", "half": "float16", "int": "int64", "long": "int64"}


def is_value(name: str, frame: Frame) -> bool:
    """Whether a name stands for a value wherever it is read: a size, a parameter, a constant, a dtype."""
    return name in DTYPES or name in _DTYPE_WORDS or name in ("pi", "inf") or frame.find(name) is not None


class Evaluator:
    """Evaluates expressions. ``block_of`` resolves what stands for a block by name or in braces; ``assume`` takes
    conditions; ``complain`` what is wrong with one argument of a block;
    ``owner``: the block whose expressions these are.
    """

    def __init__(self, block_of: BlockOf, assume: Assume, complain: Complain, owner: Builder) -> None:
        self.block_of = block_of
        self.assume = assume
        self.complain = complain
        self.owner = owner
        self.supposing = False  # sizes are the same if they are for the numbers of parameters that are left open
        self.rounding = 0  # inside floor(…) and ceil(…) a quotient needn't be whole

    def value(self, expr: tree.Expr, frame: Frame) -> Worth:
        """What an expression is worth. Parts of parts wait on a stack of our own, so depth costs none of Python's."""
        if isinstance(expr, _SIMPLE):
            return self._simple(expr, frame)
        stack = [self._steps(expr, frame)]
        result: Worth = None
        problem: Trouble | None = None
        while stack:
            try:
                part, inner = stack[-1].send(result) if problem is None else stack[-1].throw(problem)
            except StopIteration as end:
                stack.pop()
                result, problem = end.value, None
                continue
            except Trouble as trouble:
                stack.pop()
                problem = trouble
                continue
            result, problem = None, None
            if not isinstance(part, _SIMPLE):
                stack.append(self._steps(part, inner))
                continue
            try:
                result = self._simple(part, inner)
            except Trouble as trouble:
                problem = trouble
        if problem is not None:
            raise problem
        return result

    def truth(self, expr: tree.Expr, frame: Frame) -> bool | None:
        """Whether a condition holds; None when it can't be decided yet."""
        return self._truth(self.value(expr, frame), expr.span)

    def supposed(self, expr: tree.Expr, frame: Frame) -> bool | None:
        """Whether a condition holds for the numbers of parameters that are left open."""
        self.supposing = True
        try:
            return self.truth(expr, frame)
        finally:
            self.supposing = False

    def _simple(self, expr: tree.Number | tree.Text | tree.Word | tree.Name, frame: Frame) -> Worth:
        return self._name(expr, expr.name, frame) if isinstance(expr, tree.Name) else expr.value

    def _steps(self, expr: tree.Expr, frame: Frame) -> Steps:
        """The value of an expression made of others: yields each with its frame, and is sent its value."""
        match expr:
            case tree.Unary():
                return (yield from self._unary(expr, frame))
            case tree.Binary():
                return (yield from self._binary(expr, frame))
            case tree.Ternary():
                return (yield from self._ternary(expr, frame))
            case tree.Range():
                start = yield expr.start, frame
                stop = yield expr.stop, frame
                if isinstance(start, (Unknown, Dim)) or isinstance(stop, (Unknown, Dim)):
                    return UNKNOWN_VALUE
                first, last = self._integer(start, expr.start.span), self._integer(stop, expr.stop.span)
                self.check_length(last - first, expr.span)
                return tuple(range(first, last))
            case tree.Sequence():
                found = []
                for item in expr.items:
                    found.append((yield item, frame))
                return self.sequence(tuple(found), expr.span)
            case tree.Comprehension():
                return (yield from self._comprehension(expr, frame))
            case tree.Index():
                return (yield from self._index(expr, frame))
            case tree.Slice():
                return (yield from self._slice(expr, frame))
            case tree.Call():
                return (yield from self._call(expr, frame))
            case tree.Attribute() | tree.BlockValue():
                block = self.block_of(expr, frame)
                if block is None:
                    raise Trouble(f"{expr.span.text} is no value", expr.span)
                return block
            case tree.Wildcard() | tree.Ellipsis_():
                raise Trouble(f"{expr.span.text} can only stand in a shape", expr.span)
        raise AssertionError(expr)

    def _truth(self, value: Worth, span: Span) -> bool | None:
        if isinstance(value, Unknown):
            return None
        if isinstance(value, Dim):
            return True if (lower_bound(value) or 0) > 0 else None
        if isinstance(value, BLOCKS):
            return True
        if isinstance(value, (bool, int, float, Fraction, tuple, str)) or value is None:
            return bool(value)
        raise Trouble(f"{text_of(value)} is neither true nor false", span)

    def _name(self, expr: tree.Expr, name: str, frame: Frame) -> Worth:
        if frame.has(name):
            return frame.get(name)
        if frame.find(name) is not None:
            return UNKNOWN_VALUE  # a size that nothing bound
        if name in DTYPES:
            return DType(name)
        if name in _DTYPE_WORDS:
            return DType(_DTYPE_WORDS[name])
        if name == "pi":
            return math.pi
        if name == "inf":
            return math.inf
        block = self.block_of(expr, frame)
        if block is None:
            known = [*frame.names(), *FUNCTIONS, "true", "false", "none", *sorted(DTYPES)]
            help = did_you_mean(name, known)
            if help is None and name.isupper():
                help = f"name it in an input's shape, In[…, {name}], or make it a parameter of the block"
            help = help or _in_reach(frame)
            raise Trouble(f"`{name}` has no value here", expr.span, help, "unknown-name")
        return block

    # ------------------------------------------------------------------------------ operators

    def _unary(self, expr: tree.Unary, frame: Frame) -> Steps:
        value = yield expr.operand, frame
        if expr.operator == "not":
            truth = self._truth(value, expr.operand.span)
            return UNKNOWN_VALUE if truth is None else not truth
        if isinstance(value, Unknown):
            return value
        number = self.number(value, expr.operand.span)
        return real("neg", number) if isinstance(number, Real) else simplest(-number)

    def _ternary(self, expr: tree.Ternary, frame: Frame) -> Steps:
        chosen = self._truth((yield expr.condition, frame), expr.condition.span)
        if chosen is None:
            return UNKNOWN_VALUE
        value: Worth = yield (expr.then if chosen else expr.otherwise), frame
        return value

    def _binary(self, expr: tree.Binary, frame: Frame) -> Steps:
        left = yield expr.left, frame
        if expr.operator in ("and", "or"):
            first = self._truth(left, expr.left.span)
            if first is (expr.operator == "or"):
                return first
            second = self._truth((yield expr.right, frame), expr.right.span)
            if second is (expr.operator == "or"):
                return second
            return UNKNOWN_VALUE if first is None or second is None else second
        right = yield expr.right, frame
        return combine(self, expr, left, right)

    # ------------------------------------------------------------------- sequences and functions

    def _comprehension(self, expr: tree.Comprehension, frame: Frame) -> Steps:
        items = yield expr.iterable, frame
        if isinstance(items, Unknown):
            return items
        found = []
        for inner in self.loop(expr.targets, items, expr.iterable.span, frame):
            found.append((yield expr.value, inner))
        return self.sequence(tuple(found), expr.span)

    def loop(self, targets: tree.Targets, items: Worth, span: Span, frame: Frame) -> Iterator[Frame]:
        """A frame for each turn of ``for targets in items``."""
        if not isinstance(items, tuple):
            raise Trouble(
                f"for needs a sequence, got {text_of(items)}",
                span,
                f"count with 0..{text_of(items)}" if isinstance(items, int) else None,
                value=items,
            )
        self.check_length(len(items), span)
        for turn, item in enumerate(items):
            inner = Frame(frame)
            whole = targets[0] if len(targets) == 1 else targets
            inner.values.update(self._taken(whole, item, span, turn))
            yield inner

    def _taken(self, target: str | tree.Targets, item: Worth, span: Span, turn: int) -> Iterator[tuple[str, Worth]]:
        """Each name of a loop with its value in one turn."""
        if isinstance(target, str):
            yield target, item
            return
        if not isinstance(item, tuple) or len(item) != len(target):
            names = tree.written(target)
            raise Trouble(f"{text_of(item)} does not give the {len(target)} values of {names}", span, turn=turn)
        for one, part in zip(target, item, strict=True):
            yield from self._taken(one, part, span, turn)

    def _index(self, expr: tree.Index, frame: Frame) -> Steps:
        value = yield expr.value, frame
        index = yield expr.index, frame
        if isinstance(value, Unknown) or isinstance(index, Unknown):
            return UNKNOWN_VALUE
        if not isinstance(value, tuple):
            raise Trouble(f"{text_of(value)} is no sequence to index", expr.value.span, value=value)
        position = self._integer(index, expr.index.span)
        if not -len(value) <= position < len(value):
            count = f"{len(value)} value{'s' if len(value) != 1 else ''}"
            raise Trouble(f"index {position} is out of range: `{expr.value.span.text}` has {count}", expr.index.span)
        item: Worth = value[position]
        return item

    def _slice(self, expr: tree.Slice, frame: Frame) -> Steps:
        value = yield expr.value, frame
        ends: list[Worth] = []
        for end in (expr.start, expr.stop):
            ends.append(None if end is None else (yield end, frame))
        if isinstance(value, Unknown) or any(isinstance(e, Unknown) for e in ends):
            return UNKNOWN_VALUE
        if not isinstance(value, tuple):
            raise Trouble(f"{text_of(value)} is no sequence to slice", expr.value.span, value=value)
        start, stop = (None if e is None else self._integer(e, expr.span) for e in ends)
        return value[start:stop]

    def _call(self, expr: tree.Call, frame: Frame) -> Steps:
        callee = expr.callee
        name = callee.name if isinstance(callee, tree.Name) else ""
        function = FUNCTIONS.get(name) if name and frame.find(name) is None else None
        if function is None:
            return (yield from self._block(expr, frame))
        for argument in expr.arguments.items:
            if argument.name is not None:
                raise Trouble(f"{name} takes no named arguments", argument.span)
        rounding = name in ("floor", "ceil", "round")
        values = []
        for argument in expr.arguments.items:
            self.rounding += rounding
            try:
                values.append((yield argument.value, frame))
            finally:
                self.rounding -= rounding
        if any(isinstance(v, Unknown) for v in values):
            return UNKNOWN_VALUE
        try:
            return function(self, values, expr)
        except (TypeError, ValueError, OverflowError) as problem:
            raise Trouble(f"{name}: {problem}", expr.span) from None

    def _block(self, expr: tree.Call, frame: Frame) -> Steps:
        """``Bottleneck(groups = 32)``: a block with some arguments fixed."""
        callee = expr.callee
        worth: Worth
        if isinstance(callee, tree.Name):
            worth = frame.get(callee.name) if frame.has(callee.name) else self.block_of(callee, frame)
        else:
            worth = yield callee, frame
        if isinstance(callee, tree.Name) and worth is None and callee.name[:1].islower():
            known = ", ".join(sorted(FUNCTIONS))
            help = _range(expr) or did_you_mean(callee.name, FUNCTIONS) or f"functions: {known}"
            raise Trouble(f"there is no function {callee.name}", callee.span, help, "unknown-name")
        if not isinstance(worth, BLOCKS):
            if isinstance(callee, (tree.Sequence, tree.Number, tree.Text)):
                message = f"a comma is missing behind `{callee.span.text}`"
                raise Trouble(message, callee.span, f"{callee.span.text}, (…)", "missing-comma")
            raise Trouble(f"{callee.span.text} can't be called in a value", callee.span)
        given = []
        for argument in expr.arguments.items:
            try:
                value = yield argument.value, frame
            except Trouble as trouble:
                self.complain(trouble)
                value = UNKNOWN_VALUE
            given.append(
                Given(argument.name, value, argument.span, argument.name_span, None, argument.value, self.owner)
            )
        return with_arguments(worth, tuple(given))

    def number(self, value: Worth, span: Span) -> Numeric:
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, (int, float, Fraction, Dim, Real)):
            return value
        raise Trouble(f"{text_of(value)} is no number", span, value=value)

    def _integer(self, value: Worth, span: Span) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            hint = whole_hint(span.text, value) if isinstance(value, (Fraction, float)) else None
            raise Trouble(f"{text_of(value)} is no whole number", span, hint, "not-whole", value)
        return value

    def sequence(self, value: tuple[Any, ...], span: Span) -> Worth:
        """A sequence, if it and all inside it are no longer and no deeper than the limits."""
        self.check_length(len(value), span)
        level, depth, count = value, 1, len(value)
        while inner := [part for part in level if isinstance(part, tuple)]:
            depth, count = depth + 1, count + sum(map(len, inner))
            self.check_length(count, span)
            if depth > limits.MAX_LIST_NESTING:
                message = f"lists more than {limits.MAX_LIST_NESTING} deep"
                raise Trouble(message, span, "see: moniel2 explain limits", "limit")
            level = tuple(chain.from_iterable(inner))
        return value

    def check_length(self, length: int, span: Span) -> None:
        if length > limits.MAX_LIST:
            raise Trouble(
                f"{length:,} values are too many (limit {limits.MAX_LIST:,})",
                span,
                "see: moniel2 explain limits",
                "limit",
            )


def _in_reach(frame: Frame) -> str | None:
    """The names that do have a value, where they are few enough to be read."""
    names = list(dict.fromkeys(frame.names()))
    return f"values here: {', '.join(names)}" if 0 < len(names) <= 8 else None
