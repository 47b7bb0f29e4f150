"""What a node holds once a block or an operation is applied."""

from __future__ import annotations

from dataclasses import dataclass

from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, Tensor
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import Given, to_ir
from moniel2.source import Span
from moniel2.syntax import tree


@dataclass(slots=True)
class Applied:
    """A node's content. ``main``: how many of the outputs the bare name stands for."""

    what: ir.What
    operands: tuple[Operand, ...]
    outputs: tuple[Tensor, ...]
    names: tuple[str, ...]
    main: int
    shared: ir.Shared | None = None
    ties: tuple[ir.Tie, ...] = ()
    owner: bool = False  # a shared node that is declared only: this is where its weights live
    bundled: Span | None = None  # the Out into which several tensors flow
    presentation: tuple[tree.Presentation, ...] = ()  # of the aliases that led to it


def undefined(written: str, strands: tuple[Strand, ...], given: tuple[Given, ...], declared: bool = False) -> Applied:
    """What nobody knows keeps its operands and is drawn as undefined."""
    what = ir.Undefined(written, tuple((g.name or "", to_ir(g.value)) for g in given), declared)
    return Applied(what, tuple(Operand(s.source, s.key or "x") for s in strands), (NOTHING_KNOWN,), ("out",), 1)
