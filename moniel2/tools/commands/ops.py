"""``moniel2 ops [NAME]``: the built-in operations and standard blocks, or one of them, from its declaration."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from moniel2.tools.cli import FINE, MISUSE
from moniel2.tools.console import answer, say


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="an operation, by any of its names, or a standard block; without: all"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(options: Namespace) -> int:
    from moniel2.ops.catalog import catalog, find, names, nearest
    from moniel2.tools.library import block_json, block_page, blocks_listing, library, nearest_blocks
    from moniel2.tools.reference import listing, listing_json, page, page_json

    as_json = options.format == "json"
    name = options.name
    if name is None:
        specs = catalog().values()
        answer(listing_json(specs) if as_json else f"{listing(specs)}\n{blocks_listing()}")
        return FINE
    block = library().get(name)
    if block is not None and name not in names():
        answer(json.dumps(block_json(block), indent=1, ensure_ascii=False) + "\n" if as_json else block_page(block))
        return FINE
    found = find(name)
    if isinstance(found, tuple):
        say(f"`{name}` may be {', '.join(spec.name for spec in found)}")
        return MISUSE
    if found is None:
        close = [*nearest(name), *nearest_blocks(name)]
        help = f"did you mean {' or '.join(f'`{n}`' for n in close)}?" if close else "`moniel2 ops` lists them"
        say(f"there is no operation `{name}`; {help}")
        return MISUSE
    spec = catalog()[found.name]
    answer(page_json(spec) if as_json else page(spec))
    return FINE
