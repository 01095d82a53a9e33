"""A report or a bundle of cards on printed pages: a PDF, A4, drawn like all else and cut between lines.

Pillow writes the PDF from the pages' pictures: the same characters on every machine and printer, without a
second way of setting Chinese. What it costs is that nothing can be searched or copied in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from time import struct_time
from typing import Any

from PIL import Image

from bot.drawing import texts
from bot.drawing.digest import ACCENT
from bot.drawing.fonts import Fonts
from bot.drawing.layout import HAIR, INK, SOFT, Box, Canvas, Placed, Style, TooTall

DPI = 200
WIDTH, HEIGHT = 1654, 2339
"""A4 at that resolution, px."""
MARGIN = 170
MOST_PAGES = 40
_FOOT_ROOM = 120
_TOP = 150
_BOTTOM = HEIGHT - _FOOT_ROOM - 60
_QUALITY = 88
_LABEL = Style(38, 56, ACCENT, bold=True)
_TITLE = Style(64, 92, INK, bold=True)
_DAYS = Style(38, 60, SOFT)
_HEAD = Style(42, 64, ACCENT, bold=True)
_ITEM = Style(38, 62, INK)
_FOOT = Style(28, 44, SOFT)
_BULLET = 40
_NO_TIME = struct_time((1970, 1, 1, 0, 0, 0, 3, 1, 0))
"""The same pages are the same bytes, whenever they are made."""


def draw(data: Mapping[str, Any], fonts: Fonts) -> bytes:
    """Draw a document of several blocks on A4 pages.

    Args:
        data: ``label`` (what it is), ``class``, ``day`` (from when to when), ``teacher``, and ``blocks``,
            each a ``title`` and its ``items``.
        fonts: What draws.

    Raises:
        KeyError: Something of this is missing.
        bot.drawing.layout.TooTall: It has more than 40 pages.
    """
    canvas = page(data, fonts)
    cuts = cuts_of(canvas.lines, canvas.y)
    if len(cuts) > MOST_PAGES:
        raise TooTall
    images = [
        _page(canvas, top, bottom, texts.foot(data["teacher"]), texts.page_of(number, len(cuts)))
        for number, (top, bottom) in enumerate(cuts, 1)
    ]
    held = io.BytesIO()
    images[0].save(
        held,
        "PDF",
        save_all=True,
        append_images=images[1:],
        resolution=DPI,
        quality=_QUALITY,
        title=f"{data['class']} {data['label']} {data['day']}",
        creationDate=_NO_TIME,
        modDate=_NO_TIME,
    )
    return held.getvalue()


def page(data: Mapping[str, Any], fonts: Fonts) -> Canvas:
    """All of it on one endless page."""
    canvas = Canvas(fonts, WIDTH, tallest=MOST_PAGES * HEIGHT)
    right = WIDTH - MARGIN
    canvas.text(data["label"], _LABEL, left=MARGIN, right=right)
    canvas.text(data["class"], _TITLE, left=MARGIN, right=right)
    canvas.text(data["day"], _DAYS, left=MARGIN, right=right)
    canvas.space(24)
    canvas.boxes.append(Box(MARGIN, canvas.y, right, canvas.y + 3, ACCENT))
    for block in data["blocks"]:
        canvas.space(40)
        canvas.text(block["title"], _HEAD, left=MARGIN, right=right)
        canvas.space(6)
        for item in block["items"]:
            middle = canvas.y + _ITEM.leading / 2
            canvas.boxes.append(Box(MARGIN + 6, middle - 5, MARGIN + 16, middle + 5, ACCENT, 5))
            canvas.text(item, _ITEM, left=MARGIN + _BULLET, right=right)
            canvas.space(8)
    return canvas


def cuts_of(lines: Sequence[Placed], height: float) -> list[tuple[float, float]]:
    """Where each page begins and ends, px: between lines, and never behind a heading."""
    return list(_cuts(lines, height))


def _cuts(lines: Sequence[Placed], height: float) -> Iterator[tuple[float, float]]:
    room, top, last = float(_BOTTOM - _TOP), 0.0, 0
    while height - top > room:
        at = next(n for n, placed in enumerate(lines) if _bottom(placed) - top > room)
        while at > last + 1 and lines[at - 1].style is _HEAD:
            at -= 1
        cut = lines[at].y - lines[at].style.leading / 2
        yield top, cut
        top, last = cut, at
    yield top, height


def _bottom(placed: Placed) -> float:
    return placed.y + placed.style.leading / 2


def _page(canvas: Canvas, top: float, bottom: float, whose: str, number: str) -> Image.Image:
    """One page: its stretch of the text, and a foot."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
    image.paste(canvas.painted(top, bottom), (0, _TOP))
    foot = Canvas(canvas.fonts, WIDTH)
    foot.boxes.append(Box(MARGIN, 0, WIDTH - MARGIN, 2, HAIR))
    foot.space(22)
    foot.text(f"{whose} · {number}", _FOOT, left=MARGIN, right=WIDTH - MARGIN)
    image.paste(foot.painted(0, foot.y), (0, HEIGHT - _FOOT_ROOM))
    return image
