"""The urgent path as a feature: opened by words of danger, taken by one, called again until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.clean import fold
from handlers.message import Message
from handlers.relay import rules as relay_rules
from handlers.relay.families import Family, mine, taught, tie
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Subject, Tell, Thing, ToPerson
from handlers.urgent import opening, rules, staff, texts
from handlers.urgent.opening import FALSE_ALARM, NAME, ROUND, TAKE, THING
from storage import cases, numbers, people
from storage.cases import Case
from storage.engine import Db
from storage.schedule import Occurrence

__all__ = ["FEATURE", "report_from_group"]

_REPORTS = ("urgent_report", "safeguarding_report", "unclear")
"""What a teacher's words of danger may be taken for; praise and reminders speak of danger, too."""


@dataclass(frozen=True, slots=True)
class Report:
    """A guardian tells of danger; ``like`` is what the words are most like."""

    families: tuple[Family, ...]
    like: str


@dataclass(frozen=True, slots=True)
class TeacherReport:
    """A teacher does."""

    class_id: str
    like: str


@dataclass(frozen=True, slots=True)
class Said:
    """「我来」 or 「误报」 in plain words; the cases that may be meant."""

    action: str
    case_ids: tuple[str, ...]


class Urgent:
    """See the module."""

    name = NAME

    def __init__(self) -> None:
        self.checks: Mapping[str, Check] = {THING: _waiting}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Words of danger come before everything else that words may mean."""
        if ctx.person is None or message.chat.kind != "private":
            return None
        said = _said(ctx, fold(message.text).strip("「」。！!,， "))
        if said is not None:
            return said
        if not message.text or not reading.red:
            return None
        within = taught(ctx)
        if within:
            return TeacherReport(within[0], reading.like) if reading.intent in _REPORTS else None
        families = about(ctx, message.text)
        if not families or relay_rules.wants_no_name(reading.clean):
            return None
        return Report(families, reading.like)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Open, take, or calm."""
        match match:
            case Report(families, like):
                return opening.report(ctx, message, families, message.text, Asker(), like)
            case TeacherReport(class_id, like):
                return opening.report_by_teacher(ctx, message, class_id, like)
            case Said(_, case_ids) if len(case_ids) > 1:
                return [Reply(Asker(), texts.WHICH)]
            case Said(action, case_ids):
                return _act(ctx, case_ids[0], action)
            case _:
                return []

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """The buttons."""
        return _act(ctx, choice.thing.id, choice.action)

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Nobody but those told may read of it, so who cannot be reached for sure is said to them alone."""
        if outcome.act == "ring":  # the words went beside it, and what came of those is told
            return []
        if outcome.act == "fetch":  # what came with the words is handed on as any other
            return [Tell("relay", outcome)]
        case = cases.get(ctx.db, outcome.thing.id) if outcome.thing and outcome.thing.kind == THING else None
        if case is None or outcome.kind != "unknown" or outcome.to_person is None:
            return []
        person = people.get(ctx.db, outcome.to_person)
        told = [one for one in staff.told(ctx, case).people if one.id != outcome.to_person]
        name = person.name if person else ""
        return [Reply(ToPerson(one.id), texts.doubtful(name), urgent=True) for one in told[:1]]

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nobody has taken it: again, and wider."""
        case = cases.get(ctx.db, occurrence.subject_id) if occurrence.kind == ROUND else None
        return [] if case is None or not case.waiting else call_again(ctx, case)


def about(ctx: Ctx, words: str) -> tuple[Family, ...]:
    """The writer's child the words name, or all of them."""
    children = mine(ctx)
    at = relay_rules.named_child(words, [family.child for family in children])
    return tuple(children) if at is None else (children[at],)


def report_from_group(ctx: Ctx, message: Message, like: str) -> list[Act]:
    """Words of danger @-ed in the group: their writer reads the answer in private."""
    families = about(ctx, message.text)
    if ctx.person is None or not families:
        return []
    return opening.report(ctx, message, families, message.text, ToPerson(ctx.person.id), like)


def call_again(ctx: Ctx, case: Case) -> list[Act]:
    """The next round; the writer hears of it once."""
    next_at = rules.next_call(case.opened_at, ctx.now)
    if not cases.next_round(ctx.db, case, next_at):
        return []
    case_now = cases.get(ctx.db, case.id) or case
    if next_at is not None:
        opening.plan_next(ctx, case_now, next_at)
    before = {person.id for person in staff.told(ctx, case).people}
    told = staff.told(ctx, case_now)
    calls: list[Act] = [opening.alarm(ctx, case_now, one, case.words, again=True) for one in told.people]
    calls += [opening.ring(case_now, one) for one in told.people]
    if case.round > 1:
        return calls
    added = [person.name for person in told.people if person.id not in before]
    text = texts.still_nobody(ctx.school.duty_phone, added)
    return [opening.to_writer(case, ToPerson(case.writer_id), text), *calls]


def _waiting(db: Db, subject: Subject) -> bool:
    case = cases.get(db, subject.id)
    return case is not None and case.waiting


def _said(ctx: Ctx, words: str) -> Said | None:
    action = TAKE if words in texts.TAKING else FALSE_ALARM if words in texts.NOT_URGENT else ""
    if not action or ctx.person is None:
        return None
    open_now = [given for given in numbers.open_of(ctx.db, ctx.person.id) if given.thing_kind == THING]
    ids = tuple(dict.fromkeys(given.thing_id for given in open_now if given.action == action))
    return Said(action, ids) if ids else None


def _act(ctx: Ctx, case_id: str, action: str) -> list[Act]:
    case = cases.get(ctx.db, case_id)
    if case is None or ctx.person is None or case.closed_at is not None:
        return [Reply(Asker(), texts.OVER)]
    return _calm(ctx, case) if action == FALSE_ALARM else _take(ctx, case)


def _take(ctx: Ctx, case: Case) -> list[Act]:
    me = ctx.person
    if me is None:
        return []
    if not cases.take(ctx.db, case.id, me.id, ctx.now):
        by = people.get(ctx.db, case.taken_by or "")
        return [Reply(Asker(), texts.too_late(by.name) if by else texts.OVER)]
    opening.noted(ctx, case, me.id, "case_taken")
    numbers.close(ctx.db, THING, case.id)
    who = opening.who_wrote(ctx, case)
    family = tie(ctx, case.writer_id, case.role_id) if case.role_id else None
    reply_to = family.name if family and case.class_id in taught(ctx) else ""
    mine_now = Reply(
        Asker(),
        texts.taken_by_me(who, case.words, reply_to),
        buttons=(Button(texts.FALSE_ALARM, FALSE_ALARM),),
        thing=Thing(THING, case.id),
        urgent=True,
        owner=NAME,
        overtakes=True,
    )
    writer = opening.to_writer(case, ToPerson(case.writer_id), texts.taken_for_writer(me.name))
    return [mine_now, writer, *_others(ctx, case, me.id, texts.taken_by_other(me.name, who))]


def _calm(ctx: Ctx, case: Case) -> list[Act]:
    """It was not urgent after all; only the taker says so."""
    me = ctx.person
    if me is None or case.taken_by != me.id or not cases.close(ctx.db, case.id, ctx.now):
        return [Reply(Asker(), texts.OVER)]
    numbers.close(ctx.db, THING, case.id)
    said = texts.not_urgent(opening.who_wrote(ctx, case))
    writer = opening.to_writer(case, ToPerson(case.writer_id), texts.calmed(me.name))
    return [Reply(Asker(), said), writer]


def _others(ctx: Ctx, case: Case, me: str, text: str) -> list[Reply]:
    told = (one.id for one in staff.told(ctx, case).people if one.id != me)
    return [opening.to_writer(case, ToPerson(one), text) for one in told]


FEATURE = Urgent()
