"""Answers as WeCom writes them: HTTP 200, ``errcode``, and an ``errmsg`` nobody may read anything from."""

from __future__ import annotations

from typing import Any

import orjson

from bot.wecom.emulator.endpoint import ApiError

MORE = "more info at https://open.work.weixin.qq.com/devtool/query?e={code}"


def taken(payload: Any) -> bytes:
    """The answer to a call that is taken."""
    return orjson.dumps({"errcode": 0, "errmsg": "ok", **payload})


def refused(error: ApiError, now_s: int, n: int) -> bytes:
    """The answer to one that is not."""
    words = error.text or "invalid request"
    tail = f"hint: [{now_s}_{n}_{error.code:x}], from ip: 127.0.0.1, {MORE.format(code=error.code)}"
    return orjson.dumps({"errcode": error.code, "errmsg": f"{words}, {tail}"})
