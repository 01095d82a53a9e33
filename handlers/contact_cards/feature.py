"""Contact cards as a feature: 「联系卡：小明 作业按时交」, shown, sent to each family, signed by a tap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from handlers.contact_cards import reading as cards_of
from handlers.contact_cards import sending, texts, words, writing
from handlers.contact_cards.sending import CARD, NAME
from handlers.contact_cards.writing import THING
from handlers.context import Ctx
from handlers.digest.desks import desks, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject
from storage import contact_cards, numbers, talks
from storage.engine import Db
from storage.schedule import Occurrence
from storage.talks import Talk


@dataclass(frozen=True, slots=True)
class Write:
    """A teacher writes cards."""

    lines: str


@dataclass(frozen=True, slots=True)
class Change:
    """One card is to read differently, or to go if ``text`` is None."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody wants to see cards.

    Args:
        what: Drafts (a family: the own ones), who has not ``signed``, or a ``month`` together.
        when: The month as it was said.
        file: On pages.
    """

    what: Literal["drafts", "signed", "month"]
    when: str = ""
    file: bool = False


class ContactCards:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {CARD: _wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A line about contact cards, by a teacher or a guardian."""
        line = reading.raw.strip()
        if message.chat.kind != "private" or message.attachments or reading.danger is not None:
            return None
        if not words.ABOUT.search(line):
            return None
        if teaches(ctx):
            return _teachers(line)
        return _looks(line) if any(role.kind == "guardian" for role in ctx.roles) else None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Write, change, or show."""
        mine = desks(ctx)
        match match:
            case Write(lines):
                return [writing.write(ctx, mine, lines)]
            case Change(name, text):
                return [writing.change(ctx, mine, name, text)]
            case Look("signed"):
                return [cards_of.unsigned(ctx, mine)]
            case Look("drafts") if mine:
                return [writing.show(ctx, mine, writing.open_batch(ctx) or writing.from_notes(ctx, mine))]
            case Look(_, when, file):
                first, last = cards_of.month_of(ctx, when)
                if mine:
                    return cards_of.bundle(ctx, mine, first, last)
                return cards_of.own(ctx, first, last, file=file)
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """What a guardian has to say about a card."""
        if talk.feature != NAME or message.attachments or reading.danger is not None:
            return None
        if reading.intent in ("confirm_no", "abort_flow"):
            talks.close(ctx.db, talk.id)
            return [Reply(Asker(), texts.NOT_SAID)]
        return sending.said(ctx, message, talk, json.loads(talk.state)["card"])

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """The teacher's button under the drafts, a guardian's under a card."""
        if choice.thing.kind == CARD:
            card = contact_cards.get(ctx.db, choice.thing.id)
            return sending.answered(ctx, message, card, choice.action, choice.rest)
        there = writing.open_batch(ctx)
        if not there or there[0].batch_id != choice.thing.id:
            return [Reply(Asker(), texts.GONE)]
        if choice.action == "wait":
            numbers.close(ctx.db, THING, choice.thing.id)
            return [Reply(Asker(), texts.NOT_SENT)]
        return sending.send(ctx, choice.thing.id, soft=choice.action == "instead")

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What did not arrive."""
        return sending.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _wanted(db: Db, subject: Subject) -> bool:
    card = contact_cards.get(db, subject.id)
    return card is not None and card.state == "sent"


def _teachers(line: str) -> Write | Change | Look | None:
    if found := words.DROP.fullmatch(line):
        return Change(found["name"], None)
    if found := words.REWORD.fullmatch(line):
        return Change(found["name"], found["text"].strip())
    if found := words.WRITE.match(line):
        return Write(found["lines"])
    if found := words.OF_ONE.match(line):
        return Write(f"{found['name']}：{found['text']}")
    return Look("signed") if words.WHO.fullmatch(line) else _looks(line)


def _looks(line: str) -> Look | None:
    month = words.MONTH.fullmatch(line)
    if month is not None and (month["when"] or month["file"] or words.PRINT.search(line)):
        return Look("month", month["when"] or "", file=words.PRINT.search(line) is not None)
    return Look("drafts") if words.SHOW.fullmatch(line) else None


FEATURE = ContactCards()
