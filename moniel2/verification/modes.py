"""How torch runs while two models are compared: in double precision throughout, and with nothing left to chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from typing_extensions import Self


_LESS = (torch.float32, torch.float16, torch.bfloat16)


@dataclass(frozen=True, slots=True)
class Draw:
    """One use of chance: the probability of keeping (None: no dropout) and how many numbers were drawn."""

    keep: float | None
    count: int


class Lifted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """float64 where nothing else is asked for, and wherever float32 is: models made inside hold double precision,
    constants that they compute included. With ``on`` False it is float32. Half precision is lifted as well."""

    def __init__(self, on: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.on = on
        self.before = torch.get_default_dtype()
        self.lifted = dict.fromkeys(_LESS, torch.float64 if on else torch.float32)

    def __enter__(self) -> Self:
        self.before = torch.get_default_dtype()
        if self.on:
            torch.set_default_dtype(torch.float64)
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        torch.set_default_dtype(self.before)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        dtype = named.get("dtype")
        if dtype in self.lifted:
            named["dtype"] = self.lifted[dtype]
        return self.run(func, args, named)

    def run(self, func: Any, args: Sequence[Any], named: dict[str, Any]) -> Any:
        return func(*args, **named)


class Determined(Lifted):  # type: ignore[no-untyped-call]
    """The same numbers in both models wherever they ask for random ones, all draws noted.

    A dropout keeps everything and scales it by a number that its rate decides: another rate, or a dropout in another
    place, changes the outputs. With ``lift``, arithmetic is in float64 throughout, so that it can be compared far below
    float32's resolution.
    """

    def __init__(self, lift: bool = True, seed: int = 0) -> None:
        super().__init__(lift)
        self.seed = seed
        self.draws: list[Draw] = []

    def run(self, func: Any, args: Sequence[Any], named: dict[str, Any]) -> Any:
        name = func._schema.name.removeprefix("aten::")
        return self._drawn(name, func, args, named) if name in _CHANCE else func(*args, **named)

    def _drawn(self, name: str, func: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if name == "native_dropout":
            keep = 1 - args[1]
            self.draws.append(Draw(round(keep, 12), args[0].numel()))
            return args[0] * _scale(keep), torch.ones_like(args[0], dtype=torch.bool)
        if name == "native_dropout_backward":
            return args[0] * _scale(1 / args[2])
        if name.startswith("bernoulli"):
            return self._kept(name, func, args, named)
        result = func(*args, **named)
        self.draws.append(Draw(None, result.numel()))
        return result.copy_(self._numbers(name, result)) if result.is_floating_point() else result

    def _kept(self, name: str, func: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        # torch leaves a default out: half are kept, or the probabilities are the tensor itself.
        given = args[1] if len(args) > 1 else named.get("p", 0.5 if name.endswith("_") else None)
        keep = float(given) if isinstance(given, (int, float)) else None
        result = args[0] if name.endswith("_") else torch.empty_like(args[0])
        self.draws.append(Draw(None if keep is None else round(keep, 12), result.numel()))
        if keep is not None:
            return result.fill_(keep * _scale(keep))
        return result.copy_(given if torch.is_tensor(given) else args[0])

    def _numbers(self, name: str, like: torch.Tensor) -> torch.Tensor:
        """The numbers of the next draw: they depend on the seed and on how many draws there were before."""
        generator = torch.Generator().manual_seed(self.seed * 1009 + len(self.draws))
        draw = torch.randn if name in _NORMAL else torch.rand
        return draw(like.shape, generator=generator, dtype=torch.float64).to(like.dtype)


_CHANCE = frozenset(
    [
        "bernoulli",
        "bernoulli_",
        "native_dropout",
        "native_dropout_backward",
        "rand",
        "rand_like",
        "randn",
        "randn_like",
        "normal",
        "normal_",
        "uniform_",
        "exponential_",
        "log_normal_",
        "cauchy_",
        "geometric_",
        "random_",
        "randint",
        "randint_like",
        "randperm",
        "multinomial",
    ]
)


_NORMAL = frozenset({"randn", "randn_like", "normal", "normal_"})


def _scale(keep: float) -> float:
    """What a dropout multiplies by here: different for every rate, and not far from 1."""
    return 1 - (1 - keep) / 4


def distance(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The greatest difference relative to the greatest value of ``theirs``; infinite for other shapes."""
    if ours.shape != theirs.shape:
        return math.inf
    if not theirs.numel():
        return 0.0
    a, b = ours.detach().double(), theirs.detach().double()
    same = (a == b) | (a.isnan() & b.isnan())
    gap = torch.where(same, 0.0, (a - b).abs())
    worst = float(gap.max())
    if math.isnan(worst):
        return math.inf
    finite = b[b.isfinite()]
    size = float(finite.abs().max()) if finite.numel() else 1.0
    return worst / max(size, 1e-300) if worst else 0.0
