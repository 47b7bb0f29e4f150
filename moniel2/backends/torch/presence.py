"""Parts that only some specializations of a class have: as ``nn.Identity`` where that says it, else under an ``if``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moniel2.backends.torch.draft import Bind, Draft, Step
from moniel2.backends.torch.tree import Member, Term, Value

Presence = tuple[bool, ...]
IDENTITY = Term("new", "nn.Identity")


def presence_of_steps(drafts: Sequence[Draft]) -> list[Presence]:
    """For each step, which specializations have it."""
    return [tuple(_present(d.steps[i]) for d in drafts) for i in range(len(drafts[0].steps))]


def presence_of_slots(drafts: Sequence[Draft]) -> list[Presence]:
    """For each attribute, which specializations have it."""
    return [tuple(d.slots[i].present for d in drafts) for i in range(len(drafts[0].slots))]


def _present(step: Step) -> bool:
    return not isinstance(step, Bind) or step.present


def with_identities(drafts: list[Draft]) -> list[Draft]:
    """A single module that some specializations lack, in a row of others, is ``nn.Identity`` there."""
    presence = presence_of_steps(drafts)
    for place, present in enumerate(presence):
        if all(present):
            continue
        beside = presence[max(0, place - 1) : place] + presence[place + 1 : place + 2]
        attribute = None if present in beside else _lone_module([d.steps[place] for d in drafts])
        if attribute is not None:
            drafts = [_with_identity(d, place, attribute) for d in drafts]
    return drafts


def _lone_module(steps: Sequence[Step]) -> str | None:
    """The attribute of a module that is called with what flows past it otherwise."""
    for step in steps:
        if not isinstance(step, Bind) or step.pick or len(step.outs) != 1:
            return None
        match step.tree:
            case Term(head="apply", children=(Member(attribute), Value(number))):
                if not step.present and step.through != number:
                    return None
                found = attribute
            case _:
                return None
    return found


def _with_identity(draft: Draft, place: int, attribute: str) -> Draft:
    step = draft.steps[place]
    if not isinstance(step, Bind) or step.present:
        return draft
    steps = (*draft.steps[:place], replace(step, present=True, through=-1), *draft.steps[place + 1 :])
    slots = tuple(replace(s, make=IDENTITY, present=True) if s.attribute == attribute else s for s in draft.slots)
    return replace(draft, steps=steps, slots=slots, absent=draft.absent - set(step.outs))
