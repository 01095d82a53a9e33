"""The sandbox's routes on the emulator's listener: the page, its files, and one long poll for what moves."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from bot.dialogue.matching import numbered
from bot.emulation.records import HERE
from bot.sandbox import texts
from bot.sandbox.pictures import picture_type
from bot.sandbox.product import Product, ask
from bot.trace import mark

if TYPE_CHECKING:
    from bot.emulation.base import Emulated
    from bot.emulation.records import Item
    from bot.emulation.said import Said

MAX_WAIT_S = 25.0
_LOOK_S = 0.25
"""Attempts to push have no bell of their own: so often they are looked for."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_FILES = {
    "sandbox.css": "text/css",
    "sandbox.js": "text/javascript",
    "phone.js": "text/javascript",
}
_FAULTS = {"refuse": "net", "code": "limit", "slow": "slow", "duplicate": "double"}
"""The switches by the kind of fault they plan."""
_FOLDER = Path(__file__).parent
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Sandbox:
    """A class in the browser.

    Args:
        emulator: The platform whose people are shown.
    """

    def __init__(self, emulator: Emulated) -> None:
        self._emulator = emulator
        self.product: Product | None = None

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """``/`` and ``/_sandbox/…``."""
        router.add_get("/", self._page)
        router.add_get("/_sandbox/events", self._events)
        router.add_get("/_sandbox/trace", self._trace)
        router.add_get("/_sandbox/said/{n:[0-9]+}", self._attachment)
        router.add_get("/_sandbox/picture/{sha256:[0-9a-f]{64}}", self._picture)
        router.add_post("/_sandbox/kill", self._kill)
        router.add_get("/_sandbox/{name}", _file)

    # -- the page ----------------------------------------------------------------------------------------

    async def _page(self, _request: web.Request) -> web.Response:
        from jinja2 import Environment

        template = Environment(autoescape=True).from_string((_FOLDER / "sandbox.html").read_text("utf-8"))
        phones = self._phones()
        data = {
            "texts": self._texts(),
            "platform": self._emulator.world.platform,
            "phones": phones,
            "faults": [
                name for rule in self._emulator.faults.rules if (name := _FAULTS.get(rule.fault.kind))
            ],
            "now": self._now(),
        }
        # Inside a script element only "<" could end it.
        block = orjson.dumps(data).decode().replace("<", "\\u003c")
        html = template.render(t=self._texts(), phones=phones, data=block, can_kill=self.product is not None)
        return web.Response(text=html, content_type="text/html", headers=_HEADERS)

    def _texts(self) -> dict[str, object]:
        if self._emulator.world.platform == "wecom":
            return texts.PAGE | texts.ON_WECOM | {"lanes": texts.LANES}
        return texts.PAGE

    def _phones(self) -> list[dict[str, Any]]:
        """The class group, the teacher, three parents of one class."""
        world = self._emulator.world
        room = world.class_(texts.CLASS_NAME)
        phones: list[dict[str, Any]] = [
            {"key": "group", "role": "group", "name": texts.GROUP_NAME.format(room=room.name),
             "tab": texts.GROUP_TAB, "chat": room.group, "id": None, "mark": texts.GROUP_TAB,
             "tries": texts.TRIES["group"]},
        ]  # fmt: skip
        for role, name, initial in texts.PEOPLE:
            person = world.person(name, room.id)
            phones.append(
                {"key": person.id, "role": role, "name": person.name, "tab": person.name,
                 "chat": person.chat, "id": person.id, "mark": initial, "tries": texts.TRIES[name]}
            )  # fmt: skip
        return phones

    def _now(self) -> str:
        return self._emulator.clock.now().astimezone(HERE).isoformat(timespec="milliseconds")

    # -- what moves --------------------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.Response:
        """Everything after the cursors, as soon as there is anything."""
        emulator = self._emulator
        seen, said, pushed = (_number(request, name) for name in ("seen", "said", "pushed"))
        until = time.monotonic() + min(_number(request, "wait_ms") / 1000, MAX_WAIT_S)
        while not self._anything(seen, said, pushed) and (left := until - time.monotonic()) > 0:
            await self._either(seen, said, min(left, _LOOK_S))
        items, entries = emulator.seen(seen), emulator.said.since(said)
        pushes = emulator.platform.pushes[pushed:]
        calls = emulator.platform.calls.calls
        body = {
            "now": self._now(),
            "seen": seen + len(items),
            "said": emulator.said.rev,
            "pushed": pushed + len(pushes),
            "items": [_seen(item) for item in items],
            "entries": [_said(entry) for entry in entries],
            "pushes": [
                {"message": push.message, "attempt": push.attempt, "ok": push.outcome == "acknowledged"}
                for push in pushes
            ],
            "refused": sum(call.outcome == "refused" for call in calls),
        }
        return _json(body)

    def _anything(self, seen: int, said: int, pushed: int) -> bool:
        emulator = self._emulator
        return (
            len(emulator.platform.seen.items) > seen
            or emulator.said.rev > said
            or len(emulator.platform.pushes) > pushed
        )

    async def _either(self, seen: int, said: int, timeout_s: float) -> None:
        waits = {
            asyncio.ensure_future(self._emulator.wait_seen(seen, timeout_s)),
            asyncio.ensure_future(self._emulator.said.wait(said, timeout_s)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _trace(self, request: web.Request) -> web.Response:
        """The product's trace, fetched for the page, which may speak to this listener only."""
        target = urlsplit(self._emulator.target or "")
        answer = None
        if target.port and target.hostname in ("127.0.0.1", "localhost", "::1"):
            answer = await ask(target.port + 1, f"/trace?since={_number(request, 'since')}")
        health = await self.product.health() if self.product is not None else None
        up = health is not None if self.product is not None else None
        return _json({"trace": answer, "up": up, "child": health and health["child_pid"]})

    # -- attachments -------------------------------------------------------------------------------------

    async def _attachment(self, request: web.Request) -> web.Response:
        """The bytes somebody sent."""
        entries = self._emulator.said.entries
        n = int(request.match_info["n"])
        data = entries[n - 1].data if 1 <= n <= len(entries) else None
        if data is None:
            raise web.HTTPNotFound
        return _bytes(data)

    async def _picture(self, request: web.Request) -> web.Response:
        """The bytes of a picture or file somebody was shown."""
        data = self._emulator.platform.stored(request.match_info["sha256"])
        if data is None:
            raise web.HTTPNotFound
        return _bytes(data)

    # -- a crash -----------------------------------------------------------------------------------------

    async def _kill(self, request: web.Request) -> web.Response:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden
        if self.product is None:
            raise web.HTTPNotFound
        return _json({"killed": await self.product.kill()})


async def _file(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    body = (_FOLDER / name).read_bytes()
    return web.Response(body=body, content_type=_FILES[name], charset="utf-8", headers=_HEADERS)


def _seen(item: Item) -> dict[str, Any]:
    """An item with the choices its text offers beside its buttons."""
    shown = item.as_json()
    labels = [button.label for button in item.content.buttons]
    wanted = (re.fullmatch(texts.ANSWER_BUTTON, label) for label in labels)
    examples = [_example(found[1]) for found in wanted if found]
    typed = [choice for choice in _choices(item.content.text) if choice["label"] not in labels]
    shown["choices"] = examples + typed
    return shown


def _example(name: str) -> dict[str, str]:
    """Words to answer a family with, as one line."""
    words = texts.ANSWER_NAMED_TRY.format(name=name)
    return {"label": words, "type": words}


def _choices(text: str) -> list[dict[str, str]]:
    """What a text offers to type; where words are wanted back, an example of them."""
    found = [{"label": label, "type": word} for label, word in numbered(text).items()]
    for number in re.findall(texts.ANSWERABLE, text):
        words = texts.ANSWER_TRY.format(number=number)
        found.append({"label": words, "type": words})
    return found


def _said(entry: Said) -> dict[str, Any]:
    picture = entry.data is not None and picture_type(entry.data) is not None
    return {**entry.as_json(), "mark": mark(entry.message), "picture": picture}


def _bytes(data: bytes) -> web.Response:
    kind = picture_type(data) or "application/octet-stream"
    return web.Response(body=data, content_type=kind, headers=_HEADERS)


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise web.HTTPBadRequest
    return int(text)


def _json(body: Any) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json", headers=_HEADERS)
