"""What a guardian writes or presses on a page, as a row of the inbox like any other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from config.ids import new_id
from handlers.message import Chat
from storage.inbox import MailKey, arrival

PLATFORM = "page"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes.

    Args:
        person_id: The guardian.
        corp: The organisation of the school.
        identity: The id of the person's identity on the pages.
        app: The app that reaches this school's people.
    """

    person_id: str
    corp: str
    identity: str
    app: str

    @property
    def chat(self) -> Chat:
        """The person's page as a conversation."""
        return Chat(PLATFORM, self.app, "private", self.person_id)


def mark(*parts: str) -> str:
    """One name for one deed: a second tap on the same page has the same."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def message(key: MailKey, now: datetime, writer: Writer, text: str, deed: str) -> dict[str, Any]:
    """Words as a row of the inbox; ``deed`` from :func:`mark`."""
    said = {
        "chat": [writer.chat.kind, writer.chat.id],
        "sender": [PLATFORM, writer.corp, writer.identity],
        "nick": "",
        "kind": "text",
        "text": text,
        "quota": False,
        "session": None,
        "media": [],
    }
    return _row(key, now, writer, "message", deed, said)


def press(key: MailKey, now: datetime, writer: Writer, token: str, track: str, deed: str) -> dict[str, Any]:
    """A button pressed; ``track`` is the outbox row whose message it stands on."""
    pressed = {
        "chat": writer.chat.id,
        "kind": PLATFORM,
        "corp": writer.corp,
        "user": writer.identity,
        "track": track,
        "token": token,
    }
    return _row(key, now, writer, "press", deed, pressed)


def _row(
    key: MailKey, now: datetime, writer: Writer, kind: str, deed: str, more: dict[str, Any]
) -> dict[str, Any]:
    row_id = new_id()
    payload = orjson.dumps({"v": 1, "platform": PLATFORM, "app": writer.app, **more})
    sealed = key.seal(row_id, payload.decode())
    dedup = f"page:{writer.person_id}:{kind}:{deed}"
    return arrival(row_id, dedup, writer.chat.key, kind, sealed, now)
