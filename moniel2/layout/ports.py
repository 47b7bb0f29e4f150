"""In which order the ports of open frames stand: as declared, unless another order saves crossings.

A wire that crosses another just outside a frame, or just inside, often need not if two ports change places; then what
is on the other side of the frame may cross instead, or what is around that. So the picture is judged as a whole: all
that crosses in it, then how many pairs of ports stand the other way round than they are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moniel2.layout.diagram import OWN, Arrow, Body

MANY = 12  # ports of a frame; of more only whole orders are tried, not each one at each place
EFFORT = 4_000  # boxes and wires that are looked at in all
Order = tuple[int, ...]  # of ports, from left to right, by their declared numbers
State = dict[int, tuple[Order, Order]]  # of each frame whose ports stand differently: inputs and outputs
Score = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """One body as it is drawn: how often wires cross in it, and where its inputs and outputs are, across."""

    crossed: int
    ins: tuple[float, ...]
    outs: tuple[float, ...]


@dataclass(slots=True)
class View:
    """A picture as it is drawn: all its crossings, and what is seen of each body in it, by its identity."""

    crossed: int
    bodies: dict[int, Seen]


Look = Callable[[Body], View]
Free = Callable[[Body], tuple[Sequence[float], Sequence[float]]]  # where its ports would be, were they free


def rearranged(root: Body, look: Look, free: Free) -> Body:
    """The body of the whole with the ports of frames in the order found, itself if there is no better one.

    ``look`` and ``free`` may be quick and a little wrong.
    """
    frames = _Frames(root)
    return _Search(frames, look, free).run() if frames.can_move else root


class _Frames:
    """The bodies of a picture, each once, those around first; and what becomes of them when ports change places."""

    def __init__(self, root: Body) -> None:
        self.bodies = _outer_first(root)
        number = {id(body): k for k, body in enumerate(self.bodies)}
        self.inner = [[number[id(p.inside)] if p.inside is not None else -1 for p in b.parts] for b in self.bodies]
        self.around: list[list[int]] = [[] for _ in self.bodies]
        for k, inner in enumerate(self.inner):
            for j in inner:
                if j >= 0 and k not in self.around[j]:
                    self.around[j].append(k)
        self.may_move = [
            k > 0 and not any(self.bodies[a].shape for a in self.around[k]) and _has_several(body)
            for k, body in enumerate(self.bodies)
        ]
        self.can_move = any(self.may_move)
        self.size = sum(len(b.parts) + len(b.arrows) for b in self.bodies)
        self._made: dict[tuple[int, tuple[int, ...], Order, Order], Body] = {}

    def order(self, state: State, k: int) -> tuple[Order, Order]:
        if k in state:
            return state[k]
        return tuple(range(len(self.bodies[k].inputs))), tuple(range(len(self.bodies[k].outputs)))

    def build(self, state: State) -> list[Body]:
        """The bodies with their ports so, the whole first; what is as it was stays the same object."""
        built: list[Body] = list(self.bodies)
        for k in range(len(built) - 1, -1, -1):
            body = self.bodies[k]
            insides = tuple(id(built[j]) if j >= 0 else 0 for j in self.inner[k])
            key = (k, insides, *self.order(state, k))
            if key not in self._made:
                changed = k in state or any(j >= 0 and built[j] is not self.bodies[j] for j in self.inner[k])
                self._made[key] = self._with(state, k, built) if changed else body
            built[k] = self._made[key]
        return built

    def _with(self, state: State, k: int, built: Sequence[Body]) -> Body:
        body = self.bodies[k]
        ins, outs = self.order(state, k)
        parts = [replace(p, inside=built[j]) if j >= 0 else p for p, j in zip(body.parts, self.inner[k], strict=True)]
        into, out = _places(ins), _places(outs)
        arrows: list[Arrow] = []
        for a in body.arrows:
            one = a
            if a.source == OWN:
                one = replace(one, out=into[a.out])
            elif (j := self.inner[k][a.source]) in state:
                one = replace(one, out=_places(state[j][1])[a.out])
            if a.target == OWN:
                one = replace(one, into=out[a.into])
            elif (j := self.inner[k][a.target]) in state:
                one = replace(one, into=_places(state[j][0])[a.into])
            arrows.append(one)
        inputs, outputs = tuple([body.inputs[n] for n in ins]), tuple([body.outputs[n] for n in outs])
        return replace(body, inputs=inputs, outputs=outputs, parts=tuple(parts), arrows=tuple(arrows))


class _Search:
    """Goes from one state to the best that one change leads to, while that is better."""

    def __init__(self, frames: _Frames, look: Look, free: Free) -> None:
        self.frames = frames
        self.look = look
        self.free = free
        self.effort = EFFORT
        self.known: dict[tuple[tuple[int, Order, Order], ...], tuple[Score, View, list[Body]]] = {}
        self.suits: dict[int, tuple[Order, Order]] = {}  # by the identity of bodies that are kept in ``frames``

    def run(self) -> Body:
        frames = self.frames
        best: State = {}
        score, view, built = self._judged(best)
        while self.effort > 0 and score > (0, 0):
            start, found = best, score
            for k in range(len(frames.bodies)):
                if not frames.may_move[k] or not self._concerned(k, start, view, built):
                    continue
                for state in self._changes(start, k, view, built):
                    if self.effort <= 0 or found[0] == 0 < score[0]:
                        break  # out of order is looked at when nothing crosses any more
                    judged = self._judged(state)[0]
                    if judged < found:
                        best, found = state, judged
            if found == score:
                break
            score, view, built = self._judged(best)
        return built[0]

    def _concerned(self, k: int, state: State, view: View, built: Sequence[Body]) -> bool:
        """Whether a frame's ports may be to blame: wires cross inside or around it, or they are out of order."""
        near = [k, *self.frames.around[k]]
        return k in state or any(id(built[j]) in view.bodies and view.bodies[id(built[j])].crossed for j in near)

    def _judged(self, state: State) -> tuple[Score, View, list[Body]]:
        key = tuple([(k, *state[k]) for k in sorted(state)])
        if key not in self.known:
            self.effort -= self.frames.size
            built = self.frames.build(state)
            view = self.look(built[0])
            disorder = 0
            for k, body in enumerate(built):
                if self.frames.may_move[k] and id(body) in view.bodies:
                    seen = view.bodies[id(body)]
                    disorder += self._disorder(state, k, seen)
            self.known[key] = ((view.crossed, disorder), view, built)
        return self.known[key]

    def _disorder(self, state: State, k: int, seen: Seen) -> int:
        ins, outs = self.frames.order(state, k)
        inputs = self.frames.bodies[k].inputs
        free = [(n, x) for n, x in zip(ins, seen.ins, strict=True) if not inputs[n].side]
        return _disorder(free) + _disorder(list(zip(outs, seen.outs, strict=True)))

    def _changes(self, state: State, k: int, view: View, built: Sequence[Body]) -> list[State]:
        """States in which the ports of one frame stand differently, and those of the frames around it as they may or as
        it suits them."""
        found: list[State] = []
        for orders in self._orders(state, k, view, built):
            changed = dict(state)
            changed[k] = orders
            changed = self._tidy(changed)
            found.append(changed)
            level = self.frames.around[k]
            while level and self.effort > 0:
                movable = [j for j in level if self.frames.may_move[j]]
                if not movable:
                    break
                changed = dict(changed)
                for j in movable:
                    changed[j] = self._as_it_suits(changed, j)
                changed = self._tidy(changed)
                found.append(changed)
                level = [a for j in movable for a in self.frames.around[j]]
        return found

    def _orders(self, state: State, k: int, view: View, built: Sequence[Body]) -> list[tuple[Order, Order]]:
        """Other orders of a frame's ports: as declared, as it suits it, as they are drawn, one of them elsewhere."""
        now = self.frames.order(state, k)
        found = [self.frames.order({}, k), self._as_it_suits(state, k)]
        if id(built[k]) in view.bodies:
            seen = view.bodies[id(built[k])]
            found.append(self._as_drawn(state, k, seen.ins, seen.outs))
        ins, outs = now
        free = self._free_of(k, ins)
        found += [(self._with_sides(k, one), outs) for one in _moved(free)]
        found += [(ins, one) for one in _moved(outs)]
        return [one for one in dict.fromkeys(found) if one != now]

    def _as_it_suits(self, state: State, k: int) -> tuple[Order, Order]:
        """The order in which a body's ports would stand if all were free."""
        others = {j: orders for j, orders in state.items() if j != k}
        body = self.frames.build(others)[k]
        if id(body) not in self.suits:
            self.effort -= len(body.parts) + len(body.arrows)
            self.suits[id(body)] = self._as_drawn(others, k, *self.free(body))
        return self.suits[id(body)]

    def _as_drawn(self, state: State, k: int, xs: Sequence[float], ys: Sequence[float]) -> tuple[Order, Order]:
        """From left to right, where the ports of a frame, in the order of a state, are at these places."""
        ins, outs = self.frames.order(state, k)
        return self._with_sides(k, self._free_of(k, _sorted(ins, xs))), _sorted(outs, ys)

    def _free_of(self, k: int, order: Order) -> Order:
        return tuple([n for n in order if not self.frames.bodies[k].inputs[n].side])

    def _with_sides(self, k: int, free: Order) -> Order:
        """The order of all inputs: those on the sides keep their numbers."""
        rest = iter(free)
        return tuple([n if p.side else next(rest) for n, p in enumerate(self.frames.bodies[k].inputs)])

    def _tidy(self, state: State) -> State:
        """Without what is as declared."""
        return {k: orders for k, orders in state.items() if orders != self.frames.order({}, k)}


def _outer_first(root: Body) -> list[Body]:
    """The body and all in it, each once, before all that is inside it."""
    found: list[Body] = []
    done: set[int] = set()
    stack: list[tuple[Body, bool]] = [(root, False)]
    while stack:
        body, finished = stack.pop()
        if finished:
            found.append(body)
        elif id(body) not in done:
            done.add(id(body))
            stack.append((body, True))
            stack += [(p.inside, False) for p in body.parts if p.inside is not None]
    return found[::-1]


def _has_several(body: Body) -> bool:
    """Whether there are ports that may change places."""
    return len([p for p in body.inputs if not p.side]) > 1 or len(body.outputs) > 1


def _places(order: Order) -> list[int]:
    place = [0] * len(order)
    for at, n in enumerate(order):
        place[n] = at
    return place


def _sorted(order: Order, xs: Sequence[float]) -> Order:
    return tuple([n for _, n in sorted([(round(x, 1), n) for x, n in zip(xs, order, strict=True)])])


def _moved(order: Order) -> list[Order]:
    """Every order in which one port stands at another place."""
    found: list[Order] = []
    for at, n in enumerate(order if len(order) <= MANY else ()):
        rest = (*order[:at], *order[at + 1 :])
        found += [(*rest[:to], n, *rest[to:]) for to in range(len(order)) if to != at]
    return found


def _disorder(ports: Sequence[tuple[int, float]]) -> int:
    """How many pairs of ports stand the other way round than they are declared."""
    at = [x for _, x in sorted(ports)]
    return sum(at[b] < at[a] - 1.0 for a in range(len(at)) for b in range(a + 1, len(at)))
