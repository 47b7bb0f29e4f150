"""Models -> a scene in one of the views: what a reader asks for becomes what each of them takes.

To add a view, write a function of models and options that makes a scene and name it in ``VIEWS``. What a view needs is
imported when it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from moniel2.backends.options import DrawOptions, request
from moniel2.ir.model import Model
from moniel2.layout.boxes import is_sideways
from moniel2.layout.compose import Engine
from moniel2.layout.diagram import Diagram
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE
from moniel2.layout.pick import Wanted, has_closed, planned, revealed
from moniel2.layout.picture import Drafted, Request, diagram, drafted
from moniel2.layout.scene import Scene
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.parts import grouped
from moniel2.layout.views.pen import Drawn, Mark, beside, bounds, page, reduced, with_legend

APART, NAMED = 36.0, 46.0  # figures on one page; what the page's title and the names of a row take
ROW = 50.0  # from one figure to the one below it
KNOWN = ("shapes", "legend")
NEAR = 18.0  # figures that have little room
POOR = 0.5  # what says less than this share of what another says should say more
SHARES = (0.54, 0.6, 0.66)  # of the page, for that


def scene(models: Sequence[Model], options: DrawOptions) -> Scene:
    """What is drawn, before it is written in a format."""
    return VIEWS[options.view](models, options)


def drawing(model: Model, options: DrawOptions) -> Diagram:
    """What the blocks view of a model shows."""
    return drafting(model, options).diagram


def drafting(model: Model, options: DrawOptions) -> Drafted:
    """The same with who knows what it would show with other blocks open."""
    return drafted(model, request(options))


def blocks(models: Sequence[Model], options: DrawOptions) -> Scene:
    """The default view: operations as boxes in blocks. Several models that are columns are aligned by stages."""
    if options.unroll and len(models) == 1 and options.engine == "own":
        steps = unrolled(models[0], options)
        if steps is not None:
            return steps
    if options.engine == "dot":
        from moniel2.backends.graphviz import dot_layout as lay
    else:
        # What was planned to find out whether it fits a page isn't planned again.
        lay = partial(layout, plan_of=planned)
    if len(models) > 1 and options.direction in (None, "down") and options.engine == "own" and not options.unroll:
        aligned = side_by_side(models, options)
        if aligned is not None:
            return aligned
    if len(models) == 1:
        shown = drawing(models[0], options)
        return with_legend(lay(shown), shown.legend)
    return next_to_each_other(models, options, lay)


def overview(models: Sequence[Model], options: DrawOptions) -> Scene:
    """The column of stages, with an inset for each kind of block."""
    from moniel2.layout.views.overview import overview as view

    return _drawn(models, options, view, "down")


def tensors(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Tensors as boxes, operations as arrows."""
    from moniel2.layout.views.tensors import tensors as view

    return _drawn(models, options, view, "right")


def neurons(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Layers of neurons, stacks of feature maps."""
    from moniel2.layout.views.neurons import neurons as view

    return _drawn(models, options, view, "right")


def volumes(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Tensors as solids."""
    from moniel2.layout.views.volumes import volumes as view

    return _drawn(models, options, view, "right")


def side_by_side(models: Sequence[Model], options: DrawOptions) -> Scene | None:
    """Columns aligned by stages of equal output size; None if the models aren't columns, or more is to be said."""
    if options.compact is not None or set(options.show) - set(KNOWN) or set(options.hide) - {"legend"}:
        return None
    from moniel2.layout.views.side import side

    drawn = side(models, view_options(options))
    return None if drawn is None else page(drawn, options.title or "", "legend" not in options.hide)


def next_to_each_other(models: Sequence[Model], options: DrawOptions, lay: Callable[..., Scene]) -> Scene:
    """Models that are no columns, each under its name with its part of the page, and one legend.

    They stand side by side, or one above the other if a page holds them better so, nearer to each other if need be, and
    at last without the sizes of what flows.
    """
    asked = replace(request(options), title=None)
    free = options.engine == "own" and options.depth is None
    engine = lay if options.engine == "own" else _anywhere(lay)
    factor, drawn = _placed(models, asked, options.title or "", engine, free)
    if factor > 1 and free and "shapes" not in options.show:
        bare = replace(asked, hide=(*asked.hide, "shapes"))
        factor, drawn = min((factor, drawn), _placed(models, bare, options.title or "", engine, free), key=_factor)
    return page(drawn, options.title or "", True)


def _factor(found: tuple[float, Drawn]) -> float:
    return found[0]


def _placed(
    models: Sequence[Model], asked: Request, title: str, lay: Callable[..., Scene], free: bool
) -> tuple[float, Drawn]:
    """How much a page would have to reduce the figures of several models, and these. ``free``: their boxes may be
    nearer to one another than usual."""
    from moniel2.layout.views.tight import most_tightly, tightly

    sideways = is_sideways(asked.direction)
    found: list[tuple[float, list[_Figure], bool]] = []
    for across in (True, False):
        figures = _sharing(models, asked, lay, across)
        factor = reduced(beside([f.drawn for f in figures], across, centred=True), title, True, sideways)
        found.append((factor, figures, across))
        if factor <= 1 or asked.wanted.depth is not None:
            break
    factor, figures, across = min(found, key=lambda f: f[0])
    for engine in (tightly, most_tightly) if factor > 1 and free else ():
        nearer = beside([f.placed(engine) for f in figures], across, NEAR, True)
        if (less := reduced(nearer, title, True, sideways)) <= 1:
            return less, nearer
    return factor, beside([f.drawn for f in figures], across, centred=True)


def _sharing(models: Sequence[Model], asked: Request, lay: Callable[..., Scene], across: bool) -> list[_Figure]:
    """Figures side by side, or one above the other, which share a page: what one leaves is another's, and one that
    would say far less than the others gets more."""
    count = len(models)
    sideways = is_sideways(asked.direction)
    wide, high = PAGE[::-1] if sideways else PAGE
    if across:
        whole, other = wide - APART * (count - 1), high - NAMED
    else:
        whole, other = high - NAMED - ROW * (count - 1), wide

    def drawn(number: int, size: float) -> _Figure:
        room = (size, other) if across != sideways else (other, size)
        return _Figure(models[number], replace(asked, room=room), lay)

    best: list[_Figure] = []
    poorest = 0
    for share in (1 / count, *SHARES) if count > 1 else (1.0,):
        shares = [share if n == poorest else (1 - share) / (count - 1) for n in range(count)]
        figures = [drawn(n, whole * k) for n, k in enumerate(shares)]
        for n in range(count):
            left = whole - sum(extent(f.drawn, across) for k, f in enumerate(figures) if k != n)
            if left > whole * shares[n] + 1:
                figures[n] = drawn(n, left)
        fits = sum(extent(f.drawn, across) for f in figures) <= whole
        if not best or (fits and min(f.says for f in figures) > min(f.says for f in best)):
            best = figures
        says = [f.says for f in best]
        poorest = says.index(min(says))
        if asked.wanted.depth is not None or min(says) >= POOR * max(says) or not any(f.closed for f in best):
            break
    return best


class _Figure:
    """One of several models, in its part of the page."""

    def __init__(self, model: Model, asked: Request, lay: Callable[..., Scene]) -> None:
        self.diagram = diagram(model, asked)
        self.model, self.room, self._lay = model, asked.room, lay
        self.says = revealed(self.diagram.body)  # how much of the model
        self.closed = has_closed(self.diagram.body)
        self.drawn = self.placed(None)

    def placed(self, engine: Engine | None) -> Drawn:
        """The drawing, with its boxes where ``engine`` wants them."""
        shown = self._lay(self.diagram, engine, page=self.room)
        marks = [Mark(*mark) for mark in self.diagram.legend]
        return Drawn(self.model.name, shown.items, marks, shown.description)


def _anywhere(lay: Callable[[Diagram], Scene]) -> Callable[..., Scene]:
    """What places boxes without regard to a page."""
    return lambda diagram, engine, page: lay(diagram)


def extent(drawn: Drawn, across: bool) -> float:
    """How wide a drawing is, or how high."""
    left, top, right, bottom = bounds(drawn.items)
    return right - left if across else bottom - top


def unrolled(model: Model, options: DrawOptions) -> Scene | None:
    """A recurrent network step by step; None if the model isn't one, or more is asked of the boxes in it."""
    from moniel2.layout.views.unrolled import MOST_STEPS, loop_of
    from moniel2.layout.views.unrolled import unrolled as view

    more = set(options.show) | set(options.hide) - set(KNOWN)
    if more or options.compact is not None or options.depth is not None or options.direction not in (None, "down"):
        return None
    loop = loop_of(model)
    if loop is None or options.unroll > MOST_STEPS:
        return None
    wanted = view_options(options)
    return page(view(model, loop, options.unroll, wanted), wanted.title, wanted.legend)


def _drawn(
    models: Sequence[Model], options: DrawOptions, view: Callable[[Model, ViewOptions], Drawn], direction: str
) -> Scene:
    """Each model by itself on one page, with one legend."""
    if options.direction not in (None, direction):
        raise Refused(f"the {options.view} view has one direction, {direction}: leave --direction out")
    if options.compact is not None:
        raise Refused(f"--compact is for the blocks view, not for {options.view}")
    wanted = view_options(options)
    each = [view(model, wanted) for model in models]
    drawn = beside([replace(one, items=list(grouped(one.items))) for one in each], direction == "down")
    return page(drawn, wanted.title, wanted.legend)


def view_options(options: DrawOptions) -> ViewOptions:
    """What of the options the views know. Raises ``Refused`` for what they can't show or hide."""
    for word in (*options.show, *options.hide):
        if word not in KNOWN:
            raise Refused(f"the {options.view} view has no `{word}` to show or hide: there are {', '.join(KNOWN)}")
    hidden = set(options.hide)
    wanted = Wanted(options.depth, options.expand, options.collapse)
    return ViewOptions(
        options.title or "", "legend" not in hidden, "shapes" not in hidden, wanted=wanted, unroll=options.unroll
    )


VIEWS: Mapping[str, Callable[[Sequence[Model], DrawOptions], Scene]] = MappingProxyType(
    {"blocks": blocks, "overview": overview, "tensors": tensors, "neurons": neurons, "volumes": volumes}
)
