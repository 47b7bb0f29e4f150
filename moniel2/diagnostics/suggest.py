"""Nearest spellings: what the writer may have meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """At most ``limit`` candidates that a slip could have turned into ``word``, the closest first.

    A slip is a letter too many, missing, wrong, or two neighbours swapped; short words allow one, long ones three.
    Upper and lower case count as half a slip, so that ``Relu`` finds ``ReLU`` before ``Elu``. Equal distances keep the
    order of ``candidates``.
    """
    candidates = list(dict.fromkeys(candidates))
    allowed = 1.0 if len(word) <= 3 else 2.0 if len(word) <= 7 else 3.0
    scored: list[tuple[float, int, str]] = []
    letters, within = set(word.lower()), allowed
    for order, candidate in enumerate(candidates):
        if candidate == word or abs(len(candidate) - len(word)) > allowed:
            continue
        others = set(candidate.lower())
        if len(letters - others) > allowed or len(others - letters) > allowed:
            continue  # a slip brings or takes one letter at most
        found = distance(word, candidate, within)
        # A change of every letter is no slip, however short the word is.
        if found <= within and found < max(len(word), len(candidate)):
            scored.append((found, order, candidate))
            within = min(within, found + 0.5)  # what is farther away is not named
    scored.sort()
    if scored:
        # What is farther away than the best hit only distracts, and so does all else where only the case is wrong.
        same = [s for s in scored if s[2].lower() == word.lower()]
        scored = same or [s for s in scored if s[0] <= scored[0][0] + 0.5]
        return tuple(candidate for _, _, candidate in scored[:limit])
    return _shortened(word, candidates, limit)


def _shortened(word: str, candidates: Sequence[str], limit: int) -> tuple[str, ...]:
    """What begins like ``word``, or ``word`` begins like it: ``vocab`` for ``vocabulary``, if that leaves no doubt."""
    found = [c for c in candidates if min(len(c), len(word)) >= 3 and (c.startswith(word) or word.startswith(c))]
    longest = max((len(c) for c in found if word.startswith(c)), default=0)
    found = [c for c in found if len(c) >= longest]
    return tuple(found) if len(found) <= limit else ()


def did_you_mean(
    word: str, candidates: Iterable[str], meaning: Callable[[str], object] = lambda name: name
) -> str | None:
    """The help line for a misspelt ``word``: ``did you mean `Conv` or `ConvTranspose`?``, or None.

    Of candidates with the same ``meaning`` only the closest is named.
    """
    distinct: dict[object, str] = {}
    for candidate in nearest(word, candidates, 8):
        distinct.setdefault(meaning(candidate), candidate)
    found = [f"`{candidate}`" for candidate in distinct.values()][:3]
    if not found:
        return None
    listing = found[0] if len(found) == 1 else ", ".join(found[:-1]) + " or " + found[-1]
    return f"did you mean {listing}?"


def distance(a: str, b: str, cutoff: float = float("inf")) -> float:
    """Damerau-Levenshtein distance (neighbours swap once); a difference in case alone costs a half.

    Stops early, with some number above ``cutoff``, once the answer can only be above it.
    """
    a, b = _without_common_ends(a, b)
    if abs(len(a) - len(b)) > cutoff:
        return float(abs(len(a) - len(b)))
    before: list[float] = []
    previous = [float(j) for j in range(len(b) + 1)]
    for i, left in enumerate(a, 1):
        current = [float(i)]
        for j, right in enumerate(b, 1):
            cost = 0.0 if left == right else 0.5 if left.lower() == right.lower() else 1.0
            best = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right and left != right:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > cutoff and (not before or min(previous) > cutoff):
            return min(current)
        before, previous = previous, current
    return previous[-1]


def _without_common_ends(a: str, b: str) -> tuple[str, str]:
    """What is left of both where they begin to differ and until they are the same again: misspelt words share most."""
    start, end = 0, 0
    shorter = min(len(a), len(b))
    while start < shorter and a[start] == b[start]:
        start += 1
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return a[start : len(a) - end], b[start : len(b) - end]
