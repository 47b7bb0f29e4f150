"""What is wrong with a value, said at the words to change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Related
from moniel2.semantics.parts import parts_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import whole_hint
from moniel2.semantics.written import blamed, entries, loops
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder

_OF_A_VALUE = frozenset(["bad-value", "not-whole", "wrong-argument"])


def complain(builder: Builder, trouble: Trouble, expr: tree.Expr | None = None) -> None:
    """Report a trouble with (part of) an expression of the block under construction."""
    span, help = trouble.span, trouble.help
    if trouble.rule == "unknown-name":
        help = _meant(builder, span) or help
    elif trouble.rule in _OF_A_VALUE and expr is not None and trouble.value is not None:
        part = next((p for p in parts_of(expr) if p.span == span), None)
        # Where a number is needed and a list is there, an index was forgotten.
        forgotten = isinstance(trouble.value, tuple) and trouble.rule != "wrong-argument"
        blame = blamed(builder, part, trouble.value) if part is not None else None
        if blame is not None and forgotten:
            if not blame.told:
                builder.report(trouble.rule, trouble.message, span, help=help)
            blame.settle()
            return
        if blame is not None:
            if not blame.told:
                related = (Related("it is needed here", span),)
                help = whole_hint(blame.span.text, trouble.value) if trouble.rule == "not-whole" else help
                builder.report(trouble.rule, trouble.message, blame.span, help=help, related=related)
            blame.settle()
            return
    builder.report(trouble.rule, trouble.message, span, help=help)


def complain_of_loop(builder: Builder, trouble: Trouble, loop: tree.For) -> None:
    """Report a trouble with what a ``for`` goes through."""
    if trouble.turn is None:
        # Where a number stands, `0..` was forgotten before it.
        complain(builder, trouble, None if isinstance(trouble.value, int) else loop.iterable)
        return
    written = entries(builder, loop.iterable)
    lengths = {len(e.items) if isinstance(e, tree.Sequence) else None for e in written}
    count = len(loop.targets)
    if len(lengths) == 1 and len(written) > 1 and None not in lengths and lengths != {count}:
        (length,) = lengths
        targets = _targets(loop)
        message = f"{count} names for entries of {length} values each"
        builder.report("bad-value", message, targets, related=(Related("the first entry", written[0].span),))
        return
    if trouble.turn < len(written):
        related = (Related("they are taken here", _targets(loop)),)
        builder.report("bad-value", trouble.message, written[trouble.turn].span, related=related)
        return
    builder.report(trouble.rule, trouble.message, trouble.span, help=trouble.help)


def _targets(loop: tree.For) -> Span:
    """``(a, b)`` of ``for (a, b) in …``."""
    source, start = loop.span.source, loop.span.start
    words = re.match(r"for\s*(\(.*\)|\w+)", source.text[start : loop.iterable.span.start], re.DOTALL)
    return Span(source, start + words.start(1), start + words.end(1)) if words else loop.iterable.span


def _meant(builder: Builder, span: Span) -> str | None:
    """The help line for a name that has no value here and yet means something."""
    name = span.text
    found = loops(builder)
    around = [loop for loop, item in found if item.start <= span.start < item.end and item.source == span.source]
    if around and len(name) == 1:
        names = list(tree.bound(around[0].targets))
        return f"the `for` here counts with `{names[0]}`" if len(names) == 1 else None
    if any(name in tree.bound(loop.targets) for loop, _ in found):
        return f"`{name}` has its values in the item that the `for` follows: parentheses make it more"
    return None


def divisors(builder: Builder, quotient: tree.Expr | None) -> str | None:
    """The help line for a width that its heads don't divide."""
    if not isinstance(quotient, tree.Binary) or quotient.operator != "/":
        return None
    width, count = (builder.value_now(part, builder.home) for part in (quotient.left, quotient.right))
    if not isinstance(width, int) or not isinstance(count, int) or count < 1:
        return None
    near = sorted((n for n in range(1, min(width, 4 * count) + 1) if width % n == 0), key=lambda n: abs(n - count))[:2]
    return f"{quotient.right.span.text} = {' or '.join(map(str, sorted(near)))} would divide {width}" if near else None
