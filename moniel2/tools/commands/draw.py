"""``moniel2 draw FILE -o OUT``: the picture."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from moniel2.tools.cli import ERRORS, MISUSE
from moniel2.tools.console import busy, say
from moniel2.tools.options import compile_and_report, declare_compiling, deliver

FORMATS = ("svg", "pdf", "png", "html", "dot", "tex", "mmd", "txt")
SHOWN = ("shapes", "params", "macs", "args", "names", "activations", "legend")


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="a program; several are drawn side by side")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="`-` is standard output")
    parser.add_argument("--format", choices=FORMATS, help="default: by the suffix of OUT")
    parser.add_argument("--depth", metavar="N", type=int, help="how many levels of blocks are open")
    parser.add_argument("--expand", metavar="PATH", action="append", default=[], help="a path or a type; `*` globs")
    parser.add_argument("--collapse", metavar="PATH", action="append", default=[], help="a path or a type; `*` globs")
    parser.add_argument("--direction", choices=("down", "right", "up", "left"), default="down")
    views = ("blocks", "overview", "tensors", "volumes", "neurons")
    parser.add_argument("--view", choices=views, default="blocks")
    parser.add_argument("--theme", metavar="light|dark|print|auto|FILE", default="light")
    parser.add_argument("--show", metavar="WHAT,…", type=parts, default=(), help=", ".join(SHOWN))
    parser.add_argument("--hide", metavar="WHAT,…", type=parts, default=())
    parser.add_argument("--title", metavar="TEXT")
    declare_compiling(parser)


def parts(text: str) -> tuple[str, ...]:
    """``shapes,params``."""
    from argparse import ArgumentTypeError

    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in found:
        if part not in SHOWN:
            raise ArgumentTypeError(f"`{part}` isn't one of {', '.join(SHOWN)}")
    return found


def run(options: Namespace) -> int:
    format = options.format or Path(options.output).suffix.lstrip(".").lower()
    if format not in FORMATS:
        what = f"`.{format}` is no kind of picture" if format else "what kind of picture?"
        say(f"{what}: end the output with {', '.join('.' + f for f in FORMATS)}, or give --format")
        return MISUSE
    compiled, status = compile_and_report(options.files[0], options)
    if compiled is None or compiled.model is None:
        return status or ERRORS
    from moniel2.backends.draw import DrawOptions, draw

    with busy("drawing"):
        picture = draw(
            compiled.model,
            DrawOptions(
                format=format,
                depth=options.depth,
                expand=tuple(options.expand),
                collapse=tuple(options.collapse),
                direction=options.direction,
                view=options.view,
                theme=options.theme,
                show=options.show,
                hide=options.hide,
                title=options.title,
            ),
        )
    return max(status, deliver(picture, options.output))
