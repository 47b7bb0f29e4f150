"""One run of a model, operation by operation: what was computed from what, where, and with which weights."""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Fingerprint = tuple[int, float, float, float]
"""Count, sum, sum of magnitudes and of squares: the same however the numbers lie in memory."""

_OTHERS = (str(Path(torch.__file__).parent) + os.sep, str(Path(__file__).parent) + os.sep, "<frozen")
"""Where the files are that are no model's own."""
_NAMES = re.compile(r"[\w\s,.]+")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in Python code that is running: ``lasti`` is the instruction, ``number`` its line."""

    code: CodeType
    lasti: int
    number: int

    @property
    def file(self) -> str:
        return self.code.co_filename

    @property
    def text(self) -> str:
        """The expression that is evaluated there; before Python 3.11, its line."""
        whole = linecache.getline(self.file, self.number)
        if hasattr(self.code, "co_positions"):
            line, end_line, start, end = list(self.code.co_positions())[self.lasti // 2]
            if line == end_line == self.number and start is not None and end is not None:
                text = whole.encode()[start:end].decode(errors="replace")
                # What is taken apart, `q, k, v = …`, is named by the names that it gets: they say nothing.
                return whole.strip() if _NAMES.fullmatch(text) else text
        return whole.strip()


@dataclass(eq=False)
class Event:
    """One operation of torch: ``sources`` are the events whose results it reads (-1: an input of the model).

    ``live`` tells whether it depends on the inputs at all; ``weights`` are the keys of those it reads, directly or made
    from them alone; ``path`` is the module at work, ``call`` the number of its call and ``whole`` whether it
    is one thing; ``spot`` is where its code asked for it.
    """

    index: int
    name: str
    sources: tuple[int, ...]
    weights: tuple[str, ...]
    live: bool
    path: str
    call: int
    whole: bool
    spot: Spot | None
    shape: tuple[int, ...] = ()
    print: Fingerprint | None = None
    others: tuple[Fingerprint, ...] = ()  # of what it gives beside its first result
    order: float = 0.0  # says in which order the numbers are, where the fingerprint doesn't


@dataclass(frozen=True, slots=True)
class Given:
    """An input of the model: what an event says of its result."""

    shape: tuple[int, ...]
    print: Fingerprint | None
    order: float


@dataclass
class Trace:
    """All events in order; ``outputs`` are the events that made the outputs; ``used`` weights in order of first use."""

    inputs: list[Given] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)


def trace(
    module: nn.Module,
    keys: Mapping[str, torch.Tensor],
    inputs: Sequence[torch.Tensor],
    run: Callable[[], Mapping[str, torch.Tensor]],
) -> Trace:
    """Run a model and note what it does. ``keys`` are its weights."""
    recorder = _Recorder(keys, inputs)
    with _paths(module, recorder), torch.enable_grad(), recorder:
        outputs = run()
    found = recorder.trace
    for tensor in outputs.values():
        found.outputs += [s for s in recorder.sources(tensor) if s >= 0]
    return found


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, keys: Mapping[str, torch.Tensor], inputs: Sequence[torch.Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.trace = Trace([_given(t) for t in inputs])
        self.stack: list[tuple[str, int, bool]] = []
        self.calls = 0
        self.weights = {id(t): k for k, t in keys.items()}
        self.made: dict[int, int] = {id(t): -1 for t in inputs}
        # A view of a tensor that is written to afterwards shares its memory.
        self.written: dict[int, int] = {}
        self.alive: list[torch.Tensor] = list(inputs)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func._schema.name.removeprefix("aten::")
        if name == "detach":
            self.same(args[0], result)
            return result
        taken = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        given = [t for t in tree_leaves(result) if isinstance(t, torch.Tensor)]
        if given:
            self.note(name, func._schema.is_mutable, taken, given)
        return result

    def same(self, old: torch.Tensor, new: torch.Tensor) -> None:
        if id(old) in self.made:
            self.made[id(new)] = self.made[id(old)]
        if id(old) in self.weights:
            self.weights[id(new)] = self.weights[id(old)]
        self.alive.append(new)

    def note(self, name: str, mutates: bool, taken: list[torch.Tensor], given: list[torch.Tensor]) -> None:
        events = self.trace.events
        sources: dict[int, None] = {}
        weights: dict[str, None] = {}
        for tensor in taken:
            if id(tensor) in self.weights:
                weights[self.weights[id(tensor)]] = None
                continue
            sources.update(dict.fromkeys(self.sources(tensor)))
        if name in _SHAPE_ONLY:
            sources, weights = {}, {}
        live = any(s < 0 or events[s].live for s in sources)
        for s in sources:
            if s >= 0 and not events[s].live:
                weights.update(dict.fromkeys(events[s].weights))
        index = len(events)
        if live:
            for key in weights:
                self.trace.used.setdefault(key, index)
        main = given[0]
        event = Event(index, name, tuple(sources), tuple(weights), live, *self.at, _spot(), tuple(main.shape))
        if live and main.is_floating_point():
            event.print = fingerprint(main)
            event.order = order(main) if event.print is not None else 0.0
            more = (fingerprint(t) for t in given[1:] if t.is_floating_point())
            event.others = tuple(p for p in more if p is not None)
        events.append(event)
        for tensor in given:
            if id(tensor) in self.weights:
                continue
            self.made[id(tensor)] = index
            self.alive.append(tensor)
            if mutates and any(tensor is t for t in taken):
                self.written[tensor.untyped_storage().data_ptr()] = index

    def sources(self, tensor: torch.Tensor) -> Iterator[int]:
        if id(tensor) in self.made:
            yield self.made[id(tensor)]
        if self.written and (last := self.written.get(tensor.untyped_storage().data_ptr())) is not None:
            yield last

    @property
    def at(self) -> tuple[str, int, bool]:
        """The module at work, the number of its call, and whether that is one thing."""
        return self.stack[-1] if self.stack else ("", 0, False)

    def enter(self, path: str, module: nn.Module) -> None:
        self.calls += 1
        self.stack.append((path, self.calls, bool(path) and one_thing(module)))


_SHAPE_ONLY = frozenset(
    [
        "zeros_like",
        "ones_like",
        "empty_like",
        "full_like",
        "rand_like",
        "randn_like",
        "new_zeros",
        "new_ones",
        "new_empty",
        "new_full",
    ]
)


@contextmanager
def _paths(module: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Inside, the recorder knows which module is at work."""
    handles = []
    for name, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            continue  # it takes no hooks: what it does is its caller's

        def enter(part: nn.Module, _: object, path: str = name) -> None:
            recorder.enter(path, part)

        def leave(_: nn.Module, __: object, ___: object) -> None:
            recorder.stack.pop()

        handles.append(part.register_forward_pre_hook(enter))
        handles.append(part.register_forward_hook(leave, always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def one_thing(module: nn.Module) -> bool:
    """Whether a module is called by what it is, as torch's own layers are: its code is no place to point at."""
    if next(module.children(), None) is not None:
        return False
    return type(module).__module__.startswith("torch.") or bool(module.extra_repr())


NEAR = 1e-9
"""Fingerprints that differ by less than this part of their size are the same."""


def same_print(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two results have the same numbers, wherever they lie."""
    if a[0] != b[0] or abs(a[3] - b[3]) > NEAR * a[3]:
        return False
    return all(abs(x - y) <= NEAR * 10 * a[2] for x, y in zip(a[1:3], b[1:3], strict=True))


def fingerprint(tensor: torch.Tensor) -> Fingerprint | None:
    """None for what says nothing: nothing at all, a single number, zeros."""
    numbers = tensor.detach().double()
    numbers = torch.where(numbers.isfinite(), numbers, 0.0)
    size = float(numbers.abs().sum())
    if numbers.numel() < 2 or not size:
        return None
    return numbers.numel(), float(numbers.sum()), size, float(numbers.square().sum())


def _given(tensor: torch.Tensor) -> Given:
    if not tensor.is_floating_point():
        return Given(tuple(tensor.shape), None, 0.0)
    return Given(tuple(tensor.shape), fingerprint(tensor), order(tensor))


def same_order(a: Event | Given, b: Event | Given) -> bool:
    """Whether two results with the same numbers have them at the same places."""
    return a.print is not None and abs(a.order - b.order) <= NEAR * 10 * a.print[2]


def order(tensor: torch.Tensor) -> float:
    """A sum in which every place counts differently."""
    numbers = tensor.detach().double().flatten()
    numbers = torch.where(numbers.isfinite(), numbers, 0.0)
    return float(numbers @ torch.arange(numbers.numel(), dtype=numbers.dtype, device=numbers.device).cos())


def _spot() -> Spot | None:
    """Where the innermost of the model's own code is."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_OTHERS):
            return Spot(frame.f_code, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return None
