"""``/_control/``: people speak and look, calls are listed, faults are planned, the clock is moved."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.emulation.clock_leader import GoesBack
from bot.emulation.faults import BadPlan
from bot.emulation.records import HERE
from bot.emulation.say import BadSay, NotPossible, parse_say
from bot.emulation.world import UnknownReference

if TYPE_CHECKING:
    from bot.emulation.base import Emulated

MAX_WAIT_MS = 60_000
_NAMES = ("127.0.0.1", "localhost", "::1")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Bad(Exception):
    """A request refused: HTTP status and one sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse everybody who is not on this machine, also a browser lured here by another name."""
    if not _is_here(request.remote) or request.url.host not in _NAMES:
        return _json({"error": "this machine only"}, 403)
    return await handler(request)


def _is_here(peer: str | None) -> bool:
    if peer in _NAMES:
        return True
    try:
        return ipaddress.ip_address(peer or "").is_loopback
    except ValueError:
        return False


class Control:
    """The control API of one emulator."""

    def __init__(self, emulator: Emulated) -> None:
        self._emulator = emulator

    def add_routes(self, router: web.UrlDispatcher) -> None:
        posts = {
            "say": self._say, "press": self._press, "open": self._open, "confirm": self._confirm,
            "subscribe": self._subscribe, "enter_kf": self._enter_kf, "faults": self._faults,
            "clock": self._move, "read": self._read, "event": self._event, "limits": self._limits,
            "toolbar": self._toolbar,
        }  # fmt: skip
        gets = {
            "seen": self._seen, "calls": self._calls, "people": self._people, "clock": self._clock,
            "pushes": self._pushes,
        }  # fmt: skip
        for name, handler in posts.items():
            router.add_post(f"/_control/{name}", _guarded(handler))
        for name, handler in gets.items():
            router.add_get(f"/_control/{name}", _guarded(handler))
        router.add_get("/_control/clock/follow", self._emulator.leader.follow)
        router.add_route("*", "/_control/{rest:.*}", _guarded(_nothing))

    async def _say(self, request: web.Request) -> web.Response:
        return _json(await self._emulator.speak(parse_say(await _body(request))))

    async def _press(self, request: web.Request) -> web.Response:
        types = {"message": str, "button": str, "sender": str, "values": dict}
        body = await _fields(request, types, needed=("message", "button", "sender"))
        delivered, reason = await self._emulator.press(**body)
        return _json({"delivered": delivered, "reason": reason})

    async def _open(self, request: web.Request) -> web.Response:
        types = {"sender": str, "url": str, "form": dict}
        body = await _fields(request, types, needed=("sender", "url"))
        form = body.get("form")
        if form is not None and not all(isinstance(value, str) for value in form.values()):
            raise _Bad(400, "the values of form are texts")
        status, html = await self._emulator.open_page(body["sender"], body["url"], form)
        return _json({"status": status, "html": html})

    async def _read(self, request: web.Request) -> web.Response:
        """Beyond the promise: somebody reads what the robot sent."""
        body = await _fields(request, {"message": str, "sender": str}, needed=("message", "sender"))
        delivered, reason = await self._emulator.read(body["message"], body["sender"])
        return _json({"delivered": delivered, "reason": reason})

    async def _event(self, request: web.Request) -> web.Response:
        """Beyond the promise: something happens in the organisation."""
        body = await _fields(request, {"kind": str, "data": dict}, needed=("kind",))
        delivered, reason = await self._emulator.event(body["kind"], body.get("data", {}))
        return _json({"delivered": delivered, "reason": reason})

    async def _limits(self, request: web.Request) -> web.Response:
        """Beyond the promise: other quotas from now on; null switches one off."""
        body = await _body(request)
        platform = self._emulator.platform
        if not isinstance(body, dict):
            raise _Bad(400, "the body must be a JSON object")
        try:
            platform.limits = platform.limits.changed(body)
        except ValueError as error:
            raise _Bad(400, str(error)) from None
        return _json(platform.limits.as_json())

    async def _confirm(self, request: web.Request) -> web.Response:
        self._offered("confirm")
        needed = {"task": str, "teacher": str}
        return _json(await self._emulator.confirm(**await _fields(request, needed, needed=tuple(needed))))

    async def _subscribe(self, request: web.Request) -> web.Response:
        self._offered("subscribe")
        body = await _fields(request, {"person": str, "on": bool}, needed=("person",))
        return _json(await self._emulator.subscribe(body["person"], body.get("on", True)))

    async def _enter_kf(self, request: web.Request) -> web.Response:
        self._offered("enter_kf")
        body = await _fields(request, {"person": str, "scene_param": str}, needed=("person",))
        return _json(await self._emulator.enter_kf(body["person"], body.get("scene_param", "")))

    async def _toolbar(self, request: web.Request) -> web.Response:
        """Beyond the promise: ``{"chat"}``, a class or its group: where pages on a toolbar stand from now on;
        without it in no group."""
        self._offered("toolbar")
        body = await _fields(request, {"chat": str})
        return _json(await self._emulator.open_toolbar(body.get("chat", "")))

    def _offered(self, what: str) -> None:
        if what in self._emulator.lacks:
            raise _Bad(409, f"{self._emulator.name} has no {what}")

    async def _seen(self, request: web.Request) -> web.Response:
        since, wait_ms = _number(request, "since", 0), _number(request, "wait_ms", 0)
        items = await self._emulator.wait_seen(since, min(wait_ms, MAX_WAIT_MS) / 1000)
        n = items[-1].n if items else len(self._emulator.seen())
        return _json({"next": n, "items": [item.as_json() for item in items]})

    async def _calls(self, request: web.Request) -> web.Response:
        calls = self._emulator.calls(_number(request, "since", 0))
        n = calls[-1].n if calls else len(self._emulator.calls())
        return _json({"next": n, "items": [call.as_json() for call in calls]})

    async def _pushes(self, request: web.Request) -> web.Response:
        """Beyond the promise: every attempt to hand a message over, retries included."""
        pushes = self._emulator.platform.pushes
        items = [push.as_json() for push in pushes[_number(request, "since", 0) :]]
        return _json({"next": len(pushes), "items": items})

    async def _people(self, request: web.Request) -> web.Response:
        return _json(self._emulator.world.listing())

    async def _faults(self, request: web.Request) -> web.Response:
        return _json({"rules": self._emulator.faults.set(await _body(request))})

    async def _move(self, request: web.Request) -> web.Response:
        body = await _fields(request, {"now": str, "mode": str})
        target = _moment(body.get("now"))
        mode = body.get("mode", "walk")
        if mode not in ("walk", "jump"):
            raise _Bad(400, "mode is walk or jump")
        move = self._emulator.walk if mode == "walk" else self._emulator.jump
        settled = await move(target)
        return _json({"now": self._now(), "settled": settled})

    async def _clock(self, request: web.Request) -> web.Response:
        state = await self._emulator.leader.look()
        due = state.next_due.astimezone(HERE).isoformat() if state.next_due is not None else None
        return _json({"now": self._now(), "next_due": due, "idle": state.idle})

    def _now(self) -> str:
        return self._emulator.clock.now().astimezone(HERE).isoformat(timespec="milliseconds")


async def _nothing(request: web.Request) -> web.Response:
    raise _Bad(404, f"there is no {request.method} {request.path}")


def _guarded(handler: Handler) -> Handler:
    """Turn every refusal into ``{"error"}`` with its status."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except _Bad as bad:
            return _json({"error": str(bad)}, bad.status)
        except UnknownReference as unknown:
            return _json({"error": str(unknown.args[0])}, 404)
        except (GoesBack, NotPossible) as conflict:
            return _json({"error": str(conflict)}, 409)
        except (BadSay, BadPlan) as bad_request:
            return _json({"error": str(bad_request)}, 400)

    return guarded


async def _body(request: web.Request) -> Any:
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise _Bad(400, "the body is no JSON") from None


async def _fields(
    request: web.Request, types: Mapping[str, type], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The body as an object with these fields only; null is as if not given."""
    body = await _body(request)
    if not isinstance(body, dict):
        raise _Bad(400, "the body must be a JSON object")
    given = {key: value for key, value in body.items() if value is not None}
    for key, value in given.items():
        if key not in types:
            raise _Bad(400, f"unknown field {key}")
        if not isinstance(value, types[key]):
            raise _Bad(400, f"{key} has the wrong type")
    for key in needed:
        if not given.get(key):
            raise _Bad(400, f"{key} is missing")
    return given


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise _Bad(400, f"{name} is a whole number from 0")
    return int(text)


def _moment(text: Any) -> datetime:
    if not isinstance(text, str):
        raise _Bad(400, "now is missing: an ISO time with its offset")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Bad(400, "now is no ISO time") from None
    if moment.tzinfo is None:
        raise _Bad(400, "now needs an offset, for example +08:00")
    return moment.astimezone(UTC)


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
