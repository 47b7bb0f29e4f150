"""``moniel2 draw FILE -o OUT``: the picture."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moniel2.tools.arguments import number, whole
from moniel2.tools.cli import ERRORS, FINE, MISUSE
from moniel2.tools.console import busy, say
from moniel2.tools.options import compile_and_report, declare_compiling, deliver

if TYPE_CHECKING:
    from moniel2.ir.model import Model

OPTIONS = ("view", "direction", "theme", "title", "depth", "compact", "scale", "engine", "text", "unroll")
"""Passed on as they are, where they are given; what each may be is said by ``draw`` itself."""


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a program, or `FILE:BLOCK`; several are drawn side by side"
    )
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="`-` is standard output")
    parser.add_argument(
        "--format", metavar="KIND", help="svg, pdf, png, html, dot, tex, mmd, txt (default: OUT's suffix)"
    )
    parser.add_argument(
        "--depth", metavar="N", type=whole, help="levels of blocks that are open (default: as fits a page)"
    )
    parser.add_argument("--expand", metavar="PATH", action="append", help="a path or a type to open; `*` globs")
    parser.add_argument("--collapse", metavar="PATH", action="append", help="a path or a type to close; `*` globs")
    parser.add_argument("--direction", metavar="down|right|up|left", help="where it flows (default: as suits the view)")
    parser.add_argument("--view", metavar="NAME", help="blocks (default), overview, tensors, volumes, neurons")
    parser.add_argument(
        "--theme", metavar="NAME|FILE", help="light (default), dark, print, auto (of .svg and .html), or a .toml file"
    )
    shown = "shapes, params, macs, args, names, activations, dropout, legend"
    parser.add_argument(
        "--show", metavar="WHAT,…", type=words, help=f"{shown}; of other views than blocks: shapes, legend"
    )
    parser.add_argument("--hide", metavar="WHAT,…", type=words, help="the same")
    parser.add_argument("--title", metavar="TEXT", help="stands above the figure")
    parser.add_argument(
        "--compact", action=BooleanOptionalAction, help="fold activations and norms into the boxes they follow"
    )
    parser.add_argument(
        "--unroll",
        metavar="N",
        type=whole,
        help="write out what is repeated N times or less, and N steps of every recurrence",
    )
    parser.add_argument("--scale", metavar="X", type=number, help="pixels of a .png for each pixel of the figure")
    parser.add_argument("--engine", metavar="NAME", help="who places the boxes: own (default), dot")
    parser.add_argument("--text", metavar="text|paths", help="how letters are written (default: text)")
    declare_compiling(parser)


def words(text: str) -> tuple[str, ...]:
    """``shapes,params``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def named(file: str, block: str | None) -> tuple[str, str | None]:
    """``examples/vgg.nn:VGG19`` is that file and the block ``VGG19`` of it; else ``--block`` says which."""
    name, dot, own = file.partition(".nn:")
    return (f"{name}.nn", own) if dot and own else (file, block)


def told_apart(models: Sequence[Model], files: Sequence[str]) -> list[Model]:
    """Models that stand side by side under names of their own: what is called alike is told by its file."""
    names = [model.name for model in models]
    stems = [Path(named(file, None)[0]).stem for file in files]
    return [
        replace(model, name=f"{model.name} ({stem})") if names.count(model.name) > 1 and stem != model.name else model
        for model, stem in zip(models, stems, strict=True)
    ]


def run(options: Namespace) -> int:
    kind = options.format or Path(options.output).suffix.lstrip(".").lower()
    if not kind:
        kinds = ".svg, .pdf, .png, .html, .dot, .tex, .mmd or .txt"
        say(f"what kind of picture? End the output with {kinds}, or give --format")
        return MISUSE
    models, status = [], FINE
    block = options.block
    for file in options.files:
        name, options.block = named(file, block)
        compiled, found = compile_and_report(name, options)
        status = max(status, found)
        if compiled is None or compiled.model is None:
            return status or ERRORS
        models.append(compiled.model)
    from moniel2.backends.draw import DrawError, DrawOptions, ThemeError, draw

    models = told_apart(models, options.files)
    given: dict[str, Any] = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    given |= {name: tuple(getattr(options, name) or ()) for name in ("expand", "collapse", "show", "hide")}
    try:
        with busy("drawing"):
            picture = draw(models, DrawOptions(format=kind, **given))
    except (DrawError, ThemeError) as error:
        say(str(error))
        return MISUSE
    return max(status, deliver(picture, options.output, *(named(file, None)[0] for file in options.files)))
