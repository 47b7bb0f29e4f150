"""What is wrong with an expression."""

from __future__ import annotations

from typing import Any

from moniel2.source import Span


class Trouble(Exception):
    """An expression that has no value: what is wrong, and where.

    ``value``: what stands there and can't. ``turn``: the entry of a list that can't be taken apart.
    """

    def __init__(
        self,
        message: str,
        span: Span,
        help: str | None = None,
        rule: str = "bad-value",
        value: Any = None,
        turn: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.span, self.help, self.rule = message, span, help, rule
        self.value, self.turn = value, turn
