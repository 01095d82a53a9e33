"""In which of its forms the platform is played: what it offers follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Receive = Literal["http", "stream"]
Profile = Literal["full", "custom-robot-only"]
Cards = Literal["taken", "refused"]

_EVERYTHING = frozenset(
    ["auto_post", "group_hears", "buttons", "card_buttons", "recall", "reach_guardians", "media", "strangers"]
)


@dataclass(frozen=True, slots=True)
class Mode:
    """One form of a platform.

    Args:
        platform: ``dingtalk``.
        receive: How messages reach the bot.
        cards: Whether the platform takes cards; if it refuses them choices are numbered text.
        profile: ``custom-robot-only`` is a school where a custom robot is all a class group takes and
            guardians cannot be reached by the robot.
    """

    platform: str = "dingtalk"
    receive: Receive = "http"
    cards: Cards = "taken"
    profile: Profile = "full"

    @property
    def offers(self) -> frozenset[str]:
        """What can be done there, by the words of ``@needs``.

        ``buttons`` are choices in any form, ``card_buttons`` only those one can press.
        """
        offers = _EVERYTHING
        if self.cards == "refused":
            offers -= {"card_buttons"}
        if self.profile == "custom-robot-only":
            offers -= {"group_hears", "recall", "reach_guardians", "media", "strangers"}
            offers |= {"pages", "custom_robot"}
        return offers

    @property
    def pages(self) -> bool:
        """Whether guardians speak and read on mobile pages."""
        return self.profile == "custom-robot-only"

    @property
    def patience_s(self) -> float:
        """How far ahead of the clock the bot may come to rest: a refused card is tried again as text."""
        return 3.0 if self.cards == "refused" else 0.5


PLATFORMS = ("dingtalk",)
MODES: dict[str, Mode] = {
    "http": Mode(),
    "stream": Mode(receive="stream"),
    "cards-refused": Mode(cards="refused"),
    "custom-robot-only": Mode(profile="custom-robot-only"),
}
"""The forms every dialogue is played in, by name."""
