"""Scene -> a page of its own: one file that asks nothing of any network, with the picture in it as SVG."""

from moniel2.backends.html.page import page

__all__ = ["page"]
