"""The AI bot of internal groups as the platform keeps it: who wrote to it, what it may say, how that looks.

Facts from developer.work.weixin.qq.com, paths 101031, 101032, 101138 and 101463. Whether it listens by
callback or over the long connection makes no difference here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.emulation import texts as cast
from bot.emulation.records import Button, Content, SeenLog
from bot.wecom.emulator.endpoint import ApiError

MOST_BYTES = 20_480
HOUR_MS = 3_600_000
LIVES_MS = 24 * HOUR_MS
STREAM_MS = 360_000
CARD_MS = 5_000
MEDIA_MS = 300_000
KEPT_MS = 3 * 24 * HOUR_MS
UNKNOWN_REQ, STREAM_OVER, TOO_OFTEN, NO_CHAT = 846605, 846608, 45009, 93006
_SOFT = re.compile(r" {2}\n")
_LINK = re.compile(r"\[([^\]\n]*)\]\((\S+?)\)")
_TASK = re.compile(r"[0-9A-Za-z_\-@]{1,128}", re.ASCII)
_MEDIA = {"image": "picture", "voice": "voice", "video": "video", "file": "file"}

AskedKind = Literal["message", "enter", "card"]


class Ground(Protocol):
    """What is needed of the platform."""

    seen: SeenLog
    base_url: str

    def now_ms(self) -> int: ...
    def new_id(self, kind: str) -> str: ...


@dataclass(slots=True)
class Asked:
    """One callback, and what may still be answered to it.

    Args:
        chat: The group's id, or the person's ``userid``.
        person: Who; the one who sees the answer in a chat of two.
        private: The chat's id as the control API names it, in a chat of two; else empty.
        task: The card that was pressed.
        connection: The long connection it went over; empty by callback.
    """

    kind: AskedKind
    chat: str
    person: str
    at_ms: int
    private: str = ""
    task: str = ""
    connection: str = ""
    answered: bool = False
    streams: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def seen_by(self) -> tuple[str | None, str]:
        """To whom an answer is shown, and in which chat."""
        return (self.person, self.private) if self.private else (None, self.chat)


@dataclass(slots=True)
class Card:
    """A card that hangs somewhere."""

    task: str
    message: str
    to: str | None
    chat: str
    content: Content


class BotState:
    """See the module.

    Args:
        ground: The platform.
        name: What people @ it with.
        seed: Decides its id and secrets.
        per_minute: Messages in one conversation; None for no limit.
        per_hour: The same of an hour.
        keep: Takes in a picture's bytes, so that whoever was shown it can ask for them.
    """

    def __init__(
        self, ground: Ground, seed: str = "1", *, name: str = cast.ROBOT,
        per_minute: int | None = 30, per_hour: int | None = 1000,
        keep: Callable[[bytes], object] = len,
    ) -> None:  # fmt: skip
        made = hashlib.sha256(f"aibot:{seed}".encode()).hexdigest()
        self.id = f"aib{made[:20]}"
        self.secret = made[20:63]
        self.token = made[:16]
        self.aes_key = hashlib.sha256(f"aibot-key:{seed}".encode()).hexdigest()[:43]
        self.name = name
        self.per_minute, self.per_hour = per_minute, per_hour
        self.wrote: dict[str, tuple[str | None, str]] = {}
        """Conversations a user has written in: who sees what is said there, and where."""
        self.asked: dict[str, Asked] = {}
        self.codes: dict[str, Asked] = {}
        self.cards: dict[str, Card] = {}
        self.uploads: dict[str, tuple[str, bytes, int]] = {}
        self.media: dict[str, tuple[bytes, int]] = {}
        self._ground = ground
        self._keep = keep
        self._recent: dict[str, deque[int]] = {}

    # -- what is asked

    def ask(self, asked: Asked) -> tuple[str, str]:
        """A callback begins: its ``req_id`` and its ``response_url``."""
        req_id, code = self._ground.new_id("aibot-req"), self._ground.new_id("aibot-code")
        self.asked[req_id] = self.codes[code] = asked
        if asked.kind == "message":
            self.wrote[asked.chat] = asked.seen_by
        return req_id, f"{self._ground.base_url}/cgi-bin/aibot/response?response_code={code}"

    def found(self, req_id: str, kind: AskedKind, connection: str) -> Asked:
        """The callback that is answered over a connection.

        Raises:
            ApiError: 846605: another connection's, an event's, or a day old.
        """
        asked = self.asked.get(req_id)
        lives_ms = LIVES_MS if kind == "message" else CARD_MS
        if asked is None or asked.kind != kind or asked.connection != connection:
            raise ApiError(UNKNOWN_REQ, "invalid req_id")
        if self._ground.now_ms() - asked.at_ms > lives_ms:
            raise ApiError(UNKNOWN_REQ, "req_id expired")
        return asked

    # -- what is said

    def respond(self, asked: Asked, body: dict[str, Any]) -> Callable[[], None]:
        """An answer to a message; returned is what then happens.

        Raises:
            ApiError: The platform refuses.
        """
        if body.get("msgtype") == "stream":
            return self._stream(asked, body.get("stream"))
        content, task = self.look(body)
        self._take(asked.chat)
        return lambda: self._show(*asked.seen_by, content, task)

    def respond_once(self, code: str, body: dict[str, Any]) -> Callable[[], None]:
        """An answer by a message's own address: once, within an hour.

        Raises:
            ApiError: The platform refuses.
        """
        asked = self.codes.get(code)
        if asked is None or asked.answered or self._ground.now_ms() - asked.at_ms > HOUR_MS:
            raise ApiError(60140, "invalid response_code")
        if body.get("msgtype") not in ("markdown", "template_card"):
            raise ApiError(40008, "invalid message type")
        content, task = self.look(body)
        self._take(asked.chat)

        def show() -> None:
            asked.answered = True
            self._show(*asked.seen_by, content, task)

        return show

    def send(self, body: dict[str, Any]) -> Callable[[], None]:
        """A message that answers none: only where somebody has written.

        Raises:
            ApiError: The platform refuses.
        """
        chat = body.get("chatid")
        if not isinstance(chat, str) or chat not in self.wrote:
            raise ApiError(NO_CHAT, "invalid chatid")
        if body.get("msgtype") not in ("markdown", "template_card", *_MEDIA):
            raise ApiError(40008, "invalid message type")
        group = self.wrote[chat][0] is None
        if body.get("chat_type", 0) not in (0, 2 if group else 1):
            raise ApiError(40058, "chat_type does not fit")
        content, task = self.look(body)
        self._take(chat)
        return lambda: self._show(*self.wrote[chat], content, task)

    def update(self, asked: Asked, body: dict[str, Any]) -> Callable[[], None]:
        """A pressed card's new look, at once or never.

        Raises:
            ApiError: The platform refuses.
        """
        if asked.kind != "card" or body.get("response_type") != "update_template_card":
            raise ApiError(40008, "not a card's answer")
        card = self.cards.get(asked.task)
        shown = body.get("template_card")
        if card is None or asked.answered or not isinstance(shown, dict):
            raise ApiError(40058, "no such card")
        content = self._card_look(shown)
        if shown.get("task_id") != card.task:
            raise ApiError(42035, "another task_id")

        def change() -> None:
            asked.answered, card.content = True, content
            now, item = self._ground.now_ms(), self._ground.new_id("aibot-item")
            log = self._ground.seen
            log.add(now, card.to, card.chat, "aibot", item, content, "updated", card.message)

        return change

    def _stream(self, asked: Asked, stream: Any) -> Callable[[], None]:
        """The whole text so far; people see it when it is finished."""
        stream = stream if isinstance(stream, dict) else {}
        words, key = stream.get("content"), stream.get("id")
        if not isinstance(key, str) or not key or not isinstance(words, str):
            raise ApiError(40058, "stream.id or stream.content is missing")
        now = self._ground.now_ms()
        began, over = asked.streams.get(key, (now, False))
        if over or now - began > STREAM_MS:
            raise ApiError(STREAM_OVER, "stream can no longer be updated")
        content = _words(words)
        self._take(asked.chat)
        finish = bool(stream.get("finish"))

        def show() -> None:
            asked.streams[key] = (began, finish)
            if finish:
                self._show(*asked.seen_by, content, "")

        return show

    def _take(self, chat: str) -> None:
        """Thirty a minute and a thousand an hour.

        Raises:
            ApiError: 45009.
        """
        now = self._ground.now_ms()
        recent = self._recent.setdefault(chat, deque())
        while recent and recent[0] <= now - HOUR_MS:
            recent.popleft()
        minute = sum(1 for at_ms in recent if at_ms > now - 60_000)
        full = self.per_minute is not None and minute >= self.per_minute
        if full or (self.per_hour is not None and len(recent) >= self.per_hour):
            raise ApiError(TOO_OFTEN, "api freq out of limit")
        recent.append(now)

    def _show(self, to: str | None, chat: str, content: Content, task: str) -> None:
        message = self._ground.new_id("aibot-message")
        self._ground.seen.add(self._ground.now_ms(), to, chat, "aibot", message, content)
        if task:
            self.cards[task] = Card(task, message, to, chat, content)

    # -- how it looks

    def look(self, body: dict[str, Any]) -> tuple[Content, str]:
        """How a message looks, and its card's ``task_id``.

        Raises:
            ApiError: The platform does not take it.
        """
        kind = body.get("msgtype")
        part = body.get(kind) if isinstance(kind, str) else None
        if not isinstance(part, dict):
            raise ApiError(40008, "invalid message type")
        if kind == "markdown":
            return _words(part.get("content")), ""
        if kind == "template_card":
            content = self._card_look(part)
            task = str(part.get("task_id"))
            if task in self.cards:
                raise ApiError(40058, "task_id is not unique")
            return content, task
        return self._file_look(str(kind), part.get("media_id")), ""

    def _file_look(self, kind: str, media_id: Any) -> Content:
        kept = self.uploads.get(media_id) if isinstance(media_id, str) else None
        if kept is None or kept[0] != kind or self._ground.now_ms() >= kept[2]:
            raise ApiError(40007, "invalid media_id")
        digest = hashlib.sha256(kept[1]).hexdigest()
        self._keep(kept[1])
        ours = _MEDIA[kind]
        return Content("picture" if ours == "picture" else "file", cast.PLACEHOLDERS[ours], sha256=digest)

    def _card_look(self, card: dict[str, Any]) -> Content:
        task, listed = card.get("task_id"), card.get("button_list")
        if card.get("card_type") != "button_interaction":
            raise ApiError(42031, "invalid card_type")
        if not isinstance(task, str) or not _TASK.fullmatch(task):
            raise ApiError(40058, "invalid task_id")
        if not isinstance(listed, list) or not 1 <= len(listed) <= 6:
            raise ApiError(42039, "invalid button_list")
        title = card.get("main_title")
        words = [title.get("title") if isinstance(title, dict) else "", card.get("sub_title_text")]
        if not any(words):
            raise ApiError(42033, "main_title or sub_title_text is missing")
        buttons = tuple(_button(one) for one in listed)
        return Content("card", "\n".join(str(each) for each in words if each), buttons)

    # -- bytes

    def keep_media(self, data: bytes, aes_key: bytes, seal: Callable[[bytes, bytes], bytes]) -> str:
        """Bytes somebody sent to the bot, encrypted; their address lives five minutes."""
        code = self._ground.new_id("aibot-file")
        self.media[code] = (seal(data, aes_key), self._ground.now_ms() + MEDIA_MS)
        return f"{self._ground.base_url}/_aibot/media/{code}"

    def media_at(self, code: str) -> bytes | None:
        """What lies at such an address, while it lives."""
        data, until_ms = self.media.get(code, (b"", 0))
        return data if self._ground.now_ms() < until_ms else None

    def keep_upload(self, kind: str, data: bytes) -> str:
        """What the bot uploaded; lives three days."""
        media_id = self._ground.new_id("aibot-media")
        self.uploads[media_id] = (kind, data, self._ground.now_ms() + KEPT_MS)
        return media_id


def _words(content: Any) -> Content:
    """Markdown as people see it: soft breaks are breaks, a link is its label."""
    if not isinstance(content, str) or not content.strip():
        raise ApiError(44004, "empty content")
    if len(content.encode()) > MOST_BYTES:
        raise ApiError(45002, "content is too long")
    link = _LINK.search(content)
    shown = _LINK.sub(r"\1", _SOFT.sub("\n", content))
    return Content("text", shown, url=link[2] if link else None)


def _button(one: Any) -> Button:
    one = one if isinstance(one, dict) else {}
    text, key, style = one.get("text"), one.get("key"), one.get("style", 1)
    if not isinstance(text, str) or not text:
        raise ApiError(42038, "button text is missing")
    if not isinstance(key, str) or not 0 < len(key.encode()) <= 1024 or style not in (1, 2, 3, 4):
        raise ApiError(42039, "invalid button key or style")
    return Button(key, text, style != 3)


def new_key() -> bytes:
    """The key of one attachment over the long connection."""
    return os.urandom(32)
