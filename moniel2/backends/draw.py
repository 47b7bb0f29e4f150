"""Models -> a picture in one of the formats. Formats are a table; what it names is imported when it is used.

To add a format, write a function of a scene, a diagram or a model and name it in ``FORMATS``; views are in ``views``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

from moniel2.backends.options import DrawOptions, request
from moniel2.backends.patterns import check_patterns
from moniel2.backends.theme import Theme, ThemeError, sized, theme
from moniel2.backends.views import VIEWS, drafting, drawing, scene
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir.measure import operations
from moniel2.ir.model import Model
from moniel2.layout.draft import Drafter, Look, TooManyParts
from moniel2.layout.picture import SHOWN, is_written_out
from moniel2.layout.unfold import MOST_COPIES
from moniel2.layout.views.options import Refused

DIRECTIONS = ("down", "right", "up", "left")


class DrawError(Exception):
    """A picture can't be drawn as asked; the message says what there is instead."""


@dataclass(frozen=True, slots=True)
class Format:
    """``module:function`` and what the function takes: all but "model" come with the theme,
    "models" with the options too."""

    where: str
    takes: Literal["scene", "diagram", "model", "models"]
    extra: tuple[str, ...] = ()  # options that are passed on by name
    themed: bool = True


FORMATS = MappingProxyType(
    {
        "svg": Format("moniel2.backends.svg:svg", "scene", ("text",)),
        "pdf": Format("moniel2.backends.pdf:pdf", "scene"),
        "png": Format("moniel2.backends.png:png", "scene", ("scale",)),
        "tex": Format("moniel2.backends.tikz:tikz", "scene"),
        "html": Format("moniel2.backends.html.page:page", "models"),
        "dot": Format("moniel2.backends.dot:dot", "diagram"),
        "mmd": Format("moniel2.backends.mermaid:mermaid", "diagram", themed=False),
        "txt": Format("moniel2.backends.text:text", "model", themed=False),
    }
)


def draw(models: Model | Sequence[Model], options: DrawOptions) -> bytes:
    """The picture's bytes; several models stand side by side. Raises ``DrawError``, or ``ThemeError`` for a theme."""
    models = [models] if isinstance(models, Model) else list(models)
    _check(models, options)
    inks = theme(options.theme)
    kind = FORMATS[options.format]
    write = _found(kind.where)
    extra = {name: getattr(options, name) for name in kind.extra}
    themed: tuple[Theme, ...] = (inks,) if kind.themed else ()
    try:
        if options.expand or options.collapse:
            check_patterns(models, (*options.expand, *options.collapse))
        if kind.takes == "scene":
            result = write(sized(scene(models, options), inks), *themed, **extra)
        elif kind.takes == "diagram":
            result = write(drawing(models[0], options), *themed, **extra)
        elif kind.takes == "models":
            result = write(models, options, *themed)
        else:
            result = "\n".join(write(model, request(options), **extra) for model in models)
    except TooManyParts as error:
        raise DrawError(_too_large(models, error.limit, options)) from None
    except Refused as error:
        raise DrawError(str(error)) from None
    except ImportError as error:
        package = str(error.name).partition(".")[0].replace("_", "-")
        raise DrawError(f"`{package}` is needed for .{options.format}: pip install {package}") from None
    return result.encode("utf-8") if isinstance(result, str) else bytes(result)


def _check(models: Sequence[Model], options: DrawOptions) -> None:
    if not models:
        raise DrawError("there is no model to draw")
    for model in models:
        if not (model.root.nodes or model.root.inputs or model.root.outputs):
            raise DrawError(f"there is nothing to draw in {model.name}: it holds no network, not even an input")
    for name, value, known in (
        ("format", options.format, tuple(FORMATS)),
        ("view", options.view, tuple(VIEWS)),
        ("direction", options.direction, (None, *DIRECTIONS)),
        ("engine", options.engine, ("own", "dot")),
        ("text", options.text, ("text", "paths")),
    ):
        if value not in known:
            raise DrawError(f"no {name} `{value}`: {_there_is(str(value), [k for k in known if k])}")
    if options.engine == "dot" and options.view != "blocks":
        raise DrawError(f"dot places the boxes of the blocks view only, not those of {options.view}")
    form = FORMATS[options.format]
    for given, wrong, message in (
        (options.engine == "dot", form.takes in ("diagram", "model"), "holds no places: leave --engine out"),
        (options.theme != "light", not form.themed, "has no colours: leave --theme out"),
        (
            options.theme == "auto",
            options.format not in ("svg", "html"),
            "has one look: --theme auto is for .svg, .html",
        ),
        (options.text == "paths", options.format not in ("svg", "png"), "has its own letters: --text is for .svg"),
        (options.scale != 2.0, options.format != "png", "has no pixels: --scale is for .png"),
        ("legend" in options.show, form.takes == "diagram", "has no legend: leave --show legend out"),
    ):
        if given and wrong:
            raise DrawError(f".{options.format} {message}")
    if options.view != "blocks" and FORMATS[options.format].takes in ("diagram", "model"):
        raise DrawError(f".{options.format} shows the blocks view only, not {options.view}")
    if len(models) > 1 and FORMATS[options.format].takes == "diagram":
        raise DrawError(f".{options.format} shows one model, not {len(models)} side by side")
    for word in (*options.show, *options.hide):
        if word not in SHOWN:
            raise DrawError(f"nothing called `{word}` to show or hide: {_there_is(word, SHOWN)}")
    if options.depth is not None and options.depth < 0:
        raise DrawError(f"a depth of {options.depth}: the least is 0, where every block is closed")
    if not 0 <= options.unroll <= MOST_COPIES:
        raise DrawError(f"--unroll {options.unroll}: it goes from 0 to {MOST_COPIES}")
    nothing = options.unroll and not any(is_written_out(model, options.unroll) for model in models)
    if options.view == "blocks" and nothing:
        raise DrawError(f"nothing here is repeated {options.unroll} times or less, nor a loop: leave --unroll out")
    if options.unroll and options.view == "overview":
        raise DrawError("an overview shows what is repeated once: --unroll is for the other views")
    if not 0.05 <= options.scale <= 20:
        raise DrawError(f"a scale of {options.scale}: it goes from 0.05 to 20")


def _too_large(models: Sequence[Model], limit: int, options: DrawOptions) -> str:
    """What a picture with more boxes than the limit would be of, and what to do."""
    numbers = [operations(model.root).number for model in models]
    size = " and ".join(f"{n:,}" if isinstance(n, int) else "very many" for n in numbers)
    said = f"the picture would have more than {limit:,} boxes (the model has {size} operations)"
    said = said.replace("the model has", "the models have") if len(models) > 1 else said
    if not all(_fits_closed(model, limit) for model in models):
        return f"{said}: put what belongs together into blocks, or fold what repeats with `* n`"
    ways = ["--unroll of less"] if options.unroll else []
    return f"{said}: use a smaller --depth, {', '.join([*ways, 'or --collapse'])}"


def _fits_closed(model: Model, limit: int) -> bool:
    """Whether a picture with every block closed is possible."""
    try:
        Drafter(model, Look()).body(lambda place: False, limit)
    except TooManyParts:
        return False
    return True


def _there_is(word: str, known: Sequence[str]) -> str:
    """What may have been meant, and all there is."""
    guess = did_you_mean(word, known)
    return f"{f'{guess} ' if guess else ''}there are {', '.join(known)}"


def _found(where: str) -> Callable[..., Any]:
    module, _, name = where.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


__all__ = ["FORMATS", "VIEWS", "DrawError", "DrawOptions", "ThemeError", "drafting", "draw", "drawing", "scene"]
