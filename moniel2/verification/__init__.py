"""Whether a description and an existing PyTorch module are the same network, and if not, where they part.

The only room that imports torch, so it is imported itself only where a comparison is asked for.
"""

from __future__ import annotations

from moniel2.verification.reference import Misuse, load_reference
from moniel2.verification.report import Check, Report
from moniel2.verification.verify import verify

__all__ = ["Check", "Misuse", "Report", "load_reference", "verify"]
