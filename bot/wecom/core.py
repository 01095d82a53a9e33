"""The one way out to WeCom: token, requests, judging. What is asked stands beside.

Facts from developer.work.weixin.qq.com, path 91039 (access token) and path 90313 (global error codes).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import orjson
from typing_extensions import override
from yarl import URL

from bot.command import Maybe, Refused
from bot.tokens import Fetched, TokenKeeper, TokenRefused
from bot.wecom.errors import Verdict, classify

if TYPE_CHECKING:
    from bot.wecom.vendor import Vendor
    from config.clock import Clock
    from config.settings import LimitSettings, WeComApp

TOKEN = "/cgi-bin/gettoken"  # noqa: S105
SLOW_TIMEOUT_S = 15.0
"""For bytes, which take their time; a row is claimed for twice as long."""

_MAX_ANSWER = 4 * 1024 * 1024
"""A thousand messages of customer service, or a class with its parents, in one answer."""
_JSON = {"Content-Type": "application/json; charset=utf-8"}

Failed = Refused | Maybe
"""What a call that brought no answer came to."""
Bucket = tuple[str, int, float]
_Once = Callable[[str], Awaitable[Verdict]]


class Core:
    """One app's connection; every file beside is given it.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        limits: Time-outs in seconds, messages per minute.
        http: Shared connections; cookies off, time-outs are set per request.
        clock: Judges the token.
    """

    def __init__(
        self,
        name: str,
        app: WeComApp,
        limits: LimitSettings,
        http: aiohttp.ClientSession,
        clock: Clock,
    ) -> None:
        self.name = name
        self.app = app
        self.limits = limits
        self.clock = clock
        self.http = http
        self.api = str(app.api_base)
        self.timeout = aiohttp.ClientTimeout(total=limits.total_timeout_s, connect=limits.connect_timeout_s)
        self.slow_timeout = aiohttp.ClientTimeout(total=SLOW_TIMEOUT_S, connect=limits.connect_timeout_s)
        self.token = TokenKeeper(self._fetch_token, clock)
        self._vendor: Vendor | None = None

    @override
    def __repr__(self) -> str:
        return f"Core({self.name!r})"

    @property
    def vendor(self) -> Vendor:
        """The API methods of wechatpy, over this connection; loaded at first use."""
        if self._vendor is None:
            from bot.wecom.vendor import Vendor

            self._vendor = Vendor(self)
        return self._vendor

    def bucket(self, path: str) -> Bucket:
        """The limit of one interface: calls per second of this app."""
        return (f"wecom:{self.name}:api:{path}", self.limits.app_api_per_second, 1.0)

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Verdict:
        """One call; a stale token is renewed once."""
        raw = None if body is None else orjson.dumps(body)
        return await self.call_bytes(path, raw, query, method)

    async def call_bytes(
        self, path: str, raw: bytes | None, query: Mapping[str, str] | None = None, method: str = "POST"
    ) -> Verdict:
        """One call with a body that is there already: the very same bytes at every try."""

        async def once(token: str) -> Verdict:
            url = self._url(path, {"access_token": token, **(query or {})})
            return await self._request(method, url, raw, _JSON if raw is not None else {})

        return await self._with_token(once)

    async def upload(
        self, path: str, query: Mapping[str, str], form: Callable[[], aiohttp.FormData]
    ) -> Verdict:
        """One upload; ``form`` makes the form anew for every try."""

        async def once(token: str) -> Verdict:
            url = self._url(path, {"access_token": token, **query})
            return await self._request("POST", url, form(), {}, self.slow_timeout)

        return await self._with_token(once)

    async def get_bytes(self, path: str, query: Mapping[str, str], most: int) -> bytes | Failed:
        """A file of the platform's. Asking twice harms nobody.

        Args:
            most: Bytes; a longer answer is refused.
        """
        found: list[bytes] = []

        async def once(token: str) -> Verdict:
            found.clear()
            url = self._url(path, {"access_token": token, **query})
            return await self._download(url, most, found)

        verdict = await self._with_token(once)
        if verdict.meaning == "ok" and found:
            return found[0]
        outcome = verdict.outcome()
        return Refused(outcome.code, "retry") if isinstance(outcome, Maybe) else outcome

    # -- underneath

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        return URL(f"{self.api}{path}?{urlencode(query)}", encoded=True)

    async def _with_token(self, once: _Once) -> Verdict:
        stale = ""
        verdict = Verdict("config", "token")
        for again in (False, True):
            try:
                token = await self.token.get(stale)
            except TokenRefused as error:
                refused = error.refused
                return Verdict(refused.action, f"token.{refused.code}", refused.after_s)
            verdict = await once(token)
            # 40001 is also said of a dead token; of a wrong secret it would be said again.
            if again or not (verdict.meaning == "token" or verdict.code == "40001"):
                return verdict
            stale = token
        return verdict

    async def _request(
        self,
        method: str,
        url: URL,
        body: bytes | aiohttp.FormData | None,
        headers: dict[str, str],
        patience: aiohttp.ClientTimeout | None = None,
    ) -> Verdict:
        """One exchange. What went wrong is told apart by whether the request can have left."""
        try:
            async with self.http.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=patience or self.timeout,
                allow_redirects=False,
            ) as answer:
                return classify(answer.status, await _read(answer, _MAX_ANSWER))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return classify(0, b"", bytes_left=False)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return classify(0, b"")

    async def _download(self, url: URL, most: int, found: list[bytes]) -> Verdict:
        headers = {"Accept-Encoding": "identity"}
        try:
            async with self.http.get(
                url, headers=headers, timeout=self.slow_timeout, allow_redirects=False
            ) as answer:
                words = "json" in answer.content_type or answer.content_type == "text/plain"
                named = "Content-Disposition" in answer.headers
                data = await _read(answer, most)
                if words and not (named and _is_file(data)):
                    return classify(answer.status, data)
                if answer.status != 200:
                    return Verdict("retry", f"http{answer.status}")
        except (TimeoutError, aiohttp.ClientError, OSError):
            return Verdict("retry", "no_answer")
        if len(data) > most:
            return Verdict("content", "too_large")
        found.append(data)
        return Verdict("ok", "")

    async def _fetch_token(self) -> Fetched | Refused:
        """A token request changes nothing, so "maybe" only means: try again."""
        query = {"corpid": self.app.corp_id, "corpsecret": self.app.secret.get_secret_value()}
        verdict = await self._request("GET", self._url(TOKEN, query), None, {})
        token, lives = verdict.data.get("access_token"), verdict.data.get("expires_in")
        if verdict.meaning == "ok":
            if isinstance(token, str) and token and isinstance(lives, int):
                return Fetched(token, float(lives))
            return Refused("unreadable", "retry")
        outcome = verdict.outcome()
        return Refused(outcome.code, "retry") if isinstance(outcome, Maybe) else outcome


def _is_file(data: bytes) -> bool:
    """Whether words that have a name of their own are somebody's file, not a refusal."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        return True
    return not (isinstance(found, dict) and found.get("errcode"))


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, at most one piece more than ``most`` bytes: a longer one is cut and so unreadable."""
    parts: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > most:
            break
    return b"".join(parts)
