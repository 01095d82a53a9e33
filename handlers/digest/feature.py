"""The daily digest as a feature: who may do what, and which class is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from handlers import guard
from handlers.context import Ctx
from handlers.digest import (
    asking,
    editing,
    guarded,
    noting,
    nudging,
    pending,
    picture,
    planning,
    posting,
    recalling,
    texts,
)
from handlers.digest.compose import still_agreed
from handlers.digest.desks import Desk, Sheet, current, desks, named, teaches, today, who
from handlers.digest.pending import Pending
from handlers.digest.recall_texts import NOTHING_HANGS
from handlers.feature import Check
from handlers.guard.texts import note_stopped
from handlers.language import Reading
from handlers.language.notes import looks_like_edit, split_notes
from handlers.message import Message
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Subject, Thing
from storage import classes, digests
from storage.digests import Kind
from storage.engine import Db
from storage.schedule import Occurrence
from storage.talks import Talk

_NOTES = ("praise_student", "praise_class", "add_reminder", "add_news")
_OPS = {
    "preview_digest": "preview",
    "picture_digest": "picture",
    "recall_message": "recall",
    "publish_digest": "publish",
    "resend": "publish",
    "skip_digest": "skip",
    "hold_digest": "hold",
    "schedule_digest": "schedule",
    "edit_item": "edit",
    "remove_item": "remove",
}
_DECIDES = ("publish", "skip", "hold", "schedule")
IN_GROUP = ("ask_reminder", "ask_digest")
"""Questions everybody may read the answer to."""
QUESTIONS = (*IN_GROUP, "search_digest", "ask_praise")


@dataclass(frozen=True, slots=True)
class Wish:
    """A teacher's command or notes."""

    pending: Pending
    named: str


@dataclass(frozen=True, slots=True)
class Question:
    """A parent's question about the digest."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Unsorted:
    """A teacher's words that are no clear command."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class Say:
    """A fixed answer."""

    text: str


def wanted(db: Db, subject: Subject) -> bool:
    """Whether an unsent post is still what the class is to read."""
    digest = digests.get(db, subject.id)
    if digest is None or digest.state != "queued" or digest.version != subject.version:
        return False
    return still_agreed(db, digest.id)


class Digest:
    """See the module."""

    name = "digest"
    checks: Mapping[str, Check] = {posting.THING: wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher's notes and commands, a parent's questions."""
        parent = any(role.kind == "guardian" for role in ctx.roles)
        if teaches(ctx):
            found = _teachers(message, reading)
            if found is not None:
                return found
        if reading.intent in QUESTIONS or (reading.intent == "preview_digest" and not teaches(ctx)):
            return Question(_as_question(reading)) if parent or teaches(ctx) else None
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Do what was matched."""
        match match:
            case Wish(wish, words):
                return _wish(ctx, message, wish, words)
            case Question(reading):
                return _question(ctx, message, reading)
            case Unsorted(reading):
                return _unsorted(ctx, message, reading)
            case Say(text):
                return [Reply(Asker(), text)]
            case _:
                return []

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """Words that answer what was asked last: a kind, a class. None: not about that."""
        held = pending.load(talk)
        if held is None:
            return None
        action = _spoken_choice(ctx, held, reading)
        if action is None:
            return None
        return self._go_on(ctx, message, talk, held, action)

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """A button of the preview or of a question back."""
        if choice.thing.kind == pending.THING:
            talk = pending.current(ctx, message)
            held = pending.load(talk)
            if talk is None or held is None or talk.id != choice.thing.id:
                return [Reply(Asker(), texts.TALK_OVER)]
            return self._go_on(ctx, message, talk, held, choice.action)
        if choice.thing.kind == nudging.THING:
            return nudging.pressed(ctx, choice.thing.id)
        return _on_digest(ctx, message, choice)

    def _go_on(self, ctx: Ctx, message: Message, talk: Talk, held: Pending, action: str) -> Sequence[Act]:
        pending.close(ctx, talk)
        what, _, value = action.partition(":")
        if what == "kind":
            return _run(ctx, message, pending.with_kind(held, value))
        if what == "class":
            return _run(ctx, message, pending.with_class(held, value, desks(ctx)))
        if what == guarded.OP:
            return _run(ctx, message, replace(held, op="notes"))
        return [Reply(Asker(), texts.LET_IT_BE if held.op == "question" else texts.LET_GO)]

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What became of a post, or of taking it back."""
        if outcome.thing is not None and outcome.thing.kind == picture.THING:
            return picture.outcome(ctx, outcome)
        return recalling.outcome(ctx, outcome) if outcome.act == "recall" else posting.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Preview, sending and closing time."""
        return planning.due(ctx, occurrence)


def edits_a_note(ctx: Ctx, words: str) -> bool:
    """Whether words behind a number may be meant for a note of the digest: 「2 不要」, 「2 改成…」."""
    return looks_like_edit(words) and bool(editing.with_notes(ctx, desks(ctx)))


def _teachers(message: Message, reading: Reading) -> object | None:
    words = reading.slots.get("class", "")
    if message.kind not in ("text", "richtext", "voice") or (message.kind == "voice" and not message.text):
        return Say(texts.NOT_WORDS)
    if reading.intent in _NOTES:
        return Wish(Pending("notes", items=[list(item) for item in split_notes(reading.clean)]), words)
    if reading.intent in _OPS:
        slots = {name: value for name, value in reading.slots.items() if name != "class"}
        return Wish(Pending(_OPS[reading.intent], slots=slots), words)
    if reading.intent == "undo":
        return Wish(Pending("undo"), words)
    if reading.intent in texts.ONLY_SAID:
        return Say(texts.ONLY_SAID[reading.intent])
    if reading.intent in texts.NOTHING_ASKED:
        return Say(texts.NOTHING_ASKED[reading.intent])
    if reading.clean in texts.KIND.values():
        return Say(texts.KIND_ALONE)
    return None


def _as_question(reading: Reading) -> Reading:
    if reading.intent in QUESTIONS:
        return reading
    return replace(reading, intent="ask_digest", slots={**reading.slots, "date": "D+0"})


def _unsorted(ctx: Ctx, message: Message, reading: Reading) -> Sequence[Act]:
    items: list[list[str | None]] = [[None, reading.clean]]
    return _wish(ctx, message, Pending("notes", items=items), reading.slots.get("class", ""))


def _wish(ctx: Ctx, message: Message, wish: Pending, words: str) -> Sequence[Act]:
    mine = desks(ctx)
    if words:
        chosen = named(ctx, words, mine)
        if isinstance(chosen, str):
            return [Reply(Asker(), texts.not_your_class(chosen))]
        wish = replace(wish, classes=[desk.of.id for desk in chosen])
    return _run(ctx, message, wish)


def _run(ctx: Ctx, message: Message, wish: Pending) -> Sequence[Act]:
    """Ask for what is missing, else do it."""
    mine = desks(ctx)
    if not wish.classes:
        chosen = _implied(ctx, message, wish, mine)
        if chosen is None:
            unsorted = wish.op == "notes" and any(item[0] is None for item in wish.items)
            if not unsorted:
                return [pending.ask_class(ctx, message, wish, _askable(wish, mine))]
        else:
            wish = replace(wish, classes=[chosen.of.id])
    if wish.op == "notes":
        return _take_notes(ctx, message, wish, mine)
    return [
        reply for desk in mine if desk.of.id in wish.classes for reply in _command(ctx, message, wish, desk)
    ]


def _askable(wish: Pending, mine: Sequence[Desk]) -> Sequence[Desk]:
    deciding = [desk for desk in mine if desk.decides]
    return deciding if wish.op in _DECIDES and deciding else mine


def _implied(ctx: Ctx, message: Message, wish: Pending, mine: Sequence[Desk]) -> Desk | None:
    """The class nobody needs to be asked about."""
    if len(mine) == 1:
        return mine[0]
    deciding = [desk for desk in mine if desk.decides]
    if wish.op in _DECIDES and len(deciding) == 1:
        return deciding[0]
    held = pending.load(pending.current(ctx, message))
    if held is not None and held.op == "class" and len(held.classes) == 1:
        return next((desk for desk in mine if desk.of.id == held.classes[0]), None)
    if wish.op != "notes":
        filled = editing.with_notes(ctx, mine)
        return filled[0] if len(filled) == 1 else None
    return _by_names(ctx, wish, mine)


def _by_names(ctx: Ctx, wish: Pending, mine: Sequence[Desk]) -> Desk | None:
    """A child that is only in one of the classes says which class it is."""
    said = "\n".join(str(item[1]) for item in wish.items)
    there = [desk for desk in mine if asking.names_a_child(ctx, desk.of, said)]
    return there[0] if len(there) == 1 else None


def _take_notes(ctx: Ctx, message: Message, wish: Pending, mine: Sequence[Desk]) -> Sequence[Act]:
    clear: list[tuple[Kind, str]] = [
        (noting.kind_of(kind), str(text)) for kind, text in wish.items if kind is not None
    ]
    unclear = [item for item in wish.items if item[0] is None]
    chosen = [desk for desk in mine if desk.of.id in wish.classes]
    said = ""
    if clear and chosen:
        said = noting.stopped(ctx, chosen, clear)
        instead = guarded.offered(ctx, message, wish, chosen) if said and not unclear else None
        if instead is not None:
            return [instead]
        said = said or noting.take(ctx, chosen, clear, several=len(mine) > 1)
    if not unclear:
        return [Reply(Asker(), said)]
    if not said and clear:
        unclear = wish.items
    stopped = None if said else _stopped_unsorted(ctx, message, wish, chosen or mine)
    if stopped is not None:
        return [stopped]
    question = texts.unsorted_left(str(unclear[0][1])) if said else texts.UNSORTED
    text = f"{said}\n{question}" if said else question
    return [pending.ask_kind(ctx, message, replace(wish, items=unclear), text)]


def _stopped_unsorted(ctx: Ctx, message: Message, wish: Pending, among: Sequence[Desk]) -> Reply | None:
    """Words that may stand in no section: why not, instead of a question for the section."""
    said = "\n".join(str(item[1]) for item in wish.items)
    verdict = guard.look(ctx, among[0].of.id if among else None, said)
    if verdict.verdict == "block" and verdict.rule not in guard.OF_ONE_CHILD:
        return guarded.offered(ctx, message, wish, among) or Reply(Asker(), note_stopped(verdict))
    for desk in among:
        if names := noting.of_one_child(ctx, desk, said):
            pending.keep(ctx, message, replace(wish, items=[[None, said]]))
            return Reply(Asker(), texts.for_the_family(names))
    if verdict.verdict == "block":
        return Reply(Asker(), note_stopped(verdict))
    return None


_Command = Callable[[Ctx, Message, Pending, Desk], Sequence[Act]]


def _command(ctx: Ctx, message: Message, wish: Pending, desk: Desk) -> Sequence[Act]:
    if wish.op in _DECIDES and not desk.decides and "ask" not in wish.slots:
        return [posting.decide_refused(ctx, desk.of)]
    return _COMMANDS[wish.op](ctx, message, wish, desk)


def _preview(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    return [posting.preview(ctx, desk, _shown(ctx, desk), Asker())]


def _shown(ctx: Ctx, desk: Desk) -> Sheet:
    """The one notes go into now, so that 「第2条」 means what was shown; else today's, already out."""
    coming = current(ctx, desk.of)
    return coming if coming.notes else today(ctx, desk.of)


def _picture(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    return [picture.picture(ctx, desk.of)]


def _publish(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    made = posting.publish(ctx, today(ctx, desk.of))
    return [Reply(Asker(), made)] if isinstance(made, str) else made


def _skip(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> list[Act]:
    return posting.skip(ctx, today(ctx, desk.of))


def _hold(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    return posting.hold(ctx, desk, who(ctx))


def _schedule(ctx: Ctx, _message: Message, wish: Pending, desk: Desk) -> Sequence[Act]:
    return [Reply(Asker(), planning.set_times(ctx, desk, wish.slots))]


def _edit(ctx: Ctx, message: Message, wish: Pending, desk: Desk) -> Sequence[Act]:
    if "content" not in wish.slots:
        pending.keep(ctx, message, Pending("class", classes=[desk.of.id]))
        return [Reply(Asker(), texts.WHAT_TO_CHANGE)]
    place = editing.find(ctx, [desk], wish.slots)
    said = place if isinstance(place, str) else editing.edit(ctx, place, wish.slots["content"])
    return [Reply(Asker(), said)]


def _remove(ctx: Ctx, message: Message, wish: Pending, desk: Desk) -> Sequence[Act]:
    if not wish.slots:
        return _edit(ctx, message, wish, desk)
    if "section" in wish.slots or "indexes" in wish.slots:
        return [Reply(Asker(), editing.several(ctx, desk, wish.slots))]
    place = editing.find(ctx, [desk], wish.slots)
    return [Reply(Asker(), place if isinstance(place, str) else editing.remove(ctx, place))]


def _undo(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    posted = today(ctx, desk.of)
    if current(ctx, desk.of).notes:
        both = f"{texts.HOW_TO_UNDO}\n{texts.HOW_TO_RECALL}"
        return [Reply(Asker(), both if posted.state == "published" else texts.HOW_TO_UNDO)]
    return [recalling.offer(ctx, desk, posted)]


def _recall(ctx: Ctx, _message: Message, _wish: Pending, desk: Desk) -> Sequence[Act]:
    """Said of the group: no note is meant, whatever has been noted since."""
    posted = today(ctx, desk.of)
    if posted.state == "published":
        return [recalling.offer(ctx, desk, posted)]
    out = posted.state == "queued"
    return [Reply(Asker(), posting.not_yet(ctx, posted) if out else NOTHING_HANGS)]


_COMMANDS: dict[str, _Command] = {
    "undo": _undo,
    "recall": _recall,
    "preview": _preview,
    "picture": _picture,
    "publish": _publish,
    "skip": _skip,
    "hold": _hold,
    "schedule": _schedule,
    "edit": _edit,
    "remove": _remove,
}


def _on_digest(ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
    digest = digests.get(ctx.db, choice.thing.id)
    of = classes.get(ctx.db, digest.class_id) if digest else None
    desk = next((desk for desk in desks(ctx) if of and desk.of.id == of.id), None)
    if digest is None or desk is None:
        return [Reply(Asker(), texts.TALK_OVER)]
    if not desk.decides:
        return [posting.decide_refused(ctx, desk.of)]
    sheet = Sheet(desk.of, digest.day, digest, digests.notes(ctx.db, digest.id))
    if choice.action in ("send", "again"):
        made = posting.publish(ctx, sheet, again=choice.action == "again")
        return [Reply(Asker(), made)] if isinstance(made, str) else made
    if choice.action in (recalling.RECALL, recalling.KEEP):
        return recalling.decide(ctx, sheet, choice.action)
    if choice.action == "change":
        pending.keep(ctx, message, Pending("class", classes=[desk.of.id]))
        return [Reply(Asker(), texts.WHAT_TO_CHANGE)]
    if choice.action == "arrived":
        return [Reply(Asker(), posting.arrived(ctx, sheet))]
    return posting.skip(ctx, sheet)


def _spoken_choice(ctx: Ctx, held: Pending, reading: Reading) -> str | None:
    """The choice that plain words make: 「表扬」, 「都不是」, 「三(2)班」."""
    if held.op == guarded.OP:
        return {"confirm_yes": guarded.OP, "confirm_no": "none"}.get(reading.intent)
    for kind, word in texts.KIND.items():
        if reading.clean == word and held.op == "notes":
            return f"kind:{kind}"
    if reading.clean == texts.NONE_OF_THESE or (reading.intent == "confirm_no" and held.op != "class"):
        return "none"
    if reading.clean == texts.ALL_CLASSES and held.op == "notes":
        return "class:*"
    meant = named(ctx, reading.clean, desks(ctx)) if len(reading.clean) <= 8 and held.op != "class" else ""
    return f"class:{meant[0].of.id}" if isinstance(meant, list) and len(meant) == 1 else None


def _question(ctx: Ctx, message: Message, reading: Reading) -> Sequence[Act]:
    of = asking.own_classes(ctx) or [desk.of for desk in desks(ctx)]
    found = asking.answer(ctx, of, reading)
    if len(of) == 1 and "class" in reading.slots:
        # Another class may have been meant: the answer says whose it is.
        found = replace(found, text=texts.for_class(of[0].name, found.text))
    if not found.open or not asking.own_classes(ctx):
        return [Reply(Asker(), found.text)]
    talk = pending.keep(ctx, message, Pending("question", items=[[None, reading.raw]]))
    text = f"{found.text}{texts.offer(asking.asked_teacher(ctx, of))}"
    buttons = (Button(texts.ASK_TEACHER, "ask"),)
    return [Reply(Asker(), text, buttons=buttons, thing=Thing(pending.QUESTION, talk.id))]


FEATURE = Digest()
