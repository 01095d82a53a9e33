"""The weekly stars' poster: one column, read at arm's length on a phone and on a class-room door in grey."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bot.drawing import texts
from bot.drawing.fonts import Fonts
from bot.drawing.layout import HAIR, INK, SOFT, Box, Canvas, Colour, Shape, Style, tint

WIDTH = 1080
MARGIN = 84
ACCENT: Colour = (154, 82, 0)
"""5.9 : 1 on paper and 5.3 : 1 on its own tint; in grey still darker than the day beneath it."""
_PAD = 44
_GAP = 30
_MARK = 60
"""Pixels of the star before a name."""
_LABEL = Style(44, 66, ACCENT, bold=True)
_TITLE = Style(96, 128, INK, bold=True)
_DAY = Style(48, 72, SOFT)
_KIND = Style(44, 64, ACCENT, bold=True)
_NAME = Style(68, 92, INK, bold=True)
_DEED = Style(50, 80, INK)
_FOOT = Style(34, 52, SOFT)


def draw(data: Mapping[str, Any], fonts: Fonts) -> bytes:
    """Draw a week's stars.

    Args:
        data: ``title``, ``class``, ``week``, ``teacher``, and ``stars``, each a ``dimension``, a ``name`` as
            everybody may read it, and a ``deed``, which may be empty.
        fonts: What draws.

    Raises:
        KeyError: Something of this is missing.
        bot.drawing.layout.TooTall: It is too long for a picture.
    """
    return page(data, fonts).png()


def page(data: Mapping[str, Any], fonts: Fonts) -> Canvas:
    """The page before it is drawn."""
    canvas = Canvas(fonts, WIDTH)
    right = WIDTH - MARGIN
    canvas.boxes.append(Box(0, 0, WIDTH, 20, ACCENT))
    canvas.space(72)
    canvas.text(data["class"], _LABEL, left=MARGIN, right=right)
    canvas.space(8)
    canvas.text(data["title"], _TITLE, left=MARGIN, right=right)
    canvas.text(data["week"], _DAY, left=MARGIN, right=right)
    canvas.space(44)
    for star in data["stars"]:
        _star(canvas, star["dimension"], star["name"], star["deed"])
        canvas.space(_GAP)
    canvas.space(26)
    canvas.boxes.append(Box(MARGIN, canvas.y, right, canvas.y + 2, HAIR))
    canvas.space(26)
    canvas.text(texts.foot(data["teacher"]), _FOOT, left=MARGIN, right=right)
    canvas.space(48)
    return canvas


def _star(canvas: Canvas, dimension: str, name: str, deed: str) -> None:
    """One child on a ground of its own: what for, who, and what was done."""
    top, ground = canvas.y, len(canvas.boxes)
    left, right = MARGIN + _MARK + 28, WIDTH - MARGIN
    canvas.space(34)
    middle = canvas.y + _KIND.leading / 2
    canvas.shapes.append(Shape(five_points(MARGIN + _MARK / 2, middle, _MARK / 2), ACCENT))
    canvas.text(dimension, _KIND, left=left, right=right)
    canvas.space(4)
    canvas.text(name, _NAME, left=left, right=right)
    if deed:
        canvas.space(6)
        canvas.text(deed, _DEED, left=left, right=right)
    canvas.space(36)
    box = Box(MARGIN - _PAD, top, right + _PAD, canvas.y, tint(ACCENT, 0.07), 28)
    canvas.boxes.insert(ground, box)


def five_points(x: float, y: float, radius: float) -> Sequence[tuple[float, float]]:
    """The corners of a star, its first point up.

    Args:
        x: Of its middle, pixels.
        y: Of its middle, pixels.
        radius: Of its points, pixels.
    """
    corners = []
    for at in range(10):
        far = radius if at % 2 == 0 else radius * 0.42
        turn = math.pi * at / 5 - math.pi / 2
        corners.append((x + far * math.cos(turn), y + far * math.sin(turn)))
    return corners
