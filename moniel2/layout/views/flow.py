"""A model as a flow of tensors: which layers make them, in order, with what only adorns a layer folded onto it.

Chains dissolve into what is around them, and so do blocks that lead through other resolutions (a U inside a U); any
other block is one layer, since what matters here is the tensor that it gives out. What doesn't depend on an input of
the model (positions, masks, weights) is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from moniel2.ir.model import Block, Choice, Loop, Model, Operation, Sketch, Tensor, distinct_blocks, inner_blocks
from moniel2.layout.draft import JOINS, Drafter, Look, Place, TooManyParts
from moniel2.layout.fold import SMALL
from moniel2.layout.frame import tensor_shape
from moniel2.layout.pick import Wanted, asked, is_meant
from moniel2.layout.steps import Source, Step, Steps
from moniel2.layout.unfold import MOST_COPIES
from moniel2.layout.views.extent import Extent, common_batch, extent, is_turned
from moniel2.layout.views.options import Refused
from moniel2.layout.words import THEMES, Lines, alternatives, lines, tint, tooltip
from moniel2.ops.spec import Category

DEEPEST = 60  # blocks inside one another that are looked into; recursion here is bounded by it
MOST_STOPS, MOST_MORE = 24, 9  # a block that is used once opens if there are no more stops then
PLACES = 5  # as many layers of numbers weigh as much as one of what has places
COPIES = 4  # equal layers in a row that are written out; more of them are one with ×N
SLIDING = (Category.CONVOLUTION, Category.POOLING)  # over pixels or samples, channel by channel
PLAIN = frozenset({Category.TENSOR, Category.REGULARIZATION})
Role = Literal["input", "layer", "pool", "merge", "output"]


@dataclass(slots=True)
class Stop:
    """One tensor of the flow and what makes it. ``sources`` are the numbers of other stops.

    ``bands`` are the theme keys of what follows on the same box: normalizations, activations.
    """

    role: Role
    path: str
    words: Lines
    extent: Extent
    sources: tuple[int, ...]
    title: str = ""
    repeat: int = 1
    bands: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    block: Block | None = None
    tint: str = ""
    run: int = 1  # how many layers it is, if it is a run of different ones
    mixed: bool = False  # and they are named one by one, or only counted
    copies: str = ""  # how often it is repeated where nobody knows: as written, or "?"

    @property
    def times(self) -> str:
        """How often it is repeated, as it is said: ``×6``, ``×n``; nothing for once."""
        return f"×{self.copies}" if self.copies else f"×{self.repeat}" if self.repeat > 1 else ""

    @property
    def stands(self) -> int:
        """For how many layers."""
        return max(self.run, self.repeat)

    @property
    def weight(self) -> int:
        """How much of the main way it is: what is said of a picture or of words leads there, a number steers it."""
        numbers = self.extent.kind == "vector" or not self.extent.deep
        return self.stands if numbers else PLACES * self.stands


@dataclass(slots=True)
class Flow:
    """Stops in order; every source of one stands before it."""

    name: str
    stops: list[Stop]
    crops: bool = False  # something is cut to size on its way

    def users(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.stops]
        for i, stop in enumerate(self.stops):
            for source in dict.fromkeys(stop.sources):
                found[source].append(i)
        return found


def flow(model: Model, limit: int, wanted: Wanted | None = None, most: int = MOST_STOPS, unrolled: int = 0) -> Flow:
    """The flow of a model. Raises ``TooManyParts``, and ``Refused`` where nothing flows or a block can't be opened.

    A block that is used in one place only opens as far as there are no more than ``most`` stops then. What is repeated
    is one stop, if it isn't ``unrolled``.
    """
    drafter, wanted = Drafter(model, Look(unroll=unrolled)), wanted or Wanted()
    found = _opened(model, drafter, limit, wanted, most, MOST_MORE)
    if not found.stops:
        raise Refused("nothing in this model depends on an input, so nothing flows: use --view blocks")
    # Where nothing would be left but ends, what else only adorns a layer is all there is to see.
    plain = all(s.role in ("input", "output") for s in found.stops)
    if plain:
        found = _opened(model, drafter, limit, wanted, most, MOST_MORE, True)
    if _unmet(found, wanted, unrolled):
        # What the reader wants to see may stand in blocks that are closed for want of room.
        found = _opened(model, drafter, limit, wanted, limit, limit, plain)
    if fault := _unmet(found, wanted, unrolled):
        raise Refused(fault)
    return Flow(model.name, found.stops, bool(found.cropped))


def _opened(
    model: Model, drafter: Drafter, limit: int, wanted: Wanted, most: int, more: int, plain: bool = False
) -> _Builder:
    """With what is used once open, as far as that makes at most ``most`` stops and at most ``more`` new ones each.

    ``plain``: every operation is a stop.
    """
    times = uses(drafter.root)
    chosen: frozenset[str] = frozenset()
    refused: set[str] = set()
    found = _built(model, drafter, limit, wanted, chosen, plain)
    while wanted.depth is None:
        closed = {b.definition for b in found.closed if times[b.definition] == 1} - chosen - refused
        if not closed:
            break
        one = min(closed, key=[b.definition for b in found.closed].index)
        try:
            longer = _built(model, drafter, limit, wanted, chosen | {one}, plain)
        except TooManyParts:
            longer = None
        before = len(found.stops)
        if longer is not None and before < len(longer.stops) <= min(most, before + more):
            chosen, found = chosen | {one}, longer
        else:
            refused.add(one)
    return found


def _unmet(found: _Builder, wanted: Wanted, unrolled: int) -> str:
    """What the reader asked for and doesn't see, and what to do; nothing if all is as asked."""
    model = found.drafter.model
    if unrolled and not _has_copies(found, Drafter(model, Look())):
        loops = any(isinstance(n.what, Loop) for block in distinct_blocks(model.root) for n in block.nodes)
        steps = "; for the steps of a recurrence use --view blocks" if loops else ""
        return f"nothing here is repeated {unrolled} times or less: leave --unroll out{steps}"
    missed = [pattern for pattern in wanted.expand if pattern not in found.opened]
    return _still_closed(missed[0], found.kept.get(missed[0])) if missed else ""


def _has_copies(found: _Builder, folded: Drafter) -> bool:
    """Whether something is written out in what is shown."""
    return any(len(found.drafter.folded(b).steps) > len(folded.folded(b).steps) for b in found.shown)


def _still_closed(pattern: str, kept: Step | None) -> str:
    """Why a block that was to be opened isn't, and what to do."""
    if kept is None:
        return f"`{pattern}` stands inside a block that is closed here: --expand that one too, or use --view blocks"
    if kept.times:
        return f"`{pattern}` is repeated {kept.times} times, so this view shows it as one: use --view blocks"
    more = f"--unroll {kept.repeat} writes the copies out, or " if kept.repeat <= MOST_COPIES else ""
    return f"`{pattern}` is repeated {kept.repeat} times, and this view shows that as one: {more}use --view blocks"


def _built(model: Model, drafter: Drafter, limit: int, wanted: Wanted, chosen: frozenset[str], plain: bool) -> _Builder:
    builder = _Builder(drafter, limit, wanted, chosen, plain)
    root = drafter.root
    feeds = [
        [builder.port(p.name or "input", p.tensor, "input", (), builder.is_signal(root, n))] if p.bound else []
        for n, p in enumerate(root.inputs)
    ]
    given = builder.add(root, "", feeds, 0)
    for port, sources in zip(root.outputs, given, strict=True):
        if sources:
            builder.port(port.name or "output", port.tensor, "output", tuple(sources))
    return builder


def uses(root: Block) -> Counter[str]:
    """In how many places each definition stands, copies counted."""
    times: Counter[int] = Counter({id(root): 1})
    found: Counter[str] = Counter()
    for block in reversed(list(distinct_blocks(root))):
        found[block.definition] += times[id(block)]
        for node in block.nodes:
            for inner in inner_blocks(node.what):
                times[id(inner)] += times[id(block)] * node.repeat
    return found


class _Builder:
    def __init__(self, drafter: Drafter, limit: int, wanted: Wanted, chosen: frozenset[str], plain: bool) -> None:
        self.drafter = drafter
        self.plain = plain
        self.wanted = wanted
        self.chosen = chosen
        self.closed: list[Block] = []
        self.shown: list[Block] = []  # by what is in them
        self.opened: set[str] = set()  # what of the patterns to expand was opened
        self.kept: dict[str, Step] = {}  # what of them wasn't, since it is repeated
        self.limit = limit
        self.stops: list[Stop] = []
        self.batch = common_batch([p.tensor.shape for p in drafter.root.inputs])
        self.cropped: set[int] = set()
        self._leading: dict[int, bool] = {}

    def port(self, name: str, tensor: Tensor, role: Role, sources: tuple[int, ...], first: bool = False) -> int:
        if sources:
            before = self.stops[sources[0]].extent
            first = before.kind == "map" and not is_turned(before, tensor.shape)
        place = f"{'in' if role == 'input' else 'out'}:{name}"
        size = extent(tensor.shape, self.batch, first)
        if size.kind == "vector" and tensor.dtype.startswith("int") and size.deep:
            size = Extent("sheet", 1.0, 1.0, size.channels, "", size.deep)  # numbers of words
        return self._put(Stop(role, place, Lines(name, theme="io"), size, sources, f"{name}: {tensor}"))

    def is_signal(self, block: Block, number: int, depth: int = 0) -> bool:
        """Whether an input of a block has its channels before its length: what takes it first convolves it."""
        for step in self.drafter.folded(block).steps:
            for take in step.takes:
                if take.source != (-1, number):
                    continue
                what = step.what
                if isinstance(what, Block) and depth < DEEPEST:
                    if self.is_signal(what, take.into, depth + 1):
                        return True
                elif isinstance(what, (Operation, Sketch)) and what.spec.category in SLIDING:
                    return True
        return False

    def add(self, block: Block, path: str, feeds: Sequence[Sequence[int]], depth: int) -> list[list[int]]:
        """Append what is in a block; where each of its outputs comes from."""
        steps = self.drafter.folded(block)
        self.shown.append(block)
        users = Counter(t.source for s in steps.steps for t in s.takes)
        users.update(source for sources in steps.outputs for source in sources)
        at: dict[Source, list[int]] = {}

        def found(source: Source) -> list[int]:
            return list(feeds[source[1]]) if source[0] < 0 else at.get(source, [])

        for number, step in enumerate(steps.steps):
            fed = [(t.into, t.source) for t in step.takes if isinstance(t.source, tuple)]
            live = list(dict.fromkeys(n for _, source in fed for n in found(source)))
            if not live:
                continue
            here = f"{path}/{step.key}" if path else step.key
            inner = step.what
            place = Place(here, depth + 1, inner, step) if isinstance(inner, Block) else None
            if isinstance(inner, Block) and place is not None and depth < DEEPEST and self.opens(place):
                inputs: list[list[int]] = [[] for _ in inner.inputs]
                for into, source in fed:
                    inputs[into] += found(source)
                before = len(self.stops)
                outs = self.add(inner, here, inputs, depth + 1)
                meant = [p for p in self.wanted.expand if is_meant(place, p)]
                if not _is_repeated(step) or self._repeated(before, step):
                    self.opened.update(meant)
                    flat = [[n] for out in outs for n in out]
                    sources = outs if len(outs) == len(step.outputs) else flat
                    at.update({(number, k): list(out) for k, out in enumerate(sources)})
                    continue
                del self.stops[before:]
                self.kept |= dict.fromkeys(meant, step)
            alone = len(fed) == 1 and users[fed[0][1]] == 1
            stop = self._step(steps, step, here, live, alone)
            at.update({(number, k): [stop] for k in range(max(len(step.outputs), 1))})
        return [list(dict.fromkeys(n for source in out for n in found(source))) for out in steps.outputs]

    def opens(self, place: Place) -> bool:
        """Whether a block is shown by what is in it."""
        return asked(place, self.wanted, self._opens(place))

    def _opens(self, place: Place) -> bool:
        block, depth = place.block, self.wanted.depth
        repeated = place.step is not None and _is_repeated(place.step)
        if depth is not None and (place.depth > depth or not repeated):
            return place.depth <= depth
        if self._leads(block) or block.definition in self.chosen:
            return True
        if not repeated:
            self.closed.append(block)
        return False

    def _leads(self, block: Block) -> bool:
        """Whether there is more to see inside than one tensor: a chain, or other resolutions on the way."""
        if id(block) not in self._leading:
            self._leading[id(block)] = is_chain(self.drafter.folded(block)) or self._leads_elsewhere(block)
        return self._leading[id(block)]

    def _leads_elsewhere(self, block: Block) -> bool:
        def face(tensor: Tensor) -> tuple[str, ...]:
            shape = tensor.shape
            return tuple(map(str, shape[2:])) if shape is not None and shape.rank > 3 else ()

        ends = {face(p.tensor) for p in block.inputs} | {face(p.tensor) for p in block.outputs}
        if ends == {()}:
            return False
        # Only what moves over pixels counts: a gate's squeeze to one pixel or a change of layout is no journey.
        moving = [s for s in self.drafter.folded(block).steps if _moves(s)]
        return any(f and f not in ends and set(f) != {"1"} for s in moving for t in s.outputs[:1] for f in [face(t)])

    def _repeated(self, before: int, step: Step) -> bool:
        """A repeated block that turned out to be one layer is that layer, so many times."""
        made = self.stops[before:]
        if len(made) != 1 or made[0].times:
            return False
        made[0].repeat, made[0].copies = step.repeat, step.times
        return True

    def _step(self, steps: Steps, step: Step, path: str, live: list[int], alone: bool) -> int:
        shapes = [tensor_shape(steps, t.source) for t in step.takes if isinstance(t.source, tuple)]
        words = lines(step, shapes, False)
        what = step.what
        if isinstance(what, Loop):
            words = replace(words, theme=THEMES[Category.RECURRENCE])
        if isinstance(what, Choice):
            # There is room for what it may be, not for what that depends on.
            words = replace(words, first=f"{alternatives(what)} ?", second=words.first)
        tensor = step.outputs[0] if step.outputs else None
        size = extent(tensor.shape if tensor else None, self.batch, self._channels_first(step, live))
        role: Role = "layer"
        if isinstance(what, (Operation, Sketch)) and self.plain:
            role = "merge" if len(live) > 1 else "layer"
        elif isinstance(what, (Operation, Sketch)):
            category = what.spec.category
            one = self.stops[live[0]] if len(live) == 1 else None
            if one is not None and category in SMALL and not _is_repeated(step):
                if alone and one.role in ("layer", "pool", "merge"):
                    one.bands.append(words.theme)
                    one.also.append(what.name)
                return live[0]
            kept = tensor is not None and tensor.shape in shapes
            in_row = one is not None and not kept and one.extent.height > 1 and size.kind == "sheet"
            resized = one is not None and not kept and what.name not in RELAYOUT and _resizes(one.extent, size)
            joined = one is not None and _is_repeated_stop(one) and what.name in JOINS
            if one is not None and category not in NOTABLE and not (in_row or resized or joined):
                return live[0]
            if one is not None and not in_row and category is Category.TENSOR and _crops(one.extent, size):
                self.cropped.add(live[0])
                return live[0]
            if category is Category.POOLING:
                role = "pool"
            elif len(live) > 1 or joined:
                role = "merge"
        block = what if isinstance(what, Block) else what.body if isinstance(what, Loop | Choice) else None
        stop = Stop(role, path, words, size, tuple(live), tooltip(step), step.repeat, block=block, copies=step.times)
        stop.tint = tint(step)
        return self._put(stop)

    def _channels_first(self, step: Step, live: list[int]) -> bool:
        what = step.what
        if isinstance(what, (Operation, Sketch)) and what.spec.category in SLIDING:
            return True
        if isinstance(what, (Operation, Sketch)) and what.spec.category in (Category.LINEAR, Category.ATTENTION):
            return False
        # Pixels in a row are words.
        flattened = isinstance(what, Operation) and what.spec.category is Category.TENSOR
        shape = step.outputs[0].shape if step.outputs else None
        maps = [e for n in live if (e := self.stops[n].extent).kind == "map" and not (flattened and e.height > 1)]
        return any(not is_turned(e, shape) for e in maps)

    def _put(self, stop: Stop) -> int:
        if len(self.stops) >= self.limit:
            raise TooManyParts(self.limit)
        self.stops.append(stop)
        return len(self.stops) - 1


NOTABLE = frozenset(
    {
        Category.CONVOLUTION,
        Category.LINEAR,
        Category.POOLING,
        Category.ATTENTION,
        Category.RECURRENCE,
        Category.EMBEDDING,
    }
)


RELAYOUT = frozenset({"Reshape", "Permute", "Transpose", "Rearrange", "Flatten", "Unflatten", "Squeeze", "Unsqueeze"})


def _is_repeated(step: Step) -> bool:
    return step.repeat > 1 or bool(step.times)


def _is_repeated_stop(stop: Stop) -> bool:
    return stop.repeat > 1 or bool(stop.copies)


def _resizes(before: Extent, after: Extent) -> bool:
    """Whether a change of shape is one of resolution: pixels stay pixels, but more or fewer of them."""
    return before.kind == after.kind == "map" and before.face != after.face and "?" not in after.face


def _crops(before: Extent, after: Extent) -> bool:
    """Whether only a margin was cut off."""
    smaller = before.resolution / 4 < after.resolution <= before.resolution
    return before.channels == after.channels and smaller and after.height <= before.height


def _moves(step: Step) -> bool:
    """Whether it, or anything in it, looks at neighbouring pixels."""
    what = step.what
    nodes = (n for b in distinct_blocks(what) for n in b.nodes) if isinstance(what, Block) else iter((step.node,))
    return any(isinstance(n.what, Operation) and n.what.spec.category in SLIDING for n in nodes)


def is_chain(steps: Steps) -> bool:
    """Each step takes what the one before gives, and there is one way in and one way out."""
    if len(steps.outputs) != 1 or not steps.steps:
        return False
    before: Source = (-1, 0)
    for number, step in enumerate(steps.steps):
        tensors = {t.source for t in step.takes if isinstance(t.source, tuple)}
        if tensors != {before} or step.node.parallel:
            return False
        before = (number, 0)
    return steps.outputs[0] == [before] and sum(p.bound for p in steps.block.inputs) == 1
