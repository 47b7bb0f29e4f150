"""Repetition written out: a step that stands for a few equal copies becomes these copies."""

from __future__ import annotations

from dataclasses import replace

from moniel2.layout.steps import Source, Step, Steps, Taken

MOST_COPIES = 24  # that are written out one by one on demand


def unfold(steps: Steps, most: int) -> Steps:
    """The same steps with every one that is repeated at most ``most`` times in series written out."""
    if not any(_is_series(step, most) for step in steps.steps):
        return steps
    found: list[Step] = []
    last: dict[int, int] = {}  # a step -> the last of its copies

    def moved(source: Source) -> Source:
        return source if source[0] < 0 else (last[source[0]], source[1])

    for number, step in enumerate(steps.steps):
        takes = tuple(replace(t, source=moved(t.source)) if isinstance(t.source, tuple) else t for t in step.takes)
        copies = step.repeat if _is_series(step, most) else 1
        first = step.node.first or 0
        for copy in range(copies):
            key = f"{step.key.rpartition('/')[0] or step.key}/{first + copy}" if copies > 1 else step.key
            found.append(
                replace(
                    step,
                    key=key,
                    takes=takes if copy == 0 else _carried(takes, step, len(found) - 1),
                    repeat=1 if copies > 1 else step.repeat,
                    alike=(),
                    node=step.alike[copy] if len(step.alike) == copies else step.node,
                )
            )
        last[number] = len(found) - 1
    outputs = [[moved(source) for source in port] for port in steps.outputs]
    return replace(steps, steps=found, outputs=outputs)


def _is_series(step: Step, most: int) -> bool:
    return 1 < step.repeat <= most and not step.node.parallel


def _carried(takes: tuple[Taken, ...], step: Step, before: int) -> tuple[Taken, ...]:
    """What a copy takes: the outputs of the one before first, then what the first copy took."""
    return tuple(replace(t, source=(before, t.into)) if t.into < len(step.outputs) else t for t in takes)
