"""The script of toolbar pages: where am I, in which group, send this as me.

Facts from developer.work.weixin.qq.com, paths 90506 (tickets), 98560 (the script), 94325 (``ww.register``),
98531 (``getContext``, ``getCurExternalChat``) and 98539 (``sendChatMessage``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from bot.emulation.records import Content
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.messages import medium
from bot.wecom.emulator.platform import Platform

SCRIPT = "/node/open/js/wecom-jssdk-2.0.2.js"
_ANYBODY = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}


def corp_ticket(platform: Platform, _call: Request) -> Done:
    """``get_jsapi_ticket``."""
    ticket, lives_s = platform.toolbar.ticket("corp")
    return Done({"ticket": ticket, "expires_in": lives_s})


def agent_ticket(platform: Platform, call: Request) -> Done:
    """``ticket/get``."""
    if call.query.get("type") != "agent_config":
        raise ApiError(40058, "invalid type")
    ticket, lives_s = platform.toolbar.ticket("agent")
    return Done({"ticket": ticket, "expires_in": lives_s})


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/get_jsapi_ticket"): Endpoint(corp_ticket),
    ("GET", "/cgi-bin/ticket/get"): Endpoint(agent_ticket),
}


def add_scripts(router: web.UrlDispatcher, platform: Platform) -> None:
    """Add the script and what it talks to."""
    script = (Path(__file__).parent / "jwxwork.js").read_text("utf-8")

    async def serve(_request: web.Request) -> web.Response:
        text = script.replace("@BASE@", platform.base_url)
        return web.Response(text=text, content_type="text/javascript", headers=_ANYBODY)

    async def told(request: web.Request) -> web.Response:
        try:
            body = orjson.loads(await request.read() or b"{}")
            answer = _ASKED[request.match_info["what"]](platform, body)
        except KeyError:
            return web.Response(status=404)
        except ApiError as error:
            answer = {"errCode": error.code, "errMsg": f"fail:{error.text}"}
        return web.Response(body=orjson.dumps(answer), content_type="application/json", headers=_ANYBODY)

    async def allowed(_request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_ANYBODY)

    router.add_get(SCRIPT, serve)
    router.add_post("/_jssdk/{what}", told)
    router.add_route("OPTIONS", "/_jssdk/{what}", allowed)


def _register(platform: Platform, body: dict[str, Any]) -> dict[str, Any]:
    """Whether the page may call; ``kind`` is ``corp`` or ``agent``."""
    if body.get("corpId") != platform.app.corp_id:
        raise ApiError(40013, "invalid corpid")
    if body.get("kind") == "agent" and str(body.get("agentId")) != str(platform.app.agent_id):
        raise ApiError(40056, "invalid agentid")
    parts = (str(body.get(name, "")) for name in ("kind", "nonceStr", "timestamp", "url", "signature"))
    if not platform.toolbar.signed(*parts):
        raise ApiError(40093, "invalid signature")
    return {"errCode": 0, "errMsg": "ok"}


def _context(platform: Platform, _body: dict[str, Any]) -> dict[str, Any]:
    entry = "group_chat_tools" if platform.toolbar.group else "normal"
    return {"errCode": 0, "errMsg": "getContext:ok", "entry": entry}


def _chat(platform: Platform, _body: dict[str, Any]) -> dict[str, Any]:
    if platform.groups.class_of(platform.toolbar.group) is None:
        raise ApiError(40050, "not in a group")
    return {"errCode": 0, "errMsg": "getCurExternalChat:ok", "chatId": platform.toolbar.group}


def _send(platform: Platform, body: dict[str, Any]) -> dict[str, Any]:
    """The message stands in the group, as the teacher's."""
    if platform.groups.class_of(platform.toolbar.group) is None:
        raise ApiError(40050, "not in a group")
    content = _look(platform, body)
    platform.show(None, platform.toolbar.group, "broadcast", content)
    return {"errCode": 0, "errMsg": "sendChatMessage:ok"}


def _look(platform: Platform, body: dict[str, Any]) -> Content:
    kind = body.get("msgtype")
    part = body.get(kind) if isinstance(kind, str) else None
    if kind not in ("text", "image", "video", "file", "news") or not isinstance(part, dict):
        raise ApiError(40008, "invalid message type")
    if kind == "text":
        words = part.get("content")
        if not isinstance(words, str) or not words:
            raise ApiError(44004, "empty content")
        return Content("text", words)
    if kind == "news":
        if not part.get("link") or not part.get("title"):
            raise ApiError(40063, "some parameters are empty")
        return Content("link", f"{part['title']}\n{part.get('desc', '')}".strip(), url=str(part["link"]))
    return medium(platform, str(kind), {"media_id": part.get("mediaid")})


_ASKED = {"register": _register, "context": _context, "chat": _chat, "send": _send}
