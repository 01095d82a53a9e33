"""「改一下语气：…」: the same in other words, for a teacher to take or leave. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.digest.desks import teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply
from handlers.tone import texts
from handlers.tone.rules import softer
from storage.schedule import Occurrence


@dataclass(frozen=True, slots=True)
class Sounds:
    """A teacher asks how words sound."""

    words: str


class Tone:
    """See the module."""

    name = "tone"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher, in private, and with the words in question."""
        if reading.intent != "rewrite_tone" or message.chat.kind != "private" or not teaches(ctx):
            return None
        return Sounds(reading.slots.get("content", ""))

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Other words, or that these will do."""
        words = match.words if isinstance(match, Sounds) else ""
        other = softer(words)
        return [Reply(Asker(), texts.WELL if other is None else texts.instead(other.heard, other.text))]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """Nothing is asked here."""
        return []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nothing hangs on it."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


FEATURE = Tone()
