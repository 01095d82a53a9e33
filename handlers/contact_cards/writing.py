"""A teacher writes cards: from words, from the week's praise; shown before they go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from handlers.contact_cards import rules, texts
from handlers.contact_cards.rules import Line
from handlers.context import Ctx
from handlers.digest.compose import mentioned, roster
from handlers.digest.desks import Desk
from handlers.digest.rules import Mention, hide_names
from handlers.digest.searching import good_lately
from handlers.language.say import say_day, say_weekday
from handlers.reply import Asker, Button, Reply, Thing
from handlers.stars.rules import deed_of
from handlers.tone.rules import softer
from storage import classes, contact_cards, digests
from storage.classes import SchoolClass
from storage.contact_cards import Card

THING = "contact_cards"
"""What was written together; the id is the batch's."""
LIFE = timedelta(days=3)
"""So long drafts wait."""
_SHOWN, _NAMES = 12, 10


def open_batch(ctx: Ctx) -> tuple[Card, ...]:
    """What the writer has written and not sent; the newest batch."""
    who = ctx.person.id if ctx.person else ""
    found = contact_cards.drafts_of(ctx.db, who, ctx.now - LIFE)
    return tuple(one for one in found if one.batch_id == found[-1].batch_id)


def write(ctx: Ctx, mine: Sequence[Desk], said: str) -> Reply:
    """Take cards down, all or none, and show them."""
    found, nobody = rules.lines(said, lambda piece: _named(ctx, mine, piece))
    found = rules.of_each(found)
    stopped = _stopped(ctx, mine, found, nobody)
    if stopped:
        return Reply(Asker(), stopped)
    there = open_batch(ctx)
    batch_id = there[0].batch_id if there else ctx.new_id()
    for one in found:
        of = _class_of(ctx, mine, one.pupil_ids[0])
        if of is not None:
            put(ctx, of, batch_id, one.pupil_ids[0], without_others(ctx, of, one.pupil_ids[0], one.text))
    return show(ctx, mine, open_batch(ctx))


def put(ctx: Ctx, of: SchoolClass, batch_id: str, pupil_id: str, text: str) -> None:
    """Write one down."""
    by = ctx.person.id if ctx.person else ""
    day = ctx.local.date()
    contact_cards.put(
        ctx.db,
        Card(ctx.new_id(), ctx.school.id, of.id, batch_id, pupil_id, by, day, text, "draft", ctx.now),
    )


def _named(ctx: Ctx, mine: Sequence[Desk], piece: str) -> list[Mention]:
    """The children of the writer's classes a piece names; one name may be a child of each class."""
    at: dict[tuple[int, int], tuple[str, ...]] = {}
    for desk in mine:
        for hit in mentioned(ctx, desk.of.id, "praise", piece):
            key = (hit.start, hit.end)
            at[key] = at.get(key, ()) + hit.pupil_ids
    return [Mention(start, end, ids) for (start, end), ids in sorted(at.items())]


def _stopped(ctx: Ctx, mine: Sequence[Desk], found: Sequence[Line], nobody: str) -> str:
    """Why nothing is written down; empty if all is well."""
    if nobody or not found:
        return texts.nobody(nobody)
    if len(found) > rules.MOST:
        return texts.too_many(rules.MOST)
    for one in found:
        if len(one.pupil_ids) > 1:
            return texts.which(one.name, _full_names(ctx, mine, one.pupil_ids))
        if not one.text:
            return texts.empty(one.name)
        if len(one.text) > rules.LONGEST:
            return texts.too_long(one.name, len(one.text), rules.LONGEST)
    return ""


def _full_names(ctx: Ctx, mine: Sequence[Desk], pupil_ids: Sequence[str]) -> list[str]:
    return [
        f"{desk.of.name}{name}"
        for desk in mine
        for pupil_id, name in roster(ctx, desk.of.id)
        if pupil_id in pupil_ids
    ]


def _class_of(ctx: Ctx, mine: Sequence[Desk], pupil_id: str) -> SchoolClass | None:
    return next(
        (desk.of for desk in mine if any(pupil_id == one for one, _ in roster(ctx, desk.of.id))), None
    )


def without_others(ctx: Ctx, of: SchoolClass, pupil_id: str, text: str) -> str:
    """A card speaks of its own child only: others are somebody."""
    hits = [hit for hit in mentioned(ctx, of.id, "praise", text) if pupil_id not in hit.pupil_ids]
    return hide_names(text, hits, {}) if hits else text


def from_notes(ctx: Ctx, mine: Sequence[Desk]) -> tuple[Card, ...]:
    """A card for each child that was praised alone this week, by day."""
    today = ctx.local.date()
    monday = today - timedelta(days=today.weekday())
    batch_id = ctx.new_id()
    for desk in mine:
        if desk.decides:
            _gather(ctx, desk.of, batch_id, monday)
    return open_batch(ctx)


def _gather(ctx: Ctx, of: SchoolClass, batch_id: str, monday: date) -> None:
    names, said = dict(roster(ctx, of.id)), dict[str, list[str]]()
    for ahead in range(7):
        day = monday + timedelta(days=ahead)
        digest = digests.for_day(ctx.db, of.id, day)
        for note in digests.notes(ctx.db, digest.id) if digest else ():
            who = note.pupil_ids[0] if note.kind == "praise" and len(note.pupil_ids) == 1 else ""
            if who in names:
                deed = deed_of(note.text, names[who])
                said.setdefault(who, []).append(texts.on(say_weekday(day), deed))
    for who, days in said.items():
        text = without_others(ctx, of, who, texts.from_week(days))
        put(ctx, of, batch_id, who, text[: rules.LONGEST])


def show(ctx: Ctx, mine: Sequence[Desk], cards: Sequence[Card]) -> Reply:
    """The cards with what there is to decide; for what accuses other words stand beside it."""
    if not cards:
        return Reply(Asker(), texts.NOTHING)
    names = names_of(ctx, cards)
    other = instead(ctx, cards, names)
    lines = [texts.line(names.get(one.pupil_id, ""), one.text, other.get(one.id, "")) for one in cards]
    text = texts.preview(
        say_day(ctx.local.date()),
        lines[:_SHOWN],
        max(0, len(lines) - _SHOWN),
        hard=bool(other),
        missing=_missing(ctx, mine, cards),
    )
    send = Button(texts.SEND, "send")
    choices = (Button(texts.INSTEAD, "instead"), Button(texts.AS_IT_IS, "send")) if other else (send,)
    buttons = (*choices, Button(texts.NOT_NOW, "wait"))
    return Reply(Asker(), text, buttons=buttons, thing=Thing(THING, cards[0].batch_id))


def _missing(ctx: Ctx, mine: Sequence[Desk], cards: Sequence[Card]) -> str:
    """The children of the class teacher's own class without a card, where more than a few have one."""
    own = {desk.of.id for desk in mine if desk.decides} & {one.class_id for one in cards}
    if len(own) != 1 or len(cards) < 3:
        return ""
    there = {one.pupil_id for one in cards}
    open_ = [name for pupil_id, name in roster(ctx, own.pop()) if pupil_id not in there]
    return texts.missing(open_[:_NAMES], len(open_)) if open_ else ""


def instead(ctx: Ctx, cards: Sequence[Card], names: dict[str, str]) -> dict[str, str]:
    """Other words for the cards that accuse, something good first."""
    found = {}
    for one in cards:
        of = classes.get(ctx.db, one.class_id)
        praise = good_lately(ctx, of, names.get(one.pupil_id, "")) if of else ""
        other = softer(one.text, praise)
        if other is not None:
            found[one.id] = other.text
    return found


def names_of(ctx: Ctx, cards: Sequence[Card]) -> dict[str, str]:
    """The children's names, for the service's own work."""
    return {
        pupil_id: name
        for class_id in {one.class_id for one in cards}
        for pupil_id, name in roster(ctx, class_id)
    }


def change(ctx: Ctx, mine: Sequence[Desk], name: str, text: str | None) -> Reply:
    """Other words for one card, or none of it."""
    there = open_batch(ctx)
    if not there:
        return Reply(Asker(), texts.NO_DRAFT)
    names = names_of(ctx, there)
    meant = {one for hit in _named(ctx, mine, name) for one in hit.pupil_ids}
    found = [one for one in there if one.pupil_id in meant]
    if len(found) != 1:
        return Reply(Asker(), texts.NOT_THERE)
    card, said = found[0], names.get(found[0].pupil_id, name)
    if text is None:
        contact_cards.drop(ctx.db, card.id)
        return Reply(Asker(), texts.dropped(said))
    if len(text) > rules.LONGEST:
        return Reply(Asker(), texts.too_long(said, len(text), rules.LONGEST))
    of = classes.get(ctx.db, card.class_id)
    if of is not None:
        put(ctx, of, card.batch_id, card.pupil_id, without_others(ctx, of, card.pupil_id, text))
    return Reply(Asker(), texts.reworded(said, text))
