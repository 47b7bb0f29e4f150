"""The views other than blocks: what a reader asks for becomes what each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from moniel2.ir.model import Model
from moniel2.layout.boxes import is_sideways
from moniel2.layout.page import PAGE
from moniel2.layout.pick import Wanted
from moniel2.layout.scene import Scene
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.pen import Drawn, Mark, beside, bounds, page, reduced

if TYPE_CHECKING:
    from moniel2.backends.draw import DrawOptions
    from moniel2.layout.picture import Request


APART, NAMED = 36.0, 46.0  # figures on one page; what the name of each takes
KNOWN = ("shapes", "legend")


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
    if options.compact is not None or set(options.show) | set(options.hide) - {"legend"}:
        return None
    from moniel2.layout.views.side import side

    drawn = side(models, view_options(options))
    return None if drawn is None else page(drawn, options.title or "", "legend" not in options.hide)


def next_to_each_other(models: Sequence[Model], options: DrawOptions, lay: Callable[..., Scene]) -> Scene:
    """Models that are no columns, each under its name with its part of the page, and one legend.

    They stand side by side, or one above the other if a page holds them better so.
    """
    from moniel2.backends.draw import request

    asked = replace(request(options), title=None)
    sideways = is_sideways(asked.direction)
    best: tuple[float, Drawn] | None = None
    for across in (True, False):
        room = _part(len(models), across != sideways)
        drawn = [_one(model, replace(asked, room=room), options, lay) for model in models]
        # What one model leaves is another's.
        for n, model in enumerate(models) if across != sideways and len(models) > 1 else ():
            taken = sum(extent(d, sideways) for k, d in enumerate(drawn) if k != n) + APART * (len(models) - 1)
            if PAGE[0] - taken > room[0] + 1:
                drawn[n] = _one(model, replace(asked, room=(PAGE[0] - taken, room[1])), options, lay)
        together = beside(drawn, across)
        factor = reduced(together, options.title or "", True, sideways)
        if best is None or factor < best[0]:
            best = (factor, together)
        if factor <= 1 or options.depth is not None:
            break
    assert best is not None
    return page(best[1], options.title or "", True)


def _one(model: Model, asked: Request, options: DrawOptions, lay: Callable[..., Scene]) -> Drawn:
    """One of several models, in its part of the page."""
    from moniel2.layout.picture import diagram

    one = diagram(model, asked)
    shown = lay(one, page=asked.room) if options.engine == "own" else lay(one)
    return Drawn(model.name, shown.items, [Mark(*mark) for mark in one.legend], shown.description)


def extent(drawn: Drawn, sideways: bool) -> float:
    """How far a drawing reaches across its flow."""
    left, top, right, bottom = bounds(drawn.items)
    return bottom - top if sideways else right - left


def _part(count: int, across: bool) -> tuple[float, float]:
    """What each of several figures has of a page, across and along its flow."""
    wide, high = PAGE
    return ((wide - APART * (count - 1)) / count, high - NAMED) if across else (wide, high / count - NAMED - APART)


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
    drawn = beside([view(model, wanted) for model in models], direction == "down")
    return page(drawn, wanted.title, wanted.legend)


def view_options(options: DrawOptions) -> ViewOptions:
    """What of the options the views know. Raises ``Refused`` for what they can't show or hide."""
    for word in (*options.show, *options.hide):
        if word not in KNOWN:
            raise Refused(f"the {options.view} view has no `{word}` to show or hide: there is {', '.join(KNOWN)}")
    hidden = set(options.hide)
    wanted = Wanted(options.depth, options.expand, options.collapse)
    return ViewOptions(options.title or "", "legend" not in hidden, "shapes" not in hidden, wanted=wanted)
