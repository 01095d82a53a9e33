"""Setting Chinese text: what may stand at the edge of a line, what a font lacks, where each run goes.

Nothing is drawn here but by :class:`Canvas`: a paragraph is placed first and drawn when the height is known.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

from bot.drawing import texts
from bot.drawing.fonts import Face, Fonts

Colour = tuple[int, int, int]
INK: Colour = (26, 26, 26)
SOFT: Colour = (89, 89, 89)
HAIR: Colour = (217, 217, 217)
PAPER: Colour = (255, 255, 255)
COLOURS = 24
"""Of the palette: text has few colours, and a small file goes through any chat."""
TALLEST = 12_000
"""px. Phones scale what is longer down until nobody can read it."""

_ATOM = re.compile(rf"{texts.HELD}|[A-Za-z0-9_@#&%+\-./:=?~\\]+|\s+|.", re.DOTALL)
_BREAKS_AFTER = "/?&=-._"
_WIDEN_PX = 0.022
_GAP = 10
"""Between Chinese and other letters stands the size divided by this."""
_FINER = 3


class TooTall(Exception):
    """More than fits on one picture."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph looks; ``size`` and ``leading`` (from line to line) in px."""

    size: int
    leading: int
    colour: Colour = INK
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Characters drawn with one call; ``x`` from the line's beginning, px."""

    text: str
    x: float
    face: Face


@dataclass(frozen=True, slots=True)
class Line:
    """A set line, its width in px."""

    runs: tuple[Run, ...]
    width: float

    @property
    def text(self) -> str:
        """What is drawn, in order."""
        return "".join(run.text for run in self.runs)


def drawable(text: str, fonts: Fonts) -> str:
    """The text as the fonts can draw it: signs replaced or left out, an unknown letter as 〓."""
    return "".join(_drawable(c, fonts) for c in unicodedata.normalize("NFC", text))


def _drawable(character: str, fonts: Fonts) -> str:
    category = unicodedata.category(character)
    if character in "\n\t":
        return " "
    if category[0] == "C" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if any(face.has(character) for face in fonts.regular):
        return character
    if character in texts.INSTEAD:
        return texts.INSTEAD[character]
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and all(any(face.has(c) for face in fonts.regular) for c in plain):
        return plain
    return "" if category[0] in "SMZ" else texts.MISSING


def set_text(text: str, fonts: Fonts, style: Style, width: float) -> list[Line]:
    """Break a paragraph into lines no wider than ``width`` px.

    No line begins with a closing mark or ends with an opening one; numbers keep their units, words and
    addresses stay whole while they fit; the last line is not left with one or two characters alone.
    """
    return _set(text, fonts, _Setter(fonts, style), style, width)


def _set(text: str, fonts: Fonts, setter: _Setter, style: Style, width: float) -> list[Line]:
    clusters = _clusters(drawable(text, fonts))
    lines = setter.broken(clusters, width)
    for narrower in (0.97, 0.94, 0.91, 0.88):
        if len(lines) < 2 or lines[-1].width >= 3 * style.size:
            break
        tried = setter.broken(clusters, width * narrower)
        if len(tried) == len(lines):
            lines = tried
    return lines


def _clusters(text: str) -> list[str]:
    """The pieces between which a line may be broken; spaces are pieces of their own."""
    pieces: list[str] = []
    held = ""
    for found in _ATOM.finditer(text):
        atom = found[0]
        if atom.isspace():
            pieces += [held] * bool(held) + [" "]
            held = ""
        elif held and (atom[0] in texts.NOT_FIRST or held[-1] in texts.NOT_LAST):
            held += atom
        else:
            pieces += [held] * bool(held)
            held = atom
    return [*pieces, held] if held else pieces


class _Setter:
    """Sets lines in one style, and keeps what it has measured: a page says the same characters again."""

    def __init__(self, fonts: Fonts, style: Style) -> None:
        self._chain = fonts.chain(bold=style.bold)
        self._size = style.size
        self._faces: dict[str, Face] = {}
        self._widths: dict[str, float] = {}

    def broken(self, clusters: Sequence[str], width: float) -> list[Line]:
        lines: list[Line] = []
        held = ""
        for cluster in self._fitting(clusters, width):
            if held and self.line((held + cluster).rstrip()).width > width:
                lines.append(self.line(held.rstrip()))
                held = cluster.lstrip()
            else:
                held = held + cluster if held else cluster.lstrip()
        return [*lines, self.line(held.rstrip())] if held.strip() else lines

    def _fitting(self, clusters: Sequence[str], width: float) -> Iterator[str]:
        """A cluster too wide for any line is cut: an address behind its marks, anything else anywhere."""
        for cluster in clusters:
            rest = cluster
            while len(rest) > 1 and self.line(rest).width > width:
                at = self._most(rest, width)
                yield rest[:at]
                rest = rest[at:]
            yield rest

    def _most(self, text: str, width: float) -> int:
        at = next((n for n in range(len(text) - 1, 1, -1) if self.line(text[:n]).width <= width), 1)
        marks = [n for n in range(at, at // 2, -1) if text[n - 1] in _BREAKS_AFTER]
        at = marks[0] if marks else at
        while at > 1 and (text[at] in texts.NOT_FIRST or text[at - 1] in texts.NOT_LAST):
            at -= 1
        return at

    def line(self, text: str) -> Line:
        """One line as long as the text is."""
        runs: list[Run] = []
        x = -self._size / 2 if text[:1] in texts.OPENING and text else 0.0
        for piece, face in self._pieces(text):
            if runs and _parted(runs[-1].text[-1], piece[0]):
                x += self._size / _GAP
            runs.append(Run(piece, x, face))
            x += self._width(piece, face)
            if len(piece) == 1 and self._squeezed(text, runs):
                x -= self._size / 2
        return Line(tuple(runs), x)

    def _width(self, piece: str, face: Face) -> float:
        if piece not in self._widths:  # which face draws a piece follows from its characters
            self._widths[piece] = face.at(self._size).getlength(piece)
        return self._widths[piece]

    def _face(self, character: str) -> Face:
        if character not in self._faces:
            self._faces[character] = next(
                (face for face in self._chain if face.has(character)), self._chain[0]
            )
        return self._faces[character]

    def _squeezed(self, text: str, runs: Sequence[Run]) -> bool:
        """Whether half of the last run's only character is left out, for the mark that follows it."""
        at = sum(len(run.text) for run in runs)
        this, following = runs[-1].text, text[at : at + 1]
        if not following:
            return False
        if this in texts.CLOSING:
            return following in texts.CLOSING + texts.OPENING
        return this in texts.OPENING and following in texts.OPENING

    def _pieces(self, text: str) -> Iterator[tuple[str, Face]]:
        """Chinese characters one by one, so that marks can be moved; other letters in runs of one face."""
        held, of = "", self._chain[0]
        for character in text:
            face = self._face(character)
            if held and (_is_wide(character) or _is_wide(held[-1]) or face is not of):
                yield held, of
                held = ""
            held, of = held + character, face
        if held:
            yield held, of


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" or character in texts.CLOSING + texts.OPENING


def _parted(before: str, after: str) -> bool:
    """Whether a little air belongs between the two: Chinese beside Latin letters or numbers."""

    if (before.isdigit() and after in texts.UNITS) or (before in texts.UNITS and after.isdigit()):
        return False
    return (_is_han(before) and _is_latin(after)) or (_is_latin(before) and _is_han(after))


def _is_han(character: str) -> bool:
    return _is_wide(character) and unicodedata.category(character) == "Lo"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


@dataclass(frozen=True, slots=True)
class Placed:
    """A line on the page; ``x`` and ``y`` of its beginning and its middle, px."""

    line: Line
    x: float
    y: float
    style: Style


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle, px; ``radius`` of its corners."""

    left: float
    top: float
    right: float
    bottom: float
    colour: Colour
    radius: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon by its corners, px."""

    corners: Sequence[tuple[float, float]]
    colour: Colour


class Canvas:
    """A page that grows downwards. Boxes lie under the shapes, and those under the text.

    Args:
        fonts: What draws.
        width: px.
        tallest: px; what grows beyond is refused.
    """

    def __init__(self, fonts: Fonts, width: int, tallest: int = TALLEST) -> None:
        self.fonts = fonts
        self.width = width
        self.tallest = tallest
        self.y = 0.0
        self.lines: list[Placed] = []
        self.boxes: list[Box] = []
        self.shapes: list[Shape] = []
        self._setters: dict[Style, _Setter] = {}

    def text(self, text: str, style: Style, *, left: float, right: float) -> None:
        """A paragraph between two edges, below what stands there already.

        Raises:
            TooTall: See there.
        """
        if self.y > self.tallest:
            raise TooTall
        setter = self._setters.setdefault(style, _Setter(self.fonts, style))
        for line in _set(text, self.fonts, setter, style, right - left):
            self.lines.append(Placed(line, left, self.y + style.leading / 2, style))
            self.y += style.leading

    def space(self, height: float) -> None:
        """Leave room."""
        self.y += height

    def png(self) -> bytes:
        """The page as a small PNG.

        Raises:
            TooTall: See there.
        """
        if self.y > self.tallest:
            raise TooTall
        image = self.painted(0, self.y)
        small = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        held = io.BytesIO()
        small.save(held, "PNG", optimize=True)
        return held.getvalue()

    def painted(self, top: float, bottom: float, height: float | None = None) -> Image.Image:
        """A stretch of the page, drawn.

        Args:
            top: Where it begins, px.
            bottom: Where it ends; what begins there or further down is left out.
            height: Of the picture, px; the stretch's own if None.
        """
        image = Image.new("RGB", (self.width, round(bottom - top if height is None else height)), PAPER)
        draw = ImageDraw.Draw(image)
        for box in self.boxes:
            if top <= box.top < bottom:
                _fill(image, replace(box, top=box.top - top, bottom=box.bottom - top))
        for shape in self.shapes:
            if top <= shape.corners[0][1] < bottom:
                _fill_shape(image, replace(shape, corners=[(x, y - top) for x, y in shape.corners]))
        for placed in self.lines:
            if top <= placed.y < bottom:
                _draw(draw, replace(placed, y=placed.y - top))
        return image


def _fill(image: Image.Image, box: Box) -> None:
    width, height = round(box.right - box.left), round(box.bottom - box.top)
    where = (round(box.left), round(box.top))
    if not box.radius:
        image.paste(box.colour, (*where, where[0] + width, where[1] + height))
        return
    large = Image.new("L", (width * _FINER, height * _FINER))  # drawn larger, so that corners come out smooth
    corners = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(corners, box.radius * _FINER, fill=255)
    image.paste(box.colour, where, large.resize((width, height), Image.Resampling.BOX))


def _fill_shape(image: Image.Image, shape: Shape) -> None:
    left, top = (math.floor(min(corner[at] for corner in shape.corners)) for at in (0, 1))
    right, bottom = (math.ceil(max(corner[at] for corner in shape.corners)) for at in (0, 1))
    large = Image.new("L", ((right - left) * _FINER, (bottom - top) * _FINER))
    corners = [((x - left) * _FINER, (y - top) * _FINER) for x, y in shape.corners]
    ImageDraw.Draw(large).polygon(corners, fill=255)
    image.paste(shape.colour, (left, top), large.resize((right - left, bottom - top), Image.Resampling.BOX))


def _draw(draw: ImageDraw.ImageDraw, placed: Placed) -> None:
    style = placed.style
    for run in placed.line.runs:
        wider = style.size * _WIDEN_PX if style.bold and not run.face.bold else 0.0
        font = run.face.at(style.size)
        ascent, descent = font.getmetrics()
        # All faces share the first one's base line; its middle is the line's.
        where = (placed.x + run.x, placed.y + (ascent - descent) / 2 - (ascent + descent) * 0.02)
        draw.text(where, run.text, style.colour, font, anchor="ls", stroke_width=wider)


def tint(colour: Colour, share: float) -> Colour:
    """A colour thinned with paper: ``share`` of it is left."""
    red, green, blue = (round(p + (c - p) * share) for c, p in zip(colour, PAPER, strict=True))
    return red, green, blue
