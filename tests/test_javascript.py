"""Python in JavaScript: what the page's script is made by gives the same values in both languages."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
import quickjs

from moniel2.backends.html.javascript import Untranslatable, translate

RUNTIME = files("moniel2.backends.html.javascript").joinpath("runtime.js").read_text(encoding="utf-8")
PLAIN = """
const plain = (v) => v instanceof $Dict ? v.items().map(([k, w]) => [plain(k), plain(w)])
  : v instanceof $Set ? Array.from(v, plain).sort((a, b) => $cmp(a, b))
  : Array.isArray(v) ? v.map(plain) : v;
"""


def both(text: str, *arguments: object) -> tuple[Any, Any]:
    """What ``answer`` of a module gives, in Python and in JavaScript, as plain values."""
    text = "from __future__ import annotations\n" + dedent(text)
    script = translate(["it:answer"], read=lambda name: text if name == "it" else None)
    context = quickjs.Context()
    context.eval(f'"use strict";\n{RUNTIME}{PLAIN}{script}')
    given = ", ".join(json.dumps(a) for a in arguments)
    theirs = json.loads(context.eval(f"JSON.stringify(plain(answer({given})))"))
    module = ModuleType("it")
    sys.modules["it"] = module  # dataclasses look their module up
    try:
        exec(compile(text, "it.py", "exec"), module.__dict__)
        ours = module.answer(*arguments)
    finally:
        del sys.modules["it"]
    return json.loads(json.dumps(_plain(ours))), theirs


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [[_plain(k), _plain(v)] for k, v in value.items()]
    if isinstance(value, (set, frozenset)):
        return sorted(map(_plain, value))
    if isinstance(value, (list, tuple)):
        return list(map(_plain, value))
    return value


CASES = {
    "numbers": """
        def answer():
            return [7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 / 2, 2 ** 10, -(-7 // 2),
                    1 << 70 & 1 << 70 >> 3, (1 << 40 | 5) >> 38]
    """,
    "rounding": """
        def answer():
            xs = [0.125, 0.375, 2.675, 1.005, -0.125, -2.5, 1e15 + 0.3, 0.0049999, 3.0, 12.345]
            return [[round(x, 2), f"{x:.2f}", round(x)] for x in xs]
    """,
    "bigger than 32 bits": """
        def answer():
            seen = 0
            for k in (3, 40, 65, 100):
                seen |= 1 << k
            return [[k for k in range(120) if seen >> k & 1], 6 & -6]
    """,
    "slices and indices": """
        def answer():
            xs = list(range(10))
            ys = xs[:]
            ys[-1] = 50
            del ys[0]
            return [xs[-1], xs[2:], xs[:-2], xs[::-1], xs[1:8:3], xs[8:2:-2], "naïve"[-1], "abc"[1:], ys, xs[20:]]
    """,
    "keys by value": """
        from dataclasses import dataclass, replace

        @dataclass(frozen=True, slots=True)
        class At:
            x: int
            name: str = "here"
            more: tuple[int, ...] = ()

        def answer():
            d = {}
            d[(1, "a")] = 1
            d[(1, "a")] += 4
            d[At(1)] = 2
            d[At(1, "here")] = 3
            d.setdefault(At(2), 9)
            d["1"] = 5
            d[1] = 6
            e = replace(At(1), name="there")
            return [len(d), d[At(1)], list(d.values()), At(1) == At(1, "here"), e in d, e.name, e.more, (1, "b") in d]
    """,
    "order of entry": """
        def answer():
            d = {k: k * k for k in (5, 1, 3)}
            d.pop(1)
            d[1] = 0
            d.update({9: 1})
            return [list(d), list(d.items()), dict.fromkeys([3, 1, 3]),
                    {2, 1} | {1, 7}, {1, 2, 3} - {2}, {1, 2} & {2, 4}]
    """,
    "sorting": """
        def answer():
            words = ["b", "a", "\\U0001f600", "\\uffee", "Z", "aa"]
            pairs = [(2, "x"), (1, "y"), (2, "a"), (1, "b")]
            ranked = sorted(pairs, key=lambda p: -p[0])
            pairs.sort(reverse=True)
            return [sorted(words), ranked, pairs, min(words), max(pairs, key=lambda p: p[1]),
                    max([], default=3), (1, 2) < (1, 2, 0)]
    """,
    "loops": """
        def answer():
            out = []
            for k in range(3, 0, -1):
                for j in range(k):
                    if j == 1:
                        continue
                    out.append((k, j))
            for x in out:
                if x == (9, 9):
                    break
            else:
                out.append("none")
            for n, x in enumerate(out):
                if n > 5:
                    break
                if n == 0:
                    out.append("grown")
            while out and out[-1] != "none":
                out.pop()
            else:
                out.append("ended")
            return out
    """,
    "loops go on where they stopped": """
        def answer():
            rest = iter([1, 2, 3, 4])
            found = []
            for x in rest:
                if x == 2:
                    break
            found.extend(rest)
            return [found, next((y for y in found if y > 3), None), next(iter([]), 7)]
    """,
    "generators and closures": """
        def numbers(n):
            for k in range(n):
                yield k
                if k == 1:
                    yield from ["one"]

        def answer():
            root = {}

            def find(c):
                while root.setdefault(c, c) != c:
                    root[c] = root[root[c]]
                    c = root[c]
                return c

            root[find(1)] = find(2)
            root[find(2)] = find(3)
            total = 0

            def add(n, times=2):
                nonlocal total
                total += n * times

            add(5)
            add(1, times=7)
            return [find(1), list(numbers(4)), total, list(map(str, [1, 2])), [f(2) for f in (lambda v: v + 1, abs)]]
    """,
    "classes": """
        from enum import Enum

        class Kind(Enum):
            A = "a"
            B = "b"

        class Counter:
            def __init__(self, start, step=1):
                self.at = start
                self.step = step

            @property
            def double(self):
                return 2 * self.at

            def next(self, times=1):
                self.at += self.step * times
                return self

        def answer():
            c = Counter(3, step=2).next(times=4)
            kinds = {Kind.A: 1}
            return [c.double, Kind.B.value, kinds.get(Kind.B, "no"), kinds[Kind.A],
                    isinstance(c, Counter), Kind.A is Kind.A]
    """,
    "matching": """
        class A:
            pass

        class B:
            pass

        def answer():
            found = []
            for x in (A(), B(), 3):
                match x:
                    case A():
                        found.append("a")
                    case B():
                        found.append("b")
                    case _:
                        found.append("else")
            return found
    """,
    "texts": """
        def answer():
            s = "a/b/c"
            return [s.rpartition("/"), s.partition("/"), "x".join(s.split("/")), " a ".strip(),
                    "1.500".rstrip("0").rstrip("."),
                    s.replace("/", "."), len("naïve\\U0001f600"), [c for c in "é\\U0001f600"],
                    f"{s}: {3} {None} {True}",
                    "b" in s]
    """,
    "nothing and something": """
        def answer():
            return [bool([]), bool({}), bool(set()), bool(""), bool(0), not [0], [] or "none",
                    0 and 5, "a" and [], [1] or 2,
                    any(x > 2 for x in (1, 2)), all([]), 1 < 2 < 3, 3 not in (1, 2), None is None]
    """,
    "taking apart": """
        def answer():
            a, (b, *c), _ = 1, (2, 3, 4), 5
            a, b = b, a
            xs = [1, 2]
            xs[0], xs[1] = xs[1], xs[0]
            p = q = []
            p += [1]
            return [a, b, c, xs, q, [*xs, *"ab"], {**{1: 2}, 3: 4}, [i for i, (_, _) in enumerate([(1, 2)])]]
    """,
    "heaps and bisection": """
        from bisect import bisect_left, bisect_right
        from heapq import heapify, heappop, heappush

        def answer():
            h = [5, 3, 8, 1]
            heapify(h)
            heappush(h, 2)
            return [[heappop(h) for _ in range(5)], bisect_left([1, 2, 2, 3], 2), bisect_right([1, 2, 2, 3], 2)]
    """,
    "walrus": """
        def answer():
            return [y for x in range(5) if (y := x * x) > 3]
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_gives_the_same_in_both_languages(name: str) -> None:
    ours, theirs = both(CASES[name])
    assert theirs == ours


def test_equal_names_of_two_modules_stay_apart() -> None:
    texts = {
        "it": "from other import size as two\ndef size():\n    return 1\ndef answer():\n    return [size(), two()]",
        "other": "def _own():\n    return 2\ndef size():\n    return _own()",
    }
    context = quickjs.Context()
    context.eval(RUNTIME + translate(["it:answer"], read=texts.get))
    assert json.loads(context.eval("JSON.stringify(answer())")) == [1, 2]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("def answer():\n    with open('x') as f:\n        return f", "it.py:2"),
        ("def answer():\n    try:\n        return 1\n    except ValueError:\n        return 2", "it.py:2"),
        ("def answer(x):\n    return x @ x", "it.py:2"),
        ("def answer():\n    return f'{1:>5}'", "it.py:2"),
        ("def answer():\n    return frobnicate(3)", "it.py:2"),
        ("def answer(f):\n    return f(a=1)", "it.py:2"),
        ("import os\nimport missing_one\nfrom missing import x\ndef answer():\n    return x()", "missing.py"),
    ],
)
def test_refuses_what_it_cant_say(text: str, where: str) -> None:
    with pytest.raises(Untranslatable, match=where):
        translate(["it:answer"], read={"it": text}.get)
