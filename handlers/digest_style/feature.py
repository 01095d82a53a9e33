"""「速递逐条写」, 「速递落款：……」: how a class's digest is written, as its class teacher says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers import guard
from handlers.context import Ctx
from handlers.digest.desks import Desk, desks, named, teaches, who
from handlers.digest_style import texts, words
from handlers.digest_style.rules import ENDING, KEY, LINES
from handlers.feature import Check
from handlers.guard.texts import reason
from handlers.language import Reading
from handlers.language.people import class_mentions
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply
from storage import preferences
from storage.classes import SchoolClass
from storage.schedule import Occurrence

LONGEST = 30
"""Characters of a last line: it stands under every digest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted.

    Args:
        what: ``lines`` or ``blocks``, ``ending`` with its words, or ``plain`` for none.
    """

    of: tuple[SchoolClass, ...]
    what: str
    text: str = ""


class DigestStyle:
    """See the module."""

    name = "digest_style"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A class teacher, in private."""
        if message.chat.kind != "private" or message.attachments or not teaches(ctx):
            return None
        _, line = class_mentions(reading.raw.strip())
        hit = next(
            ((what, one) for what, pattern in words.PATTERNS.items() if (one := pattern.fullmatch(line))),
            None,
        )
        if hit is None:
            return None
        mine = desks(ctx)
        meant = named(ctx, reading.slots["class"], mine) if "class" in reading.slots else mine
        deciding = tuple(desk.of for desk in meant if isinstance(desk, Desk) and desk.decides)
        what, found = hit
        return Wish(deciding, what, found["text"].strip() if what == "ending" else "")

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Set it, for each class that is meant; the echo shows how it looks."""
        if not isinstance(match, Wish):
            return []
        if not match.of:
            return [Reply(Asker(), texts.ONLY_TEACHER)]
        said = [_set(ctx, of, match) for of in match.of]
        return [Reply(Asker(), "\n".join(dict.fromkeys(said)))]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """Nothing is asked here."""
        return []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nothing hangs on it."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _set(ctx: Ctx, of: SchoolClass, wish: Wish) -> str:
    if wish.what in ("lines", "blocks"):
        _put(ctx, of, KEY, LINES if wish.what == "lines" else "")
        return texts.AS_LINES if wish.what == "lines" else texts.AS_BLOCKS
    if len(wish.text) > LONGEST:
        return texts.too_long(len(wish.text), LONGEST)
    verdict = guard.look(ctx, of.id, wish.text) if wish.text else None
    if verdict is not None and verdict.verdict == "block":
        return texts.stopped(reason(verdict))
    _put(ctx, of, ENDING, wish.text)
    return texts.ending(wish.text) if wish.text else texts.NO_ENDING


def _put(ctx: Ctx, of: SchoolClass, key: str, value: str) -> None:
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", of.id, key, value, who(ctx) or None)


FEATURE = DigestStyle()
