"""Doubtful sends as a feature: one summary per teacher, then 重发 or 不发 for each of them.

A message's text stays in its outbox row until somebody has decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from handlers.context import Ctx
from handlers.digest import posting
from handlers.digest.desks import Sheet
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.relay.families import listener, reachable
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Thing, ToPerson
from handlers.trouble import texts
from storage import classes, digests, numbers, outbox, people
from storage.outbox import Row
from storage.schedule import Occurrence

THING = "doubt"
_MOST = 10
"""So many in one message; more come in another."""


class Trouble:
    """See the module."""

    name = "trouble"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Nobody says this in words."""
        return None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Reply]:
        """Never asked."""
        return []

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """Send again, labelled, or let it be."""
        what, _, outbox_id = choice.action.partition(":")
        row = outbox.content(ctx.db, outbox_id)
        if row is None:
            return [Reply(Asker(), texts.DECIDED)]
        outbox.blank(ctx.db, row.id)
        _close_decided(ctx, choice.thing, outbox_id)
        replies = _again(ctx, row) if what == "resend" else _let_be(ctx, row, what)
        _close_if_done(ctx, choice.thing)
        if what == "resend":
            return replies
        return [Reply(Asker(), texts.DROPPED), *replies]

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Reply]:
        """A copy's end is told by the feature whose words they are."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Reply]:
        """Nothing is planned here."""
        return []


def summary(ctx: Ctx, rows: Iterable[Outcome]) -> list[Reply]:
    """One message for each teacher concerned.

    Args:
        ctx: A start's or an outcome's; no person.
        rows: The doubtful sends, with their texts; ``code`` is ``crashed`` after a restart, ``restored``
            after a restored backup.
    """
    by_teacher: dict[str, list[Outcome]] = {}
    for row in rows:
        teacher = _concerned(ctx, row)
        if teacher is not None:
            by_teacher.setdefault(teacher, []).append(row)
    return [reply for teacher, mine in by_teacher.items() for reply in _tell(ctx, teacher, mine)]


def _tell(ctx: Ctx, teacher: str, mine: Sequence[Outcome]) -> list[Reply]:
    to_self = [row for row in mine if row.to_person == teacher]
    others = [row for row in mine if row not in to_self]
    replies = []
    if to_self:
        lines = [texts.mark(n) + " " + row.text for n, row in enumerate(to_self, 1)]
        replies.append(Reply(ToPerson(teacher), texts.seen(lines, to_self[0].code), arrival="must"))
        for row in to_self:
            outbox.blank(ctx.db, row.outbox_id)
    for at in range(0, len(others), _MOST):
        replies.append(_question(ctx, teacher, others[at : at + _MOST]))
    return replies


def _question(ctx: Ctx, teacher: str, rows: Sequence[Outcome]) -> Reply:
    lines = [texts.line(n, _recipient(ctx, row), row.text) for n, row in enumerate(rows, 1)]
    restored = rows[0].code == "restored"
    text = texts.restored(lines) if restored else texts.doubtful(lines, rows[0].code)
    buttons = [
        button for n, row in enumerate(rows, 1) for button in _buttons(row, n, len(rows), restored=restored)
    ]
    if not buttons:
        return Reply(ToPerson(teacher), text, arrival="must")
    thing = Thing(THING, ctx.new_id())
    return Reply(ToPerson(teacher), text, buttons=tuple(buttons), thing=thing, arrival="must")


def _buttons(row: Outcome, number: int, of: int, *, restored: bool) -> tuple[Button, ...]:
    """「重发①」 and 「不发①」; a digest that stands in the group already is not sent, but counts.

    An answer to a stranger or in a group has nobody to send it to again: it is only told.
    """
    if not row.to_class and not row.to_person:
        return ()
    no = (texts.ARRIVED, "arrived") if row.to_class and not restored else (texts.DROP, "drop")
    return (
        Button(texts.label(texts.RESEND, number, of), f"resend:{row.outbox_id}"),
        Button(texts.label(no[0], number, of), f"{no[1]}:{row.outbox_id}"),
    )


def _concerned(ctx: Ctx, row: Outcome) -> str | None:
    """The teacher who wrote it, reads it, or whose class it is for; else the school's admin."""
    if row.thing is not None and row.thing.kind == "relay_answer":
        return row.thing.id
    if row.to_class:
        return _teacher_of(ctx, row.to_class)
    if row.to_person:
        held = people.roles(ctx.db, row.to_person)
        if any(role.kind in people.TEACHING for role in held):
            return row.to_person
        for role in held:
            if role.class_id:
                return _teacher_of(ctx, role.class_id)
    return _office(ctx)


def _teacher_of(ctx: Ctx, class_id: str) -> str | None:
    """The class teacher, or who stands in while that account is missing."""
    found = listener(ctx, class_id)
    return found.person.id if found else _office(ctx)


def _office(ctx: Ctx) -> str | None:
    """The school's admin who can be reached, else any class teacher."""
    for admin in people.admins(ctx.db, ctx.school.id):
        if reachable(ctx, admin.id):
            return admin.id
    for of in classes.of_school(ctx.db, ctx.school.id):
        found = listener(ctx, of.id)
        if found is not None:
            return found.person.id
    return None


def _recipient(ctx: Ctx, row: Outcome | Row) -> str:
    if row.to_class:
        of = classes.get(ctx.db, row.to_class)
        return texts.group_of(of.name if of else "")
    person = people.get(ctx.db, row.to_person) if row.to_person else None
    return person.name if person else texts.SOMEBODY


def _close_decided(ctx: Ctx, thing: Thing, outbox_id: str) -> None:
    """Of one send there is nothing left to choose; a card keeps the buttons of the others."""
    if ctx.person is not None:
        for what in ("resend", "drop", "arrived"):
            numbers.close_one(ctx.db, ctx.person.id, thing.kind, thing.id, f"{what}:{outbox_id}")


def _close_if_done(ctx: Ctx, thing: Thing) -> None:
    """The numbers of a summary end when nothing of it is left to decide."""
    person_id = ctx.person.id if ctx.person else ""
    mine = [given for given in numbers.open_of(ctx.db, person_id) if given.thing_id == thing.id]
    if all(outbox.content(ctx.db, given.action.partition(":")[2]) is None for given in mine):
        numbers.close(ctx.db, thing.kind, thing.id)


def _again(ctx: Ctx, row: Row) -> Sequence[Act]:
    if row.to_class:
        return _digest_again(ctx, row)
    if row.to_person is None:
        return [Reply(Asker(), texts.DECIDED)]
    thing = Thing(row.thing_kind, row.thing_id) if row.thing_kind and row.thing_id else None
    copy = Reply(
        ToPerson(row.to_person),
        texts.again(_words(row)),
        thing=thing,
        arrival="must",
        wants_outcome=thing is not None,
    )
    return [Reply(Asker(), texts.resent(_recipient(ctx, row))), copy]


def _words(row: Row) -> str:
    """What was to be read, the line of its choices included: their numbers are still good."""
    said = (str(row.payload.get(name) or "") for name in ("text", "choices"))
    return "\n".join(part for part in said if part)


def _digest_again(ctx: Ctx, row: Row) -> Sequence[Act]:
    sheet = _sheet(ctx, row)
    if sheet is None or sheet.digest is None:
        return [Reply(Asker(), texts.DECIDED)]
    digests.set_state(ctx.db, sheet.digest.id, ("queued",), "failed", ctx.now)
    failed = digests.get(ctx.db, sheet.digest.id)
    made = posting.publish(ctx, replace(sheet, digest=failed), again=True)
    return [Reply(Asker(), made)] if isinstance(made, str) else made


def _let_be(ctx: Ctx, row: Row, what: str) -> list[Reply]:
    sheet = _sheet(ctx, row) if row.to_class else None
    if sheet is not None and sheet.digest is not None:
        to: digests.State = "published" if what == "arrived" else "dropped"
        digests.set_state(ctx.db, sheet.digest.id, ("queued", "failed"), to, ctx.now)
    return []


def _sheet(ctx: Ctx, row: Row) -> Sheet | None:
    digest = digests.get(ctx.db, row.thing_id) if row.thing_kind == posting.THING and row.thing_id else None
    of = classes.get(ctx.db, digest.class_id) if digest else None
    if digest is None or of is None:
        return None
    return Sheet(of, digest.day, digest, digests.notes(ctx.db, digest.id))


FEATURE = Trouble()
