"""The layout in the page's own language, made from the layout's own text: one source, two languages, nothing to drift.

The modules of ``layout`` are plain Python: numbers, lists, tuples, dicts, dataclasses and loops. This translates what
an entry needs of them, and no more, to JavaScript. What it can't translate it refuses by file and line.
"""

from moniel2.backends.html.javascript.program import Untranslatable, translate

__all__ = ["Untranslatable", "translate"]
