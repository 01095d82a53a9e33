"""The chosen stars go to the class, then as good news to each family; the poster goes to the teacher."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zlib import crc32

from handlers import guard
from handlers.broadcast import SKIPPED, Post, post
from handlers.context import Ctx
from handlers.digest.compose import agreed, mentioned
from handlers.digest.desks import along
from handlers.digest.rules import hide_names
from handlers.guard.texts import reason
from handlers.language.say import say_day, say_time
from handlers.reply import Act, Asker, Drawn, Outcome, Reply, Thing, ToPerson
from handlers.stars import choosing, rules, texts
from handlers.stars.choosing import OPEN
from storage import access, classes, consent, people, schedule, stars
from storage.access import System
from storage.classes import SchoolClass
from storage.engine import Db
from storage.stars import Star, State

NAME = THING = "stars"
POST, PICTURE = "stars.post", "stars_poster"
SELF = System(NAME)
_CHOSEN: tuple[State, ...] = ("chosen",)
_CLOSING = 21


def choose(ctx: Ctx, of: SchoolClass, week: date) -> list[Act]:
    """「就这些」: said when they go out, with the poster; the group sees them beside the day's digest."""
    found = stars.of_week(ctx.db, of.id, week, OPEN)
    if not found or not stars.set_state(ctx.db, [one.id for one in found], OPEN, "chosen"):
        return [Reply(Asker(), texts.OVER)]
    at = along(ctx, of.id)
    if at is None:
        return [Reply(Asker(), texts.OVER)]
    local = at.astimezone(ctx.local.tzinfo)
    _plan(ctx, of, at)
    said = texts.chosen(texts.moment(say_day(local.date()), say_time(local)))
    return [Reply(Asker(), said), poster(ctx, of, found)]


def _plan(ctx: Ctx, of: SchoolClass, at: datetime) -> None:
    local = at.astimezone(ctx.local.tzinfo).strftime("%Y-%m-%dT%H:%M")
    schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, POST, of.id, local, at)


def skip(ctx: Ctx, of: SchoolClass, week: date) -> list[Act]:
    """「这周不评」."""
    found = stars.of_week(ctx.db, of.id, week, ("proposed", "chosen"))
    stars.set_state(ctx.db, [one.id for one in found], ("proposed", "chosen"), "dropped")
    return [Reply(Asker(), texts.SKIPPED)]


def poster(ctx: Ctx, of: SchoolClass, found: Sequence[Star]) -> Reply:
    """The poster for whoever asked, to forward or print."""
    return Reply(Asker(), texts.CAPTION, thing=Thing(PICTURE, of.id), file=_drawn(ctx, of, found))


def this_week(ctx: Ctx, of: SchoolClass) -> Reply:
    """The poster of what was chosen this week, else of what is proposed."""
    week = rules.week_of(ctx.local.date())
    found = stars.of_week(ctx.db, of.id, week, ("chosen", "published"))
    found = found or stars.of_week(ctx.db, of.id, week, choosing.OPEN)
    return poster(ctx, of, found) if found else Reply(Asker(), texts.NOTHING)


def _drawn(ctx: Ctx, of: SchoolClass, found: Sequence[Star]) -> Drawn:
    """The week as a picture: names as the group may read them."""
    shown = _shown(ctx, of, found)
    data: dict[str, Any] = {
        "title": texts.HEADING,
        "class": of.name,
        "week": choosing.days(found[0].week),
        "teacher": choosing.teacher(ctx, of),
        "stars": [
            {"dimension": f"{one.dimension}{texts.STAR}", "name": name, "deed": deed}
            for one, (name, deed) in zip(found, shown, strict=True)
        ],
    }
    return Drawn("poster", texts.POSTER, data)


def _shown(ctx: Ctx, of: SchoolClass, found: Sequence[Star]) -> list[tuple[str, str]]:
    """Name and deed as everybody may read them: any child of the class only if its family agreed."""
    names = choosing.child_names(ctx, found)
    states = consent.states(ctx.db, [one.pupil_id for one in found], "praise_name")
    return [
        (
            names.get(one.pupil_id, "") if states.get(one.pupil_id) == "given" else texts.SOMEBODY,
            _without_names(ctx, of, one.deed),
        )
        for one in found
    ]


def _without_names(ctx: Ctx, of: SchoolClass, deed: str) -> str:
    """A deed may speak of other children: 「帮乐乐收拾书包」."""
    hits = mentioned(ctx, of.id, "praise", deed)
    return hide_names(deed, hits, agreed(ctx, hits)) if hits else deed


def due(ctx: Ctx, of: SchoolClass) -> list[Act]:
    """A minute before the digest: what was chosen, if it still may be posted."""
    found = stars.chosen(ctx.db, of.id)
    if not found or ctx.local.hour >= _CLOSING:
        stars.set_state(ctx.db, [one.id for one in found], _CHOSEN, "proposed")
        return _to_teacher(ctx, of, texts.NOT_SENT) if found else []
    lines = [
        texts.line(one.dimension, name, deed)
        for one, (name, deed) in zip(found, _shown(ctx, of, found), strict=True)
    ]
    text = texts.post(of.name, choosing.days(found[0].week), lines)
    verdict = guard.look(ctx, of.id, text, now=True)
    if verdict.verdict == "block":
        stars.set_state(ctx.db, [one.id for one in found], _CHOSEN, "proposed")
        return _to_teacher(ctx, of, texts.stopped(reason(verdict)))
    day = ctx.local.date()
    deadline = ctx.calendar.at(day, datetime.min.time().replace(hour=_CLOSING))
    made = Post(
        of.id,
        day,
        NAME,
        Thing(THING, found[0].id),
        agreement(ctx.db, found),
        texts.title(of.name),
        text,
        deadline,
        _drawn(ctx, of, found),
    )
    acts = post(ctx, made)
    if acts is None:
        stars.set_state(ctx.db, [one.id for one in found], _CHOSEN, "proposed")
        return _to_teacher(ctx, of, texts.NOT_SENT)
    return acts


def agreement(db: Db, found: Sequence[Star]) -> int:
    """What a post of these stars depends on: whose family agrees that the child is named."""
    states = consent.states(db, [one.pupil_id for one in found], "praise_name")
    return crc32(",".join(f"{who}:{state}" for who, state in sorted(states.items())).encode()) >> 1


def _to_teacher(ctx: Ctx, of: SchoolClass, text: str) -> list[Act]:
    found = people.class_teacher(ctx.db, of.id)
    return [Reply(ToPerson(found.id), text, arrival="must")] if found else []


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """In the group: each family hears its own good news. Not there: the teacher hears of that."""
    if result.thing is not None and result.thing.kind == PICTURE:
        failed = result.kind in ("refused", "expired") and result.to_person is not None
        return [Reply(ToPerson(result.to_person or ""), texts.NO_POSTER)] if failed else []
    star = stars.get(ctx.db, result.thing.id) if result.thing and result.to_class else None
    of = classes.get(ctx.db, star.class_id) if star else None
    if star is None or of is None:
        return []
    found = stars.of_week(ctx.db, of.id, star.week, _CHOSEN)
    ids = [one.id for one in found]
    if result.kind == "sent":
        stars.set_state(ctx.db, ids, _CHOSEN, "published")
        return _good_news(ctx, of, found)
    if result.kind == "withdrawn" and result.code != SKIPPED:
        return due(ctx, of) if found else []  # a family has changed its word meanwhile
    if result.kind == "withdrawn":
        stars.set_state(ctx.db, ids, _CHOSEN, "proposed")
        return []
    if result.kind == "unknown":  # it may hang there: nobody posts it twice
        stars.set_state(ctx.db, ids, _CHOSEN, "published")
        return _to_teacher(ctx, of, texts.MAYBE)
    stars.set_state(ctx.db, ids, _CHOSEN, "proposed")
    return _to_teacher(ctx, of, texts.NOT_SENT)


def _good_news(ctx: Ctx, of: SchoolClass, found: Sequence[Star]) -> list[Act]:
    names, by = choosing.child_names(ctx, found), choosing.teacher(ctx, of)
    deeds = {one.id: _without_names(ctx, of, one.deed) for one in found}
    bound = access.bound_guardians(ctx.db, SELF, [one.pupil_id for one in found])
    return [
        Reply(
            ToPerson(guardian),
            texts.good_news(names[one.pupil_id], of.name, one.dimension, deeds[one.id], by),
            file=_certificate(of, one, names[one.pupil_id], deeds[one.id], by),
        )
        for one in found
        if one.pupil_id in names
        for guardian in bound.get(one.pupil_id, {})
    ]


def _certificate(of: SchoolClass, star: Star, child: str, deed: str, teacher: str) -> Drawn:
    """The same to keep, and to send to the grandparents; names no other child."""
    data = {
        "title": texts.GOOD_NEWS,
        "class": f"{of.name} {texts.HEADING}",
        "name": child,
        "dimension": f"{star.dimension}{texts.STAR}",
        "deed": deed,
        "week": choosing.days(star.week),
        "teacher": teacher,
    }
    return Drawn("certificate", texts.CERTIFICATE, data)
