"""The parameters of ``forward``."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch import names
from moniel2.backends.torch.draft import Draft, Entry


def entry_names(draft: Draft, taken: names.Names) -> dict[int, str]:
    """Names for the parameters of ``forward``: the source's, or ``x`` (``x``, ``y``, … for several)."""
    result: dict[int, str] = {}
    spare = iter("xyzuvw")
    for entry in draft.entries:
        if entry.name and not entry.name.isdigit():
            wanted = names.variable(names.snake(entry.name))
        else:
            wanted = next(spare, "x")
        result[entry.value] = taken.fresh(wanted)
    return result


def entry_type(entry: Entry) -> str:
    if entry.size:
        return "int"
    if entry.device:
        return "torch.device"
    if entry.loan is not None:
        return "Tensor" if entry.loan.weight else "nn.Module"
    return "Tensor"


def parameters(entries: Sequence[Entry], written: dict[int, str]) -> list[str]:
    """``x: Tensor, mask: Tensor``, with what is lent at the end."""
    texts = []
    for entry in entries:
        kind = entry_type(entry)
        default = " | None = None" if entry.optional else ""
        texts.append(f"{written[entry.value]}: {kind}{default}")
    return texts
