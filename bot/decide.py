"""Joins a row to the rules: who wrote, which school, which feature; and puts the replies in the outbox.

Everything here runs inside one unit of work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot import trace
from bot.command import UpdateCard
from bot.letters import Origin, Post
from bot.meanings import Ahead, Meanings
from bot.payloads import do_of, outcome_of, plain_of, record_outcome
from bot.pressing import read_press
from bot.received import Received, read_event, read_payload
from config.clock import Clock
from config.ids import new_id
from handlers import router
from handlers.context import Ctx
from handlers.digest.desks import teaches
from handlers.reply import Act, Asker, Outcome, Reply, Subject, Thing
from handlers.texts import APOLOGY
from jobs import call_again
from jobs.ticker import plan_jobs
from jobs.timetable import FEATURE, job_of
from storage import card_codes, outbox, people, schedule, schools
from storage.engine import Db
from storage.inbox import Claimed
from storage.outbox import Row
from storage.schedule import Occurrence
from storage.schools import School

Decided = Iterable[tuple[str, Act]]
_ALL = 1_000_000


class Decider:
    """The decisions of one installation.

    Args:
        post: Takes the replies.
        corps: The organisation behind each configured app.
        clock: For the moment of a decision.
    """

    def __init__(self, post: Post, corps: Mapping[str, str], clock: Clock) -> None:
        self._post = post
        self._corps = corps
        self._clock = clock
        self.meanings = Meanings()

    def row(self, db: Db, claimed: Claimed, ahead: Ahead | None) -> UpdateCard | None:
        """Decide one inbox row; returns a pressed card's new look, for whoever waits to show it."""
        match claimed.kind:
            case "press":
                return self._press(db, claimed)
            case "outcome":
                self._outcome(db, claimed.payload)
            case "event":
                self._event(db, claimed)
            case _:
                self._message(db, claimed, ahead)
        return None

    def _press(self, db: Db, claimed: Claimed) -> UpdateCard | None:
        """A press is a message without words, in private; the button's token says what was meant."""
        pressed = read_press(claimed.id, claimed.payload, claimed.received_at)
        ctx = self._context(db, Received(pressed.message))
        trace.note(trace.ROUTER, claimed.id)
        press = router.route_press(ctx, pressed.message, pressed.token) if ctx is not None else None
        if ctx is None or press is None:
            return None
        origin = Origin(pressed.message, None)
        if not pressed.track:  # what was pressed cannot be changed: the answer is words of its own
            self._put(ctx, press.acts, origin)
            return None
        if pressed.code:
            card_codes.put(db, pressed.track, pressed.code, self._clock.now())
        return self._post.press(ctx, press, pressed.track, origin)

    def _event(self, db: Db, claimed: Claimed) -> None:
        """Nobody said it: a feature may have something to look up."""
        happened = read_event(claimed.payload.encode())
        school = schools.by_corp(db, self._corps.get(happened.app, "")) if happened is not None else None
        if happened is not None and school is not None:
            ctx = self._ctx(db, school)
            self._put(ctx, router.event(ctx, happened.event), None)

    def _message(self, db: Db, claimed: Claimed, ahead: Ahead | None) -> None:
        received = _received(claimed)
        ctx = self._context(db, received)
        if ctx is None:  # no school has been set up for this app yet
            return
        if received.quota:
            self._put(ctx, router.withheld(ctx), Origin(received.message, received.session))
            return
        reading = self.meanings.of(received.message, _role(ctx), ahead)
        trace.note(trace.ROUTER, claimed.id)
        decided = router.route(ctx, received.message, reading)
        self._put(ctx, decided, Origin(received.message, received.session))

    def _context(self, db: Db, received: Received) -> Ctx | None:
        message = received.message
        school = schools.by_corp(db, self._corps.get(message.chat.app, ""))
        if school is None:
            return None
        sender = message.sender
        person = people.by_identity(db, sender.kind, sender.corp, sender.id)
        ctx = self._ctx(db, school)
        if person is None or person.school_id != school.id:  # another school's people are strangers here
            return ctx
        return Ctx(db, ctx.now, school, person, people.roles(db, person.id), new_id)

    def _ctx(self, db: Db, school: School, now: datetime | None = None) -> Ctx:
        return Ctx(db, now or self._clock.now(), school, None, (), new_id)

    def _outcome(self, db: Db, payload: str) -> None:
        feature, school_id, outcome = outcome_of(payload)
        school = schools.get(db, school_id) if school_id else None
        if school is None:
            return
        ctx = self._ctx(db, school)
        self._put(ctx, router.outcome(ctx, feature, outcome), None)

    def occurrence(self, db: Db, occurrence: Occurrence, now: datetime) -> None:
        """Act on something that has become due."""
        school = schools.get(db, occurrence.school_id)
        if school is None:
            return
        ctx = self._ctx(db, school, now)
        if occurrence.feature != FEATURE:
            self._put(ctx, router.due(ctx, occurrence), None)
            return
        job = job_of(occurrence.kind)
        if job is not None:
            job.run(ctx)
        plan_jobs(db, school, now, new_id)

    def begin(self, db: Db) -> None:
        """At start: today's occurrences and the next run of each job stand in the schedule."""
        for school in schools.all_schools(db):
            ctx = self._ctx(db, school)
            plan_jobs(db, school, ctx.now, new_id)
            job = job_of("job.plan_day")
            if job is not None:
                job.run(ctx)

    def call_again(self, db: Db) -> None:
        """Each minute: no open case waits for a call that was lost."""
        for school in schools.all_schools(db):
            call_again.run(self._ctx(db, school))

    def in_doubt(self, db: Db, rows: list[Row]) -> None:
        """Tell the teachers of sends nobody can know the end of, in one message each."""
        said = [row for row in rows if do_of(row) == "say" and not router.keeps_its_doubts(row.feature)]
        for row in rows:
            if row not in said:  # no words to send again, or not for everybody: whoever asked for it decides
                record_outcome(db, row, outbox.UNKNOWN, "crashed", self._clock.now())
        for school in schools.all_schools(db) if said else ():
            mine = [_in_doubt(row, "crashed") for row in said if row.school_id == school.id]
            if mine:
                ctx = self._ctx(db, school)
                self._put(ctx, router.summary(ctx, mine), None)

    def restored(self, db: Db) -> None:
        """A database put back from a copy: hold what it had queued and what has become due since."""
        now = self._clock.now()
        held = [row for row in outbox.quarantine(db, now) if do_of(row) == "say"]
        rows = [row for row in held if not router.keeps_its_doubts(row.feature)]
        for row in held:
            if row not in rows:
                record_outcome(db, row, outbox.UNKNOWN, "restored", now)
        for occurrence in schedule.due(db, now, _ALL):
            if occurrence.feature != FEATURE:
                schedule.take(db, occurrence, now)
        for school in schools.all_schools(db):
            ctx = self._ctx(db, school)
            mine = [_in_doubt(row, "restored") for row in rows if row.school_id == school.id]
            self._put(ctx, router.restored(ctx, mine), None)

    def wanted(self, db: Db, row: Row) -> bool:
        """Right before sending: is what the row depends on still as it was?"""
        subject = Subject(row.subject_kind or "", row.subject_id or "", row.subject_version)
        return router.wanted(db, row.feature, subject)

    def apologise(self, db: Db, claimed: Claimed) -> None:
        """The row was set aside: its writer is told, in one sentence."""
        if claimed.kind not in ("message", "press"):
            return
        received = _received(claimed) if claimed.kind == "message" else _pressed(claimed)
        ctx = self._context(db, received)
        if ctx is not None and received.message.chat.kind == "private":
            self._put(ctx, [("help", Reply(Asker(), APOLOGY))], Origin(received.message, received.session))

    def _put(self, ctx: Ctx, decided: Decided, origin: Origin | None) -> None:
        self._post.put(ctx, decided, origin)


def _role(ctx: Ctx) -> str:
    """Whose words are read: who teaches is read as a teacher, everybody else as a parent."""
    return "teacher" if teaches(ctx) else "parent"


def _received(claimed: Claimed) -> Received:
    return read_payload(claimed.id, claimed.payload.encode(), claimed.received_at)


def _pressed(claimed: Claimed) -> Received:
    return Received(read_press(claimed.id, claimed.payload, claimed.received_at).message)


def _in_doubt(row: Row, code: str) -> Outcome:
    thing = Thing(row.thing_kind, row.thing_id) if row.thing_kind and row.thing_id else None
    return Outcome(row.id, "unknown", code, thing, plain_of(row.payload), row.to_person, row.to_class)
