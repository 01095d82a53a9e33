"""One request that carries no access token: to a message's own address, or by a robot's key.

Such an address is itself a credential: nothing that went wrong names it.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson
from yarl import URL

from bot.command import Maybe, Outcome, Refused, Sent
from bot.wecom.errors import classify
from config.settings import LimitSettings

_MOST_ANSWER = 64 * 1024


async def exchange(
    http: aiohttp.ClientSession, url: str, body: bytes | aiohttp.FormData, limits: LimitSettings
) -> dict[str, Any] | Refused | Maybe:
    """What the platform answered if it took it; else what went wrong, told apart by whether it can have left.

    Args:
        url: Checked by the caller.
        body: JSON as bytes, or a form.
        limits: Time-outs in seconds.
    """
    timeout = aiohttp.ClientTimeout(total=limits.total_timeout_s, connect=limits.connect_timeout_s)
    headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
    try:
        async with http.post(
            URL(url, encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            status, raw = response.status, await _read(response)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return Refused("connect", "retry")
    except (TimeoutError, aiohttp.ClientError, OSError):
        return Maybe("no_answer")
    verdict = classify(status, raw)
    return verdict.data if verdict.meaning == "ok" else verdict.outcome()


def outcome(code: int) -> Outcome:
    """What a bare ``errcode`` comes to, where there is no HTTP around it."""
    verdict = classify(200, orjson.dumps({"errcode": code}))
    return Sent("") if verdict.meaning == "ok" else verdict.outcome()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; a longer one than any of the platform's is cut and so unreadable."""
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > _MOST_ANSWER:
            break
    return b"".join(parts)
