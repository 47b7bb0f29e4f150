"""The views other than blocks: what a reader asks for becomes what each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moniel2.ir.model import Model
from moniel2.layout.pick import Wanted
from moniel2.layout.scene import Scene
from moniel2.layout.views.options import ViewOptions

if TYPE_CHECKING:
    from moniel2.backends.draw import DrawOptions


def volumes(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Tensors as solids."""
    from moniel2.layout.views.volumes import volumes as view

    return view(models[0], _options(options))


def overview(models: Sequence[Model], options: DrawOptions) -> Scene:
    """The column of stages, with an inset for each kind of block."""
    from moniel2.layout.views.overview import overview as view

    return view(models[0], _options(options))


def tensors(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Tensors as boxes, operations as arrows."""
    from moniel2.layout.views.tensors import tensors as view

    return view(models[0], _options(options))


def neurons(models: Sequence[Model], options: DrawOptions) -> Scene:
    """Layers of neurons, stacks of feature maps."""
    from moniel2.layout.views.neurons import neurons as view

    return view(models[0], _options(options))


def _options(options: DrawOptions) -> ViewOptions:
    hidden = set(options.hide)
    wanted = Wanted(options.depth, options.expand, options.collapse)
    return ViewOptions(options.title or "", "legend" not in hidden, "shapes" not in hidden, wanted=wanted)
