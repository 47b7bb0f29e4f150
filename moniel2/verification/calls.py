"""Calling either model, and lining up what comes out."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from moniel2.verification.reference import Misuse, said

Tensors = dict[str, torch.Tensor]


@dataclasses.dataclass(frozen=True)
class Caller:
    """A module with the way to call it: ``bind`` are its arguments' names with the inputs' that go there."""

    module: nn.Module
    name: str
    bind: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __call__(self, inputs: Tensors) -> Tensors:
        """Outputs by name; "0", "1", … where they have none. Raises ``Misuse`` if the call fails."""
        torch.manual_seed(0)
        args, named = self._arguments(inputs)
        try:
            result = self.module(*args, **named)
        except Exception as error:
            shapes = ", ".join(f"{n}{list(t.shape)}" for n, t in inputs.items())
            first, *others = inspect.signature(self.module.forward).parameters or ("",)
            by_order = not self.bind and not named and others and len(inputs) > 1
            hint = f"; --bind {first}=INPUT says which input is which" if by_order else ""
            raise Misuse(f"{self.name} can't be called with {shapes}: {said(error)}{hint}") from error
        return flattened(result)

    def _arguments(self, inputs: Tensors) -> tuple[list[torch.Tensor], Tensors]:
        if self.bind:
            return [], {argument: inputs[name] for argument, name in self.bind.items()}
        parameters = inspect.signature(self.module.forward).parameters
        if all(name in parameters for name in inputs):
            return [], dict(inputs)
        return list(inputs.values()), {}


def check_bind(module: nn.Module, bind: Mapping[str, str], inputs: Sequence[str]) -> None:
    """Raises ``Misuse`` for a name that isn't there."""
    from moniel2.diagnostics.suggest import did_you_mean

    parameters = inspect.signature(module.forward).parameters
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    for argument, name in bind.items():
        for wanted, known, whose in ((argument, list(parameters), "the reference"), (name, inputs, "the description")):
            if wanted not in known and not (anything and whose == "the reference"):
                help = did_you_mean(wanted, known) or f"there are {', '.join(known)}"
                raise Misuse(f"{whose} has no input `{wanted}`; {help}")


def flattened(result: object, prefix: str = "") -> Tensors:
    """All tensors in a result, by name. What else is in it (caches, None) is left out."""
    if isinstance(result, torch.Tensor):
        return {prefix or "0": result}
    items: list[tuple[str, object]] = []
    if isinstance(result, Mapping):
        items = [(str(k), v) for k, v in result.items()]
    elif dataclasses.is_dataclass(result) and not isinstance(result, type):
        items = [(f.name, getattr(result, f.name)) for f in dataclasses.fields(result)]
    elif isinstance(result, (tuple, list)):
        names = getattr(result, "_fields", None) or [str(i) for i in range(len(result))]
        items = list(zip(names, result, strict=True))
    found: Tensors = {}
    for name, value in items:
        found.update(flattened(value, f"{prefix}.{name}" if prefix else name))
    return found


def lined_up(ours: Tensors, theirs: Tensors, named: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of output names: as told in ``named`` (ours to theirs), by name, else in order where shapes agree.

    A model may give fewer in evaluation (auxiliary heads) or more (intermediate results): those stay without partner.
    """
    pairs = [(o, t) for o, t in named.items() if o in ours and t in theirs]
    pairs += [(o, o) for o in ours if o in theirs and not o.isdigit() and o not in named]
    rest_ours = [o for o in ours if o not in {p[0] for p in pairs}]
    rest_theirs = [t for t in theirs if t not in {p[1] for p in pairs}]
    if len(rest_ours) == len(rest_theirs):
        return pairs + list(zip(rest_ours, rest_theirs, strict=True))
    if pairs and len(theirs) > len(ours):
        return pairs
    for name in rest_theirs:
        fitting = [o for o in rest_ours if ours[o].shape == theirs[name].shape]
        if fitting:
            pairs.append((fitting[0], name))
            rest_ours.remove(fitting[0])
    return pairs
