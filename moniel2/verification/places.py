"""Where a model does something: our own in the source of its description, the reference in its modules and code."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass

from torch import nn

from moniel2.backends.torch.paths import attributes_of
from moniel2.ir.model import OWN_INPUT, Block, Loop, Model, Node, Operand, Operation, Ref
from moniel2.source import Span
from moniel2.verification.report import Side
from moniel2.verification.trace import Event, Trace, one_thing
from moniel2.verification.whose import whose


@dataclass(frozen=True)
class Reference:
    """Describes events of the model to compare with."""

    module: nn.Module
    trace: Trace

    def side(self, event: Event | None) -> Side:
        if event is None:
            return Side("is at its end", "its output")
        leaf = _leaf(self.module, event.path)
        if leaf is not None:
            return Side(_repr(leaf), event.path)
        spot = event.spot
        where = f"{_short(spot.file)}:{spot.number}" if spot is not None else type(self.module).__name__
        text = spot.text if spot is not None else event.name
        return Side(text, f"{event.path}, {where}" if event.path else where)

    def weight(self, key: str) -> Side:
        owner = self.module.get_submodule(key.rpartition(".")[0])
        return Side(key if next(owner.children(), None) is not None else f"{key} of {_repr(owner)}", key)


@dataclass(frozen=True)
class Description:
    """Describes events of the generated module by the text that it comes from."""

    module: nn.Module
    trace: Trace
    model: Model

    def side(self, event: Event | None) -> Side:
        if event is None:
            return Side("is at its end", "its output")
        leaf = _leaf(self.module, event.path)
        found = _walk(self.model.root, event.path)
        if leaf is not None:
            node = self._sharing(event, found[-1]) if found else None
            return Side(_repr(leaf), self._where(node.span if node is not None else None, event.path))
        node = self._functional(event)
        if node is not None:
            return Side(_called(node), self._where(node.span, event.path))
        text = event.spot.text if event.spot is not None else event.name
        span = found[-1].span if found else self.model.root.span
        return Side(text, self._where(span, event.path))

    def weight(self, key: str) -> Side:
        owner = self.module.get_submodule(key.rpartition(".")[0])
        found = _walk(self.model.root, key)
        does = key if next(owner.children(), None) is not None else f"{key} of {_repr(owner)}"
        return Side(does, self._where(found[-1].span if found else None, key.rpartition(".")[0]))

    def _where(self, span: Span | None, path: str) -> str:
        if span is None:
            return path or self.model.name
        position = span.source.position(span.start)
        text = f"{span.source.name}:{position.line}:{position.column}"
        return f"{text}, {path}" if path else text

    def _functional(self, event: Event) -> Node | None:
        """The node that an operation of torch belongs to, if it has no module."""
        block = self._block(event.path)
        if block is None:
            return None
        return whose(block, event.path, event, self.trace, lambda attribute: self._is_module(event.path, attribute))

    def _sharing(self, event: Event, node: Node) -> Node:
        """The node that an event of a module belongs to: one without weights may serve several nodes."""
        path, _, attribute = event.path.rpartition(".")
        block = self._block(path)
        if block is None or not isinstance(node.what, Operation) or node.what.weights:
            return node
        attributes = attributes_of(block)
        alike = [
            n
            for n in block.nodes
            if isinstance(n.what, Operation)
            and n.what.name == node.what.name
            and (attributes.get(n.id) == attribute or not self._is_module(path, attributes.get(n.id, "")))
        ]
        return next(iter(self._nearest(event, path, alike)), node)

    def _block(self, path: str) -> Block | None:
        found = _walk(self.model.root, path)
        return _inner(found[-1]) if found else None if path else self.model.root

    def _nearest(self, event: Event, path: str, candidates: list[Node]) -> list[Node]:
        """Those of some nodes of the block at ``path`` that read what the event reads; all if none does."""
        block = self._block(path)
        if block is None:
            return candidates
        before = {
            e.path[len(path) :].lstrip(".").partition(".")[0]
            for e in self._ancestors(event, path)
            if e.path != path and e.path.startswith(path)
        }
        attributes = attributes_of(block)
        return [n for n in candidates if not before or before & _modules_before(block, n, attributes)] or candidates

    def _is_module(self, path: str, attribute: str) -> bool:
        return isinstance(getattr(self.module.get_submodule(path), attribute, None), nn.Module)

    def _ancestors(self, event: Event, path: str) -> list[Event]:
        """The nearest events of other modules than its own and the one at ``path`` that it reads."""
        events, found = self.trace.events, []
        stack, seen = [s for s in event.sources if s >= 0], set()
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            if events[at].path not in (event.path, path):
                found.append(events[at])
            else:
                stack += [s for s in events[at].sources if s >= 0]
        return found


def _leaf(module: nn.Module, path: str) -> nn.Module | None:
    """The module at a path if it is one thing."""
    part = module.get_submodule(path)
    return part if path and one_thing(part) else None


def _repr(module: nn.Module) -> str:
    # Whether it writes over its input is no part of the network.
    return re.sub(r"(, )?\binplace=(True|False)\b", "", " ".join(repr(module).split()))


def _called(node: Node) -> str:
    return node.what.written if isinstance(node.what, Operation) else node.what.name


def _short(file: str) -> str:
    """A file by the end of its path."""
    for start in (os.getcwd(), *sorted(map(os.path.abspath, filter(None, sys.path)), key=len, reverse=True)):
        if file.startswith(start + os.sep):
            return file[len(start) + 1 :]
    return file


def _walk(root: Block, path: str) -> list[Node]:
    """The nodes on the way along a path of attributes."""
    found: list[Node] = []
    block: Block | None = root
    parts = [p for p in path.split(".") if p]
    while parts and block is not None:
        attribute = parts.pop(0)
        copies = [n for n in block.nodes if n.shared is None and attributes_of(block).get(n.id) == attribute]
        if not copies:
            break
        node = copies[0]
        if node.first is not None and parts and parts[0].isdigit():
            number = int(parts.pop(0))
            node = next((n for n in copies if (n.first or 0) <= number < (n.first or 0) + n.repeat), node)
        found.append(node)
        block = _inner(node)
    return found


def _inner(node: Node) -> Block | None:
    match node.what:
        case Block():
            return node.what
        case Loop():
            return node.what.body
    return None


def _modules_before(block: Block, node: Node, attributes: dict[str, str]) -> set[str]:
    """The attributes of the modules whose results a node reads, other operations passed through."""
    found: set[str] = set()
    stack: list[Operand] = list(node.operands)
    seen: set[int] = set()
    while stack:
        source = stack.pop().source
        if not isinstance(source, Ref) or source.node == OWN_INPUT or source.node in seen:
            continue
        seen.add(source.node)
        before = block.nodes[source.node]
        found.add(attributes.get(before.id, before.id))
        if isinstance(before.what, Operation) and not before.what.weights:
            stack += before.operands
    return found
