"""Between a decision and the wire: a reply becomes a command in the outbox, an end becomes an outcome.

Here, and only here, "the class", "a guardian", "the teacher" become lanes of a platform.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import Command, Group, Platform, Private, Session
from config.ids import new_id
from handlers.context import Ctx
from handlers.message import Message
from handlers.reply import Asker, Button, Outcome, Reply, Thing, ToClass, ToPerson
from handlers.texts import answerable_line, choices_line
from handlers.trouble.texts import again
from storage import classes, inbox, numbers, outbox, people
from storage.engine import Db
from storage.outbox import Item, Row

USER = "dingtalk_user"
CHAT_LIFE = timedelta(hours=12)
"""A private answer nobody could deliver for so long is given up and its writer told."""
MUST_LIFE = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Origin:
    """The message being answered, with its reply address; absent for jobs and outcomes."""

    message: Message
    session: Session | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a reply goes.

    Args:
        key: The recipient chat; order is kept in it.
        who: Under which name numbers are given there; None in a group.
    """

    key: str
    platform: str
    app: str
    target: Private | Group
    session: Session | None
    who: str | None
    sealed_for: str
    to_person: str | None = None
    to_class: str | None = None


class Post:
    """Puts a decision's replies into the outbox, in the same unit.

    Args:
        platforms: A client per ``platform/app``: it knows the limits and what it removes twice.
        home: The platform and app that reaches people nobody wrote from, per school's corp.
    """

    def __init__(self, platforms: Mapping[str, Platform], home: Mapping[str, tuple[str, str]]) -> None:
        self._platforms = platforms
        self._home = home

    def put(self, ctx: Ctx, replies: Iterable[tuple[str, Reply]], origin: Origin | None) -> None:
        """Queue replies, each with its feature's name."""
        items = [(self._letter(ctx, feature, reply, origin), reply.not_before) for feature, reply in replies]
        outbox.put_all(ctx.db, [(item, due) for item, due in items if item is not None], ctx.now)

    def _letter(self, ctx: Ctx, feature: str, reply: Reply, origin: Origin | None) -> Item | None:
        """One reply as a command. If nobody can be reached, the feature hears so as an outcome."""
        lane = self._lane(ctx, reply, origin)
        outbox_id = new_id()
        if lane is None or f"{lane.platform}/{lane.app}" not in self._platforms:
            self._unreachable(ctx, feature, reply, outbox_id)
            return None
        text = self._numbered(ctx, feature, reply, lane)
        command = Command(
            outbox_id=outbox_id,
            app=f"{lane.platform}/{lane.app}",
            target=lane.target,
            text=text,
            title=reply.title,
            session=None if reply.arrival == "must" else lane.session,
            must=reply.arrival == "must",
            card=reply.arrival == "must",
        )
        return self._item(ctx, feature, reply, lane, command)

    def _item(self, ctx: Ctx, feature: str, reply: Reply, lane: Lane, command: Command) -> Item:
        platform = self._platforms[command.app]
        life = MUST_LIFE if reply.arrival == "must" else CHAT_LIFE
        subject, thing = reply.subject, reply.thing
        return Item(
            id=command.outbox_id,
            school_id=ctx.school.id,
            lane=lane.key,
            feature=feature,
            payload=payload_of(command),
            limits=tuple(platform.bucket_names(command)),
            safe=platform.idempotent(command),
            sealed_for=lane.sealed_for,
            thing_kind=thing.kind if thing else None,
            thing_id=thing.id if thing else None,
            to_person=lane.to_person,
            to_class=lane.to_class,
            wants_outcome=reply.wants_outcome,
            subject_kind=subject.kind if subject else None,
            subject_id=subject.id if subject else None,
            subject_version=subject.version if subject else 0,
            deadline=reply.deadline or (reply.not_before or ctx.now) + life,
        )

    def _lane(self, ctx: Ctx, reply: Reply, origin: Origin | None) -> Lane | None:
        match reply.to:
            case Asker() if origin is not None:
                return _asker(ctx, origin)
            case ToPerson(person_id):
                return self._person(ctx, person_id, origin)
            case ToClass(class_id):
                return _class(ctx, class_id)
            case _:
                return None

    def _person(self, ctx: Ctx, person_id: str, origin: Origin | None) -> Lane | None:
        mine = origin is not None and ctx.person is not None and ctx.person.id == person_id
        if mine and origin is not None and origin.message.chat.kind == "private":
            return _asker(ctx, origin)
        home = self._home.get(ctx.school.corp)
        identity = people.identity_of(ctx.db, person_id, USER)
        if home is None or identity is None:
            return None
        platform, app = home
        target = Private(identity.id, None)
        key = f"{platform}/{app}/user/{identity.id}"
        return Lane(key, platform, app, target, None, person_id, f"person:{person_id}", person_id)

    def _numbered(self, ctx: Ctx, feature: str, reply: Reply, lane: Lane) -> str:
        """The text with its choices, as numbers where the lane has no buttons."""
        if not reply.buttons or reply.thing is None or lane.who is None:
            return reply.text
        thing, day = reply.thing, ctx.local.date()
        given = [
            numbers.give(ctx.db, new_id, day, lane.who, feature, thing.kind, thing.id, b.action, b.label).n
            for b in reply.buttons
        ]
        return f"{reply.text}\n{_choices(list(zip(given, reply.buttons, strict=True)))}"

    def _unreachable(self, ctx: Ctx, feature: str, reply: Reply, outbox_id: str) -> None:
        to = reply.to
        kept = {
            "outbox_id": outbox_id,
            "kind": outbox.REFUSED,
            "code": "no_lane",
            "feature": feature,
            "school": ctx.school.id,
            "thing": [reply.thing.kind, reply.thing.id] if reply.thing else None,
            "text": reply.text,
            "to_person": to.person_id if isinstance(to, ToPerson) else None,
            "to_class": to.class_id if isinstance(to, ToClass) else None,
        }
        _outcome_row(ctx.db, kept, ctx.now, 0)


def _choices(given: list[tuple[int, Button]]) -> str:
    if len(given) == 1 and given[0][1].action == "reply":
        return answerable_line(given[0][0], given[0][1].label)
    return choices_line([(n, button.label) for n, button in given])


def _asker(ctx: Ctx, origin: Origin) -> Lane:
    chat, sender = origin.message.chat, origin.message.sender
    person_id = ctx.person.id if ctx.person else None
    if chat.kind == "group":
        key = f"{chat.platform}/{chat.app}/group/{chat.id}"
        group = classes.by_group(ctx.db, chat.key)
        sealed_for = f"class:{group.id}" if group else inbox.MAIL
        return Lane(key, chat.platform, chat.app, Group(chat.id), origin.session, None, sealed_for)
    user_id = sender.id if sender.kind == USER else ""
    key = f"{chat.platform}/{chat.app}/user/{sender.id}"
    sealed_for = f"person:{person_id}" if person_id else inbox.MAIL
    target = Private(user_id, chat.id)
    return Lane(key, chat.platform, chat.app, target, origin.session, person_id, sealed_for, person_id)


def _class(ctx: Ctx, class_id: str) -> Lane | None:
    found = classes.get(ctx.db, class_id)
    if found is None or found.group_chat is None:
        return None
    platform, app, _kind, chat_id = found.group_chat.split("/", 3)
    key = f"{platform}/{app}/group/{chat_id}"
    return Lane(key, platform, app, Group(chat_id), None, None, f"class:{class_id}", None, class_id)


def payload_of(command: Command) -> dict[str, Any]:
    """A command as JSON, for the sealed column."""
    target = command.target
    session = command.session
    where = ["group", target.conversation_id] if isinstance(target, Group) else ["user", *_user(target)]
    return {
        "app": command.app,
        "to": where,
        "text": command.text,
        "title": command.title,
        "must": command.must,
        "card": command.card,
        "session": [session.url, session.expires_at.timestamp()] if session else None,
    }


def _user(target: Private) -> tuple[str, str | None]:
    return target.user_id, target.conversation_id


def labelled(row: Row) -> dict[str, Any] | None:
    """The payload of a second copy, if the row is for one person and has to arrive; its words say so.

    A class is not told twice by itself: there the teacher decides.
    """
    if row.to_person is None or not row.payload["must"] or row.payload.get("again"):
        return None  # one copy only: on a line that swallows every answer it would come for two days
    return row.payload | {"text": again(row.payload["text"]), "again": True}


def command_of(row: Row) -> Command:
    """The command a row holds."""
    kept = row.payload
    kind, *where = kept["to"]
    session = kept["session"]
    return Command(
        outbox_id=row.id,
        app=kept["app"],
        target=Group(where[0]) if kind == "group" else Private(where[0], where[1]),
        text=kept["text"],
        title=kept["title"],
        must=kept["must"],
        card=kept["card"],
        session=Session(session[0], datetime.fromtimestamp(session[1], UTC)) if session else None,
    )


def record_outcome(db: Db, row: Row, kind: str, code: str, now: datetime) -> None:
    """What became of a row goes back in through the inbox: it is a decision like any other."""
    kept = {
        "outbox_id": row.id,
        "kind": kind,
        "code": code,
        "feature": row.feature,
        "school": row.school_id,
        "thing": [row.thing_kind, row.thing_id] if row.thing_kind and row.thing_id else None,
        "text": row.payload.get("text", ""),
        "to_person": row.to_person,
        "to_class": row.to_class,
    }
    _outcome_row(db, kept, now, row.attempts)


def _outcome_row(db: Db, kept: dict[str, Any], now: datetime, attempt: int) -> None:
    outbox_id = kept["outbox_id"]
    key = f"outcome:{outbox_id}:{attempt}"
    inbox.put(db, new_id(), key, f"outcome/{outbox_id}", "outcome", json.dumps(kept, ensure_ascii=False), now)


def outcome_of(payload: str) -> tuple[str, str | None, Outcome]:
    """Feature, school and outcome of such a row."""
    kept = json.loads(payload)
    thing = Thing(*kept["thing"]) if kept["thing"] else None
    outcome = Outcome(
        outbox_id=kept["outbox_id"],
        kind=kept["kind"],
        code=kept["code"],
        thing=thing,
        text=kept["text"],
        to_person=kept["to_person"],
        to_class=kept["to_class"],
    )
    return kept["feature"], kept["school"], outcome
