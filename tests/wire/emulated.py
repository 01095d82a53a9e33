"""A client for the emulated platform, as small as a test can use."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from bot.dingtalk.emulator.emulator import Emulator

BATCH = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
CARD = "/v1.0/card/instances/createAndDeliver"
CARD_UPDATE = "/v1.0/card/instances"
TOKEN = "/v1.0/oauth2/accessToken"
DOWNLOAD = "/v1.0/robot/messageFiles/download"


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    body: Any


class Client:
    """Speaks to one emulator; ``call`` brings its own token unless told otherwise."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session
        self.robot = emulator.platform.app.robot_code

    async def request(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        data = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        url = self.emulator.url + path
        async with self.session.request(method, url, data=data, headers=headers) as response:
            raw = await response.read()
        try:
            return Got(response.status, orjson.loads(raw))
        except orjson.JSONDecodeError:
            return Got(response.status, raw)

    async def token(self) -> str:
        app = self.emulator.platform.app
        got = await self.request("POST", TOKEN, {"appKey": app.client_id, "appSecret": app.client_secret})
        return str(got.body["accessToken"])

    async def call(self, path: str, body: Any, method: str = "POST", token: str | None = None) -> Got:
        token = token if token is not None else await self.token()
        return await self.request(method, path, body, **{"x-acs-dingtalk-access-token": token})

    def batch(self, *users: str, **changed: Any) -> dict[str, Any]:
        return {
            "robotCode": self.robot,
            "userIds": list(users),
            "msgKey": "sampleText",
            "msgParam": '{"content":"你好"}',
            **changed,
        }

    def group(self, **changed: Any) -> dict[str, Any]:
        return {
            "robotCode": self.robot,
            "openConversationId": self.emulator.world.classes[1].group,
            "msgKey": "sampleMarkdown",
            "msgParam": '{"title":"速递","text":"今天的速递"}',
            **changed,
        }

    def card(self, track: str, **changed: Any) -> dict[str, Any]:
        return {
            "cardTemplateId": self.emulator.platform.digest_template,
            "outTrackId": track,
            "cardData": {"cardParamMap": {"title": "速递", "body": "今天的速递"}},
            "openSpaceId": f"dtv1.card//IM_GROUP.{self.emulator.world.classes[1].group}",
            "imGroupOpenDeliverModel": {"robotCode": self.robot},
            "userIdType": 1,
            **changed,
        }

    async def old(self, path: str, fields: Any = None, method: str = "POST", token: str | None = None) -> Got:
        """A call of the old API: the token in the query."""
        token = token if token is not None else await self.token()
        headers = {"Content-Type": "application/json"}
        return await self.request(method, f"{path}?access_token={token}", fields, **headers)

    async def upload(self, kind: str, name: str, data: bytes) -> Got:
        form = aiohttp.FormData()
        form.add_field("media", io.BytesIO(data), filename=name, content_type="application/octet-stream")
        url = f"{self.emulator.url}/media/upload?access_token={await self.token()}&type={kind}"
        async with self.session.post(url, data=form) as response:
            return Got(response.status, await response.json())

    async def control(self, path: str, body: Any = None) -> Got:
        return await self.request("GET" if body is None else "POST", f"/_control/{path}", body)


class Product:
    """A receiver that keeps what it is pushed and answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.answer: Any = {"msgtype": "empty"}

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append(
            ({key.lower(): value for key, value in request.headers.items()}, await request.read())
        )
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, body=orjson.dumps(self.answer))

    def bodies(self) -> list[Any]:
        return [orjson.loads(raw) for _, raw in self.got]
