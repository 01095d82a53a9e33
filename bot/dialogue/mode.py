"""In which of its forms the platform is played: what it offers follows from that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Receive = Literal["http", "stream"]
Profile = Literal["full", "custom-robot-only", "professional", "internal", "forward"]
Cards = Literal["taken", "refused"]

_DINGTALK = frozenset(
    [
        "everybody",
        "auto_post",
        "group_hears",
        "buttons",
        "card_buttons",
        "recall",
        "reach_guardians",
        "media",
        "captions",
        "strangers",
    ]
)
_WECOM = frozenset(
    [
        "buttons",
        "card_buttons",
        "reach_guardians",
        "media",
        "apart",
        "strangers",
        "school_notice",
        "customer_service",
    ]
)
_POSTS = {"full": "confirm", "internal": "auto_post", "forward": "by_hand"}
"""How a class group on WeCom comes to a post: its owner confirms · the AI bot speaks · only people do."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One form of a platform.

    Args:
        platform: ``dingtalk`` or ``wecom``.
        receive: How messages reach the bot; on WeCom, how those to the AI bot do.
        cards: Whether the platform takes cards; if it refuses them choices are numbered text.
        profile: ``custom-robot-only`` is a school where a custom robot is all a class group takes and
            guardians cannot be reached by the robot; ``professional`` one whose edition has DING;
            ``internal`` one whose class groups hold the AI bot; ``forward`` one where nothing but a
            teacher's own hand posts to a class group.
        only: What a dialogue has to need to be played in this form; empty for all it offers.
    """

    platform: str = "dingtalk"
    receive: Receive = "http"
    cards: Cards = "taken"
    profile: Profile = "full"
    only: frozenset[str] = frozenset()

    @property
    def offers(self) -> frozenset[str]:
        """What can be done there, by the words of ``@needs``.

        ``buttons`` are choices in any form, ``card_buttons`` only those one can press.
        """
        if self.platform == "wecom":
            own = {_POSTS[self.profile]} | ({"members_hear"} if self.profile == "internal" else set())
            return (_WECOM | own) - ({"card_buttons"} if self.cards == "refused" else set())
        offers = _DINGTALK
        if self.cards == "refused":
            offers -= {"card_buttons"}
        if self.profile == "custom-robot-only":
            offers -= {"group_hears", "recall", "reach_guardians", "media", "captions", "strangers"}
            offers |= {"pages", "custom_robot"}
        if self.profile == "professional":
            offers |= {"ding"}
        return offers

    def plays(self, needs: frozenset[str]) -> bool:
        """Whether a dialogue of these needs is played in this form."""
        return needs <= self.offers and (not self.only or bool(needs & self.only))

    @property
    def pages(self) -> bool:
        """Whether guardians speak and read on mobile pages."""
        return self.profile == "custom-robot-only"

    @property
    def patience_s(self) -> float:
        """How far ahead of the clock the bot may come to rest: a refused card is tried again as text, a
        phone rings behind the words."""
        return 3.0 if self.cards == "refused" or self.profile == "professional" else 0.5


PLATFORMS = ("dingtalk", "wecom")
MODES: dict[str, Mode] = {
    "http": Mode(),
    "stream": Mode(receive="stream"),
    "cards-refused": Mode(cards="refused"),
    "custom-robot-only": Mode(profile="custom-robot-only"),
    "professional": Mode(profile="professional", only=frozenset(["ding"])),
    "wecom": Mode("wecom"),
    "wecom-text": Mode("wecom", cards="refused", only=frozenset(["buttons", "confirm"])),
    "wecom-internal": Mode("wecom", profile="internal", only=frozenset(["members_hear"])),
    "wecom-forward": Mode("wecom", profile="forward", only=frozenset(["by_hand"])),
}
"""The forms every dialogue is played in, by name."""
