"""``moniel2 ops [NAME]``: the built-in operations, or one of them, from its declaration."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from moniel2.tools.cli import FINE, MISUSE
from moniel2.tools.console import answer, say


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="an operation, by any of its names; without: all")


def run(options: Namespace) -> int:
    from moniel2.ops.catalog import catalog, find, nearest
    from moniel2.tools.reference import listing, page

    if options.name is None:
        answer(listing(catalog().values()))
        return FINE
    found = find(options.name)
    if isinstance(found, tuple):
        say(f"`{options.name}` may be {', '.join(spec.name for spec in found)}")
        return MISUSE
    if found is None:
        close = nearest(options.name)
        help = f"did you mean {' or '.join(f'`{n}`' for n in close)}?" if close else "`moniel2 ops` lists them"
        say(f"there is no operation `{options.name}`; {help}")
        return MISUSE
    answer(page(catalog()[found.name]))
    return FINE
