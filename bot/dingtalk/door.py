"""DingTalk's way in: what is pushed over HTTP or a Stream socket is opened, kept and answered.

Facts from open.dingtalk.com, 'Receive messages', 'Card callback' and 'Event subscription'.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from bot import trace
from bot.dingtalk import cards, events, wire
from bot.intake import Answer, Heard, Intake
from bot.metrics import Metrics
from config.clock import Clock
from handlers.anonymous.texts import answer
from handlers.anonymous.words import is_anonymous
from handlers.relay.rules import sounds_dangerous

_JSON = {"Content-Type": "application/json; charset=utf-8"}


class DingTalkDoor:
    """The door of all DingTalk apps of an installation.

    Args:
        intake: Keeps what came.
        clock: For freshness.
        robots: The configured apps by name.
        event_keys: The keys of the apps that push events over HTTP.
    """

    def __init__(
        self,
        intake: Intake,
        clock: Clock,
        metrics: Metrics,
        robots: Mapping[str, wire.Robot],
        event_keys: Mapping[str, events.EventKeys] | None = None,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._metrics = metrics
        self._robots = robots
        self._event_keys = event_keys or {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to the public listener; without a name they mean the only app."""
        for prefix in ("/dingtalk", "/dingtalk/{app}"):
            router.add_post(f"{prefix}/robot", self._robot_route)
            router.add_post(f"{prefix}/card", self._card_route)
            router.add_post(f"{prefix}/event", self._event_route)

    async def _robot_route(self, request: web.Request) -> web.Response:
        start = time.perf_counter()
        trace.note(trace.SERVER, "")
        raw = await request.read()
        said = await self.robot(request.match_info.get("app", ""), request.headers, raw)
        if said.status == 200 and said.body == wire.EMPTY:  # any other is to an anonymous word: not counted
            self._metrics.acks.add("dingtalk")
            self._metrics.ack_seconds.observe(time.perf_counter() - start)
        return _told(said)

    async def _card_route(self, request: web.Request) -> web.Response:
        trace.note(trace.SERVER, "")
        raw = await request.read()
        return _told(await self.card(request.match_info.get("app", ""), request.headers, raw))

    async def _event_route(self, request: web.Request) -> web.Response:
        raw = await request.read()
        return _told(await self.event(request.match_info.get("app", ""), request.query, raw))

    # -- messages

    async def robot(self, app: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """One push of a robot; answered only after it is on disk."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.open_robot(headers, raw, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if is_anonymous(opened.text):
            # Not a row, not a log line, not a metric: the answer goes back in this very response.
            return Answer(200, wire.to_response(answer(danger=sounds_dangerous(opened.text))))
        return await self._message(opened)

    async def robot_pushed(self, app: str, data: bytes) -> Answer:
        """The same over a Stream socket; what is to be said goes to the answer's ``session``, from memory."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.read_robot(data, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if is_anonymous(opened.text):
            said = wire.to_response(answer(danger=sounds_dangerous(opened.text)))
            return Answer(200, said, opened.session)
        return await self._message(opened)

    async def _message(self, opened: wire.Opened) -> Answer:
        kept = await self._intake.record(opened, "message")
        return Answer(200, wire.EMPTY) if kept else Answer(503)

    # -- presses

    async def card(self, app: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """A button pressed on a card; the answer holds the card's new look if it was decided in time."""
        robot = self._robot(app)
        if robot is None:
            return Answer(404)
        opened = wire.open_card(headers, raw, robot, self._clock.now())
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        heard = await self._intake.press(opened)
        return Answer(200, orjson.dumps(_look(heard))) if heard.kept else Answer(503)

    async def card_pushed(self, app: str, data: bytes) -> dict[str, Any] | None:
        """The same over a Stream socket: what the card shall show now; None if the press was not kept."""
        robot = self._robot(app)
        opened = wire.read_card(data, robot) if robot is not None else None
        if opened is None:
            return {}
        if isinstance(opened, wire.Rejected):
            self._rejected(opened)
            return {}
        heard = await self._intake.press(opened)
        return _look(heard) if heard.kept else None

    # -- events

    async def event(self, app: str, query: Mapping[str, str], raw: bytes) -> Answer:
        """An encrypted event over HTTP; the answer is encrypted too."""
        keys = self._keys(app)
        if keys is None:
            return Answer(404)
        now = self._clock.now()
        opened = events.open_event(query, raw, keys, now)
        if isinstance(opened, wire.Rejected):
            return self._rejected(opened)
        if opened.kind != events.CHECK_URL and not await self._intake.record(opened, "event"):
            return Answer(503)
        return Answer(200, events.event_success(keys, now, query.get("nonce", "")))

    async def event_pushed(self, app: str, headers: Mapping[str, str], data: bytes) -> bool:
        """The same over a Stream socket; False if it shall come again."""
        robot = self._robot(app)
        opened = events.read_event(headers, data, robot) if robot is not None else None
        if opened is None:
            return True
        if isinstance(opened, wire.Rejected):
            self._rejected(opened)
            return True
        return await self._intake.record(opened, "event")

    # -- apps

    def _robot(self, app: str) -> wire.Robot | None:
        if not app and len(self._robots) == 1:
            return next(iter(self._robots.values()))
        return self._robots.get(app)

    def _keys(self, app: str) -> events.EventKeys | None:
        if not app and len(self._event_keys) == 1:
            return next(iter(self._event_keys.values()))
        return self._event_keys.get(app)

    def _rejected(self, opened: wire.Rejected) -> Answer:
        self._metrics.refused.add("dingtalk", opened.reason)
        return Answer(opened.status)


def _look(heard: Heard) -> dict[str, Any]:
    look = heard.look
    return cards.answer_body(look.title, look.text, look.buttons) if look is not None else {}


def _told(said: Answer) -> web.Response:
    return web.Response(body=said.body, status=said.status, headers=_JSON if said.body else None)
