"""Notices as a feature: 「发通知：……」 by the teacher, 「收到」 or a signature by the families."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from handlers.context import Ctx
from handlers.digest.desks import teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.notices import answering, drafting, posting, rules, standing, texts, words
from handlers.notices.answering import Answered
from handlers.notices.drafting import ASK, Change, New
from handlers.notices.standing import NAME, STATUS, THING
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject
from storage import notices, numbers, talks
from storage.engine import Db
from storage.notices import Notice, Word
from storage.schedule import Occurrence
from storage.talks import Talk

_OF_SIGNING: dict[str, Literal["amend", "proxy"]] = {"sign_amend": "amend", "sign_proxy": "proxy"}
_WORDS: dict[str, Word] = {"confirmed": "confirmed", "agreed": "agreed", "disagreed": "disagreed"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What else somebody wants of a notice.

    Args:
        what: ``status`` · ``remind`` · ``back`` · ``correct`` · ``amend`` · ``proxy``.
        text: New words, for ``correct``.
    """

    what: Literal["status", "remind", "back", "correct", "amend", "proxy"]
    text: str = ""


class Notices:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {THING: _wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher's notice or question about one; a guardian's answer, while something is open."""
        if message.chat.kind != "private" or message.attachments or reading.danger is not None:
            return None
        found = _teacher(ctx, reading) if teaches(ctx) else None
        return found if found is not None else _guardian(ctx, reading)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Draft, change, tell or take down."""
        match match:
            case New():
                return drafting.new(ctx, message, match)
            case Change():
                return drafting.change(ctx, match)
            case Answered():
                return answering.handle(ctx, message, match)
            case Wanted("correct", text):
                return drafting.correction(ctx, message, text)
            case Wanted("amend"):
                return answering.amend(ctx)
            case Wanted("proxy"):
                return [Reply(Asker(), texts.PROXY)]
            case Wanted("back"):
                return drafting.taken_back(ctx)
            case Wanted(what):
                return _about(ctx, what)
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """The words of a notice, a class, or a name as a signature."""
        if talk.feature != NAME or message.attachments or reading.danger is not None:
            return None
        state = json.loads(talk.state)
        if state["op"] == "text":
            return _worded(ctx, message, reading, talk)
        labels = state.get("labels", [])
        if message.text.strip() in labels:
            return _chosen(ctx, message, talk, str(labels.index(message.text.strip())))
        return answering.resume(ctx, message, talk)

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """A button: the teacher's under a draft, a guardian's under a notice, one of a question."""
        if choice.thing.kind == ASK:
            who = ctx.person.id if ctx.person else ""
            talk = talks.current(ctx.db, message.talk, who, ctx.now)
            if talk is None or talk.id != choice.thing.id:
                return [Reply(Asker(), texts.GONE if teaches(ctx) else texts.NOT_YOURS)]
            return _chosen(ctx, message, talk, choice.action)
        notice = notices.get(ctx.db, choice.thing.id)
        if notice is None:
            return [Reply(Asker(), texts.NOT_YOURS)]
        if choice.action in _WORDS:
            return answering.answer(ctx, message, notice, rules.Said(_WORDS[choice.action], own=choice.rest))
        return drafting.decide(ctx, notice, choice.action)

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What became of the post."""
        return posting.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """In the morning, with the day's post, or at noon."""
        notice = notices.get(ctx.db, occurrence.subject_id)
        if notice is None:
            return []
        if occurrence.kind == STATUS:
            return standing.due_status(ctx, notice)
        return posting.due(ctx, notice, occurrence.local_time)


def _wanted(db: Db, subject: Subject) -> bool:
    """Whether these words are still the notice's, and somebody still waits for them."""
    notice = notices.get(db, subject.id)
    if notice is None or notice.version != subject.version:
        return False
    return notice.state in ("queued", "published") and notice.settled_at is None


def _teacher(ctx: Ctx, reading: Reading) -> object | None:
    line = reading.raw.strip()
    wish = rules.wish(line) or rules.wish(reading.clean)
    if wish is not None:
        return New(wish, reading.slots.get("class", ""))
    result = words.RESULT.match(line)
    if result is not None and (
        asked := standing.opinion(ctx, [desk.of.id for desk in drafting.deciding(ctx)])
    ):
        return New(rules.Wish(texts.answered(rules.heading(asked.text), result["text"]), "seen"))
    corrects = words.CORRECTS.match(line)
    if corrects is not None:
        return Wanted("correct", corrects["text"])
    if words.REMIND.fullmatch(line):
        return Wanted("remind")
    if reading.intent == "query_unread" or words.WHO.fullmatch(line):
        return Wanted("status")
    if words.BACK.fullmatch(line) and (drafting.to_take_back(ctx) or drafting.last_posted(ctx)):
        return Wanted("back")
    return _edit(ctx, line)


def _edit(ctx: Ctx, line: str) -> Change | None:
    """Words about the draft that lies there; without one they mean something else."""
    level, reworded = rules.level_said(line), words.REWORD.fullmatch(line)
    both = words.BOTH.fullmatch(line) is not None
    if level is None and reworded is None and not both:
        return None
    draft = drafting.open_draft(ctx)
    if draft is None:
        return None
    return Change(draft, reworded["text"] if reworded else "", level, True if both else None)


def _guardian(ctx: Ctx, reading: Reading) -> object | None:
    if not any(role.kind == "guardian" for role in ctx.roles):
        return None
    if reading.intent in _OF_SIGNING:
        known = answering.open_for(ctx) or answering.open_for(ctx, answered=True)
        return Wanted(_OF_SIGNING[reading.intent]) if known else None
    return answering.match(ctx, reading.raw)


def _about(ctx: Ctx, what: str) -> list[Act]:
    """Where the newest notice of each class stands, or a reminder to those who are missing."""
    rows = standing.latest(ctx, [desk.of.id for desk in drafting.deciding(ctx)])
    if not rows:
        return [Reply(Asker(), texts.NO_NOTICE)]
    if what == "remind":
        newest: Notice = max(rows, key=lambda row: row.created_at)
        return standing.remind(ctx, newest)
    return [standing.status(ctx, row, Asker()) for row in rows]


def _worded(ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
    """The words that were asked for; a line that is clearly something else goes on as that."""
    text = message.text.strip()
    if len(text) < 4 or reading.intent in ("confirm_no", "abort_flow", "help"):
        return None
    talks.close(ctx.db, talk.id)
    wanted = drafting.wanted_in(talk)
    return drafting.new(ctx, message, drafting.worded(wanted, text))


def _chosen(ctx: Ctx, message: Message, talk: Talk, action: str) -> Sequence[Act]:
    op = json.loads(talk.state)["op"]
    if op == "which":
        return answering.chosen(ctx, message, talk, int(action))
    if op == "correct":
        if action == "0":
            return drafting.corrected(ctx, talk)
        talks.close(ctx.db, talk.id)
        numbers.close(ctx.db, ASK, talk.id)
        return [Reply(Asker(), texts.NOT_SENT)]
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, ASK, talk.id)
    return drafting.for_class(ctx, message, talk, action)


FEATURE = Notices()
