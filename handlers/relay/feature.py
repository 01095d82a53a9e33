"""The relay as a feature: a parent's words to the teacher, the teacher's answer back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.relay import attachments, forms, passing, rules, texts
from handlers.relay.families import Family, by_name, by_role, mine, near, taught
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Thing, ToPerson
from storage import classes, numbers, people, talks
from storage.schedule import Occurrence
from storage.talks import Talk

THING = forms.THING
WITH_NAME = texts.WITH_NAME
urgent, not_without_name = texts.urgent, passing.not_without_name
sounds_dangerous, wants_no_name, has_words = rules.sounds_dangerous, rules.wants_no_name, rules.has_words
_LIFE = timedelta(minutes=30)
_MOST_BUTTONS = 4
_TO_TEACHER = ("praise_teacher",)
MEDIA = ("picture", "voice", "video", "file", "unknown")


@dataclass(frozen=True, slots=True)
class FreeText:
    """A parent's words or media for the teacher; ``words`` overrides the message's own."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class ToFamily:
    """A teacher's words for a family named in plain words."""

    child: str
    relation: str
    words: str
    class_words: str = ""


@dataclass(frozen=True, slots=True)
class NotBack:
    """A parent wants back what has been passed on."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for an answer?"""


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
        if guardian and not taught(ctx) and rules.wants_back(reading.clean):
            return NotBack()
        if guardian and taught(ctx) and reading.intent == "private_message":
            return FreeText(reading.slots["content"])  # a teacher who is also a parent says whom it is for
        if guardian and (reading.intent in _TO_TEACHER or (message.kind in MEDIA and not taught(ctx))):
            return FreeText()
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Pass on, answer, or list."""
        match match:
            case FreeText(words):
                return _to_teacher(ctx, message, words)
            case ToFamily():
                return _to_family(ctx, message, match)
            case Waiting():
                return _waiting(ctx)
            case NotBack():
                return [Reply(Asker(), texts.NOT_BACK)]
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """The name of a child or a family answers the question which one was meant."""
        if talk.feature != self.name or len(reading.clean) > 12:
            return None
        state = json.loads(talk.state)
        hits = [at for at, label in enumerate(state["labels"]) if reading.clean in (label, *label.split(" "))]
        if len(hits) != 1:
            return None
        return _chosen(ctx, message, talk, hits[0])

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """A number's answer, or which child or family was meant."""
        kind, _, value = choice.action.partition(":")
        if kind == "reply":
            family = by_role(ctx, choice.thing.id, value)
            if family is None:
                return [Reply(Asker(), texts.GONE)]
            if not choice.rest:
                return [Reply(Asker(), texts.what_to_say(family.name, choice.number))]
            return passing.answer(ctx, family, choice.rest)
        talk = talks.current(ctx.db, message.talk, _who(ctx), ctx.now)
        if talk is None or talk.id != choice.thing.id:
            return [Reply(Asker(), texts.TALK_OVER)]
        return _chosen(ctx, message, talk, int(value))

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Only what did not arrive is told, and a file handed on: somebody has written, and waits."""
        told = passing.outcome(ctx, outcome)
        return [replace(act, urgent=True) if isinstance(act, Reply) else act for act in told]

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _who(ctx: Ctx) -> str:
    return ctx.person.id if ctx.person else ""


def _to_teacher(ctx: Ctx, message: Message, words: str) -> list[Act]:
    children = mine(ctx)
    if not children:
        return []
    said = words or message.text
    at = 0 if len(children) == 1 else rules.named_child(said, [family.child for family in children])
    came = attachments.remember(ctx, message, None if at is None else children[at].role.id)
    coming = attachments.fetches(came, said)
    if at is not None:
        return [*passing.pass_on(ctx, children[at], message, said, came=came), *coming]
    state: dict[str, object] = {"kind": "child", "words": said, "media": message.kind, "message": message.id}
    labels = [family.child for family in children]
    return [_ask(ctx, message, texts.WHICH_CHILD, labels, state), *coming]


def urgent_from_group(ctx: Ctx, message: Message) -> list[Act]:
    """Words of danger @-ed in the group reach the teacher; their writer reads the numbers in private."""
    children = mine(ctx)
    if ctx.person is None or not children:
        return []
    family = children[rules.named_child(message.text, [family.child for family in children]) or 0]
    own = ToPerson(ctx.person.id)
    came = attachments.remember(ctx, message, family.role.id)
    passed = passing.pass_on(ctx, family, message, message.text, came=came)
    private = [
        replace(act, to=own) if isinstance(act, Reply) and isinstance(act.to, Asker) else act
        for act in passed
    ]
    return [*private, *attachments.fetches(came, message.text)]


def _to_family(ctx: Ctx, message: Message, wish: ToFamily) -> list[Reply]:
    within = taught(ctx)
    if wish.class_words:
        found = classes.by_name(ctx.db, ctx.school.id, wish.class_words)
        within = [class_id for class_id in within if found is not None and class_id == found.id]
    families = by_name(ctx, wish.child, wish.relation, within)
    question = texts.WHICH_FAMILY
    if not families:
        families, question = near(ctx, wish.child, wish.relation, within), texts.near_family(wish.child)
        if not 0 < len(families) <= _MOST_BUTTONS:
            return [Reply(Asker(), texts.no_family(wish.child))]
    if len(families) > 1 or question != texts.WHICH_FAMILY:
        labels = [texts.with_class(family.of.name, family.name) for family in families]
        ties = [[family.guardian.id, family.role.id] for family in families]
        return [_ask(ctx, message, question, labels, {"kind": "to", "words": wish.words, "ties": ties})]
    return _answer(ctx, families[0].guardian.id, families[0].role.id, wish.words)


def _answer(ctx: Ctx, guardian_id: str, role_id: str, words: str) -> list[Reply]:
    family = by_role(ctx, guardian_id, role_id)
    if family is None:
        return [Reply(Asker(), texts.GONE)]
    if not words:
        return [Reply(Asker(), texts.what_to_say(family.name, None))]
    return passing.answer(ctx, family, words)


def _ask(ctx: Ctx, message: Message, question: str, labels: Sequence[str], state: dict[str, object]) -> Reply:
    talk = talks.open_talk(
        ctx.db,
        ctx.new_id,
        ctx.now,
        school_id=ctx.school.id,
        chat_key=message.talk,
        person_id=_who(ctx),
        feature="relay",
        state=json.dumps({**state, "labels": list(labels)}, ensure_ascii=False),
        expires_at=ctx.now + _LIFE,
    )
    buttons = tuple(Button(label, f"{state['kind']}:{at}") for at, label in enumerate(labels[:_MOST_BUTTONS]))
    return Reply(Asker(), question, buttons=buttons, thing=Thing("which", talk.id))


def _chosen(ctx: Ctx, message: Message, talk: Talk, at: int) -> Sequence[Act]:
    state = json.loads(talk.state)
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, "which", talk.id)
    if state["kind"] == "to":
        guardian_id, role_id = state["ties"][at]
        return _answer(ctx, guardian_id, role_id, state["words"])
    children = [family for family in mine(ctx) if family.child == state["labels"][at]]
    if not children:
        return [Reply(Asker(), texts.TALK_OVER)]
    return _about(ctx, message, children[0], state)


def _about(ctx: Ctx, message: Message, family: Family, state: dict[str, str]) -> list[Act]:
    """The child is known: the words go now, and what had come with them as soon as it is here."""
    came = attachments.of_child(ctx, state.get("message", ""), family.role.id)
    if not state["words"] and not came and state["media"] in attachments.KINDS:
        return [Reply(Asker(), texts.not_fetched(state["media"], too_large=False))]
    passed = passing.pass_on(ctx, family, message, state["words"], kind=state["media"], came=came)
    return [*passed, *attachments.ready(ctx, came)]


def _waiting(ctx: Ctx) -> list[Reply]:
    lines = []
    for given in numbers.open_of(ctx.db, _who(ctx)):
        if given.feature == "relay" and given.thing_kind == THING:
            lines.append(texts.waiting(given.n, _family_name(ctx, given.thing_id, given.action)))
    return [Reply(Asker(), texts.inbox(lines) if lines else texts.NOBODY_WAITS)]


def _family_name(ctx: Ctx, guardian_id: str, action: str) -> str:
    family = by_role(ctx, guardian_id, action.partition(":")[2])
    if family is not None:
        return family.name
    person = people.get(ctx.db, guardian_id)
    return person.name if person else texts.PARENT


def family_of(ctx: Ctx, thing: Thing, action: str) -> Family | None:
    """The family a relay number belongs to."""
    return by_role(ctx, thing.id, action.partition(":")[2])


FEATURE = Relay()
