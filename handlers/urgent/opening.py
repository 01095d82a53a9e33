"""A case is opened, or joined: who wrote reads the numbers first, and everybody who can help is called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.context import Ctx
from handlers.language.urgency import RED, Danger, danger_said
from handlers.message import Message
from handlers.relay import attachments
from handlers.relay import texts as relay_texts
from handlers.relay.families import Family, tie
from handlers.reply import Act, Arrival, Asker, Audience, Button, Reply, Ring, Subject, Thing, ToPerson
from handlers.urgent import rules, staff, texts
from storage import access_log, cases, classes, contact_log, people, schedule
from storage.cases import Case
from storage.people import Person

NAME, THING, ROUND, RINGING = "urgent", "case", "urgent.round", "case_ring"
TAKE, FALSE_ALARM = "take", "false"


def report(
    ctx: Ctx, message: Message, families: Sequence[Family], words: str, to: Audience, like: str = ""
) -> list[Act]:
    """A guardian's words of danger.

    Args:
        ctx: The guardian's.
        message: What came.
        families: The child it is about, or all the guardian's where that is not known: nobody is asked first.
        words: What was said.
        to: Where the writer reads the answer; never the group.
        like: What the words are most like, where no word of danger says so.
    """
    names: dict[str, None] = {}
    taker, acts, joined, case = "", [], True, None
    for class_id in dict.fromkeys(family.of.id for family in families):
        of = [family for family in families if family.of.id == class_id]
        pupil = of[0].pupil_id if len(of) == 1 else None
        case, fresh, told = _case(ctx, message, class_id, pupil, of[0].role.id, words, like)
        joined = joined and not fresh
        by = people.get(ctx.db, case.taken_by) if case.taken_by else None
        taker = by.name if by else taker
        names.update(dict.fromkeys(told.names))
        spoken = _spoken(message, words)
        if not case.restricted:
            acts += _media(ctx, message, of[0], words)
        elif any(one.kind != "voice" for one in message.attachments):
            spoken += texts.KEPT_BACK
        acts += _call(ctx, case, told, fresh=fresh, words=spoken)
    phone, who = ctx.school.duty_phone, list(names)
    said = texts.added(phone, who, taker) if joined else texts.telling(phone, who)
    return [to_writer(case, to, said), *acts] if case else []


def report_by_teacher(ctx: Ctx, message: Message, class_id: str, like: str) -> list[Act]:
    """A teacher's words of danger go to the others."""
    words = message.text
    case, fresh, told = _case(ctx, message, class_id, None, None, words, like)
    phone, taker = ctx.school.duty_phone, people.get(ctx.db, case.taken_by) if case.taken_by else None
    said = texts.telling(phone, told.names)
    if not fresh:
        said = texts.added(phone, told.names, taker.name if taker else "")
    return [
        to_writer(case, Asker(), said),
        *_call(ctx, case, told, fresh=fresh, words=_spoken(message, words)),
    ]


def to_writer(case: Case, to: Audience, text: str) -> Reply:
    """Words for who wrote it."""
    # An answer goes by the free reply address, which works when the month's calls are used up.
    arrival: Arrival = "chat" if isinstance(to, Asker) else "must"
    return Reply(
        to, text, thing=Thing(THING, case.id), arrival=arrival, urgent=True, owner=NAME, overtakes=True
    )


def alarm(ctx: Ctx, case: Case, person: Person, words: str, *, again: bool = False) -> Reply:
    """The call, with the one button; withdrawn while unsent if somebody takes it."""
    noted(ctx, case, person.id, "case_told")
    return Reply(
        ToPerson(person.id),
        texts.alarm(who_wrote(ctx, case), words, again=again),
        buttons=(Button(texts.TAKE, TAKE),),
        thing=Thing(THING, case.id),
        arrival="must",
        subject=Subject(THING, case.id),
        urgent=True,
        owner=NAME,
        overtakes=True,
    )


def ring(case: Case, person: Person) -> Ring:
    """Beside the call, the strongest means the school has; not for a case somebody has taken."""
    return Ring(person.id, texts.RING, Thing(RINGING, case.id), Subject(THING, case.id), NAME)


def who_wrote(ctx: Ctx, case: Case) -> str:
    """「三(2)班 小明妈妈」."""
    family = tie(ctx, case.writer_id, case.role_id) if case.role_id and case.pupil_id else None
    of = classes.get(ctx.db, case.class_id)
    writer = people.get(ctx.db, case.writer_id)
    name = family.name if family else (writer.name if writer else relay_texts.PARENT)
    return texts.sender(name, family.child if family else name, of.name if of else "")


def plan_next(ctx: Ctx, case: Case, due_at: datetime) -> None:
    """The next call, to the second."""
    local = due_at.astimezone(ZoneInfo(ctx.school.tz)).strftime("%Y-%m-%dT%H:%M")
    schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, ROUND, case.id, local, due_at)


def noted(ctx: Ctx, case: Case, person_id: str, action: str) -> None:
    """What concerns a child's safety leaves a trace of everybody who saw it."""
    if case.intent != "safeguarding_report":
        return
    access_log.append(
        ctx.db,
        school_id=ctx.school.id,
        actor_id=person_id,
        action=action,
        object_kind=THING,
        object_id=case.id,
        reason=case.category,
        at=ctx.now,
    )


def _case(
    ctx: Ctx,
    message: Message,
    class_id: str,
    pupil_id: str | None,
    role_id: str | None,
    words: str,
    like: str,
) -> tuple[Case, bool, staff.Told]:
    """The case these words belong to, whether it is a new one, and who is told."""
    found = danger_said(words)
    teachers = [one.id for one in people.teachers_of_class(ctx.db, class_id)]
    at = rules.pointed(words, teachers, staff.everybody(ctx, class_id))
    if found is None and like in RED:
        found = Danger(like, "", words)
    intent, category = (found.intent, found.category) if found else ("urgent_report", "")
    restricted = found is not None and rules.confidential(found, at)
    concerned = at.ids if restricted else ()
    writer = ctx.person.id if ctx.person else ""
    for known in cases.of_family(ctx.db, writer, pupil_id, ctx.now - rules.JOINING):
        # Words that are for fewer eyes, or point at one of those told, never join what more people see.
        same = (known.class_id, known.intent, known.restricted) == (class_id, intent, restricted)
        if same and set(concerned) <= set(known.concerned) and known.pupil_id == pupil_id:
            cases.add_words(ctx.db, known, words)
            return known, False, staff.told(ctx, known)
    due_at = rules.next_call(ctx.now, ctx.now)
    case = Case(
        ctx.new_id(), ctx.school.id, class_id, pupil_id, writer, role_id, intent, category,
        restricted, concerned, words, 1, due_at, ctx.now,
    )  # fmt: skip
    cases.open_case(ctx.db, case)
    if due_at is not None:
        plan_next(ctx, case, due_at)
    told = staff.told(ctx, case)
    _log(ctx, case, told, _spoken(message, words))
    return case, True, told


def _call(ctx: Ctx, case: Case, told: staff.Told, *, fresh: bool, words: str) -> list[Act]:
    if fresh:
        calls: list[Act] = [alarm(ctx, case, person, words) for person in told.people]
        calls += [ring(case, person) for person in told.people]
        if case.intent == "safeguarding_report":
            calls += [
                _plain(case, person.id, texts.MANDATORY) for person in staff.responsible(ctx, told.people)
            ]
        return calls
    to = [case.taken_by] if case.taken_by else [person.id for person in told.people]
    for person_id in to:
        noted(ctx, case, person_id, "case_told")
    return [_plain(case, person_id, texts.more(who_wrote(ctx, case), words)) for person_id in to]


def _plain(case: Case, person_id: str, text: str) -> Reply:
    return to_writer(case, ToPerson(person_id), text)


def _spoken(message: Message, words: str) -> str:
    return relay_texts.VOICE + words if message.kind == "voice" else words


def _media(ctx: Ctx, message: Message, family: Family, words: str) -> list[Act]:
    """Pictures and recordings follow to who listens in the class."""
    return attachments.fetches(attachments.remember(ctx, message, family.role.id), words)


def _log(ctx: Ctx, case: Case, told: staff.Told, words: str) -> None:
    """The contact log knows of an accident; of what concerns a child's safety only the case does."""
    if case.intent == "safeguarding_report" or case.pupil_id is None or not told.people:
        return
    contact_log.record(
        ctx.db, ctx.new_id, ctx.now, ctx.school.id, case.class_id, case.pupil_id, case.writer_id,
        told.people[0].id, "message", "to_school", words,
    )  # fmt: skip
