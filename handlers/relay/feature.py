"""The relay as a feature: a parent's words to the teacher, the teacher's answer back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.relay import (
    answering,
    attachments,
    closing,
    forms,
    holding,
    listing,
    opening,
    passing,
    rules,
    status,
    texts,
)
from handlers.relay.answering import ToFamily, answer_several, ask
from handlers.relay.families import Family, by_role, listening, mine, taught
from handlers.relay.passing import Said
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Thing
from handlers.urgent import opening as alarm
from storage import numbers, talks
from storage.schedule import Occurrence
from storage.talks import Talk

__all__ = ["THING", "WITH_NAME", "FreeText", "ToFamily", "answer_several"]

THING = forms.THING
WITH_NAME = texts.WITH_NAME
urgent, not_without_name = texts.urgent, passing.not_without_name
sounds_dangerous, wants_no_name, has_words = rules.sounds_dangerous, rules.wants_no_name, rules.has_words
_TO_TEACHER = ("praise_teacher",)
MEDIA = ("picture", "voice", "video", "file", "unknown")


@dataclass(frozen=True, slots=True)
class FreeText:
    """A parent's words or media for the teacher; ``words`` overrides the message's own.

    ``like`` is what they are most like, see :class:`handlers.language.Reading`.
    """

    words: str = ""
    like: str = ""


@dataclass(frozen=True, slots=True)
class NotBack:
    """A parent wants back what has been passed on."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for an answer?"""


@dataclass(frozen=True, slots=True)
class PutOff:
    """A teacher has no time now: everybody who waits is to hear a new time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A parent asks what became of the own words."""


class Relay:
    """See the module."""

    name = "relay"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Clear words only; a parent's free text comes here by the router's fall-through."""
        guardian = any(role.kind == "guardian" for role in ctx.roles)
        if taught(ctx):
            if reading.intent == "reply_parent" and "child" in reading.slots:
                slots = reading.slots
                content, of = slots.get("content", ""), slots.get("class", "")
                return ToFamily(slots["child"], slots.get("relation", ""), content, of)
            if reading.intent == "query_inbox":
                return Waiting()
            if rules.puts_off(reading.clean):
                return PutOff()
        if guardian and not taught(ctx):
            if rules.wants_back(reading.clean):
                return NotBack()
            if reading.intent == "query_message_status":
                return Seen()
        if guardian and taught(ctx) and reading.intent == "private_message":
            # A teacher who is also a parent says whom it is for.
            return FreeText(reading.slots["content"], reading.like)
        if guardian and (reading.intent in _TO_TEACHER or (message.kind in MEDIA and not taught(ctx))):
            return FreeText(like=reading.like)
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Pass on, answer, or list."""
        match match:
            case FreeText(words, like):
                return _to_teacher(ctx, message, words, like)
            case ToFamily():
                return answering.to_family(ctx, message, match)
            case Waiting():
                return _waiting(ctx)
            case NotBack():
                return [holding.taken_back(ctx) or Reply(Asker(), texts.NOT_BACK)]
            case PutOff():
                return _put_off(ctx)
            case Seen():
                return [Reply(Asker(), status.status(ctx))]
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """The name of a child or a family answers the question which one was meant."""
        if talk.feature != self.name:
            return None
        state = json.loads(talk.state)
        if state["kind"] == answering.WORDS:
            return answering.words(ctx, message, reading, state)
        if len(reading.clean) > 12:
            return None
        hits = [at for at, label in enumerate(state["labels"]) if reading.clean in (label, *label.split(" "))]
        if len(hits) != 1:
            return None
        return _chosen(ctx, message, talk, hits[0])

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """A number's answer, or which child or family was meant."""
        if choice.thing.kind in (listing.LIST, closing.OFF):
            return _put_off(ctx) if choice.action == closing.PUT_OFF else _more(ctx)
        kind, _, value = choice.action.partition(":")
        if kind == "reply":
            family = by_role(ctx, choice.thing.id, value)
            if family is None:
                return [Reply(Asker(), texts.GONE)]
            return answering.under_number(ctx, message, family, choice)
        talk = talks.current(ctx.db, message.talk, _who(ctx), ctx.now)
        if talk is None or talk.id != choice.thing.id:
            return [Reply(Asker(), texts.TALK_OVER)]
        return _chosen(ctx, message, talk, int(value))

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Only what did not arrive is told, and a file handed on: somebody has written, and waits."""
        told = passing.outcome(ctx, outcome)
        return [replace(act, urgent=True) if isinstance(act, Reply) else act for act in told]

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """A window opens or closes, or a promise has run out."""
        return opening.due(ctx, occurrence)


def _who(ctx: Ctx) -> str:
    return ctx.person.id if ctx.person else ""


def _to_teacher(ctx: Ctx, message: Message, words: str, like: str) -> list[Act]:
    children = mine(ctx)
    if not children:
        return []
    said = words or message.text
    at = 0 if len(children) == 1 else rules.named_child(said, [family.child for family in children])
    if rules.sounds_dangerous(said):  # not for one teacher, and no question comes first
        meant = children if at is None else [children[at]]
        return alarm.report(ctx, message, meant, said, Asker())
    came = attachments.remember(ctx, message, None if at is None else children[at].role.id)
    coming = attachments.fetches(came, said)
    if at is not None:
        what = Said(said, message.kind, message.id, like, came)
        return [*passing.pass_on(ctx, children[at], what), *coming]
    state: dict[str, object] = {
        "kind": "child",
        "words": said,
        "media": message.kind,
        "message": message.id,
        "like": like,
    }
    labels = [family.child for family in children]
    return [ask(ctx, message, texts.WHICH_CHILD, labels, state), *coming]


def _chosen(ctx: Ctx, message: Message, talk: Talk, at: int) -> Sequence[Act]:
    state = json.loads(talk.state)
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, "which", talk.id)
    if state["kind"] != "child":
        return answering.chosen(ctx, message, state, at)
    children = [family for family in mine(ctx) if family.child == state["labels"][at]]
    if not children:
        return [Reply(Asker(), texts.TALK_OVER)]
    return _about(ctx, children[0], state)


def _about(ctx: Ctx, family: Family, state: dict[str, str]) -> list[Act]:
    """The child is known: the words go now, and what had come with them as soon as it is here."""
    came = attachments.of_child(ctx, state.get("message", ""), family.role.id)
    if not state["words"] and not came and state["media"] in attachments.KINDS:
        return [Reply(Asker(), texts.not_fetched(state["media"], too_large=False))]
    what = Said(state["words"], state["media"], state["message"], state["like"], came)
    passed = passing.pass_on(ctx, family, what)
    return [*passed, *attachments.ready(ctx, came)]


def _put_off(ctx: Ctx) -> list[Act]:
    to = listening(ctx, _who(ctx))
    return closing.put_off(ctx, to) if to is not None else []


def _more(ctx: Ctx) -> list[Act]:
    to = listening(ctx, _who(ctx))
    return listing.more(ctx, to, Asker()) if to is not None else []


def _waiting(ctx: Ctx) -> list[Act]:
    to = listening(ctx, _who(ctx))
    shown = listing.everything(ctx, to) if to is not None else []
    return shown or [Reply(Asker(), texts.NOBODY_WAITS)]


def family_of(ctx: Ctx, thing: Thing, action: str) -> Family | None:
    """The family a relay number belongs to."""
    return by_role(ctx, thing.id, action.partition(":")[2])


FEATURE = Relay()
