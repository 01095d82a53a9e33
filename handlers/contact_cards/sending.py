"""Cards go to each family alone, are signed by a tap, and what a family says comes to who wrote them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from handlers.contact_cards import texts
from handlers.contact_cards.writing import instead, names_of, put
from handlers.context import Ctx
from handlers.language.say import say_day, say_short_day, say_time
from handlers.message import Message
from handlers.notices.rules import is_day
from handlers.relay import late, passing
from handlers.relay.families import Family, listening, mine
from handlers.relay.passing import Said
from handlers.reply import Act, Asker, Button, Outcome, Reply, Subject, Thing, ToPerson
from handlers.talking import begin
from storage import access, access_log, classes, contact_cards, contact_log, numbers, people, talks
from storage.access import System
from storage.contact_cards import Card, State
from storage.talks import Talk

NAME = "contact_cards"
CARD = "contact_card"
"""One card before a guardian."""
SELF = System(NAME)
_DRAFT: tuple[State, ...] = ("draft",)


def send(ctx: Ctx, batch_id: str, *, soft: bool) -> list[Act]:
    """Hand a batch over; at night, in the morning."""
    cards = contact_cards.batch(ctx.db, batch_id, _DRAFT)
    if soft:
        cards = _softened(ctx, batch_id, cards)
    if not cards or not contact_cards.set_state(ctx.db, batch_id, "sent", ctx.now):
        return [Reply(Asker(), texts.GONE)]
    numbers.close(ctx.db, "contact_cards", batch_id)
    names = names_of(ctx, cards)
    bound = access.bound_guardians(ctx.db, SELF, [one.pupil_id for one in cards])
    held = not is_day(ctx.local.time())
    to_families = [
        _to_guardian(ctx, one, guardian, names.get(one.pupil_id, ""), held=held)
        for one in cards
        for guardian in bound.get(one.pupil_id, {})
    ]
    reached = [one for one in cards if bound.get(one.pupil_id)]
    unbound = [names.get(one.pupil_id, "") for one in cards if not bound.get(one.pupil_id)]
    told = texts.sent(len(reached), _morning(ctx) if held else "", unbound)
    return [Reply(Asker(), told), *to_families]


def _morning(ctx: Ctx) -> str:
    return texts.IN_THE_MORNING[late.morning(ctx).astimezone(ctx.local.tzinfo).date() == ctx.local.date()]


def _softened(ctx: Ctx, batch_id: str, cards: Sequence[Card]) -> tuple[Card, ...]:
    other = instead(ctx, cards, names_of(ctx, cards))
    for one in cards:
        of = classes.get(ctx.db, one.class_id)
        if one.id in other and of is not None:
            put(ctx, of, batch_id, one.pupil_id, other[one.id])
    return contact_cards.batch(ctx.db, batch_id, _DRAFT)


def _to_guardian(ctx: Ctx, card: Card, guardian: str, child: str, *, held: bool) -> Reply:
    """One card to one guardian, and its place in the contact log."""
    contact_log.record(
        ctx.db,
        ctx.new_id,
        ctx.now,
        ctx.school.id,
        card.class_id,
        card.pupil_id,
        card.author_id,
        guardian,
        "letter",
        "to_family",
        card.text,
    )
    return Reply(
        ToPerson(guardian),
        texts.to_family(child, say_day(card.day), card.text, author(ctx, card)),
        buttons=(Button(texts.SEEN, "seen"), Button(texts.SAY, "say")),
        thing=Thing(CARD, card.id),
        arrival="must",
        subject=Subject(CARD, card.id),
        not_before=late.morning(ctx) if held else None,
    )


def author(ctx: Ctx, card: Card) -> str:
    """The teacher's name."""
    found = people.get(ctx.db, card.author_id)
    return found.name if found else texts.TEACHER


def _family(ctx: Ctx, card: Card | None) -> Family | None:
    """The writer's tie to a card's child; None if there is none."""
    return next((one for one in mine(ctx) if card and one.pupil_id == card.pupil_id), None)


def answered(ctx: Ctx, message: Message, card: Card | None, action: str, rest: str) -> list[Act]:
    """A guardian has tapped; words behind the number go to the teacher."""
    family = _family(ctx, card)
    if card is None or card.state != "sent" or family is None:
        return [Reply(Asker(), texts.NOT_YOURS)]
    numbers.close(ctx.db, CARD, card.id, family.guardian.id)
    _sign(ctx, card, family)
    if rest:
        return _pass_on(ctx, card, family, Said(rest, message.kind, message.id))
    if action == "say":
        begin(ctx, message, NAME, {"card": card.id})
        return [Reply(Asker(), texts.say_now(author(ctx, card)))]
    when = texts.moment(say_short_day(ctx.local.date()), say_time(ctx.local))
    again = (Button(texts.SAY, "say"),)
    said = texts.signed(family.child, when, author(ctx, card))
    return [Reply(Asker(), said, buttons=again, thing=Thing(CARD, card.id))]


def _sign(ctx: Ctx, card: Card, family: Family) -> None:
    """Who, for which child, which words and when, in the chain that shows any change."""
    if not contact_cards.sign(ctx.db, ctx.new_id, card, family.guardian.id, ctx.now):
        return
    print_of = hashlib.sha256(card.text.encode()).hexdigest()
    access_log.append(
        ctx.db,
        school_id=ctx.school.id,
        actor_id=family.guardian.id,
        action="sign",
        object_kind=CARD,
        object_id=card.id,
        reason=f"seen {card.pupil_id} {print_of}",
        at=ctx.now,
    )


def said(ctx: Ctx, message: Message, talk: Talk, card_id: str) -> list[Act]:
    """The words that were asked for."""
    card = contact_cards.get(ctx.db, card_id)
    family = _family(ctx, card)
    talks.close(ctx.db, talk.id)
    if card is None or family is None:
        return [Reply(Asker(), texts.NOT_YOURS)]
    return _pass_on(ctx, card, family, Said(message.text, message.kind, message.id))


def _pass_on(ctx: Ctx, card: Card, family: Family, words: Said) -> list[Act]:
    """To the teacher whose card it is, as any message of a family."""
    return passing.pass_on(ctx, family, words, to=listening(ctx, card.author_id))


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """What did not arrive is told to who wrote it; a file to who asked for it."""
    if result.kind not in ("refused", "expired") or result.thing is None or result.to_person is None:
        return []
    if result.thing.kind != CARD:
        return [Reply(ToPerson(result.to_person), texts.NO_FILE)]
    card = contact_cards.get(ctx.db, result.thing.id)
    if card is None or result.to_person == card.author_id:
        return []
    who = access.bound_guardians(ctx.db, SELF, [card.pupil_id]).get(card.pupil_id, {})
    child = names_of(ctx, [card]).get(card.pupil_id, "")
    guardian = texts.guardian(child, who.get(result.to_person, ""))
    return [Reply(ToPerson(card.author_id), texts.not_delivered(guardian), arrival="must")]
