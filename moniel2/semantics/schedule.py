"""Tasks that wait for one another: how a block is built although its names have no order.

A task stops where it needs a wire, a node, a value or another block that isn't there yet, and goes on
when it is. Nothing here knows what is built.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

Key = tuple[str, Hashable]

# What a task does, step by step. It yields what it needs before it can go on: a key (wait until it is there), other
# steps (run them, their result comes back), or a schedule (run that to its end). So nesting takes no stack of Python's.
Steps: TypeAlias = "Generator[Key | Steps | Schedule, Any, Any]"


@dataclass(eq=False)
class Task:
    """``stack``: the steps under way, those that wait for the others' results below."""

    stack: list[Steps]
    order: int
    result: Any = None


class Schedule(ABC):
    """The tasks of one block: those that can go on, in their order, and those that wait, by what for."""

    def __init__(self) -> None:
        self.events: set[Key] = set()
        self.waiting: dict[Key, list[Task]] = {}
        self.ready: deque[Task] = deque()
        self.tasks = 0

    @abstractmethod
    def unblock(self) -> bool:
        """Nothing can go on: give what is waited for in vain. False if there is nothing to give."""

    def spawn(self, steps: Steps) -> Task:
        task = Task([steps], self.tasks)
        self.tasks += 1
        self.ready.append(task)
        return task

    def fire(self, key: Key) -> None:
        self.events.add(key)
        self.ready.extend(self.waiting.pop(key, ()))

    def perform(self, steps: Steps) -> Any:
        """The result of some steps, taken now."""
        task = self.spawn(steps)
        self.run()
        return task.result

    def run(self) -> None:
        """Build this block and those it asks for, until every task has ended or given up."""
        stack: list[Schedule] = [self]
        while stack:
            inner = stack[-1].advance()
            if inner is None:
                stack.pop()
            else:
                stack.append(inner)

    def advance(self) -> Schedule | None:
        """Go on until a block is needed that must be built first; None at the end."""
        while True:
            while self.ready:
                inner = self.step(self.ready[0])
                if inner is not None:
                    return inner
                self.ready.popleft()
            if not self.waiting or not self.unblock():
                return None

    def step(self, task: Task) -> Schedule | None:
        stack = task.stack
        while stack:
            try:
                asked = stack[-1].send(task.result)
            except StopIteration as end:
                stack.pop()
                task.result = end.value
                continue
            task.result = None
            if isinstance(asked, Schedule):
                return asked
            if not isinstance(asked, tuple):
                stack.append(asked)
            elif asked not in self.events:
                self.waiting.setdefault(asked, []).append(task)
                return None
        self.fire(("task", task.order))
        return None

    def join(self, task: Task) -> Steps:
        key = ("task", task.order)
        if key not in self.events:
            yield key
        return task.result
