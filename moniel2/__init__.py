"""Describe a neural network once: get the picture, the shapes, the counts and the PyTorch code.

    import moniel2 as mn
    model = mn.load("resnet.nn", block="ResNet34")
    model.parameters, model.macs, model.outputs["logits"].shape
    model.draw(depth=2).save("resnet.svg")
    model.code().save("resnet.py")

Nothing is imported before it is used; torch only by ``Model.module()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Code", "CompileError", "Model", "Picture", "Port", "__version__", "check", "format", "load", "loads"]

if TYPE_CHECKING:
    from moniel2.facade import Code, CompileError, Model, Picture, Port, check, format, load, loads


def __getattr__(name: str) -> object:
    if name in __all__:
        from moniel2 import facade

        return getattr(facade, name)
    raise AttributeError(f"module 'moniel2' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
