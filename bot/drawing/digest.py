"""The day's digest, or a week's report, as one long picture to be forwarded to a group no robot can join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.drawing import texts
from bot.drawing.fonts import Fonts
from bot.drawing.layout import HAIR, INK, SOFT, Box, Canvas, Colour, Style, tint

WIDTH = 1080
MARGIN = 84
ACCENT: Colour = (11, 107, 107)
"""5.9 : 1 on paper, and darker than the text's grey when printed without colour."""
_PAD = 44
_BULLET = 44
_LABEL = Style(36, 56, ACCENT, bold=True)
_CLASS = Style(84, 116, INK, bold=True)
_DAY = Style(48, 72, SOFT)
_HEAD = Style(50, 72, ACCENT, bold=True)
_ITEM = Style(50, 80, INK)
_FOOT = Style(34, 52, SOFT)


def draw(data: Mapping[str, Any], fonts: Fonts) -> bytes:
    """Draw a digest.

    Args:
        data: ``class``, ``day`` (in full), ``teacher``, and ``blocks``, each a ``kind``, a ``title`` and its
            ``items``; ``label`` where it is no digest.
        fonts: What draws.

    Raises:
        KeyError: Something of this is missing.
        bot.drawing.layout.TooTall: It is too long for a picture.
    """
    return page(data, fonts).png()


def page(data: Mapping[str, Any], fonts: Fonts) -> Canvas:
    """The page before it is drawn."""
    canvas = Canvas(fonts, WIDTH)
    _top(canvas, data.get("label", texts.DIGEST), data["class"], data["day"])
    for block in data["blocks"]:
        canvas.space(36)
        _block(canvas, block["title"], block["items"], marked=block["kind"] == "reminder")
    canvas.space(52)
    canvas.boxes.append(Box(MARGIN, canvas.y, WIDTH - MARGIN, canvas.y + 2, HAIR))
    canvas.space(26)
    canvas.text(texts.foot(data["teacher"]), _FOOT, left=MARGIN, right=WIDTH - MARGIN)
    canvas.space(48)
    return canvas


def _top(canvas: Canvas, label: str, of: str, day: str) -> None:
    canvas.boxes.append(Box(0, 0, WIDTH, 20, ACCENT))
    canvas.space(72)
    canvas.text(label, _LABEL, left=MARGIN, right=WIDTH - MARGIN)
    canvas.space(8)
    canvas.text(of, _CLASS, left=MARGIN, right=WIDTH - MARGIN)
    canvas.text(day, _DAY, left=MARGIN, right=WIDTH - MARGIN)
    canvas.space(32)
    canvas.boxes.append(Box(MARGIN, canvas.y, WIDTH - MARGIN, canvas.y + 2, HAIR))


def _block(canvas: Canvas, title: str, items: list[str], *, marked: bool) -> None:
    """One section. What the reader has to do something about lies on a tinted ground."""
    top = canvas.y
    left, right = MARGIN, WIDTH - MARGIN
    ground = len(canvas.boxes)
    canvas.space(30 if marked else 16)
    canvas.boxes.append(Box(left, canvas.y + 14, left + 10, canvas.y + _HEAD.leading - 14, ACCENT))
    canvas.text(title, _HEAD, left=left + 32, right=right)
    canvas.space(6)
    for item in items:
        middle = canvas.y + _ITEM.leading / 2
        canvas.boxes.append(Box(left + 9, middle - 6, left + 21, middle + 6, ACCENT, 6))
        canvas.text(item, _ITEM, left=left + _BULLET, right=right)
        canvas.space(16)
    canvas.space(14 if marked else 0)
    if marked:
        canvas.boxes.insert(ground, Box(left - _PAD, top, right + _PAD, canvas.y, tint(ACCENT, 0.08), 24))
