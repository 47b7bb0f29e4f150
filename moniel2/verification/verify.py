"""Comparing a description with a PyTorch module: counts, then weights carried over, then everything they compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import nn

from moniel2.ir.model import Model
from moniel2.verification.both import Both, put_side_by_side
from moniel2.verification.calls import Tensors
from moniel2.verification.inputs import Inputs, check_known, make_inputs
from moniel2.verification.locate import agreement, locate
from moniel2.verification.pairing import Pairing, by_effect, by_name, by_order, crossed
from moniel2.verification.reference import Factory, Misuse
from moniel2.verification.report import Check, Parting, Report
from moniel2.verification.shapes import compare_shapes
from moniel2.verification.training import compare_training, far
from moniel2.verification.weights import fill_alike

STRICT = 1e-10
"""Outputs in double precision may differ by this part of their greatest value."""
LOOSE = 1e-4
"""The same in single precision."""
ROUGH = 1e-6
"""The same for large weights, with which rounding has more effect."""
LARGE = 4.0
"""How much larger weights and inputs are once."""
DRAWS = 4
"""How often weights are drawn anew at most, for what has no effect."""


def verify(
    model: Model,
    reference: Factory | nn.Module,
    *,
    name: str = "",
    bind: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Report:
    """Whether ``reference`` (a module, or better what makes one) is the network that ``model`` describes.

    ``name`` is how to call it; ``bind`` are names of its arguments with the inputs that go there (default: by name if
    all names agree, else in order); ``outputs`` are names of our outputs with those of its results.

    The modules are compared in double precision with random weights, evaluating and training, at two sizes where the
    sizes are open, then in single precision. Raises ``Misuse`` for what can't be compared.
    """
    title = name or (type(reference).__name__ if isinstance(reference, nn.Module) else "the reference")
    check_known(model)
    # The same comparison finds the same, and leaves the numbers that others draw afterwards as they are.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        both = put_side_by_side(model, reference, title, bind or {}, outputs or {})
        first, second = make_inputs(model, seed, both.runs)
        return _Comparison(both, first, second, seed).report()


class _Comparison:
    """The state of one comparison: checks so far, and where the models part once that is known."""

    def __init__(self, both: Both, first: Inputs, second: Inputs | None, seed: int) -> None:
        self.both, self.first, self.second, self.seed = both, first, second, seed
        self.parting: Parting | None = None
        self.notes: list[str] = []

    def report(self) -> Report:
        checks = tuple(self._checks())
        return Report(self.both.model.name, self.both.theirs.name, checks, self.parting, tuple(self.notes))

    def _checks(self) -> Iterator[Check]:
        """Each check rests on those before it: after the first that fails there is nothing more to learn."""
        both = self.both
        both.train(False)
        shapes = compare_shapes(both, self.first)
        yield shapes
        if not shapes.equal:
            return
        tried = list(self._tried())
        pairing, gap = tried[-1] if tried[-1][1] < STRICT else self._best(tried)
        seen = self.first
        if gap < STRICT:
            gap, seen = self._again(pairing, gap)
        equal = gap < STRICT
        yield self._weights(pairing, equal)
        yield Check("outputs", equal, f"{self._apart(gap)}, on {self.first}")
        if not equal:
            self.parting = locate(both.trace_ours(seen), both.trace_theirs(seen))
            return
        if self.second is not None:
            try:
                gap = both.gap(self.second.as_type(torch.float64))
            except Misuse as error:
                yield Check("other sizes", False, str(error))
                return
            yield Check("other sizes", gap < STRICT, f"{self._apart(gap)}, on {self.second}")
            if gap >= STRICT:
                self.parting = locate(both.trace_ours(self.second), both.trace_theirs(self.second))
                return
        yield from self._training(pairing)
        yield from self._single(pairing)
        for name in both.names:
            if name not in both.compared:
                yield Check(f"output {name}", False, "the reference gives nothing like it")

    def _apart(self, gap: float) -> str:
        return self.both.unlike or f"{far(gap)} apart in float64"

    # ------------------------------------------------------------------------------------- weights

    def _tried(self) -> Iterator[tuple[Pairing, float]]:
        """Ways to pair the weights and how far the outputs are apart then, up to the first that makes them equal."""
        both = self.both
        inputs = self.first.as_type(torch.float64)
        seen: set[frozenset[tuple[str, str]]] = set()
        for pairing in self._pairings(inputs):
            if pairing is None or frozenset(pairing.pairs) in seen:
                continue
            both.randomize(inputs, self.seed + 1)
            seen.add(frozenset(pairing.pairs))
            pairing.carry(both.mine, both.other)
            gap = both.gap(inputs)
            if len(seen) == 1 and not both.depends():
                self.notes.append("the reference's outputs hardly depend on these inputs")
            yield pairing, gap
            if gap < STRICT:
                return

    def _pairings(self, inputs: Tensors) -> Iterator[Pairing | None]:
        both = self.both
        yield by_name(both.mine, both.other)
        fill_alike((*both.mine.values(), *both.other.values()))
        ours, theirs = both.trace_ours(self.first).trace, both.trace_theirs(self.first).trace
        both.train(True)
        both.gradients(inputs)
        both.train(False)
        in_order = by_order(both.mine, both.other, ours, theirs)
        yield by_effect(both.mine, both.other, ours.used, theirs.used)
        yield in_order

    def _weights(self, pairing: Pairing, equal: bool) -> Check:
        found = f"all {len(pairing.pairs)} tensors carried over {pairing.how}"
        names = crossed(pairing) if equal else []
        if not names:
            return Check("weights", True, found)
        # The networks are equal, but what is called the same in both is not the same: a checkpoint would mislead.
        lines = [f"{a} works as the reference's {b}" for a, b in names]
        more = [f"… and {len(lines) - 4} more"] if len(lines) > 4 else []
        return Check("weights", False, "names are crossed", (*lines[:4], *more))

    def _best(self, tried: list[tuple[Pairing, float]]) -> tuple[Pairing, float]:
        """The pairing with which the two runs have most in common; its weights are in place afterwards."""
        both = self.both
        # Queries and keys that hold the same numbers would hide what differs between them.
        both.randomize(self.first.as_type(torch.float64), self.seed + 1)
        if len(tried) > 1:
            other = both.trace_theirs(self.first).trace
            scores = []
            for pairing, _ in tried:
                pairing.carry(both.mine, both.other)
                scores.append(agreement(both.trace_ours(self.first).trace, other))
            # Among equals: names, then the order of use; what weights do says little in networks that differ.
            ranks = {"by name": 2, "in order of use": 1}
            best = max(range(len(tried)), key=lambda i: (scores[i], ranks.get(tried[i][0].how, 0)))
            tried = [tried[best]]
        tried[0][0].carry(both.mine, both.other)
        return tried[0]

    def _again(self, pairing: Pairing, gap: float) -> tuple[float, Inputs]:
        """Other weights, as long as outputs are equal: large ones and inputs, with which a bound shows (that of a
        ReLU6), then some until every matrix has mattered once, since behind a ReLU that gives nothing all is equal.
        How far the outputs are apart, and on which inputs."""
        both, usual = self.both, self.first.as_type(torch.float64)
        asleep = both.asleep(usual)
        large = self.first.scaled(LARGE)
        both.randomize(usual, self.seed + 2, LARGE)
        pairing.carry(both.mine, both.other)
        if (another := both.gap(large.as_type(torch.float64))) >= ROUGH:
            return another, large
        for seed in range(self.seed + 3, self.seed + 3 + DRAWS):
            both.randomize(usual, seed)
            pairing.carry(both.mine, both.other)
            gap = both.gap(usual)
            asleep &= both.asleep(usual) if asleep else set()
            if not asleep or gap >= STRICT:
                break
        return gap, self.first

    # ---------------------------------------------------------------------------------- other modes

    def _training(self, pairing: Pairing) -> Iterator[Check]:
        both, inputs = self.both, self.first
        try:
            for check, notes in compare_training(both, pairing, inputs):
                self.notes += notes
                yield check
                if check.name == "training" and not check.equal:
                    self.parting = locate(both.trace_ours(inputs), both.trace_theirs(inputs))
        finally:
            both.train(False)

    def _single(self, pairing: Pairing) -> Iterator[Check]:
        both = self.both
        both.use(torch.float32)
        pairing.carry(both.mine, both.other)
        gap = both.gap(self.first.as_type(torch.float32), lift=False)
        yield Check("single precision", gap < LOOSE, f"{far(gap)} apart in float32")
