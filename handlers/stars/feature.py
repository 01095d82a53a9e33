"""Weekly stars as a feature: 「小明评劳动之星」, a list on the week's last day, one tap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

from handlers.context import Ctx
from handlers.digest.desks import Desk, desks, named, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject, ToPerson
from handlers.stars import choosing, publishing, rules, texts, words
from handlers.stars.publishing import NAME, POST, THING
from handlers.stars.rules import Proposal
from storage import classes, numbers, people, preferences, schedule, stars
from storage.classes import SchoolClass
from storage.engine import Db
from storage.schedule import Occurrence
from storage.stars import Star

CARD, OFF = "stars.card", "off"
"""The occurrence, and the class's preference that ends it."""
AT = time(12)


@dataclass(frozen=True, slots=True)
class Asked:
    """A class teacher asks for something to look at.

    Args:
        what: The week's ``list``, its ``poster``, or who has ``not_yet`` been one this term.
    """

    of: SchoolClass
    what: Literal["list", "poster", "not_yet"]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line names stars; none where no child of the class is meant."""

    of: SchoolClass
    stars: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A star of the week's list is to go, or to read differently.

    Args:
        name: The child as it was named.
        deed: New words or another dimension; None if it is to go.
    """

    of: SchoolClass
    star: Star
    name: str
    deed: str | None


@dataclass(frozen=True, slots=True)
class NotTheirs:
    """Somebody who is no class teacher names a star."""


class Stars:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {THING: _wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher's line about stars; most lines have none in them."""
        if message.chat.kind != "private" or message.attachments or reading.danger is not None:
            return None
        line = reading.raw.strip()
        if not teaches(ctx) or not _about_stars(line):
            return None
        mine = desks(ctx)
        meant = named(ctx, reading.slots["class"], mine) if "class" in reading.slots else mine
        chosen = [desk for desk in meant if isinstance(desk, Desk)]
        deciding = [desk.of for desk in chosen if desk.decides]
        if not deciding:
            return NotTheirs() if rules.dimensions_in(line) and not words.PRAISE.match(line) else None
        return _wish(ctx, deciding, line)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Write down, list, change, or tell who has not been one."""
        match match:
            case NotTheirs():
                return [Reply(Asker(), texts.ONLY_TEACHER)]
            case Proposed(of, named):
                return [Reply(Asker(), choosing.propose(ctx, of, named) if named else texts.NO_PUPIL)]
            case Changed(_, star, name, None):
                return [Reply(Asker(), choosing.drop(ctx, star, name))]
            case Changed(of, star, _, str() as deed):
                return [Reply(Asker(), choosing.reword(ctx, of, star, deed))]
            case Asked(of, "list"):
                return choosing.listed(ctx, of)
            case Asked(of, "not_yet"):
                return [Reply(Asker(), choosing.not_yet(ctx, of))]
            case Asked(of, "poster"):
                return [publishing.this_week(ctx, of)]
            case _:
                return []

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """「就这些」, 「这周不评」: only the class teacher decides."""
        of = classes.get(ctx.db, choice.thing.id)
        decides = of is not None and any(desk.of.id == of.id and desk.decides for desk in desks(ctx))
        if of is None or not decides:
            return [Reply(Asker(), texts.ONLY_TEACHER)]
        action, _, week = choice.action.partition(":")
        numbers.close(ctx.db, choosing.CARD, of.id)
        if action == "choose":
            return publishing.choose(ctx, of, date.fromisoformat(week))
        if action == "never":
            by = ctx.person.id if ctx.person else None
            preferences.put(ctx.db, ctx.new_id, ctx.now, "class", of.id, CARD, OFF, by)
            return [Reply(Asker(), texts.NOT_ASKED)]
        return publishing.skip(ctx, of, date.fromisoformat(week))

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What became of the post, or of the poster."""
        return publishing.outcome(ctx, outcome)

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Noon of the week's last school day, or a minute before the digest."""
        of = classes.get(ctx.db, occurrence.subject_id)
        if of is None:
            return []
        if occurrence.kind == POST:
            return publishing.due(ctx, of)
        teacher = people.class_teacher(ctx.db, of.id)
        off = preferences.get(ctx.db, "class", of.id, CARD, "") == OFF
        if teacher is None or off or ctx.local.date().isoformat() != occurrence.local_time[:10]:
            return []
        return choosing.card(ctx, of, rules.week_of(ctx.local.date()), ToPerson(teacher.id), quiet=True)


def plan_day(ctx: Ctx, of: SchoolClass, day: date) -> None:
    """On the week's last school day the list is shown at noon; who begins later is not asked that week."""
    if ctx.calendar.at(day, AT) > ctx.now and rules.is_last_school_day(ctx.calendar, day):
        local = f"{day.isoformat()}T{AT:%H:%M}"
        schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, CARD, of.id, local, ctx.calendar.at(day, AT))


def _wanted(db: Db, subject: Subject) -> bool:
    star = stars.get(db, subject.id)
    if star is None or star.state != "chosen":
        return False
    found = stars.chosen(db, star.class_id)
    return subject.version == publishing.agreement(db, found)


def _about_stars(line: str) -> bool:
    return texts.STAR in line or any(
        pattern.fullmatch(line)
        for pattern in (words.LIST, words.NOT_YET, words.POSTER, words.DROP, words.REWORD)
    )


def _wish(ctx: Ctx, mine: Sequence[SchoolClass], line: str) -> Asked | Proposed | Changed | None:
    """Which of it; a class is found by the child where the teacher has several."""
    if words.NOT_YET.fullmatch(line):
        return Asked(mine[0], "not_yet")
    if words.POSTER.fullmatch(line):
        return Asked(mine[0], "poster")
    if words.LIST.fullmatch(line):
        return Asked(mine[0], "list")
    changed = next((found for of in mine if (found := _change(ctx, of, line)) is not None), None)
    if changed is not None or not rules.dimensions_in(line) or words.PRAISE.match(line):
        return changed
    for of in mine:
        wanted = rules.proposals(line, choosing.named(ctx, of, line))
        if wanted:
            return Proposed(of, tuple(wanted))
    return Proposed(mine[0], ())


def _change(ctx: Ctx, of: SchoolClass, line: str) -> Changed | None:
    """「小明不评了」, 「小明的事迹改成……」, while the child stands in a list that is not posted."""
    found = words.DROP.fullmatch(line) or words.REWORD.fullmatch(line)
    star = choosing.meant(ctx, of, found["name"]) if found else None
    if found is None or star is None:
        return None
    return Changed(of, star, found["name"], found.groupdict().get("deed"))


FEATURE = Stars()
