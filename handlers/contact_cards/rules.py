"""The rules of contact cards, pure: whom a line is about, and what a month of them looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from handlers.contact_cards import words
from handlers.digest.rules import Mention

LONGEST = 120
"""Characters of one card."""
MOST = 60


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one child.

    Args:
        name: As it was said.
        pupil_ids: Whom that may mean.
        text: The words without the name.
    """

    name: str
    pupil_ids: tuple[str, ...]
    text: str


def lines(said: str, named: Callable[[str], Sequence[Mention]]) -> tuple[list[Line], str]:
    """The cards a text holds, and what of it is about nobody.

    A piece that begins with a name, or with several joined by 、, is about those; a piece without one goes on
    with what stands before it.

    Args:
        said: Several lines, or several sentences in one.
        named: The children named in a piece.
    """
    found: list[list[Line]] = []
    nobody = ""
    for piece, before in _pieces(said):
        leading = _leading(piece, named(piece))
        if leading:
            rest = piece[leading[-1].end :].strip(words.LEADS)
            found.append([Line(piece[hit.start : hit.end], hit.pupil_ids, rest) for hit in leading])
        elif found:
            found[-1] = [replace(one, text=_joined(one.text, before, piece)) for one in found[-1]]
        else:
            nobody = nobody or piece
    return [replace(one, text=one.text.strip(words.ENDS)) for group in found for one in group], nobody


def _pieces(said: str) -> list[tuple[str, str]]:
    """The pieces of a text, each with the mark before it."""
    parts = words.BREAKS.split(said)
    marks = ["", *parts[1::2]]
    pieces = [words.BULLET.sub("", part).strip() for part in parts[::2]]
    return [(piece, mark) for piece, mark in zip(pieces, marks, strict=True) if piece]


def _leading(piece: str, hits: Sequence[Mention]) -> list[Mention]:
    leading: list[Mention] = []
    for hit in hits:
        begin = leading[-1].end if leading else 0
        if piece[begin : hit.start].strip(words.JOINTS):
            break
        leading.append(hit)
    return leading


def _joined(before: str, mark: str, more: str) -> str:
    mark = mark.strip() or "；"
    return f"{before}{mark}{more}" if before else more


def of_each(found: Sequence[Line]) -> list[Line]:
    """One line for each child: what is said of it in several places, joined."""
    by_child: dict[tuple[str, ...], Line] = {}
    for one in found:
        before = by_child.get(one.pupil_ids)
        by_child[one.pupil_ids] = (
            one if before is None else replace(before, text=_joined(before.text, "", one.text))
        )
    return list(by_child.values())
