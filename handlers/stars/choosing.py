"""Proposing stars in words, the week's list on Friday, and what the teacher changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from handlers import guard
from handlers.context import Ctx
from handlers.digest.compose import SELF, mentioned, roster
from handlers.guard.texts import reason
from handlers.language.say import say_short_day
from handlers.reply import Asker, Audience, Button, Reply, Thing
from handlers.stars import rules, texts, words
from handlers.stars.rules import Named, Proposal
from storage import access, digests, people, stars
from storage.access import Denied
from storage.classes import SchoolClass
from storage.stars import Star, State

CARD = "stars_card"
"""The week's list; the id is the class's."""
OPEN: tuple[State, ...] = ("proposed",)
NOT_OUT: tuple[State, ...] = ("proposed", "chosen")
_OUT: tuple[State, ...] = ("published",)
_TERM = timedelta(days=150)
_NAMES = 10


def named(ctx: Ctx, of: SchoolClass, line: str) -> list[Named]:
    """The children of a class a line names."""
    return [Named(one.start, one.end, one.pupil_ids) for one in mentioned(ctx, of.id, "praise", line)]


def propose(ctx: Ctx, of: SchoolClass, wanted: Sequence[Proposal]) -> str:
    """Write stars down, all or none; the echo, or what is not clear."""
    names = dict(roster(ctx, of.id))
    for one in wanted:
        if len(one.pupil_ids) != 1:
            return texts.which(one.who, [names[each] for each in one.pupil_ids if each in names])
        if len(one.deed) > rules.LONGEST:
            return texts.too_long(len(one.deed), rules.LONGEST)
        verdict = guard.look(ctx, of.id, one.deed) if one.deed else None
        if verdict is not None and verdict.verdict == "block":
            return texts.stopped(reason(verdict))
    week = rules.week_of(ctx.local.date())
    if stars.of_week(ctx.db, of.id, week, ("chosen", "published")):
        week += timedelta(days=7)
    there = stars.of_week(ctx.db, of.id, week, OPEN)
    if len(there) + len(wanted) > rules.MOST:
        return texts.too_many(rules.MOST)
    for one in wanted:
        stars.propose(ctx.db, _star(ctx, of, week, one.pupil_ids[0], one.dimension, one.deed))
    return texts.recorded(
        [texts.line(one.dimension, names.get(one.pupil_ids[0], one.who), one.deed) for one in wanted]
    )


def _star(ctx: Ctx, of: SchoolClass, week: date, pupil_id: str, dimension: str, deed: str) -> Star:
    by = ctx.person.id if ctx.person else ""
    return stars.new(ctx.new_id, ctx.school.id, of.id, week, pupil_id, dimension, deed, by, ctx.now)


def gather(ctx: Ctx, of: SchoolClass, week: date) -> None:
    """The week's praise of single children stands in the list, in the words it was given in."""
    there = {star.pupil_id for star in stars.of_week(ctx.db, of.id, week, ("proposed", "dropped"))}
    names = dict(roster(ctx, of.id))
    for ahead in range(7):
        digest = digests.for_day(ctx.db, of.id, week + timedelta(days=ahead))
        for note in digests.notes(ctx.db, digest.id) if digest else ():
            who = note.pupil_ids[0] if note.kind == "praise" and len(note.pupil_ids) == 1 else ""
            if who not in names or who in there or len(there) >= rules.MOST:
                continue
            deed = rules.deed_of(note.text, names[who])
            stars.propose(ctx.db, _star(ctx, of, week, who, rules.kind_of(deed), deed))
            there.add(who)


def card(ctx: Ctx, of: SchoolClass, week: date, to: Audience, *, quiet: bool = False) -> list[Reply]:
    """The week's list with what there is to decide; ``quiet`` says nothing where there is none."""
    if stars.of_week(ctx.db, of.id, week, _OUT):
        return [] if quiet else [Reply(to, texts.PUBLISHED)]
    gather(ctx, of, week)
    found = stars.of_week(ctx.db, of.id, week, OPEN)
    if not found:
        return [] if quiet else [Reply(to, texts.NOTHING)]
    names = dict(roster(ctx, of.id))
    lines = [texts.line(one.dimension, names.get(one.pupil_id, ""), one.deed) for one in found]
    held = stars.published_since(ctx.db, of.id, term_start(ctx))
    text = texts.card(of.name, days(week), lines, gentle=rules.one_sided(len(names), held))
    key = week.isoformat()
    never = (Button(texts.NEVER, f"never:{key}"),) if quiet else ()
    buttons = (Button(texts.CHOOSE, f"choose:{key}"), Button(texts.NONE, f"none:{key}"), *never)
    return [Reply(to, text, title=texts.HEADING, buttons=buttons, thing=Thing(CARD, of.id), arrival="must")]


def listed(ctx: Ctx, of: SchoolClass) -> list[Reply]:
    """「这周的每周之星」."""
    return card(ctx, of, rules.week_of(ctx.local.date()), Asker())


def days(week: date) -> str:
    """「10月12日–10月16日」."""
    return texts.week(say_short_day(week), say_short_day(week + timedelta(days=4)))


def term_start(ctx: Ctx) -> date:
    """The Monday in whose week the term began."""
    today = ctx.local.date()
    first = next(
        (term.first for term in ctx.calendar.terms if term.first <= today <= term.last), today - _TERM
    )
    return first - timedelta(days=first.weekday())


# Changes


def meant(ctx: Ctx, of: SchoolClass, name: str) -> Star | None:
    """The star a name belongs to, while the class has not read of it."""
    found = stars.of_week(ctx.db, of.id, rules.week_of(ctx.local.date()), NOT_OUT)
    hits = {each for one in named(ctx, of, name) if len(one.pupil_ids) == 1 for each in one.pupil_ids}
    mine = [star for star in found if star.pupil_id in hits]
    return mine[0] if len(mine) == 1 else None


def drop(ctx: Ctx, star: Star, name: str) -> str:
    """One is off the week's list."""
    stars.set_state(ctx.db, [star.id], NOT_OUT, "dropped")
    return texts.dropped(name)


def reword(ctx: Ctx, of: SchoolClass, star: Star, deed: str) -> str:
    """Another deed, or another dimension: 「小明改成阅读之星」."""
    names = dict(roster(ctx, of.id))
    who = names.get(star.pupil_id, "")
    kinds = rules.dimensions_in(deed)
    if kinds and words.DIMENSION.fullmatch(deed.rstrip(words.STOP)):
        stars.set_state(ctx.db, [star.id], NOT_OUT, "dropped")
        other = _star(ctx, of, star.week, star.pupil_id, kinds[0][2], star.deed)
        stars.propose(ctx.db, replace(other, state=star.state))
        return texts.reworded(texts.line(kinds[0][2], who, star.deed))
    if len(deed) > rules.LONGEST:
        return texts.too_long(len(deed), rules.LONGEST)
    verdict = guard.look(ctx, of.id, deed)
    if verdict.verdict == "block":
        return texts.stopped(reason(verdict))
    stars.reword(ctx.db, star, deed)
    return texts.reworded(texts.line(star.dimension, who, deed))


def not_yet(ctx: Ctx, of: SchoolClass) -> str:
    """Who has not been a star this term; for the class teacher alone, and without any number per child."""
    held = set(stars.published_since(ctx.db, of.id, term_start(ctx)))
    open_ = [name for pupil_id, name in roster(ctx, of.id) if pupil_id not in held]
    return texts.not_yet(open_[:_NAMES], len(open_)) if open_ else texts.EVERYBODY


def child_names(ctx: Ctx, found: Sequence[Star]) -> dict[str, str]:
    """The names of the stars' children, for the service's own work."""
    pupils = access.access_pupils(ctx.db, SELF, [one.pupil_id for one in found], "stars", now=ctx.now)
    return {} if isinstance(pupils, Denied) else {pupil.id: pupil.name for pupil in pupils}


def teacher(ctx: Ctx, of: SchoolClass) -> str:
    """The class teacher's name."""
    found = people.class_teacher(ctx.db, of.id)
    return found.name if found else texts.TEACHER
