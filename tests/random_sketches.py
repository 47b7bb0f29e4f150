"""Random sketches: choices that nobody can make yet, and copies of which nobody knows how many there are."""

from __future__ import annotations

from random import Random

OPERATIONS = ("Linear(8)", "Tanh", "ReLU", "LayerNorm", "Dropout(0.1)")
CONDITIONS = ("c", "not c", "n > 3", "n == 2 or c", 'k == "a"')


def sketch(chance: Random) -> str:
    """A block of a tensor [B, 8] with open parameters; there is no mistake in it."""
    return _Writing(chance).block()


class _Writing:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.wires = 0

    def block(self) -> str:
        lines = [f"x:In[B, 8] -> {self.item(2)} -> h", "s:Add -> ReLU -> out:Out", "h -> s"]
        lines += [self.choice(2) for _ in range(self.chance.randint(1, 2))]
        return "+S(c, k, n) {\n    " + "\n    ".join(lines) + "\n}\n"

    def item(self, depth: int) -> str:
        one = self.chance.choice(OPERATIONS)
        if depth == 0:
            return one
        inner, other = self.item(depth - 1), self.item(depth - 1)
        forms = (
            one,
            f"({inner} if {self.condition()} else {other})",
            f"({inner} if {self.condition()})",
            f"({inner} if {self.condition()} else Tanh) * {self.chance.choice(('2', 'n'))}",
            f"{{ {inner} -> {other} }} * {self.chance.choice(('2', 'n', '(n - 1)'))}",
            f"([{inner}, {other}] -> Add)",
            f"([{inner} for i in 0..n] -> Add)",
        )
        return self.chance.choice(forms)

    def condition(self) -> str:
        return self.chance.choice(CONDITIONS)

    def choice(self, depth: int) -> str:
        """A statement whose branches write a wire, and may flow into ``s`` outside."""
        self.wires += 1
        wire = f"w{self.wires}"
        branches = [self.branch(wire, depth) for _ in range(self.chance.choice((2, 2, 3)))]
        chain = " else ".join(
            f"{{ {b} }}" if k == len(branches) - 1 else f"if {self.condition()} {{ {b} }}"
            for k, b in enumerate(branches)
        )
        return f"{chain}; {wire} -> s"

    def branch(self, wire: str, depth: int) -> str:
        parts = [f"{self.chance.choice(('x', 'h'))} -> {self.item(1)} -> {wire}"]
        if self.chance.random() < 0.4:
            parts.append(f"x -> {self.item(1)} -> s")
        if depth > 1 and self.chance.random() < 0.4:
            parts.append(self.choice(depth - 1))
        self.chance.shuffle(parts)
        return "; ".join(parts)
