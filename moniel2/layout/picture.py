"""Model -> diagram: the choices of the reader, and what fits a page where they leave it open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moniel2.ir.measure import operations
from moniel2.ir.model import Model, Operation, distinct_blocks
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import Body, Diagram
from moniel2.layout.draft import Drafter, Look
from moniel2.layout.page import MOST_PARTS, PAGE
from moniel2.layout.pick import Page, Wanted, has_closed, pick, revealed, visible

SHOWN = ("shapes", "params", "macs", "args", "names", "activations", "dropout", "legend")
SHOWN_BY_DEFAULT = ("shapes", "activations", "dropout")
GIST = frozenset({"regularization"})  # left out of a figure that would not fit otherwise
CROWDED = 1.3  # what boxes with others on them may say on average
MUCH = 1.5  # times as many boxes as a page holds; of more it doesn't matter how near they stand
ENOUGH = 11.0  # what a figure straight down must say for columns not to be tried
COLUMNS_WORTH = 0.6  # what a figure in columns is worth beside one straight down
SHARED_WORTH = 0.85  # the same where figures share a page, which leaves little room for one straight down
CATEGORY_WORDS = (
    ("conv", "convolution"),
    ("linear", "linear"),
    ("norm", "normalization"),
    ("act", "activation"),
    ("pool", "pooling"),
    ("attn", "attention"),
    ("rnn", "recurrence"),
    ("embed", "embedding"),
    ("merge", "merge"),
    ("tensor", "reshape"),
    ("reg", "regularization"),
    ("loss", "loss"),
    ("io", "input, output"),
    ("undefined", "undefined"),
    ("block", "block"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the reader wants to see. ``show`` and ``hide`` are words of ``SHOWN``; ``compact`` None is: if it helps."""

    direction: Direction = "down"
    title: str | None = None
    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    compact: bool | None = None
    wanted: Wanted = field(default_factory=Wanted)
    unroll: int = 0  # what is repeated this often or less is written out
    room: tuple[float, float] = PAGE  # across and along the flow: less where several figures stand on one page


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a picture shows, and who knows what it would show with other blocks open."""

    diagram: Diagram
    drafter: Drafter


def diagram(model: Model, request: Request) -> Diagram:
    """What the picture of a model shows. Raises ``TooManyParts``."""
    return drafted(model, request).diagram


def drafted(model: Model, request: Request) -> Drafted:
    """The same with the drafter. Raises ``TooManyParts``."""
    shown = shown_of(request)
    body, drafter = _body(written_out(model, request), look_of(request), request)
    made = Diagram(
        name=model.name,
        body=body,
        title=request.title or "",
        description=describe(model, body),
        legend=legend_of(body) if "legend" in shown else (),
        direction=request.direction,
    )
    return Drafted(made, drafter)


def shown_of(request: Request) -> set[str]:
    """What is shown, in words of ``SHOWN``."""
    return (set(SHOWN_BY_DEFAULT) | set(request.show)) - set(request.hide)


def look_of(request: Request) -> Look:
    """The same as what a drafter understands."""
    shown = shown_of(request)
    return Look(
        shapes="shapes" in shown,
        arguments="args" in shown,
        names="names" in shown,
        counts=tuple(word for word in ("params", "macs") if word in shown),
        compact=bool(request.compact),
        unroll=request.unroll,
        closed=request.wanted.collapse,
        without=(frozenset() if "activations" in shown else frozenset({"activation"}))
        | (frozenset() if "dropout" in shown else GIST),
    )


def written_out(model: Model, request: Request) -> Model:
    """The model with the steps of its loops side by side, if the reader wants to see them."""
    if not request.unroll:
        return model
    from moniel2.layout.unroll import unroll

    return unroll(model, request.unroll)


def is_written_out(model: Model, most: int) -> bool:
    """Whether there are loops, or anything that is repeated so often or less, to be written out."""
    from moniel2.layout.unroll import unroll

    if unroll(model, most) is not model:
        return True
    folded = Drafter(model, Look())
    copies = Drafter(model, Look(unroll=most), folded)
    return any(len(copies.folded(b).steps) > len(folded.folded(b).steps) for b in distinct_blocks(folded.root))


def _body(model: Model, look: Look, request: Request) -> tuple[Body, Drafter]:
    """What says most of all that fits a page: as it is; with small things on the boxes they follow; like things folded;
    each in one column or in several. What is nearer to how it was written wins unless the other says clearly more."""
    if request.wanted.depth is not None:
        asked = Drafter(model, look)
        return pick(asked, request.wanted, Page(request.direction, True)), asked
    looks = [(look, 1.0)]
    if request.compact is None:
        close = replace(look, compact=True)
        gist = replace(close, without=look.without | GIST) if _has(model, GIST) else close
        looks += [(close, 0.9), *([(gist, 0.8)] if gist is not close else [])]
        # What is to be written out must not be folded for being alike.
        looks += [] if request.unroll else [(replace(gist, loose=True), 0.6)]
    found: list[tuple[Body, Drafter]] = []
    best = _best(model, looks, request, found)
    drafter = found[-1][1]
    if best is None:
        best = _shallow(drafter, looks[-1][0], request)
    if best is not None:
        return best
    least = min(visible(body) for body, _ in found)
    if least > MUCH * MOST_PARTS:
        return min(found, key=lambda f: visible(f[0]))
    if request.room == PAGE and look.shapes and "shapes" not in request.show:
        # Rather without the sizes of what flows than larger than a page, then with fewer words.
        for brief in (False, True):
            bare = [(replace(one, shapes=False, brief=brief), worth) for one, worth in looks]
            if (best := _best(model, bare, request, found)) is not None:
                return best
    page = Page(request.direction, True, request.room)
    return min((f for f in found if visible(f[0]) <= max(MOST_PARTS, least)), key=lambda f: page.reduced(f[0]))


def _has(model: Model, categories: frozenset[str]) -> bool:
    """Whether any operation is of these categories."""
    nodes = (n for block in distinct_blocks(model.root) for n in block.nodes)
    return any(isinstance(n.what, Operation) and n.what.spec.category.value in categories for n in nodes)


def _best(
    model: Model, looks: Sequence[tuple[Look, float]], request: Request, found: list[tuple[Body, Drafter]]
) -> tuple[Body, Drafter] | None:
    """What says most in one of these looks, None if nothing fits a page. ``found`` gets all that was tried."""
    best: tuple[Body, Drafter] | None = None
    most = 0.0
    drafter = found[-1][1] if found else None
    in_columns = COLUMNS_WORTH if request.room == PAGE else SHARED_WORTH
    for columns in (False, True):
        if columns and most >= ENOUGH:
            break
        for one, worth in looks:
            worth *= in_columns if columns else 1.0
            if most >= MOST_PARTS * worth * (CROWDED if one.compact else 1.0):
                continue  # not even a full page would say more
            drafter = Drafter(model, replace(one, unwrap=columns), drafter)
            page = Page(request.direction, columns, request.room)
            body = pick(drafter, request.wanted, page)
            found.append((body, drafter))
            says = revealed(body) * worth
            if says > most and page.fits(body):
                best, most = (body, drafter), says
                if not has_closed(body):
                    return best
    return best


def _shallow(drafter: Drafter, look: Look, request: Request) -> tuple[Body, Drafter] | None:
    """The upper levels of a U, as many as fit a page; None if there is none."""
    for levels in range(drafter.simplified.levels - 1, 0, -1):
        upper = Drafter(drafter.model, replace(look, levels=levels), drafter)
        page = Page(request.direction, False, request.room)
        body = pick(upper, request.wanted, page)
        if page.fits(body):
            return body, upper
    return None


def describe(model: Model, body: Body) -> str:
    """What a reader who can't see the picture needs: ends, parts, how much was folded."""
    root = model.root
    shapes = ", ".join(f"{p.name or 'input'} {p.tensor}" for p in root.plain_inputs)
    outputs = ", ".join(f"{p.name or 'output'} {p.tensor}" for p in root.plain_outputs)
    parts = ", ".join(_listed(body))
    number = operations(root).number
    shown = visible(body)
    ends = f" From {shapes or 'nothing'} to {outputs or 'nothing'}."
    count = f" {number:,} operations, {shown} shown." if isinstance(number, int) else f" {shown} parts shown."
    return f"{model.name}: {parts or 'nothing inside'}.{ends}{count}"


def _listed(body: Body) -> Sequence[str]:
    """The kinds of parts in the order they come, with how many there are of each."""
    count: Counter[str] = Counter()
    for part in body.parts:
        count[part.first.split(",")[0]] += part.repeat
    return [name if n == 1 else f"{n} × {name}" for name, n in list(count.items())[:12]]


def legend_of(body: Body) -> tuple[tuple[str, str], ...]:
    """What the colours of the parts mean that are seen: theme keys and words."""
    used: set[str] = set()
    stack = [body]
    while stack:
        for part in stack.pop().parts:
            used.add(part.theme)
            if part.inside is not None:
                stack.append(part.inside)
    return tuple((key, word) for key, word in CATEGORY_WORDS if key in used)
