"""Leave as a feature: a family says it in one line, the teacher reads it in time, nobody is rung at night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.say import say_day
from handlers.leave import asking, pickup, recording, rules, staff, telling, texts
from handlers.leave.asking import Said
from handlers.leave.words import APPROVES, CANCELS, LISTS, OWN
from handlers.message import Message
from handlers.relay import feature as relay
from handlers.relay.families import Family, mine, taught
from handlers.relay.rules import same_child
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject
from storage import leave, talks
from storage.engine import Db
from storage.schedule import Occurrence
from storage.talks import Talk

_FAMILY = ("leave_request", "late_report", "leave_cancel", "pickup_change")
_STAFF = ("query_leave", "leave_approve")


class LeaveFeature:
    """See the module."""

    name = "leave"
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {telling.CANCELLED: _still_cancelled}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """One line of a family's, or a teacher's question; whatever asks or is in danger is a message."""
        own = OWN.fullmatch(reading.clean) is not None
        if not own and reading.intent not in _FAMILY + _STAFF:  # most messages are about something else
            return None
        # A recording is read by its transcript; a picture is for the teacher to see.
        if message.chat.kind != "private" or (message.attachments and message.kind != "voice"):
            return None
        if reading.danger is not None or relay.wants_no_name(reading.clean):
            return None
        said = Said(reading.intent, reading.raw, reading.slots)
        return _by_staff(said) if taught(ctx) else _by_family(ctx, said, own=own)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Write down and say back, list, or ask."""
        if not isinstance(match, Said):
            return []
        if match.intent == "own_leave":
            return _own(ctx)
        if match.intent == "leave_approve":
            return staff.approve(ctx, message, match)
        if match.intent == "query_leave":
            return _staff(ctx, message, match)
        return _family(ctx, message, match)

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """A day, a name, a yes or the symptoms; anything else goes on as if nothing had been asked."""
        pictures = message.attachments and message.kind != "voice"
        if talk.feature != self.name or pictures or reading.danger is not None:
            return None
        state = asking.state_of(talk)
        op, labels = str(state["op"]), [str(each) for each in _listed(state, "labels")]
        if op == "symptom":
            return _symptom(ctx, message, reading, talk)
        if op == "pickup" and reading.intent in ("confirm_yes", "confirm_no"):
            return _answered(ctx, message, talk, 0 if reading.intent == "confirm_yes" else 1)
        if op == "day":
            clear = reading.intent not in ("unclear", asking.said_in(state).intent)
            return None if clear else _day_said(ctx, message, talk)
        word = reading.clean
        hits = [at for at, label in enumerate(labels) if len(word) > 1 and word in label]
        return _answered(ctx, message, talk, hits[0]) if len(hits) == 1 else None

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """「知道了」, or the answer to a question."""
        if choice.thing.kind == telling.THING:
            return staff.seen(ctx, choice.thing.id)
        who = ctx.person.id if ctx.person else ""
        talk = talks.current(ctx.db, message.talk, who, ctx.now)
        if talk is None or talk.id != choice.thing.id:
            return [Reply(Asker(), texts.TALK_OVER)]
        return _answered(ctx, message, talk, int(choice.action))

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What did not reach the teacher is told to the family."""
        return telling.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Seven o'clock."""
        return telling.due(ctx, occurrence)


def _by_staff(said: Said) -> Said | None:
    if said.intent == "leave_approve":
        return said if APPROVES.search(said.words) else None
    if said.intent != "query_leave":
        return None
    # Without a name or a word that asks, 「没有人请假」 might be the answer to somebody's leave.
    asks = rules.asks(said.words) or LISTS.search(said.words)
    return said if asks or said.slots.get("child") else None


def _by_family(ctx: Ctx, said: Said, *, own: bool) -> Said | None:
    if not mine(ctx):
        return None
    if own:
        return replace(said, intent="own_leave")
    if said.intent not in _FAMILY or rules.asks(said.words):
        return None
    if said.intent == "leave_request" and rules.stops_something(said.words):
        return None
    return None if said.intent == "pickup_change" and not said.slots.get("person") else said


def _still_cancelled(db: Db, subject: Subject) -> bool:
    row = leave.get(db, subject.id)
    return row is not None and row.cancelled_at is not None


def _listed(state: Mapping[str, object], name: str) -> list[object]:
    held = state.get(name)
    return held if isinstance(held, list) else []


def _staff(ctx: Ctx, message: Message, said: Said) -> Sequence[Act]:
    """A question for the list, or a pupil who is away; a teacher's own child's leave is a parent's."""
    child = said.slots.get("child", "")
    if not child or rules.asks(said.words) or LISTS.search(said.words):
        return staff.listed(ctx, said)
    own = tuple(family.pupil_id for family in mine(ctx) if same_child(child, family.child))
    if own:
        return _family(ctx, message, replace(said, intent="leave_request", pupils=own))
    return staff.recorded(ctx, message, said)


def _family(ctx: Ctx, message: Message, said: Said) -> Sequence[Act]:
    """A family's line: the child first, then the day, then what it is."""
    families = asking.meant(ctx, said)
    if families is None:
        return _to_relay(ctx, message, said)
    if said.intent == "leave_cancel":
        # Nothing is cancelled on likeness alone: without a word that says so it is asked about.
        sure = CANCELS.search(said.words) is not None
        return recording.cancel(ctx, message, said, families or mine(ctx), sure=sure)
    if not families:
        children = mine(ctx)
        state = asking.kept(said, pupils=[family.pupil_id for family in children])
        labels = [family.child for family in children]
        return [asking.ask(ctx, message, texts.WHICH_CHILD, "child", labels, state)]
    found = recording.days_for(ctx, said, families[0].of.id)
    if isinstance(found, rules.Unsure):
        labels = [say_day(day) for day in found.proposals]
        state = asking.kept(said, days=[day.isoformat() for day in found.proposals])
        return [asking.ask(ctx, message, texts.which_day(found.proposals), "day", labels, state)]
    if isinstance(found, rules.No):
        return _no(ctx, message, said, families[0], found)
    return _decided(ctx, message, said, families, found.days)


def _decided(
    ctx: Ctx, message: Message, said: Said, families: Sequence[Family], days: Sequence[date]
) -> Sequence[Act]:
    if said.intent == "leave_request":
        return recording.away(ctx, message, said, families, days)
    if said.intent == "late_report":
        return [act for family in families for act in recording.late(ctx, said, family, days[0])]
    return [pickup.question(ctx, message, said, families, days[0])]


def _no(ctx: Ctx, message: Message, said: Said, family: Family, no: rules.No) -> Sequence[Act]:
    if no.why == "unknown":
        return _to_relay(ctx, message, said)
    if said.intent == "pickup_change" and no.why == "free":
        return [Reply(Asker(), texts.free_for_pickup(no.day))]
    if said.slots.get("date") == "VACATION":
        return [Reply(Asker(), texts.VACATION)]
    return [Reply(Asker(), recording.refused(no, family.child))]


def _to_relay(ctx: Ctx, message: Message, said: Said) -> list[Act]:
    """What is not for us to write down is a message for the teacher, as it was said."""
    passed = relay.FEATURE.handle(ctx, message, relay.FreeText(said.words))
    return [replace(act, owner=relay.FEATURE.name) if isinstance(act, Reply) else act for act in passed]


def _own(ctx: Ctx) -> list[Act]:
    since = rules.open_from(ctx.local)
    rows = [row for family in mine(ctx) for row in leave.coming(ctx.db, family.pupil_id, since)]
    requests = list(dict.fromkeys(row.request_id for row in rows))
    if not requests:
        return [Reply(Asker(), texts.NO_OWN_LEAVE)]
    groups = [[row for row in rows if row.request_id == request] for request in requests]
    lines = [telling.line_for_family(ctx, group) for group in groups[:10]]
    return [Reply(Asker(), texts.own(lines))]


# Answers


def _symptom(ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
    if reading.intent != "unclear" or not rules.answers(message.text):
        return None
    asking.close(ctx, talk)
    requests = [str(each) for each in _listed(asking.state_of(talk), "requests")]
    return recording.add_symptom(ctx, requests, message.text) or None


def _day_said(ctx: Ctx, message: Message, talk: Talk) -> Sequence[Act] | None:
    """A day in words answers the question which one is meant."""
    said = asking.said_in(asking.state_of(talk))
    if len(message.text) > 20 or rules.asks(message.text) or not rules.names_a_day(message.text, ctx.local):
        return None
    children = asking.meant(ctx, said)
    if not children:
        return None
    found = recording.days_for(ctx, replace(said, words=message.text), children[0].of.id)
    if not isinstance(found, rules.Days):
        return None
    asking.close(ctx, talk)
    return _decided(ctx, message, said, children, found.days)


def _answered(ctx: Ctx, message: Message, talk: Talk, at: int) -> Sequence[Act]:
    asking.close(ctx, talk)
    state = asking.state_of(talk)
    said = asking.said_in(state)
    match state["op"]:
        case "child":
            return _family(ctx, message, replace(said, pupils=(str(_listed(state, "pupils")[at]),)))
        case "pupil":
            return staff.recorded(ctx, message, replace(said, pupils=(str(_listed(state, "pupils")[at]),)))
        case "day":
            return _family(ctx, message, replace(said, day=str(_listed(state, "days")[at])))
        case "pickup":
            return pickup.agreed(ctx, state, said) if at == 0 else [Reply(Asker(), texts.PICKUP_DROPPED)]
        case "cancel":
            ids = _listed(state, "rows")[at]
            rows = [leave.get(ctx.db, str(each)) for each in (ids if isinstance(ids, list) else [])]
            return recording.taken_back(ctx, [row for row in rows if row is not None])
        case "seen":
            return staff.seen(ctx, str(_listed(state, "requests")[at]))
        case _:
            return [Reply(Asker(), texts.TALK_OVER)]


FEATURE = LeaveFeature()
