"""Keeps our roster in step with the platform's book, and the phone list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from handlers.context import Ctx
from handlers.digest.desks import teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Event, Message
from handlers.reply import Act, AskBook, Asker, Button, Choice, Outcome, Reply, Thing, ToPerson
from handlers.roster import phones, rules, texts
from storage import book, classes, page_sessions, people, preferences, schedule
from storage.schedule import Occurrence

NAME = "roster"
SCHOOL, CLASS = "book", "book.class"
"""Things: the whole book, one class of it (by our id)."""
ALL, ONE = "roster.all", "roster.class"
SYNC = "book.sync"
"""School: on once the platform has shown that there is a book; only then the nightly job asks for it."""
_AGREED, _TOLD, _FOLLOW_TOLD = "book.agreed", "book.told", "book.follow_told"
_APPLY = "apply"
KINDS: tuple[book.Kind, ...] = ("pupil", "parent")
SOON = timedelta(minutes=1)
"""Changes come in swarms: a class is asked for once a minute, the whole book once in ten."""
_NO_RIGHT = frozenset(["48002", "48004", "60011", "60020", "65014", "65022", "65023", "65024", "301002"])

Wish = Literal["list", "called", "sync"]
_WISHES: dict[str, Wish] = {"phone_list": "list", "phone_done": "called", "sync_roster": "sync"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for."""

    wish: Wish


class Roster:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Teachers ask for the phone list, administrators for the book; in private only."""
        wish = _WISHES.get(reading.intent)
        if wish is None or message.chat.kind == "group":
            return None
        if wish == "sync":
            return Wanted(wish) if _administers(ctx) else None
        if not teaches(ctx) or (wish == "called" and not phones.waiting(ctx)):
            return None
        return Wanted(wish)

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Show, tick off, or look anew."""
        wish = match.wish if isinstance(match, Wanted) else "list"
        if wish == "list":
            return [phones.shown(ctx)]
        if wish == "called":
            return [phones.done(ctx)]
        return [Reply(Asker(), texts.SYNCING), _ask_all(ctx)]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """都打过了, or 照通讯录改: the class is read once more, and then believed."""
        if choice.thing.kind == phones.THING:
            return [phones.done(ctx)]
        if choice.thing.kind != CLASS or choice.action != _APPLY or not _administers(ctx):
            return []
        today = ctx.local.date().isoformat()
        by = ctx.person.id if ctx.person else None
        preferences.put(ctx.db, ctx.new_id, ctx.now, "class", choice.thing.id, _AGREED, today, by=by)
        return [Reply(Asker(), texts.SYNCING), *_ask_class(ctx, choice.thing.id)]

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """What the book holds, or why it was not read."""
        if outcome.act != "book":
            return []
        if outcome.kind != "sent":
            return _not_read(ctx, outcome.code)
        if "classes" in outcome.facts and "person" not in outcome.facts:
            return _classes(ctx, outcome.facts)
        if "pupils" in outcome.facts and outcome.thing is not None:
            return _pupils(ctx, outcome.thing.id, outcome.facts)
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Time to read the book, or one class of it."""
        return [_ask_all(ctx)] if occurrence.kind == ALL else _ask_class(ctx, occurrence.subject_id)

    def event(self, ctx: Ctx, happened: Event) -> Sequence[Act]:
        """Something changed in the book, or somebody follows the notices."""
        subject, corp = happened.facts.get("id", ""), ctx.school.corp
        match happened.kind:
            case "subscribed" | "unsubscribed":
                follows = happened.kind == "subscribed"
                known = book.get(ctx.db, corp, "parent", subject)
                book.subscribe(ctx.db, corp, subject, now_follows=follows)
                if known is not None and follows:
                    book.called(ctx.db, ctx.now, known.our_id)
                if known is None:
                    _soon(ctx, subject)
            case "book_changed":
                if new := happened.facts.get("new_id", ""):
                    rules.renamed(ctx, subject, new)
                _soon(ctx, new or subject)
            case "member_changed":
                _member(ctx, happened)
        return []


def plan(ctx: Ctx) -> None:
    """The nightly look, for schools that have a book."""
    if preferences.get(ctx.db, "school", ctx.school.id, SYNC) == "on":
        _plan(ctx, ALL, ctx.school.id, ctx.now)


def _soon(ctx: Ctx, ext_id: str) -> None:
    """The class of whom it is about, within a minute; of somebody unknown the whole book, within ten."""
    preferences.put(ctx.db, ctx.new_id, ctx.now, "school", ctx.school.id, SYNC, "on", by=None)
    corp = ctx.school.corp
    entries = [book.get(ctx.db, corp, kind, ext_id) for kind in ("pupil", "parent")]
    departments = {entry.parent_ext_id for entry in entries if entry is not None}
    known = [book.get(ctx.db, corp, "class", one) for one in departments if one is not None]
    if known and all(known):
        for of in known:
            if of is not None:
                _plan(ctx, ONE, of.our_id, ctx.now + SOON)
        return
    minutes = 10 - ctx.local.minute % 10
    _plan(ctx, ALL, ctx.school.id, ctx.now.replace(second=0, microsecond=0) + minutes * SOON)


def _plan(ctx: Ctx, kind: str, subject_id: str, due: datetime) -> None:
    local = due.astimezone(ctx.local.tzinfo).strftime("%Y-%m-%dT%H:%M")
    schedule.plan(ctx.db, ctx.new_id(), ctx.school.id, NAME, kind, subject_id, local, due)


def _ask_all(ctx: Ctx) -> AskBook:
    return AskBook("departments", "", Thing(SCHOOL, ctx.school.id))


def _ask_class(ctx: Ctx, class_id: str) -> list[AskBook]:
    entries = book.of_ours(ctx.db, "class", class_id)
    return [AskBook("class", entry.ext_id, Thing(CLASS, class_id)) for entry in entries]


def _classes(ctx: Ctx, facts: Mapping[str, Any]) -> list[Act]:
    preferences.put(ctx.db, ctx.new_id, ctx.now, "school", ctx.school.id, SYNC, "on", by=None)
    found = rules.keep_classes(ctx, facts)
    asks: list[Act] = [AskBook("class", ext_id, Thing(CLASS, of.id)) for ext_id, of, _known in found]
    headless = [of.name for _ext_id, of, known in found if not known]
    return [*asks, *(_to_admins(ctx, "head", texts.no_head(headless)) if headless else [])]


def _pupils(ctx: Ctx, class_id: str, facts: Mapping[str, Any]) -> list[Act]:
    of, department = classes.get(ctx.db, class_id), str(facts["class"])
    if of is None:
        return []
    pupils, today = facts["pupils"], ctx.local.date().isoformat()
    if preferences.get(ctx.db, "class", class_id, _AGREED) != today:
        for kind in KINDS:
            gone, known = rules.vanishing(ctx, kind, department, pupils)
            if rules.too_many(gone, known):
                told = texts.held(of.name, texts.COUNTED[kind], gone, known)
                return _to_admins(ctx, class_id, told, Button(texts.APPLY, _APPLY), Thing(CLASS, class_id))
    rules.keep_pupils(ctx, of, department, pupils)
    return _nobody_follows(ctx, class_id, of.name) if rules.nobody_follows(pupils) else []


def _nobody_follows(ctx: Ctx, class_id: str, class_name: str) -> list[Act]:
    """The teacher hears it once."""
    teacher = people.class_teacher(ctx.db, class_id)
    if teacher is None or preferences.get(ctx.db, "class", class_id, _FOLLOW_TOLD) is not None:
        return []
    today = ctx.local.date().isoformat()
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", class_id, _FOLLOW_TOLD, today, by=None)
    return [Reply(ToPerson(teacher.id), texts.nobody_follows(class_name))]


def _not_read(ctx: Ctx, code: str) -> list[Act]:
    if code in _NO_RIGHT:
        return _to_admins(ctx, "right", texts.NO_RIGHT)
    return _to_admins(ctx, "read", texts.NOT_HERE if code == "no_lane" else texts.NO_BOOK)


def _to_admins(
    ctx: Ctx, what: str, text: str, button: Button | None = None, thing: Thing | None = None
) -> list[Act]:
    """The same trouble is told once a day."""
    key, today = f"{_TOLD}.{what}"[:64], ctx.local.date().isoformat()
    if preferences.get(ctx.db, "school", ctx.school.id, key) == today:
        return []
    preferences.put(ctx.db, ctx.new_id, ctx.now, "school", ctx.school.id, key, today, by=None)
    buttons = (button,) if button else ()
    admins = people.admins(ctx.db, ctx.school.id)
    return [Reply(ToPerson(one.id), text, buttons=buttons, thing=thing) for one in admins]


def _member(ctx: Ctx, happened: Event) -> None:
    """A teacher's account has another id, or is gone with its phones; the role is the school's to end."""
    subject, new = happened.facts.get("id", ""), happened.facts.get("new_id", "")
    if new:
        rules.move_identity(ctx, rules.MEMBER, subject, new)
    elif happened.facts.get("change") == "delete_user":
        gone = people.by_identity(ctx.db, rules.MEMBER, ctx.school.corp, subject)
        if gone is not None:
            page_sessions.revoke_all(ctx.db, gone.id, ctx.now)
        people.detach(ctx.db, rules.MEMBER, ctx.school.corp, subject)


def _administers(ctx: Ctx) -> bool:
    return any(role.kind == "admin" for role in ctx.roles)


FEATURE = Roster()
