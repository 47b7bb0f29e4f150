"""Trees of ``forward`` as Python expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moniel2.backends.torch import literals, python
from moniel2.backends.torch.axes import HANDED_IN, Reading
from moniel2.backends.torch.draft import Draft
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.python import Atom, Attribute, Call, Conditional, Expr, Index, Operator, Prefix, Slice
from moniel2.backends.torch.tree import EXTERN, Done, Far, Leaf, Member, Term, Tree, Value


@dataclass
class Writer:
    """Trees of ``forward`` as expressions. ``names`` of values; ``inlined`` ones stand in place of their name."""

    draft: Draft
    externs: dict[str, str]
    device: str = ""
    names: dict[int, str] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)  # attributes that are another one
    inlined: dict[int, Expr] = field(default_factory=dict)

    def expr(self, tree: Tree) -> Expr:
        match tree:
            case Done():
                return tree.expr
            case Leaf():
                return literal(tree.value)
            case Value():
                return self.inlined.get(tree.number) or Atom(self.names.get(tree.number, "_"))
            case Member():
                return self.member(self.shared.get(tree.attribute, tree.attribute))
            case Far():
                return far(tree)
            case Term():
                return self.term(tree)
        raise AssertionError(tree)

    def term(self, tree: Term) -> Expr:
        parts = tree.children
        match tree.head:
            case "call":
                target = self.externs[tree.text] if tree.text.startswith(EXTERN) else tree.text
                return called(target, tuple(map(self.expr, parts)), tree.keys)
            case "apply":
                return Call(self.expr(parts[0]), tuple(map(self.expr, parts[1:])), tree.keys[1:])
            case "method":
                return self.method(tree)
            case "infix":
                return plainly(tree.text, tuple(map(self.expr, parts)))
            case "prefix":
                return Prefix(tree.text, self.expr(parts[0]))
            case "index":
                return Index(self.expr(parts[0]), tuple(map(self.expr, parts[1:])) or (Atom("()"),))
            case "slice":
                bounds = [None if isinstance(p, Term) and p.head == "open" else self.expr(p) for p in parts]
                bounds = [None if b == Atom("None") else b for b in bounds]
                return Slice(bounds[0], bounds[1], bounds[2])
            case "tuple" | "list":
                return python.Sequence("(" if tree.head == "tuple" else "[", tuple(map(self.expr, parts)))
            case "ellipsis":
                return Atom("...")
            case "name":
                return Atom(tree.text)
            case "device":
                return Atom(self.device)
            case "training":
                return Conditional(self.expr(parts[0]), Atom("self.training"), Atom("0.0"))
        raise AssertionError(tree)

    def member(self, attribute: str) -> Expr:
        """``self.conv``; what has a number for a name is asked for by it."""
        if not attribute.isdigit():
            return Atom(f"self.{attribute}")
        kind = next((s.kind for s in self.draft.slots if s.attribute == attribute), "module")
        if kind == "module":
            return Index(Atom("self"), (literals.string(attribute),))
        return Call(Atom(f"self.get_{'buffer' if kind == 'buffer' else 'parameter'}"), (literals.string(attribute),))

    def method(self, tree: Term) -> Expr:
        receiver, *args = map(self.expr, tree.children)
        return _called(receiver, tree.text, tuple(args), tree.keys[1:])


def far(tree: Far) -> Expr:
    if tree.typed:
        return Atom(f"self.{tree.path}")
    return Call(Atom("self.get_parameter" if tree.weight else "self.get_submodule"), (literals.string(tree.path),))


def called(target: str, args: tuple[Expr, ...], keys: tuple[str, ...]) -> Expr:
    """``F.conv2d(x, weight)`` without the bias that it hasn't."""
    whole = keys or ("",) * len(args)
    bare = len(args) > 2 and args[2] == Atom("None") and not any(whole[:3]) and all(whole[3:])
    if not bare or not target.startswith(("F.conv", "F.linear")):
        return Call(Atom(target), args, keys)
    return Call(Atom(target), (*args[:2], *args[3:]), (*whole[:2], *whole[3:]))


def plainly(symbol: str, operands: tuple[Expr, ...]) -> Expr:
    """``x - 5`` rather than ``x + -5``."""
    *before, last = operands
    if (
        before
        and symbol in ("+", "-")
        and isinstance(last, Prefix)
        and last.symbol == "-"
        and isinstance(last.operand, Atom)
    ):
        return Operator("-" if symbol == "+" else "+", (*before, last.operand))
    return Operator(symbol, operands)


_UNTYPED = frozenset({"torch.tensordot", "torch.linalg.vector_norm"})


def untyped(expr: Expr, typed: set[str]) -> bool:
    """Whether a type checker takes the expression for ``Any``: it comes from calling a module."""
    match expr:
        case Atom():
            return expr.text.isidentifier() and expr.text not in typed
        case Call():
            if isinstance(expr.target, Attribute):
                return untyped(expr.target.value, typed)
            text = expr.target.text if isinstance(expr.target, Atom) else ""
            return not text.startswith(("torch.", "F.")) or text in _UNTYPED
        case Operator():
            return any(untyped(operand, typed) for operand in expr.operands)
        case Prefix():
            return untyped(expr.operand, typed)
        case Index():
            return untyped(expr.value, typed)
    return False


def pattern(paths: dict[tuple[int, ...], str]) -> str:
    """``out, (h, c)`` of index paths."""
    size = max(p[0] for p in paths) + 1
    parts = []
    for i in range(size):
        inner = {p[1:]: n for p, n in paths.items() if p[0] == i}
        if () in inner:
            parts.append(inner[()])
        elif not inner or all(n == "_" for n in inner.values()):
            parts.append("_")
        else:
            parts.append(f"({pattern(inner)})")
    return ", ".join(parts)


def computed(tensor: str, reading: Reading) -> str:
    text = tensor if reading.axis == HANDED_IN else f"{tensor}.shape[{reading.axis}]"
    if reading.offset:
        text = f"{text} {'-' if reading.offset > 0 else '+'} {abs(reading.offset)}"
    if reading.factor == 1:
        return text
    return f"({text}) // {reading.factor}" if reading.offset else f"{text} // {reading.factor}"


def swapped(expr: Expr, head: Expr, new: Expr) -> Expr:
    """A chain of methods with its beginning replaced."""
    if expr == head:
        return new
    assert isinstance(expr, Call) and isinstance(expr.target, Attribute)
    return _called(swapped(expr.target.value, head, new), expr.target.name, expr.args, expr.keys)


def _called(receiver: Expr, method: str, args: tuple[Expr, ...], keys: tuple[str, ...]) -> Expr:
    """A method of a tensor, or the function of that name: as methods of tensors two have no types."""
    if method not in ("split", "unflatten") or isinstance(receiver, Call):
        return Call(Attribute(receiver, method), args, keys)
    if method == "split" and isinstance(args[0], python.Sequence):
        args = (python.Sequence("[", args[0].items), *args[1:])
    return Call(Atom(f"torch.{method}"), (receiver, *args), ("", *keys) if keys else ())
