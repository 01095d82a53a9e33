"""Cards that exist: what is in them, who sees one where, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from bot.emulation.records import Button, Content

if TYPE_CHECKING:
    from bot.dingtalk.emulator.platform import Platform

TEMPLATE_VARIABLES = ("title", "body", "more1", "more2", "more3", "more4", "more5")
"""What the school's templates show: a heading and up to six text blocks, empty ones not at all."""
BUTTONS = "buttons"
"""The variable that holds a card's buttons: JSON text, ``[{"id", "label", "enabled"}]``."""


@dataclass(frozen=True, slots=True)
class Template:
    """A card template made in the card platform.

    Args:
        id: Its ``….schema`` id.
        published: Only published ones can be used.
        variables: The variables it shows, one under the other.
    """

    id: str
    published: bool
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One delivery of a card.

    Args:
        message: The item's message id.
        to: Who sees it; None for a group.
        space: ``IM_GROUP`` or ``IM_ROBOT``, and which.
        recipients: Who alone sees it in its group; empty is everybody.
    """

    message: str
    to: str | None
    chat: str
    lane: str
    space: tuple[str, str]
    recipients: tuple[str, ...] = ()


@dataclass(slots=True)
class CardState:
    """A card: its data, who sees it where, and its callback (``STREAM``, ``HTTP`` or none)."""

    track: str
    template: Template
    data: dict[str, str]
    private: dict[str, dict[str, str]]
    callback: str | None
    route_key: str | None = None
    places: list[Place] = field(default_factory=list)
    guids: set[str] = field(default_factory=set)
    """The streaming updates already taken."""


def look(card: CardState, to: str | None) -> Content:
    """The template shows its own variables only, in its own order."""
    values = {**card.data, **card.private.get(to or "", {})}
    lines = [values[name] for name in card.template.variables if values.get(name)]
    return Content("card", "\n".join(lines), _buttons(values.get(BUTTONS)))


def _buttons(text: str | None) -> tuple[Button, ...]:
    try:
        listed = orjson.loads(text) if text else []
        return tuple(Button(str(b["id"]), str(b["label"]), bool(b.get("enabled", True))) for b in listed)
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return ()  # a template draws nothing from a value it cannot read


def show(platform: Platform, card: CardState, places: list[Place]) -> None:
    """Let people see a card that was just delivered to ``places``."""
    at = platform.now_ms()
    for place in places:
        card.places.append(place)
        platform.placed[place.message] = card
        platform.seen.add(at, place.to, place.chat, place.lane, place.message, look(card, place.to))


def change(
    platform: Platform, card: CardState, data: dict[str, str] | None,
    private: dict[str, dict[str, str]], options: dict[str, Any],
) -> None:  # fmt: skip
    """Put new data in and show whatever looks different now.

    What only one member of a group sees differently is an item to that member.
    """
    viewers = [(place, who) for place in card.places for who in _viewers(card, place, private)]
    before = [look(card, who) for _, who in viewers]
    if data is not None:
        card.data = {**card.data, **data} if options.get("updateCardDataByKey") else data
    for user, values in private.items():
        by_key = options.get("updatePrivateDataByKey")
        card.private[user] = {**card.private.get(user, {}), **values} if by_key else values
    at = platform.now_ms()
    for (place, who), old in zip(viewers, before, strict=True):
        new = look(card, who)
        if new != old:
            platform.seen.add(at, who, place.chat, place.lane, place.message, new, "updated", place.message)


def _viewers(card: CardState, place: Place, private: dict[str, dict[str, str]]) -> list[str | None]:
    if place.to is not None:
        return [place.to]
    return [None, *dict.fromkeys((*card.private, *private))]
