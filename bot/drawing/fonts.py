"""Which fonts draw, and which characters each of them has."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import ImageFont

from bot.drawing.texts import DIGEST

_NOTO = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/google-noto-sans-cjk-fonts",
)
_SYSTEM: tuple[tuple[str, str, int], ...] = (
    # Regular, bold, and which font of the collection is the one for simplified Chinese.
    *((f"{folder}/NotoSansCJK-Regular.ttc", f"{folder}/NotoSansCJK-Bold.ttc", 2) for folder in _NOTO),
    ("C:/Windows/Fonts/msyh.ttc", "C:/Windows/Fonts/msyhbd.ttc", 0),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", "", 0),
)
_LAST: tuple[tuple[str, str, int], ...] = (
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "", 0),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "", 0),
)


class NoFont(Exception):
    """No font on this machine has Chinese characters."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font of a file.

    Args:
        path: The file.
        index: Which font of a collection.
        bold: Whether it is a bold one; else headings are drawn a little wider.
        starts, ends: The ranges of characters it has, sorted.
    """

    path: Path
    index: int
    bold: bool
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)

    def has(self, character: str) -> bool:
        """Whether it can draw the character."""
        code = ord(character)
        at = bisect_right(self.starts, code) - 1
        return at >= 0 and code <= self.ends[at]

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """The font in a size, px."""
        return _loaded(self.path, self.index, size)


@dataclass(frozen=True, slots=True)
class Fonts:
    """What draws: the first face that has a character draws it."""

    regular: tuple[Face, ...]
    bold: tuple[Face, ...]

    def chain(self, *, bold: bool) -> tuple[Face, ...]:
        """The faces to ask, in order."""
        return self.bold if bold else self.regular


def find(named: Path | None) -> Fonts:
    """The fonts of this machine: the named one, the system's, the one that was installed with us.

    Raises:
        NoFont: There is none.
    """
    regular, bold = [], []
    for light, heavy, index in _candidates(named):
        face = _face(Path(light), index, bold=False)
        if face is None:
            continue
        regular.append(face)
        bold.append((_face(Path(heavy), index, bold=True) if heavy else None) or face)
    if not any(all(face.has(character) for character in DIGEST) for face in regular):
        raise NoFont
    return Fonts(tuple(regular), tuple(bold))


def _candidates(named: Path | None) -> Iterator[tuple[str, str, int]]:
    if named is not None:
        yield str(named), "", 0
    yield from _SYSTEM
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ImportError:
        pass
    else:
        yield str(sans_path()), "", 0
    yield from _LAST


@cache
def _loaded(path: Path, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, index=index)


@cache
def _face(path: Path, index: int, *, bold: bool) -> Face | None:
    try:
        ranges = sorted(_ranges(path.read_bytes(), index))
        _loaded(path, index, 16)
    except (OSError, struct.error, ValueError, IndexError):
        return None
    return Face(path, index, bold, tuple(start for start, _ in ranges), tuple(end for _, end in ranges))


# The character map of a font file (learn.microsoft.com, "cmap - Character To Glyph Index Mapping Table").


def _ranges(data: bytes, index: int) -> Iterator[tuple[int, int]]:
    at = _table(data, index, b"cmap")
    count = struct.unpack_from(">H", data, at + 2)[0]
    found = {}
    for number in range(count):
        offset = struct.unpack_from(">4xI", data, at + 4 + 8 * number)[0]
        found[struct.unpack_from(">H", data, at + offset)[0]] = at + offset
    if 12 in found:
        yield from _format_12(data, found[12])
    elif 4 in found:
        yield from _format_4(data, found[4])


def _table(data: bytes, index: int, tag: bytes) -> int:
    start = 0
    if data[:4] == b"ttcf":
        fonts = struct.unpack_from(">I", data, 8)[0]
        start = struct.unpack_from(">I", data, 12 + 4 * min(index, fonts - 1))[0]
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        name, offset = struct.unpack_from(">4s4xI", data, start + 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise ValueError(tag)


def _format_12(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    for number in range(struct.unpack_from(">I", data, at + 12)[0]):
        yield struct.unpack_from(">II", data, at + 16 + 12 * number)


def _format_4(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    double = struct.unpack_from(">H", data, at + 6)[0]
    ends: Sequence[int] = struct.unpack_from(f">{double // 2}H", data, at + 14)
    starts: Sequence[int] = struct.unpack_from(f">{double // 2}H", data, at + 16 + double)
    yield from ((start, end) for start, end in zip(starts, ends, strict=True) if start != 0xFFFF)
