"""The one way out to DingTalk: tokens, requests, judging, counting. What is asked stands beside.

Facts from open.dingtalk.com, 'Obtain the access token of an internal app', 'Call limits' and 'Global error
codes'.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import orjson
from typing_extensions import override
from yarl import URL

from bot.command import Maybe, Refused
from bot.dingtalk.errors import Verdict, classify
from bot.tokens import Fetched, TokenKeeper, TokenRefused

if TYPE_CHECKING:
    from config.clock import Clock
    from config.settings import DingTalkApp, LimitSettings

TOKEN = "/v1.0/oauth2/accessToken"  # noqa: S105
OLD_TOKEN = "/gettoken"  # noqa: S105
SLOW_TIMEOUT_S = 15.0
"""For bytes, which take their time; a row is claimed for twice as long."""

_MAX_ANSWER = 256 * 1024
_JSON = {"Content-Type": "application/json"}
_NEW_TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - a header's name
_AT_THE_GATE = frozenset({"90002", "90018", "90020"})

Failed = Refused | Maybe
"""What a call that brought no answer came to."""
Bucket = tuple[str, int, float]
_Once = Callable[[str], Awaitable[Verdict]]


class Core:
    """One app's connection; every file beside is given it.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        limits: Calls per second, messages per minute, time-outs in seconds.
        http: Shared connections; cookies off, time-outs are set per request.
        clock: Judges sessions and tokens.
        on_counted: Told the path of every call that counts in the month, after it was made.
    """

    def __init__(
        self,
        name: str,
        app: DingTalkApp,
        limits: LimitSettings,
        http: aiohttp.ClientSession,
        clock: Clock,
        on_counted: Callable[[str], None],
    ) -> None:
        self.name = name
        self.app = app
        self.limits = limits
        self.clock = clock
        self.api = str(app.api_base).rstrip("/")
        self.oapi = str(app.oapi_base).rstrip("/")
        self.robot_code = app.robot_code or app.client_id
        self.timeout = aiohttp.ClientTimeout(total=limits.total_timeout_s, connect=limits.connect_timeout_s)
        self.slow_timeout = aiohttp.ClientTimeout(total=SLOW_TIMEOUT_S, connect=limits.connect_timeout_s)
        self._http = http
        self._on_counted = on_counted
        self.token = TokenKeeper(self._fetch_token, clock)
        self.old_token = TokenKeeper(self._fetch_old_token, clock)

    @override
    def __repr__(self) -> str:
        return f"Core({self.name!r})"

    def bucket(self, path: str) -> Bucket:
        """The limit of one interface: calls per second of this app."""
        return (f"dingtalk:{self.name}:api:{path}", self.limits.app_api_per_second, 1.0)

    async def call_new(
        self,
        path: str,
        body: dict[str, Any] | None,
        method: str = "POST",
        query: dict[str, str] | None = None,
    ) -> Verdict:
        """One counted call of the newer API; a stale token is renewed once."""
        url = URL(f"{self.api}{path}{_query(query)}", encoded=True)
        raw = None if body is None else orjson.dumps(body)

        async def once(token: str) -> Verdict:
            return await self.request(method, url, raw, {**_JSON, _NEW_TOKEN_HEADER: token})

        return await self._with_token(self.token, path, once, counted=True)

    async def call_old(
        self, path: str, body: dict[str, Any] | None, counted: bool = False, method: str = "POST"
    ) -> Verdict:
        """One call of the older API. Address-book calls do not count in the month, so the default is no."""
        raw = None if body is None else orjson.dumps(body)

        async def once(token: str) -> Verdict:
            url = URL(f"{self.oapi}{path}{_query({'access_token': token})}", encoded=True)
            return await self.request(method, url, raw, _JSON)

        return await self._with_token(self.old_token, path, once, counted)

    async def upload(self, path: str, query: dict[str, str], form: Callable[[], aiohttp.FormData]) -> Verdict:
        """One counted upload by the older API; ``form`` makes the form anew for every try."""

        async def once(token: str) -> Verdict:
            url = URL(f"{self.oapi}{path}{_query({'access_token': token, **query})}", encoded=True)
            return await self.request("POST", url, form(), {}, self.slow_timeout)

        return await self._with_token(self.old_token, path, once, counted=True)

    async def post(self, url: str, body: dict[str, Any]) -> Verdict:
        """One call that needs no token and counts nowhere."""
        return await self.request("POST", URL(url, encoded=True), orjson.dumps(body), _JSON)

    async def _with_token(self, keeper: TokenKeeper, path: str, once: _Once, counted: bool) -> Verdict:
        stale = ""
        verdict = Verdict("config", "token")
        for _ in range(2):
            try:
                token = await keeper.get(stale)
            except TokenRefused as error:
                refused = error.refused
                return Verdict(refused.action, f"token.{refused.code}", refused.after_s)
            verdict = await once(token)
            if counted and _counts(verdict):
                self._on_counted(path)
            if verdict.meaning != "token":
                return verdict
            stale = token
        return verdict

    async def request(
        self,
        method: str,
        url: URL,
        body: bytes | aiohttp.FormData | None,
        headers: dict[str, str],
        patience: aiohttp.ClientTimeout | None = None,
    ) -> Verdict:
        """One exchange. What went wrong is told apart by whether the request can have left."""
        try:
            async with self._http.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=patience or self.timeout,
                allow_redirects=False,
            ) as answer:
                content_type = answer.headers.get("Content-Type", "")
                return classify(answer.status, await _read(answer, _MAX_ANSWER), content_type)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return classify(0, b"", "", bytes_left=False)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return classify(0, b"", "")

    async def get_bytes(self, url: URL, most: int) -> bytes | Refused:
        """What lies at a link, fetched without any credential; asking twice harms nobody.

        Args:
            url: Checked by the caller.
            most: Bytes; a longer answer is refused.
        """
        headers = {"Accept-Encoding": "identity"}
        try:
            async with self._http.get(
                url, headers=headers, timeout=self.slow_timeout, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    return Refused(f"link.http{answer.status}", "retry")
                data = await _read(answer, most)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return Refused("link.no_answer", "retry")
        return data if len(data) <= most else Refused("link.tooLarge", "content")

    async def _fetch_token(self) -> Fetched | Refused:
        body = {"appKey": self.app.client_id, "appSecret": self.app.client_secret.get_secret_value()}
        return _fetched(await self.post(self.api + TOKEN, body), "accessToken", "expireIn")

    async def _fetch_old_token(self) -> Fetched | Refused:
        secret = self.app.client_secret.get_secret_value()
        url = URL(self.oapi + OLD_TOKEN).with_query(appkey=self.app.client_id, appsecret=secret)
        return _fetched(await self.request("GET", url, None, {}), "access_token", "expires_in")


def _query(values: dict[str, str] | None) -> str:
    """Encoded exactly once; a query key of the platform holds ``+`` and ``=``."""
    return f"?{urlencode(values)}" if values else ""


def _counts(verdict: Verdict) -> bool:
    """Whether the platform counts the call: it came, and was not turned away at the gate."""
    at_the_gate = verdict.code.startswith("Forbidden.") or verdict.code in _AT_THE_GATE
    return verdict.code != "connect" and verdict.meaning != "token" and not at_the_gate


def _fetched(verdict: Verdict, token_name: str, lives_name: str) -> Fetched | Refused:
    """A token request changes nothing, so "maybe" only means: try again."""
    if verdict.meaning == "ok":
        token, lives = verdict.data.get(token_name), verdict.data.get(lives_name)
        if isinstance(token, str) and token and isinstance(lives, int | float):
            return Fetched(token, float(lives))
        return Refused("unreadable", "retry")
    outcome = verdict.outcome()
    return Refused(outcome.code, "retry") if isinstance(outcome, Maybe) else outcome


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
