"""Who has signed, and a month's cards together: for the teacher, and for a family its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from handlers.contact_cards import sending, texts
from handlers.contact_cards.writing import names_of
from handlers.context import Ctx
from handlers.digest.desks import Desk, teacher_name
from handlers.language.say import say_short_day, say_time
from handlers.relay.families import mine
from handlers.reply import Act, Asker, Drawn, Reply, Thing
from handlers.reports.rules import days_of
from storage import access, contact_cards
from storage.access import Denied
from storage.contact_cards import Card

FILE = "contact_cards_file"
_LATELY = timedelta(days=14)
_LINES = 5


def unsigned(ctx: Ctx, desks: Sequence[Desk]) -> Reply:
    """Whose family has not looked at the last cards; the teacher's own, and all of the own class."""
    today = ctx.local.date()
    cards = _visible(ctx, desks, today - _LATELY, today)
    if not cards:
        return Reply(Asker(), texts.NO_CARDS)
    last = [one for one in cards if one.day == cards[-1].day]
    signed = contact_cards.signed(ctx.db, [one.id for one in last])
    names = names_of(ctx, last)
    open_ = [names.get(one.pupil_id, "") for one in last if one.id not in signed]
    return Reply(
        Asker(), texts.standing(say_short_day(last[0].day), len(last) - len(open_), len(last), open_)
    )


def _visible(ctx: Ctx, desks: Sequence[Desk], first: date, last: date) -> list[Card]:
    """A class teacher sees every card of the class, another teacher the own ones."""
    who = ctx.person.id if ctx.person else ""
    decides = {desk.of.id for desk in desks if desk.decides}
    found = contact_cards.of_class(ctx.db, [desk.of.id for desk in desks], first, last)
    return [one for one in found if one.class_id in decides or one.author_id == who]


def month_of(ctx: Ctx, said: str) -> tuple[date, date]:
    """The month a line means: 「10月」, 「上个月」, else this one; a month to come is last year's."""
    today = ctx.local.date()
    first = days_of("month", today)[0]
    if said.startswith(texts.LAST):
        first = days_of("month", first - timedelta(days=1))[0]
    digits = "".join(sign for sign in said if sign.isdigit())
    if digits and 1 <= int(digits) <= 12:
        first = date(today.year - (int(digits) > today.month), int(digits), 1)
    return days_of("month", first)


def bundle(ctx: Ctx, desks: Sequence[Desk], first: date, last: date) -> list[Act]:
    """A month's cards of each class on pages to print; looking at them is written down."""
    month = texts.bundle_day(first.year, first.month)
    made: list[Act] = []
    for desk in desks:
        cards = [one for one in _visible(ctx, [desk], first, last) if one.class_id == desk.of.id]
        looked = access.access_class_pupils(
            ctx.db, ctx.person.id if ctx.person else "", desk.of.id, "contact cards", now=ctx.now
        )
        if cards and not isinstance(looked, Denied):
            names = [(pupil.id, pupil.name) for pupil in looked]
            made.append(_file(ctx, desk.of.id, desk.of.name, month, cards, names))
    return made or [Reply(Asker(), texts.none_of(month))]


def own(ctx: Ctx, first: date, last: date, *, file: bool) -> list[Act]:
    """A family's own cards of a month, in words or on pages."""
    month = texts.bundle_day(first.year, first.month)
    said: list[Act] = []
    for family in mine(ctx):
        cards = contact_cards.of_pupils(ctx.db, [family.pupil_id], first, last)
        if not cards:
            continue
        if file:
            names = [(family.pupil_id, family.child)]
            said.append(_file(ctx, family.of.id, f"{family.of.name}{family.child}", month, cards, names))
        else:
            said.append(Reply(Asker(), texts.own(family.child, month, _entries(ctx, cards[-_LINES:]))))
    return said or [Reply(Asker(), texts.none_of(month))]


def _file(
    ctx: Ctx,
    class_id: str,
    whose: str,
    month: str,
    cards: Sequence[Card],
    names: Sequence[tuple[str, str]],
) -> Reply:
    """Child by child, in the order of the roster."""
    of_child: dict[str, list[Card]] = {}
    for one in cards:
        of_child.setdefault(one.pupil_id, []).append(one)
    blocks = [
        {"title": name, "items": _entries(ctx, of_child[pupil_id])}
        for pupil_id, name in names
        if pupil_id in of_child
    ]
    data: dict[str, Any] = {
        "label": texts.LABEL,
        "class": whose,
        "day": month,
        "teacher": teacher_name(ctx, class_id),
        "blocks": blocks,
    }
    drawn = Drawn("sheet", texts.file_name(whose, month), data)
    return Reply(Asker(), "", thing=Thing(FILE, class_id), file=drawn)


def _entries(ctx: Ctx, cards: Sequence[Card]) -> list[str]:
    """Day, teacher, words, and who signed when."""
    signed = contact_cards.signed(ctx.db, [one.id for one in cards])
    bound = access.bound_guardians(ctx.db, sending.SELF, [one.pupil_id for one in cards])
    lines = []
    for one in cards:
        who = bound.get(one.pupil_id, {})
        signs = [
            texts.sign(who.get(guardian, texts.GUARDIAN), _moment(ctx, at))
            for guardian, at in signed.get(one.id, {}).items()
        ]
        lines.append(texts.entry(say_short_day(one.day), sending.author(ctx, one), one.text, signs))
    return lines


def _moment(ctx: Ctx, at: datetime) -> str:
    local = at.astimezone(ctx.local.tzinfo)
    return texts.moment(say_short_day(local.date()), say_time(local))
