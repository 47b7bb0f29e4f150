"""Which mend is tried first.

Each looks at one kind of mistake and answers None if it is not that, True if reading can go on, False
if it is reported and the statement is lost.
"""

from __future__ import annotations

from collections.abc import Callable

from moniel2.syntax.machine import Machine
from moniel2.syntax.mends.brackets import brace, condition, end_of_text, stray_closer, unclosed
from moniel2.syntax.mends.foreign import annotation, colon_block, defined_by_arrow, foreign_word, no_plus, repeat_word
from moniel2.syntax.mends.items import any_size, bare_arguments, count_first, round_list, spaced_sizes, times
from moniel2.syntax.mends.marks import (
    arrow_twice,
    broken_arrow,
    comma,
    equals,
    input_by_colon,
    semicolon,
    separator,
    twice,
    unfinished_line,
)
from moniel2.syntax.mends.words import capital, misplaced_keyword, other_else, small, word


def mend(machine: Machine, kind: str) -> bool | None:
    """Make sense of a token that can't stand here as a ``kind``."""
    answers = (one(machine, kind) for one in _MENDS)
    return next((answer for answer in answers if answer is not None), None)


_MENDS: tuple[Callable[[Machine, str], bool | None], ...] = (
    broken_arrow,
    condition,
    unfinished_line,
    arrow_twice,
    round_list,
    spaced_sizes,
    times,
    end_of_text,
    stray_closer,
    unclosed,
    foreign_word,
    repeat_word,
    bare_arguments,
    count_first,
    annotation,
    defined_by_arrow,
    misplaced_keyword,
    capital,
    small,
    no_plus,
    colon_block,
    equals,
    input_by_colon,
    any_size,
    word,
    semicolon,
    twice,
    comma,
    brace,
    other_else,
    separator,
)
