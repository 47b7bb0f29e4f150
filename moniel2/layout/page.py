"""The page that a figure should fit by default, and how small its type may get there."""

from __future__ import annotations

from moniel2.layout.boxes import SECOND, SHAPE

CENTIMETRE, POINT = 96 / 2.54, 96 / 72  # in pixels
SMALLEST_TYPE = 6.5 * POINT
SHRINK = min(SECOND, SHAPE) / SMALLEST_TYPE  # how much a figure may shrink to fit
PAGE_WIDTH = 14 * CENTIMETRE * SHRINK
PAGE_HEIGHT = 20 * CENTIMETRE * SHRINK
MOST_PARTS = 25  # visible at once


MARGIN = 8.0  # around a figure
# How far a figure may reach across and along its flow. One that flows sideways lies across the page, as wide tables do.
PAGE = (PAGE_WIDTH - 2 * MARGIN, PAGE_HEIGHT - 2 * MARGIN)
