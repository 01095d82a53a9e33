"""What an outbox row holds as JSON, and what came of a row as the inbox holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from bot.command import (
    AnyCommand,
    AskBook,
    AskRead,
    AskTask,
    Broadcast,
    CardButton,
    Command,
    Fetch,
    FileRef,
    Group,
    Page,
    Parent,
    Private,
    Ring,
    Session,
    StopTask,
    TakeBack,
    Target,
    UpdateCard,
    Webhook,
)
from config.ids import new_id
from handlers.reply import Outcome, Thing
from handlers.trouble.texts import again
from storage import inbox
from storage.engine import Db
from storage.outbox import REFUSED, Row

Do = Literal["say", "update", "recall", "fetch", "read", "ask_task", "stop_task", "book", "ring"]
"""What a row asks for; one that does not say so was written before there was a choice and says words."""


def payload_of(command: AnyCommand) -> dict[str, Any]:
    """A command as JSON, for the sealed column; :func:`command_of` is the way back."""
    match command:
        case Command():
            return {"do": "say"} | _said(command)
        case UpdateCard(_id, app, track, title, text, buttons):
            shown = {"title": title, "text": text, "buttons": _buttons(buttons)}
            return {"do": "update", "app": app, "track": track} | shown
        case TakeBack(_id, app, target, platform_ids):
            return {"do": "recall", "app": app, "to": _where(target), "handles": list(platform_ids)}
        case Fetch(_id, app, medium_id, ticket):
            return {"do": "fetch", "app": app, "medium": medium_id, "ticket": ticket}
        case AskRead(_id, app, target, platform_id):
            return {"do": "read", "app": app, "to": _where(target), "handle": platform_id}
        case AskTask(_id, app, task_id, target):
            return {"do": "ask_task", "app": app, "to": _where(target), "handle": task_id}
        case StopTask(_id, app, task_id):
            return {"do": "stop_task", "app": app, "handle": task_id}
        case AskBook(_id, app, what, which):
            return {"do": "book", "app": app, "what": what, "which": which}
        case Ring(_id, app, user_id, text):
            return {"do": "ring", "app": app, "user": user_id, "text": text}


def _said(command: Command) -> dict[str, Any]:
    session, file = command.session, command.file
    return {
        "app": command.app,
        "to": _where(command.target),
        "text": command.text,
        "title": command.title,
        "must": command.must,
        "card": command.card,
        "session": [session.url, session.expires_at.timestamp()] if session else None,
        "buttons": _buttons(command.buttons),
        "choices": command.choices,
        "file": [file.kind, file.name, file.recipe, dict(file.data), file.medium_id] if file else None,
        "link": list(command.link) if command.link else None,
    }


def _buttons(buttons: tuple[CardButton, ...]) -> list[list[Any]]:
    return [[button.id, button.label, button.enabled] for button in buttons]


def buttons_of(payload: Mapping[str, Any]) -> tuple[CardButton, ...]:
    """The buttons in a payload."""
    return tuple(CardButton(*button) for button in payload.get("buttons", ()))


def _where(target: Target) -> list[str | None]:
    match target:
        case Group(conversation_id):
            return ["group", conversation_id]
        case Webhook(token, secret):
            return ["webhook", token, secret]
        case Page(person_id):
            return ["page", person_id]
        case Parent(person_id, external_id, kf_id, parent_id):
            return ["parent", person_id, external_id, kf_id, parent_id]
        case Broadcast(chat_id, owner_id):
            return ["broadcast", chat_id, owner_id]
        case Private(user_id, conversation_id):
            return ["user", user_id, conversation_id]


def _target(kept: list[Any]) -> Target:
    match kept:
        case ["group", conversation_id]:
            return Group(conversation_id)
        case ["webhook", token, secret]:
            return Webhook(token, secret)
        case ["page", person_id]:
            return Page(person_id)
        case ["parent", person_id, external_id, kf_id, parent_id]:
            return Parent(person_id, external_id, kf_id, parent_id)
        case ["broadcast", chat_id, owner_id]:
            return Broadcast(chat_id, owner_id)
        case [_user, user_id, conversation_id]:
            return Private(user_id, conversation_id)
    raise ValueError("a row without a recipient")


def do_of(row: Row) -> Do:
    """What a row asks for."""
    do: Do = row.payload.get("do", "say")
    return do


def command_of(row: Row) -> AnyCommand:
    """The command a row holds."""
    kept = row.payload
    match do_of(row):
        case "update":
            track, title, text = kept["track"], kept["title"], kept["text"]
            return UpdateCard(row.id, kept["app"], track, title, text, buttons_of(kept))
        case "recall":
            return TakeBack(row.id, kept["app"], _target(kept["to"]), tuple(kept["handles"]))
        case "fetch":
            return Fetch(row.id, kept["app"], kept["medium"], kept["ticket"])
        case "read":
            return AskRead(row.id, kept["app"], _target(kept["to"]), kept["handle"])
        case "ask_task":
            target = _target(kept["to"])
            assert isinstance(target, Broadcast)  # noqa: S101 - written by payload_of
            return AskTask(row.id, kept["app"], kept["handle"], target)
        case "stop_task":
            return StopTask(row.id, kept["app"], kept["handle"])
        case "book":
            return AskBook(row.id, kept["app"], kept["what"], kept["which"])
        case "ring":
            return Ring(row.id, kept["app"], kept["user"], kept["text"])
        case "say":
            return _words(row)


def _words(row: Row) -> Command:
    kept = row.payload
    session, file = kept["session"], kept.get("file")
    return Command(
        outbox_id=row.id,
        app=kept["app"],
        target=_target(kept["to"]),
        text=kept["text"],
        title=kept["title"],
        must=kept.get("must", kept["card"]),
        card=kept["card"],
        session=Session(session[0], datetime.fromtimestamp(session[1], UTC)) if session else None,
        buttons=buttons_of(kept),
        choices=kept.get("choices", ""),
        file=FileRef(file[0], file[1], file[2], file[3], file[4]) if file else None,
        link=(kept["link"][0], kept["link"][1]) if kept.get("link") else None,
        tried=_tried(kept.get("doubt")),
    )


def _tried(doubt: Any) -> datetime | None:
    """Rows of an earlier version do not say since when they are in doubt."""
    return datetime.fromtimestamp(doubt, UTC) if isinstance(doubt, float) else None


def plain_of(payload: Mapping[str, Any]) -> str:
    """The words of a row with the line of its choices, as somebody without buttons reads them."""
    text, choices = str(payload.get("text", "")), payload.get("choices")
    return f"{text}\n{choices}" if choices else text


def labelled(row: Row) -> dict[str, Any] | None:
    """The payload of a second copy, if the row is for one person and has to arrive; its words say so.

    A class is not told twice by itself: there the teacher decides.
    """
    if row.to_person is None or not row.payload.get("must") or row.payload.get("again"):
        return None  # one copy only: on a line that swallows every answer it would come for two days
    kept = {name: value for name, value in row.payload.items() if name != "doubt"}
    return kept | {"text": again(row.payload["text"]), "again": True}


def record_outcome(
    db: Db, row: Row, kind: str, code: str, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """What became of a row goes back in through the inbox: it is a decision like any other.

    Nobody waits for a card's new look: if it does not come, the next press brings it.
    """
    act = row.payload.get("act", do_of(row))
    if act == "update":
        return
    kept = {
        "outbox_id": row.id,
        "kind": kind,
        "code": code,
        "feature": row.feature,
        "school": row.school_id,
        "thing": [row.thing_kind, row.thing_id] if row.thing_kind and row.thing_id else None,
        "text": plain_of(row.payload),
        "to_person": row.to_person,
        "to_class": row.to_class,
        "act": act,
        "facts": dict(facts or {}),
    }
    put_outcome(db, kept, now, row.attempts)


def put_outcome(db: Db, kept: dict[str, Any], now: datetime, attempt: int | str) -> None:
    """Put an outcome into the inbox; the same row's same attempt (or handed-on kind) comes once."""
    outbox_id = kept["outbox_id"]
    key = (
        f"outcome:{outbox_id}:{attempt}"
        if isinstance(attempt, int)
        else f"told:{outbox_id}:{kept['feature']}:{attempt}"
    )
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
        act=kept.get("act", "say"),
        facts=kept.get("facts", {}),
    )
    return kept["feature"], kept["school"], outcome


def told(school_id: str, feature: str, outcome: Outcome) -> dict[str, Any]:
    """An outcome that one feature hands on to another, as the inbox keeps it."""
    thing = outcome.thing
    return {
        "outbox_id": outcome.outbox_id,
        "kind": outcome.kind,
        "code": outcome.code,
        "feature": feature,
        "school": school_id,
        "thing": [thing.kind, thing.id] if thing else None,
        "text": outcome.text,
        "to_person": outcome.to_person,
        "to_class": outcome.to_class,
        "act": outcome.act,
        "facts": dict(outcome.facts),
    }


def unqueued(
    school_id: str, feature: str, thing: Thing | None, outbox_id: str, code: str, act: str = "say"
) -> dict[str, Any]:
    """The outcome of what could not even be queued."""
    return {
        "outbox_id": outbox_id,
        "kind": REFUSED,
        "code": code,
        "feature": feature,
        "school": school_id,
        "thing": [thing.kind, thing.id] if thing else None,
        "text": "",
        "to_person": None,
        "to_class": None,
        "act": act,
        "facts": {},
    }
