"""A teacher answers: by number or name, several at once, with a picture; at night, for the morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handlers.context import Ctx
from handlers.digest.searching import good_lately
from handlers.language import Reading
from handlers.message import Message
from handlers.relay import attachments, late, listing, passing, texts, waiting_texts
from handlers.relay.families import Family, by_name, by_role, listening, near, taught
from handlers.reply import Act, Asker, Button, Choice, Reply, Thing
from handlers.talking import begin
from handlers.tone import texts as tone
from handlers.tone.rules import softer
from storage import classes
from storage.numbers import Given

WORDS = "words"
"""A talk in which a family was named and words are still to come."""
_SEND, _TONE = "send", "tone"
_SOON = timedelta(minutes=10)
_MOST_BUTTONS = 4


@dataclass(frozen=True, slots=True)
class ToFamily:
    """A teacher's words for a family named in plain words."""

    child: str
    relation: str
    words: str
    class_words: str = ""


def to_family(ctx: Ctx, message: Message, wish: ToFamily) -> list[Act]:
    """A family named in plain words; who is not named clearly is asked about."""
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
        return [ask(ctx, message, question, labels, {"kind": "to", "words": wish.words, "ties": ties})]
    return _answer(ctx, message, families[0].guardian.id, families[0].role.id, wish.words)


def _answer(ctx: Ctx, message: Message, guardian_id: str, role_id: str, words: str) -> list[Act]:
    family = by_role(ctx, guardian_id, role_id)
    if family is None:
        return [Reply(Asker(), texts.GONE)]
    if not words:
        return [_await_words(ctx, message, family, texts.what_to_say(family.name, None))]
    return _say(ctx, message, [family], words)


def ask(
    ctx: Ctx, message: Message, question: str, labels: Sequence[str], state: Mapping[str, object]
) -> Reply:
    """Ask which one was meant; ``state`` is what has to be known then."""
    talk = begin(ctx, message, "relay", {**state, "labels": list(labels)})
    buttons = tuple(Button(label, f"{state['kind']}:{at}") for at, label in enumerate(labels[:_MOST_BUTTONS]))
    return Reply(Asker(), question, buttons=buttons, thing=Thing("which", talk.id))


def under_number(ctx: Ctx, message: Message, family: Family, choice: Choice) -> Sequence[Act]:
    """What stands behind a family's number: an answer, 「不用回」, or nothing."""
    if not choice.rest:
        return [_await_words(ctx, message, family, listing.whole(ctx, family, choice.number))]
    if choice.rest.rstrip("。！! ") in waiting_texts.NO_ANSWER:
        return listing.settle(ctx, family)
    return _say(ctx, message, [family], choice.rest)


def answer_several(ctx: Ctx, message: Message, given: Sequence[Given], words: str) -> list[Act]:
    """「1、3、5 收到」: the same words to several families, each in private, or 「不用回」."""
    families = [by_role(ctx, one.thing_id, one.action.partition(":")[2]) for one in given]
    here = [family for family in families if family is not None]
    if len(here) < len(families):
        return [Reply(Asker(), texts.GONE)]
    if words.rstrip("。！! ") in waiting_texts.NO_ANSWER:
        return [act for family in here for act in listing.settle(ctx, family)]
    return _say(ctx, message, here, words)


def _say(ctx: Ctx, message: Message, families: Sequence[Family], words: str) -> list[Act]:
    """A teacher's words to families; for what accuses other words are offered, and the teacher decides."""
    praise = good_lately(ctx, families[0].of, families[0].child) if len(families) == 1 else ""
    other = softer(words, praise)
    if other is None:
        return _in_time(ctx, message, families, words)
    ties = [[family.guardian.id, family.role.id] for family in families]
    state = {"kind": _TONE, "words": words, "other": other.text, "ties": ties}
    return [ask(ctx, message, tone.offer(other.heard, other.text), tone.LABELS, state)]


def _in_time(ctx: Ctx, message: Message, families: Sequence[Family], words: str) -> list[Act]:
    """Late in the evening they are offered for the morning."""
    if any(late.is_late(ctx, family) for family in families):
        labels = [late.label(ctx), texts.SEND_NOW]
        ties = [[family.guardian.id, family.role.id] for family in families]
        names = "、".join(family.name for family in families)
        state = {"kind": "late", "words": words, "ties": ties}
        return [ask(ctx, message, texts.late(names, labels[0]), labels, state)]
    return [*passing.answer(ctx, families, words), *_go_on(ctx)]


def _go_on(ctx: Ctx) -> list[Act]:
    to = listening(ctx, ctx.person.id) if ctx.person else None
    return listing.go_on(ctx, to) if to is not None else []


def chosen(ctx: Ctx, message: Message, state: Mapping[str, Any], at: int) -> Sequence[Act]:
    """One of the labels of :func:`ask` was picked."""
    if state["kind"] == "to":
        guardian_id, role_id = state["ties"][at]
        return _answer(ctx, message, guardian_id, role_id, state["words"])
    families = [family for tie in state["ties"] if (family := by_role(ctx, *tie)) is not None]
    if len(families) < len(state["ties"]):
        return [Reply(Asker(), texts.GONE)]
    if state["kind"] == _SEND:
        return _sent(ctx, message, families[0], state) if at == 0 else [Reply(Asker(), texts.NOT_MEANT)]
    if state["kind"] == _TONE:
        if at == tone.KEPT_BACK:
            return [Reply(Asker(), texts.NOT_MEANT)]
        return _in_time(ctx, message, families, state["other"] if at == 0 else state["words"])
    when = late.morning(ctx) if at == 0 else None
    return [*passing.answer(ctx, families, state["words"], not_before=when), *_go_on(ctx)]


# Words or a picture after a number alone


def _await_words(ctx: Ctx, message: Message, family: Family, text: str) -> Reply:
    """What comes next may be for this family; it is asked before it goes out."""
    tie = [family.guardian.id, family.role.id]
    begin(ctx, message, "relay", {"kind": WORDS, "tie": tie}, life=_SOON)
    return Reply(Asker(), text)


def words(ctx: Ctx, message: Message, reading: Reading, state: Mapping[str, Any]) -> Sequence[Act] | None:
    """Something came after a family's number, and is no command: is it for that family?"""
    family = by_role(ctx, *state["tie"])
    media = message.kind in attachments.KINDS
    if family is None or not (media or (message.kind in passing.PLAIN and reading.intent == "unclear")):
        return None
    came = attachments.remember(ctx, message, None)
    held = {"kind": _SEND, "ties": [state["tie"]], "words": message.text, "message": message.id}
    held["media"] = message.kind
    what = texts.files([one.kind for one in came]) if came else f"“{message.text}”"
    question = ask(ctx, message, texts.shall_send(what, family.name), texts.send_labels(family.name), held)
    return [question, *attachments.fetches_for_family(came)]


def _sent(ctx: Ctx, message: Message, family: Family, state: Mapping[str, Any]) -> list[Act]:
    came = attachments.came_with(ctx, state["message"])
    if not came:
        lost = Reply(Asker(), texts.own_file_missing(state["media"]))
        return _say(ctx, message, [family], state["words"]) if state["words"] else [lost]
    said = passing.answer(ctx, [family], state["words"])[1:] if state["words"] else []
    passing.log_files(ctx, family, [one.kind for one in came])
    files = attachments.to_family(ctx, state["message"], family.role.id)
    echo = texts.sent_to([family.name]) if files else texts.file_follows(family.name)
    return [Reply(Asker(), echo), *said, *files, *_go_on(ctx)]
