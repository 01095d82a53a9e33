"""Weekly stars as a feature: 「小明评劳动之星」, a list on the week's last day, one tap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from handlers.context import Ctx
from handlers.digest.desks import Desk, desks, named, teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Asker, Choice, Outcome, Reply, Subject, ToPerson
from handlers.stars import choosing, publishing, rules, texts, words
from handlers.stars.publishing import NAME, POST, THING
from storage import classes, numbers, people, preferences, schedule, stars
from storage.classes import SchoolClass
from storage.engine import Db
from storage.schedule import Occurrence

CARD, OFF = "stars.card", "off"
"""The occurrence, and the class's preference that ends it."""
AT = time(12)
_Say = Callable[[Ctx, SchoolClass], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a class teacher wants of the stars.

    Args:
        of: Whose; None where the writer is no class teacher.
        said: What is done, and said about it.
        shown: Whether the week's list is wanted.
        picture: Whether its poster is.
    """

    of: SchoolClass | None
    said: _Say | None = None
    shown: bool = False
    picture: bool = False


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
            return Wanted(None) if rules.dimensions_in(line) and not words.PRAISE.match(line) else None
        return _wish(ctx, deciding, line)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Write down, list, change, or tell who has not been one."""
        if not isinstance(match, Wanted):
            return []
        if match.of is None:
            return [Reply(Asker(), texts.ONLY_TEACHER)]
        if match.picture:
            week = rules.week_of(ctx.local.date())
            found = stars.of_week(ctx.db, match.of.id, week, ("chosen", "published"))
            found = found or stars.of_week(ctx.db, match.of.id, week, choosing.OPEN)
            return [publishing.poster(ctx, match.of, found) if found else Reply(Asker(), texts.NOTHING)]
        if match.shown:
            return choosing.listed(ctx, match.of)
        return [Reply(Asker(), match.said(ctx, match.of))] if match.said else []

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
    return star is not None and star.state == "chosen"


def _about_stars(line: str) -> bool:
    return texts.STAR in line or any(
        pattern.fullmatch(line)
        for pattern in (words.LIST, words.NOT_YET, words.POSTER, words.DROP, words.REWORD)
    )


def _wish(ctx: Ctx, mine: Sequence[SchoolClass], line: str) -> Wanted | None:
    """Which of it; a class is found by the child where the teacher has several."""
    if words.NOT_YET.fullmatch(line):
        return Wanted(mine[0], said=choosing.not_yet)
    if words.POSTER.fullmatch(line):
        return Wanted(mine[0], picture=True)
    if words.LIST.fullmatch(line):
        return Wanted(mine[0], shown=True)
    changed = next((found for of in mine if (found := _change(ctx, of, line)) is not None), None)
    if changed is not None or not rules.dimensions_in(line) or words.PRAISE.match(line):
        return changed
    for of in mine:
        wanted = rules.proposals(line, choosing.named(ctx, of, line))
        if wanted:
            return Wanted(of, said=lambda ctx, of, wanted=wanted: choosing.propose(ctx, of, wanted))  # type: ignore[misc]
    return Wanted(mine[0], said=lambda _ctx, _of: texts.NO_PUPIL)


def _change(ctx: Ctx, of: SchoolClass, line: str) -> Wanted | None:
    """「小明不评了」, 「小明的事迹改成……」, while the child stands in the open list."""
    dropped = words.DROP.fullmatch(line)
    star = choosing.meant(ctx, of, dropped["name"]) if dropped else None
    if dropped is not None and star is not None:
        gone, name = star, dropped["name"]
        return Wanted(of, said=lambda ctx, _of: choosing.drop(ctx, gone, name))
    again = words.REWORD.fullmatch(line)
    star = choosing.meant(ctx, of, again["name"]) if again else None
    if again is None or star is None:
        return None
    kept, deed = star, again["deed"]
    return Wanted(of, said=lambda ctx, of: choosing.reword(ctx, of, kept, deed))


FEATURE = Stars()
