"""The app's own business: its tokens, old and new."""

from __future__ import annotations

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.endpoint import Endpoint, Request, Table
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform


def _access_token(platform: Platform, request: Request) -> Done:
    body = request.json("invalidParameter.msgBody.invalid")
    app = platform.app
    if (body.get("appKey"), body.get("appSecret")) != (app.client_id, app.client_secret):
        raise ApiError("invalidClientIdOrSecret")
    return Done({"accessToken": platform.token("new"), "expireIn": 7200})


def _get_token(platform: Platform, request: Request) -> Done:
    key, secret = request.query.get("appkey"), request.query.get("appsecret")
    if not key or not secret:
        name = "appsecret" if key else "appkey"
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=name))
    if (key, secret) != (platform.app.client_id, platform.app.client_secret):
        raise ApiError("40096")
    return Done({"errcode": 0, "errmsg": "ok", "access_token": platform.token("old"), "expires_in": 7200})


ENDPOINTS: Table = {
    ("POST", "/v1.0/oauth2/accessToken"): Endpoint("POST", "new", False, False, _access_token),
    ("GET", "/gettoken"): Endpoint("GET", "old", False, False, _get_token),
}
