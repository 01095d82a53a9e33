"""「改一下语气：…」: the same in other words, to take or leave; and who heard of nothing good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.digest.desks import desks, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply
from handlers.tone import balance, texts
from handlers.tone.rules import softer
from handlers.tone.words import ONLY_CONCERN
from storage import classes
from storage.classes import SchoolClass
from storage.schedule import Occurrence


@dataclass(frozen=True, slots=True)
class Sounds:
    """A teacher asks how words sound."""

    words: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A class teacher asks which families heard of concerns only."""

    classes: tuple[SchoolClass, ...]


class Tone:
    """See the module."""

    name = "tone"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher, in private, and with the words in question."""
        if message.chat.kind != "private" or not teaches(ctx):
            return None
        if ONLY_CONCERN.fullmatch(reading.raw.strip()):
            deciding = tuple(desk.of for desk in desks(ctx) if desk.decides)
            return Balance(deciding) if deciding else None
        return Sounds(reading.slots.get("content", "")) if reading.intent == "rewrite_tone" else None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Other words, or that these will do; or whom to tell something good."""
        if isinstance(match, Balance):
            return [balance.asked(ctx, of) for of in match.classes]
        words = match.words if isinstance(match, Sounds) else ""
        other = softer(words)
        return [Reply(Asker(), texts.WELL if other is None else texts.instead(other.heard, other.text))]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """「以后不提醒」: only the class teacher decides."""
        of = classes.get(ctx.db, choice.thing.id)
        decides = any(desk.decides and of is not None and desk.of.id == of.id for desk in desks(ctx))
        return [balance.stop(ctx, of)] if of is not None and decides else []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nothing hangs on it."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """The week's last school day."""
        of = classes.get(ctx.db, occurrence.subject_id)
        return balance.due(ctx, of, occurrence.local_time) if of is not None else []


FEATURE = Tone()
