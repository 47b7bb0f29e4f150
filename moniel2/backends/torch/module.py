"""A model as a ``torch.nn.Module``: the generated file, executed. The only place that imports torch."""

from __future__ import annotations

import linecache
import sys
import types
from typing import TYPE_CHECKING, Any

from moniel2.backends.torch.emit import emit
from moniel2.ir.model import Model

if TYPE_CHECKING:
    from torch import nn


def module(model: Model) -> nn.Module:
    """The model as a module with freshly initialised weights. Raises ``ImportError`` without torch."""
    import torch  # noqa: F401

    emitted = emit(model)
    made: Any = load(emitted.text, emitted.class_name)
    result: nn.Module = made()
    return result


def load(text: str, name: str) -> Any:
    """The class ``name`` of a generated file. It can be pickled and its source shows in tracebacks."""
    number = 1
    while (module_name := f"moniel2_generated_{number}") in sys.modules:
        number += 1
    filename = f"<{module_name}>"
    made = types.ModuleType(module_name)
    made.__file__ = filename
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[module_name] = made
    exec(compile(text, filename, "exec"), made.__dict__)
    return getattr(made, name)
