"""Calling either model, and lining up what comes out."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

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
        except (Exception, SystemExit) as error:
            shapes = ", ".join(f"{n}{list(t.shape)}" for n, t in inputs.items())
            hint = "" if self.bind or named else self._hint(error, inputs)
            raise Misuse(f"{self.name} can't be called with {shapes}: {said(error)}{hint}") from error
        outputs = flattened(result)
        if not outputs:
            raise Misuse(f"{self.name} gives {type(result).__name__} and no tensor in it")
        return outputs

    def _arguments(self, inputs: Tensors) -> tuple[list[torch.Tensor], dict[str, object]]:
        if self.bind:
            return [], self._bound(inputs)
        parameters = parameters_of(self.module)
        by_position = any(kind in _BY_POSITION for kind in parameters.values())
        anything = inspect.Parameter.VAR_KEYWORD in parameters.values()
        if all(name in parameters for name in inputs) or (anything and not by_position):
            return [], dict(inputs)
        return list(inputs.values()), {}

    def _bound(self, inputs: Tensors) -> dict[str, object]:
        """The arguments as told; those of one dict, ``batch.image``, in it."""
        found: dict[str, object] = {}
        for argument, name in self.bind.items():
            first, _, key = argument.partition(".")
            if key:
                inside = found.setdefault(first, {})
                assert isinstance(inside, dict)
                inside[key] = inputs[name]
            else:
                found[first] = inputs[name]
        return found

    def _hint(self, error: BaseException, inputs: Tensors) -> str:
        """How to call it otherwise."""
        first, *others = parameters_of(self.module) or ("",)
        if others and len(inputs) > 1:
            return f"; --bind {first}=INPUT says which input is which"
        if first and isinstance(error, (TypeError, LookupError, AttributeError)):
            name = next(iter(inputs))
            return f"; if it takes a dict, --bind {first}.{name}={name} puts {name} into it"
        if any(word in str(error) for word in ("float32", "float64", "Float", "Double")):
            return "; it is called in double precision, which shows what float32 would hide"
        return ""


def parameters_of(module: nn.Module) -> dict[str, inspect._ParameterKind]:
    """What a module's ``forward`` takes, each with how it is given."""
    try:
        return {n: p.kind for n, p in inspect.signature(module.forward).parameters.items()}
    except ValueError:
        # A module of TorchScript has no Python in it.
        schema: Any = getattr(module.forward, "schema", None)
        names = [str(a.name) for a in schema.arguments[1:]] if schema is not None else []
        return dict.fromkeys(names, inspect.Parameter.POSITIONAL_OR_KEYWORD)


_BY_POSITION = frozenset(
    [
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    ]
)


def check_bind(module: nn.Module, bind: Mapping[str, str], inputs: Sequence[str]) -> None:
    """Raises ``Misuse`` for a name that isn't there."""
    from moniel2.diagnostics.suggest import did_you_mean

    parameters = parameters_of(module)
    anything = inspect.Parameter.VAR_KEYWORD in parameters.values()
    for argument, name in bind.items():
        first = argument.partition(".")[0]
        for wanted, known, whose in ((first, list(parameters), "the reference"), (name, inputs, "the description")):
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
