"""Output files: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: str, data: str | bytes) -> None:
    """Replace a file in one step: a temporary one beside it, then a rename. ``OSError`` leaves the old untouched."""
    content = data.encode("utf-8") if isinstance(data, str) else data
    # A link is followed, so that it stays one.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        # Something like /dev/null can't be replaced, only written to.
        target.write_bytes(content)
        return
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def same_file(one: str, other: str) -> bool:
    """Whether two paths are one file; what isn't there is none."""
    try:
        return os.path.isfile(one) and os.path.samefile(one, other)
    except OSError:
        return False


def _mode(target: Path) -> int:
    """The permissions that the file has, or that a new one would get."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
