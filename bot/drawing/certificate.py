"""喜报: one child's good news as a picture for its family, to keep and to send to the grandparents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.drawing import texts
from bot.drawing.fonts import Fonts
from bot.drawing.layout import INK, SOFT, Box, Canvas, Shape, Style, set_text, tint
from bot.drawing.poster import ACCENT, five_points

WIDTH = 1080
MARGIN = 120
_FRAME = 36
_LINE = 6
_STAR = 64
_TITLE = Style(104, 140, ACCENT, bold=True)
_CLASS = Style(40, 60, SOFT)
_NAME = Style(88, 120, INK, bold=True)
_KIND = Style(56, 84, ACCENT, bold=True)
_DEED = Style(50, 82, INK)
_FOOT = Style(38, 58, SOFT)


def draw(data: Mapping[str, Any], fonts: Fonts) -> bytes:
    """Draw one child's good news.

    Args:
        data: ``title``, ``class``, ``name``, ``dimension``, ``deed`` (may be empty), ``week``, ``teacher``.
        fonts: What draws.

    Raises:
        KeyError: Something of this is missing.
    """
    return page(data, fonts).png()


def page(data: Mapping[str, Any], fonts: Fonts) -> Canvas:
    """The page before it is drawn."""
    canvas = Canvas(fonts, WIDTH)
    canvas.space(_FRAME + 84)
    for at in (-1, 0, 1):
        size = _STAR if at == 0 else _STAR * 0.7
        middle = canvas.y + _STAR / 2 + (0 if at == 0 else 14)
        canvas.shapes.append(Shape(five_points(WIDTH / 2 + at * 110, middle, size / 2), ACCENT))
    canvas.space(_STAR + 26)
    _middle(canvas, data["title"], _TITLE)
    _middle(canvas, data["class"], _CLASS)
    canvas.space(40)
    _middle(canvas, data["name"], _NAME)
    canvas.space(6)
    _middle(canvas, data["dimension"], _KIND)
    if data["deed"]:
        canvas.space(30)
        _middle(canvas, data["deed"], _DEED)
    canvas.space(56)
    _middle(canvas, texts.by(data["teacher"], data["week"]), _FOOT)
    canvas.space(70 + _FRAME)
    _frame(canvas)
    return canvas


def _middle(canvas: Canvas, text: str, style: Style) -> None:
    """A paragraph whose lines stand in the middle."""
    for line in set_text(text, canvas.fonts, style, WIDTH - 2 * MARGIN):
        left = (WIDTH - line.width) / 2
        canvas.text(line.text, style, left=left, right=left + line.width + 2)


def _frame(canvas: Canvas) -> None:
    """Paper tinted a little, and a line around it."""
    bottom = canvas.y
    outer = Box(_FRAME, _FRAME, WIDTH - _FRAME, bottom - _FRAME, ACCENT, 36)
    within = _FRAME + _LINE
    inner = Box(within, within, WIDTH - within, bottom - within, tint(ACCENT, 0.05), 32)
    canvas.boxes[:0] = [outer, inner]
