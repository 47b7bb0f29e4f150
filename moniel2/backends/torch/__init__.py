"""PyTorch: a model as the file a colleague would have written, and as a module ready to call."""

from __future__ import annotations

from moniel2.backends.torch.emit import Emitted, emit
from moniel2.backends.torch.keys import Key, keys
from moniel2.backends.torch.module import module
from moniel2.backends.torch.parameters import emit_open

__all__ = ["Emitted", "Key", "emit", "emit_open", "keys", "module"]
