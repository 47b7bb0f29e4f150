"""The two models side by side: made, called, traced."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn

from moniel2.backends.torch.emit import emit
from moniel2.backends.torch.module import load
from moniel2.ir.model import Model
from moniel2.ir.ports import port_names
from moniel2.verification.calls import Caller, Tensors, check_bind, lined_up
from moniel2.verification.inputs import Inputs, make_inputs
from moniel2.verification.modes import Determined, Draw, Lifted, distance
from moniel2.verification.places import Description, Reference
from moniel2.verification.reference import Factory, Misuse, made, said
from moniel2.verification.trace import Trace, trace
from moniel2.verification.weights import Spread, Weight, randomize, spreads_of, turned, weights_of, with_buffers


@dataclass
class Both:
    """Two models in double precision, all their weights open to gradients, with what lines them up.

    ``mine`` and ``other`` are their weights by key, ``trained`` the keys that the models themselves would train;
    ``outputs`` are names of our outputs with those of the reference's; ``compared`` collects ours that had a partner;
    ``spreads`` say what is random for the reference's weights.
    """

    model: Model
    ours: Caller
    theirs: Caller
    outputs: Mapping[str, str]
    compared: set[str] = field(default_factory=set)
    last: tuple[Tensors, Tensors] = field(default=({}, {}), repr=False)
    unlike: str = ""
    mine: dict[str, Weight] = field(init=False)
    other: dict[str, Weight] = field(init=False)
    trained: tuple[frozenset[str], frozenset[str]] = field(init=False)
    spreads: Mapping[str, Spread] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.trained = (_trained(self.ours.module), _trained(self.theirs.module))
        for module in (self.ours.module, self.theirs.module):
            for parameter in module.parameters():
                parameter.requires_grad_(True)
        self.names = port_names(self.model.root.outputs)
        self.use(torch.float64)
        self.spreads = spreads_of(self.other.values())

    def use(self, dtype: torch.dtype) -> None:
        """Go on in another precision."""
        self.mine = weights_of(self.ours.module.to(dtype))
        theirs = self.theirs.module.to(dtype)
        self.other = turned(weights_of(theirs), self.mine.values(), theirs)
        with_buffers(self.mine, self.ours.module, self.other, theirs)

    # ------------------------------------------------------------------------------------- running

    def runs(self, inputs: Inputs) -> bool:
        """Whether our own model can be called at these sizes: a table of positions may be shorter."""
        try:
            with torch.no_grad():
                self.run_one(self.ours, inputs.as_type(torch.float64))
        except Misuse:
            return False
        return True

    def run(
        self, inputs: Tensors, lift: bool = True, draws: tuple[list[Draw], list[Draw]] | None = None
    ) -> tuple[Tensors, Tensors]:
        """The outputs of both, ours under the description's names. Random numbers are the same in both."""
        ours, draws_ours = self.run_one(self.ours, inputs, lift)
        theirs, draws_theirs = self.run_one(self.theirs, inputs, lift)
        if draws is not None:
            draws[0].extend(draws_ours)
            draws[1].extend(draws_theirs)
        if len(ours) == len(self.names):
            ours = dict(zip(self.names, ours.values(), strict=True))
        return ours, theirs

    def run_one(self, caller: Caller, inputs: Tensors, lift: bool = True) -> tuple[Tensors, list[Draw]]:
        """The outputs of one of them, and what it left to chance."""
        with Determined(lift) as chance:
            return caller({n: t.clone() for n, t in inputs.items()}), chance.draws

    def pairs(self, ours: Tensors, theirs: Tensors) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Outputs side by side."""
        found = lined_up(ours, theirs, self.outputs)
        self.compared |= {o for o, _ in found}
        return [(ours[o], theirs[t]) for o, t in found]

    def gap(self, inputs: Tensors, lift: bool = True) -> float:
        """How far the outputs are apart, relative to their size."""
        with torch.no_grad():
            ours, theirs = self.run(inputs, lift)
        self.last = inputs, theirs
        return self.distance(self.pairs(ours, theirs))

    def distance(self, pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
        """The greatest of all, ``unlike`` telling shapes that aren't the same."""
        other = [(list(o.shape), list(t.shape)) for o, t in pairs if o.shape != t.shape]
        self.unlike = f"{other[0][0]}, the reference's is {other[0][1]}" if other else ""
        return max((distance(o, t) for o, t in pairs), default=math.inf)

    def depends(self) -> bool:
        """Whether the reference's last outputs depend on the inputs: if not, comparing them proves nothing."""
        inputs, before = self.last
        moved = {n: t + 0.5 * t.flip(0) if t.is_floating_point() else t.flip(0) for n, t in inputs.items()}
        with torch.no_grad():
            after, _ = self.run_one(self.theirs, moved)
        return any(distance(after[n], t) > 1e-6 for n, t in before.items())

    def train(self, on: bool) -> None:
        self.ours.module.train(on)
        self.theirs.module.train(on)

    def gradients(self, inputs: Tensors, draws: tuple[list[Draw], list[Draw]] | None = None) -> float:
        """One step forwards and back in both, gradients left with the weights. How far the outputs are apart."""
        for weight in (*self.mine.values(), *self.other.values()):
            weight.tensor.grad = None
        # Where inputs ask for no gradient, a checkpoint of the older kind gives none to what is inside it.
        asking = {n: t.requires_grad_() if t.is_floating_point() else t for n, t in inputs.items()}
        found = self.pairs(*self.run(asking, draws=draws))
        for i, (mine, other) in enumerate(found):
            for tensor in (mine, other):
                if tensor.requires_grad and mine.shape == other.shape:
                    # The sum of the outputs may be a constant (after a softmax, a norm): a random projection isn't.
                    generator = torch.Generator().manual_seed(i + 1)
                    onto = torch.randn(tensor.shape, generator=generator, dtype=torch.float64).to(tensor.dtype)
                    loss = (tensor * onto).sum() / math.sqrt(tensor.numel())
                    torch.autograd.backward(loss, retain_graph=i + 1 < len(found))
        return self.distance(found)

    def asleep(self, inputs: Tensors) -> set[str]:
        """The reference's matrices on which no output depends with the numbers that are in place."""
        self.gradients(inputs)
        sizes = {k: 0.0 if w.tensor.grad is None else float(w.tensor.grad.norm()) for k, w in self.other.items()}
        least = sum(sizes.values()) * 1e-12
        return {k for k, w in self.other.items() if w.tensor.ndim > 1 and sizes[k] <= least}

    # ------------------------------------------------------------------------------------- tracing

    def trace_ours(self, inputs: Inputs) -> Description:
        return Description(self.ours.module, _traced(self.ours, self.mine, inputs), self.model)

    def trace_theirs(self, inputs: Inputs) -> Reference:
        return Reference(self.theirs.module, _traced(self.theirs, self.other, inputs))

    def untraced(self) -> tuple[Description, Reference]:
        """What describes their weights, not what they do."""
        return Description(self.ours.module, Trace(), self.model), Reference(self.theirs.module, Trace())

    # ------------------------------------------------------------------------------------- weights

    def randomize(self, inputs: Tensors, seed: int, times: float = 1.0) -> None:
        """Random weights in the reference; the statistics of its norms fit the inputs, so that signals neither die nor
        explode on the way. Matrices are ``times`` as large as usual."""
        randomize(self.other.values(), self.spreads, seed, times)
        norms = [m for m in self.theirs.module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        if not norms:
            return
        training = self.theirs.module.training
        with _momentum(norms), torch.no_grad(), Determined():
            self.theirs.module.train()
            self.theirs({n: t.clone() for n, t in inputs.items()})
        self.theirs.module.train(training)
        generator = torch.Generator().manual_seed(seed)
        for weight in self.other.values():
            if weight.statistic:
                spread = torch.rand(weight.tensor.shape, generator=generator, dtype=weight.tensor.dtype)
                weight.tensor.mul_(0.8 + 0.4 * spread)


def put_side_by_side(
    model: Model, reference: Factory | nn.Module, name: str, bind: Mapping[str, str], outputs: Mapping[str, str]
) -> Both:
    """Make both models. Raises ``Misuse``."""
    with Lifted():
        emitted = emit(model)
        if emitted.missing:
            raise Misuse(f"the description leaves something open: {emitted.missing[0]}")
        ours: nn.Module = load(emitted.text, emitted.class_name)()
        theirs = _copied(reference, name) if isinstance(reference, nn.Module) else made(reference, name)
    bound = [n for n, p in zip(port_names(model.root.inputs), model.root.inputs, strict=True) if p.bound]
    check_bind(theirs, bind, bound)
    caller = Caller(theirs, name, bind)
    if any(isinstance(p, nn.UninitializedParameter) for p in theirs.parameters()):
        # Lazy layers take their sizes from the first call.
        with Lifted(), torch.no_grad():
            caller(make_inputs(model)[0].as_type(torch.float64))
    if any(p.is_meta for p in theirs.parameters()):
        raise Misuse(f"{name} has weights on the meta device, which hold no numbers")
    return Both(model, Caller(ours, model.name), dataclasses.replace(caller, module=theirs.cpu()), outputs)


def _copied(module: nn.Module, name: str) -> nn.Module:
    try:
        return copy.deepcopy(module)
    except Exception as error:
        raise Misuse(f"{name} can't be copied ({said(error)}); give a function that makes it") from error


def _trained(module: nn.Module) -> frozenset[str]:
    return frozenset(k for k, p in module.named_parameters() if p.requires_grad)


def _traced(caller: Caller, weights: Mapping[str, Weight], inputs: Inputs) -> Trace:
    tensors = inputs.as_type(torch.float64)
    keys = {k: w.tensor for k, w in weights.items()}
    with Determined():
        return trace(caller.module, keys, list(tensors.values()), lambda: caller(tensors))


@contextmanager
def _momentum(norms: list[nn.modules.batchnorm._BatchNorm]) -> Iterator[None]:
    """Inside, a norm's statistics become those of the last batch."""
    before = [n.momentum for n in norms]
    for norm in norms:
        norm.momentum = 1.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
