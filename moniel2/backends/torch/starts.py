"""Which weights of a block are told how to start, and which of its specializations are told so alike."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from moniel2.ir.model import Attribute, Block


def starts_of_block(block: Block) -> list[Attribute]:
    """The ``@init`` of a definition."""
    return [a for a in block.attributes if a.name == "init"]


def alike(starts: Sequence[Attribute]) -> Hashable:
    """What starts have in common that differ by numbers only: those are the constructor's to know."""
    return tuple(
        (
            tuple(v if isinstance(v, (str, bool)) else "◦" for v in a.values),
            tuple((k, v if isinstance(v, (str, bool)) else "◦") for k, v in a.named),
        )
        for a in starts
    )


def needs_a_matrix(attribute: Attribute) -> bool:
    """Whether a start counts what comes in and goes out, or is one of matrices: nothing for a row of weights."""
    name = attribute.values[0] if attribute.values else ""
    return str(name).startswith(("kaiming", "xavier", "orthogonal", "dirac", "eye", "sparse"))
