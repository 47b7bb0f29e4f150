"""A model as a ``torch.nn.Module``: the generated file, executed. The only place that imports torch."""

from __future__ import annotations

import inspect
import linecache
import sys
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moniel2.backends.torch.emit import emit
from moniel2.backends.torch.opened import Reopen
from moniel2.backends.torch.parameters import emit_open
from moniel2.ir.model import Model

if TYPE_CHECKING:
    from torch import nn


def module(model: Model, reopen: Reopen, parameters: Mapping[str, object]) -> nn.Module:
    """The class that ``emit_open`` writes, made with these parameters, its weights freshly initialised.

    Raises ``ImportError`` without torch, ``TypeError`` for a parameter that the class doesn't take, or that it needs
    and isn't given.
    """
    import torch  # noqa: F401

    emitted = emit(model)
    if parameters or any(not left.runs for left in emitted.missing):
        # What the model's own numbers don't say, a parameter may.
        emitted = emit_open(model, reopen)
    made: Any = load(emitted.text, emitted.class_name)
    # A class without parameters has the constructor of ``nn.Module``, which takes anything.
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    taken = {n: p for n, p in inspect.signature(made).parameters.items() if p.kind not in several}
    if others := [name for name in parameters if name not in taken]:
        known = f"it takes {', '.join(taken)}" if taken else "it takes no parameters"
        raise TypeError(f"{emitted.class_name} has no parameter {others[0]}: {known}")
    needed = [n for n, p in taken.items() if p.default is inspect.Parameter.empty and n not in parameters]
    if needed:
        example = ", ".join(f"{n}=…" for n in needed)
        raise TypeError(f"{emitted.class_name} needs what the description leaves open: module({example})")
    result: nn.Module = made(**parameters)
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
