"""Customer service as a platform of its own: customers write, pages are read, what is sent is counted.

Small pages, now and then an empty one with more behind it, answers that are lost after the deed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from bot.wecom.codec import Codec

APP, CORP, KF_ID = "school", "dingcorp0001", "kf-1"
TOKEN, AES_KEY = "tokenTOKEN123", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
PAGE = 5
MOST = 5


@dataclass
class KfPlatform:
    """See the module. ``failing`` is the share of calls that go wrong.

    Args:
        seed: Decides which.
    """

    seed: str
    failing: float = 0.1
    items: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    removed: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self._chance = random.Random(f"kf:{self.seed}")
        self._codec = Codec(TOKEN, AES_KEY, CORP, None)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on 127.0.0.1."""
        app = web.Application()
        app.router.add_get("/cgi-bin/gettoken", self._token)
        app.router.add_post("/cgi-bin/{name:.*}", self._call)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Close everything."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- people

    def say(self, who: str, text: str) -> None:
        """A customer writes: from now on five answers are taken."""
        self.left[who] = MOST
        self.items.append(
            {
                "msgid": f"m{len(self.items)}",
                "open_kfid": KF_ID,
                "external_userid": who,
                "send_time": int(time.time()),
                "origin": 3,
                "msgtype": "text",
                "text": {"content": text},
            }
        )

    async def ring(self, http: aiohttp.ClientSession, port: int) -> None:
        """Tell the service that somebody wrote; nobody minds if it is not there."""
        now = str(int(time.time()))
        plain = (
            f"<xml><ToUserName>{CORP}</ToUserName><CreateTime>{now}</CreateTime><MsgType>event</MsgType>"
            f"<Event>kf_msg_or_event</Event><Token>{now}</Token><OpenKfId>{KF_ID}</OpenKfId></xml>"
        )
        sealed = self._codec.seal(plain.encode(), f"n{self._chance.getrandbits(40)}", now)
        query = {"msg_signature": sealed.signature, "timestamp": now, "nonce": sealed.nonce}
        body = f"<xml><ToUserName>{CORP}</ToUserName><Encrypt>{sealed.encrypt}</Encrypt></xml>"
        try:
            async with http.post(
                f"http://127.0.0.1:{port}/wecom/{APP}/kf", params=query, data=body.encode()
            ) as answer:
                await answer.read()
        except (aiohttp.ClientError, OSError):
            return

    def answers(self, who: str, *, besides: str = "") -> int:
        """How many different messages somebody was shown, but for one text."""
        return sum(reader == who and text != besides for reader, text in self.shown.values())

    # -- the interface

    async def _token(self, _request: web.Request) -> web.Response:
        return _said(access_token="token", expires_in=7200)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name, asked = request.match_info["name"], orjson.loads(await request.read())
        fate = self._chance.random()
        if fate < self.failing / 2:
            return web.Response(status=502)
        answer = self._done(name, asked)
        if fate < self.failing:  # done, and nobody learns of it
            assert request.transport is not None
            request.transport.close()
        return answer

    def _done(self, name: str, asked: dict[str, Any]) -> web.Response:
        match name:
            case "kf/sync_msg":
                return self._page(str(asked.get("cursor", "")))
            case "kf/send_msg":
                return self._send(asked)
        return _said(40058)

    def _page(self, cursor: str) -> web.Response:
        begin = int(cursor.rstrip("-") or 0)
        if self._chance.random() < 0.2 and begin < len(self.items) and not cursor.endswith("-"):
            return _said(next_cursor=f"{begin}-", has_more=1, msg_list=[])
        end = min(begin + PAGE, len(self.items))
        more = int(end < len(self.items))
        return _said(next_cursor=str(end), has_more=more, msg_list=self.items[begin:end])

    def _send(self, asked: dict[str, Any]) -> web.Response:
        who, msgid = asked["touser"], asked["msgid"]
        if msgid in self.shown:
            self.removed += 1
            return _said(msgid=msgid)
        if self.left[who] <= 0:
            self.refused += 1
            return _said(95001)
        self.left[who] -= 1
        self.shown[msgid] = (who, asked["text"]["content"])
        return _said(msgid=msgid)


def _said(code: int = 0, **data: Any) -> web.Response:
    body = {"errcode": code, "errmsg": "ok" if not code else "refused"} | data
    return web.Response(body=orjson.dumps(body), content_type="application/json")
