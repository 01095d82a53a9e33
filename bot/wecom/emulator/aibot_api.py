"""The one HTTP address of the AI bot: answers by a message's own code.

Facts from developer.work.weixin.qq.com, path 101138: no token, once, within an hour.
"""

from __future__ import annotations

from bot.wecom.emulator.endpoint import Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform


def respond(platform: Platform, call: Request) -> Done:
    """``aibot/response``."""
    effect = platform.aibot.respond_once(call.query.get("response_code", ""), call.body)
    return Done(effect=effect)


ENDPOINTS: Table = {("POST", "/cgi-bin/aibot/response"): Endpoint(respond, token=False)}
