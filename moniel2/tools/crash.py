"""A bug of ours: an apology on the screen, the details in a file."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence


def apologize(bug: BaseException, arguments: Sequence[str]) -> None:
    """Write the traceback to a file and one line to standard error."""
    from moniel2 import __version__

    details = (
        f"moniel2 {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"moniel2 {shlex.join(arguments)}\n\n" + "".join(traceback.format_exception(bug))
    )
    try:
        handle, path = tempfile.mkstemp(prefix="moniel2-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(details)
        where = f"the details are in {path}"
    except OSError:
        where = f"the details could not be written ({type(bug).__name__})"
    sys.stderr.write(f"moniel2: sorry, this is a mistake of ours and not of your text; {where}\n")
