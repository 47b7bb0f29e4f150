"""What is wrong with an expression."""

from __future__ import annotations

from moniel2.source import Span


class Trouble(Exception):
    """An expression that has no value: what is wrong, and where."""

    def __init__(self, message: str, span: Span, help: str | None = None, rule: str = "bad-value") -> None:
        super().__init__(message)
        self.message, self.span, self.help, self.rule = message, span, help, rule
