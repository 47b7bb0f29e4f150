"""What compiling costs, side by side in one run: ``python -m benchmarks.compile``.

Times are processor time, the quickest of some tries, so that what else runs counts as little as possible. Start-up is
``moniel2 check`` as a process of its own beside a bare Python, bytecode written before. A network's cost is that of
what is written, not of what it stands for: large ones are told as ratios to their small siblings.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

from moniel2.pipeline import compile_source, standard_library
from moniel2.source import Source

ROOT = Path(__file__).resolve().parent.parent
TRIES = 5

DOUBLING = "+L0 = Linear(8) -> ReLU\n{levels}\nx:In[B, 8] -> L{depth} -> Out\n"
REPEATED = "+Block {{ x:In[B, C] -> Linear(C) -> ReLU -> y; [x, y] -> Add -> Out }}\nx:In[B, 8] -> Block * {n} -> Out\n"
NESTED = "x:In[B, 8] -> {opening}ReLU{closing} -> Out\n"
CHAINED = "x:In[B, 8]{steps} -> Out\n"


def main() -> int:
    bare, check = startup(["-c", "pass"]), startup(["-m", "moniel2", "check", str(ROOT / "examples" / "lenet.nn")])
    print(f"{'a bare Python':<40}{bare:9.3f} s")
    print(f"{'moniel2 check of LeNet, with start-up':<40}{check:9.3f} s")
    print(f"{'check in process':<40}{'time':>11}  {'lines':>6}")
    for path in sorted((ROOT / "examples").glob("*.nn")):
        text = path.read_text(encoding="utf-8")
        print(f"  {path.stem:<38}{cost(text, path.name):9.3f} s  {text.count(chr(10)):6}")
    slow = 0
    print(f"{'large beside small':<40}{'small':>11}{'large':>11}{'ratio':>8}")
    for name, small, large, most in SIBLINGS:
        few, many = cost(small), cost(large)
        slow += many > most * few
        print(f"  {name:<38}{few:9.3f} s{many:9.3f} s{many / few:8.1f}  (at most {most})")
    return 1 if slow else 0


def startup(arguments: list[str]) -> float:
    """Processor time of a Python of its own, in seconds."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(TRIES + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def cost(text: str, name: str = "main.nn") -> float:
    """Processor time of a compilation, in seconds; what fails to compile is no measure."""
    return min(timed(lambda: checked(Source(name, text))) for _ in range(TRIES))


def checked(source: Source) -> None:
    problems = compile_source(source, load=load).diagnostics
    assert not problems, problems[0].message


def load(path: str) -> Source | None:
    file = ROOT / "examples" / path
    return Source(path, file.read_text(encoding="utf-8")) if file.is_file() else standard_library(path)


def timed(work: Callable[[], None]) -> float:
    start = process_time()
    work()
    return process_time() - start


def doubling(depth: int) -> str:
    """Blocks of two of the block before: 2 to the power of ``depth`` layers."""
    return DOUBLING.format(levels="\n".join(f"+L{i} = L{i - 1} -> L{i - 1}" for i in range(1, depth + 1)), depth=depth)


def repeated(n: int) -> str:
    return REPEATED.format(n=n)


def nested(depth: int) -> str:
    return NESTED.format(opening="{ In -> " * depth, closing=" -> Out }" * depth)


def chained(length: int) -> str:
    return CHAINED.format(steps=" -> Linear(8)" * length)


def blocks(length: int, n: int) -> str:
    return f"+Block {{ In{' -> Linear(8)' * length} -> Out }}\nx:In[B, 8] -> Block * {n} -> Out\n"


def listed(n: int) -> str:
    return f"x:In[B, 8]\n[{', '.join(['x -> Linear(8)'] * n)}] -> Add -> Out\n"


def counted(n: int) -> str:
    return f"x:In[B, 8] -> [Linear(8) for i in 0..{n}] -> Add -> Out\n"


SIBLINGS = [
    ("doubling 40 deep, 4 deep", doubling(4), doubling(40), 12),
    ("Block * 1000000, Block * 10", repeated(10), repeated(1_000_000), 2),
    ("500 nested blocks, 50", nested(50), nested(500), 20),
    ("5,000 chained operations, 500", chained(500), chained(5_000), 20),
    ("a list of 60,000 written out, 6,000", listed(6_000), listed(60_000), 20),
    ("a list of 60,000 by `for`, 6,000", counted(6_000), counted(60_000), 20),
    ("500 operations flat, 50 blocks of 10", blocks(10, 50), chained(500), 100),
]
"""What is compared: a name, the small and the large text, and how many times as long the large one may take."""


if __name__ == "__main__":
    sys.exit(main())
