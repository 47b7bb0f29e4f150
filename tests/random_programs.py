"""Random well-typed programs, for properties that every program has."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

KEEPS = ("ReLU", "Tanh", "GELU", "Dropout(0.2)", "Identity", "Mul(0.5)", "Add(1)", "Softmax", "Sigmoid")
IMAGE_KEEPS = ("BN", "Conv({c}, 3, padding = 1)", "Conv({c}, 1, groups = {c})", 'Conv({c}, 5, padding = "same")', "LRN")
IMAGE_HALVES = ("MaxPool(2)", "Conv({c}, 2, stride = 2)", "AvgPool(2)")
ROW_KEEPS = ("LN", "Linear({c})", "Linear({c}, bias = false)", "RMSNorm")


@dataclass
class Writing:
    """A program on its way: definitions first, then statements. ``names`` counts what got a name."""

    definitions: list[str] = field(default_factory=list)
    names: int = 0

    def fresh(self, word: str) -> str:
        self.names += 1
        return f"{word}{self.names}"


@st.composite
def programs(draw: DrawFn) -> str:
    """A program whose input is a picture [B, C, 8*h, 8*w] or a sequence [B, N, D]; nothing to say about it."""
    writing = Writing()
    channels = draw(st.sampled_from((2, 4, 6)))
    if draw(st.booleans()):
        head = f"image:In[B, {channels}, 8*h, 8*w]"
        body, channels, _ = _chain(draw, writing, channels, halvings=3, depth=3, picture=True)
        end = draw(
            st.sampled_from(("GlobalAvgPool -> Flatten -> Linear(3)", "Conv(3, 1)", "Flatten(2) -> Mean(axis = 2)"))
        )
    else:
        head = f"words:In[B, N, {channels}]"
        body, channels, _ = _chain(draw, writing, channels, halvings=0, depth=3, picture=False)
        end = draw(st.sampled_from(("Mean(axis = 1)", "Linear(3)", "Linear(2) -> Tanh")))
    main = f"{head} -> {body} -> {end} -> out:Out"
    return "\n".join([*writing.definitions, main]) + "\n"


def _chain(
    draw: DrawFn, writing: Writing, channels: int, halvings: int, depth: int, picture: bool
) -> tuple[str, int, int]:
    """Items joined by arrows, the channels that come out, and the halvings that are left."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = ["keep", "keep", "wide"] + (["half"] if picture and halvings else [])
        kinds += ["residual", "repeat", "block", "branches", "series", "shared"] if depth else []
        kinds += ["scan"] if depth and not picture else []
        kind = draw(st.sampled_from(kinds))
        if kind == "keep":
            own = IMAGE_KEEPS if picture else ROW_KEEPS
            items.append(draw(st.sampled_from((*KEEPS, *own))).format(c=channels))
        elif kind == "wide":
            channels = draw(st.sampled_from((2, 4, 6, 8)))
            items.append(f"Conv({channels}, 1)" if picture else f"Linear({channels})")
        elif kind == "half":
            halvings -= 1
            items.append(draw(st.sampled_from(IMAGE_HALVES)).format(c=channels))
        elif kind == "residual":
            inner = _keeping(draw, writing, channels, depth, picture)
            name = writing.fresh("Residual")
            writing.definitions.append(f"+{name} {{ x:In -> {inner} -> y; [x, y] -> Add -> Out }}")
            items.append(name)
        elif kind == "repeat":
            inner = _keeping(draw, writing, channels, depth, picture)
            items.append(f"{{ {inner} }} * {draw(st.integers(1, 4))}")
        elif kind == "series":
            widths = draw(st.lists(st.sampled_from((2, 4, 6)), min_size=1, max_size=4))
            channels = widths[-1]
            item = "Conv(w, 3, padding = 1)" if picture else "Linear(w)"
            items.append(f"({item} -> ReLU) for w in [{', '.join(map(str, widths))}]")
        elif kind == "block":
            inner, out, halvings = _chain(draw, writing, channels, halvings, depth - 1, picture)
            name = writing.fresh("Block")
            writing.definitions.append(f"+{name} {{ In -> {inner} -> Out }}")
            items.append(name)
            channels = out
        elif kind == "branches":
            ways = [_branch(draw, writing, channels, depth, picture) for _ in range(draw(st.integers(2, 3)))]
            join = "Concat" if picture else "Concat(axis = -1)"
            items.append(f"{{ x:In; x -> [{', '.join(way for way, _ in ways)}] -> {join} -> Out }}")
            channels = sum(out for _, out in ways)
        elif kind == "shared":
            name, layer = writing.fresh("shared"), f"Conv({channels}, 1)" if picture else f"Linear({channels})"
            items.append(f"{{ x:In -> {name}:{layer} -> Tanh -> {name}() -> Out }}")
        else:
            name = writing.fresh("State")
            writing.definitions.append(
                f"+{name} {{ x:In[B, N, D] -> Scan(axis = 1) {{ xt:In[B, D]; h:State[B, D]; "
                f"[xt, h] -> Concat -> Linear(D) -> Tanh -> [h, Out] }} -> Out }}"
            )
            items.append(name)
    return " -> ".join(items), channels, halvings


def _keeping(draw: DrawFn, writing: Writing, channels: int, depth: int, picture: bool) -> str:
    """A chain that gives out what it takes in."""
    inner, out, _ = _chain(draw, writing, channels, 0, depth - 1, picture)
    back = f"Conv({channels}, 1)" if picture else f"Linear({channels})"
    return inner if out == channels else f"{inner} -> {back}"


def _branch(draw: DrawFn, writing: Writing, channels: int, depth: int, picture: bool) -> tuple[str, int]:
    inner, out, _ = _chain(draw, writing, channels, 0, depth - 1, picture)
    return f"{{ {inner} }}", out
