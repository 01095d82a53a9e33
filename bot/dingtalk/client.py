"""Sends commands to DingTalk: picks the lane, makes the request, says what came of it.

Facts from open.dingtalk.com, 'Batch send 1:1 robot messages', 'Send robot messages in a group', 'Create and
deliver a card' and 'Reply through sessionWebhook'.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import orjson
from typing_extensions import override
from yarl import URL

from bot.command import Command, Group, Maybe, Outcome, Private, Refused, Sent, Session
from bot.dingtalk.cards import CREATE_AND_DELIVER, card_params, card_request, delivered
from bot.dingtalk.errors import Verdict, classify
from bot.dingtalk.escape import clean, escape_markdown, no_mentions
from bot.dingtalk.tokens import Fetched, TokenKeeper, TokenRefused

if TYPE_CHECKING:
    from config.clock import Clock
    from config.settings import DingTalkApp, LimitSettings

SESSION = "/robot/sendBySession"
PRIVATE = "/v1.0/robot/oToMessages/batchSend"
GROUP = "/v1.0/robot/groupMessages/send"
TOKEN = "/v1.0/oauth2/accessToken"  # noqa: S105
OLD_TOKEN = "/gettoken"  # noqa: S105

MAX_PARAM = 15_000
"""Bytes of ``msgParam``."""
SESSION_MARGIN = timedelta(seconds=10)
CARD_REFUSED_S = 3600.0
_MAX_ANSWER = 256 * 1024
_JSON = {"Content-Type": "application/json"}

Lane = Literal["session", "card", "private", "group"]
Bucket = tuple[str, int, float]


class DingTalk:
    """The outgoing side of one app.

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
        self._app = app
        self._limits = limits
        self._http = http
        self._clock = clock
        self._on_counted = on_counted
        self._api = str(app.api_base).rstrip("/")
        self._oapi = str(app.oapi_base).rstrip("/")
        self._robot_code = app.robot_code or app.client_id
        self._timeout = aiohttp.ClientTimeout(total=limits.total_timeout_s, connect=limits.connect_timeout_s)
        self._token = TokenKeeper(self._fetch_token, clock)
        self._old_token = TokenKeeper(self._fetch_old_token, clock)
        self._refused_cards: dict[str, float] = {}

    @override
    def __repr__(self) -> str:
        return f"DingTalk({self.name!r})"

    async def send(self, command: Command) -> Outcome:
        """Send one command over the best lane it may take. Raises nothing the network does."""
        if len(orjson.dumps(_param(command)[1])) > MAX_PARAM:
            return Refused("msgParam.tooLong", "content")
        lane = self._lane(command)
        if lane == "session" and command.session is not None:
            outcome = await self._send_session(command, command.session)
            if outcome is not None:
                return outcome
            lane = "private" if isinstance(command.target, Private) else "group"
        if isinstance(command.target, Private) and not command.target.user_id:
            return Refused("no_user_id", "recipient")
        if lane == "card":
            return await self._send_card(command)
        if isinstance(command.target, Private):
            return await self._send_private(command, command.target)
        return await self._send_group(command, command.target)

    def idempotent(self, command: Command) -> bool:
        """Whether sending this very command again cannot be seen twice. Ask right before sending."""
        return self._lane(command) == "card"

    def api(self, command: Command) -> str:
        """The path :meth:`send` will try first; names the metric."""
        return {"session": SESSION, "card": CREATE_AND_DELIVER, "private": PRIVATE, "group": GROUP}[
            self._lane(command)
        ]

    def bucket_names(self, command: Command) -> list[Bucket]:
        """The limits this command falls under, as (bucket, messages, window in seconds)."""
        lane = self._lane(command)
        buckets: list[Bucket] = []
        if lane != "session":
            api = f"dingtalk:{self.name}:api:{self.api(command)}"
            buckets.append((api, self._limits.app_api_per_second, 1.0))
        if isinstance(command.target, Group):
            group = f"dingtalk:{self.name}:group:{command.target.conversation_id}"
            buckets.append((group, self._limits.group_per_minute, 60.0))
        return buckets

    async def old_token(self) -> str:
        """The separate token of the older API; the two are not documented to be interchangeable.

        Raises:
            TokenRefused: The platform gives none.
        """
        return await self._old_token.get()

    # -- lanes

    def _lane(self, command: Command) -> Lane:
        if not command.must and command.session and self._alive(command.session):
            return "session"
        if command.card and self._card_goes(command):
            return "card"
        return "private" if isinstance(command.target, Private) else "group"

    def _alive(self, session: Session) -> bool:
        return session.expires_at - SESSION_MARGIN > self._clock.now()

    def _template(self, command: Command) -> str:
        app = self._app
        chosen = app.digest_card_template if isinstance(command.target, Group) else app.message_card_template
        return chosen or ""

    def _card_goes(self, command: Command) -> bool:
        template = self._template(command)
        if not template or self._clock.monotonic() < self._refused_cards.get(template, 0.0):
            return False
        return card_params(command.title, command.text) is not None

    async def _send_session(self, command: Command, session: Session) -> Outcome | None:
        """Reply where the message came from; None if the address is dead and another lane should be tried."""
        msg_key, param = _param(command)
        kind = "markdown" if msg_key == "sampleMarkdown" else "text"
        verdict = await self._post(session.url, {"msgtype": kind, kind: param}, {})
        if verdict.meaning == "ok":
            return Sent("")
        if verdict.meaning in ("maybe", "content", "retry") or verdict.code == "blocked":
            return verdict.outcome()
        return None

    async def _send_card(self, command: Command) -> Outcome:
        template = self._template(command)
        request = card_request(command, template, self._robot_code)
        if request is None:
            return Refused("card.tooLong", "content")
        verdict = await self._call(CREATE_AND_DELIVER, request)
        if verdict.meaning == "exists":
            return Sent(command.outbox_id)
        if verdict.meaning != "ok":
            return self._without_card(template, verdict)
        good, carrier = delivered(verdict.data)
        if good is None:
            return Maybe("card.noResult")
        return Sent(carrier or command.outbox_id) if good else Refused("card.notDelivered", "recipient")

    def _without_card(self, template: str, verdict: Verdict) -> Outcome:
        """Cards are refused here: forget them for an hour, so that the next try goes as markdown.

        Not in the same breath: whether a try may be repeated has to be known before it is made.
        """
        outcome = verdict.outcome()
        shape = verdict.meaning == "content" and "unsafe" not in verdict.code.lower()
        ours = verdict.code.startswith("token.")  # the app's credentials, not its cards
        if isinstance(outcome, Refused) and not ours and (verdict.meaning == "config" or shape):
            self._refused_cards[template] = self._clock.monotonic() + CARD_REFUSED_S
            return Refused(f"card.{outcome.code}", "retry")
        return outcome

    async def _send_private(self, command: Command, target: Private) -> Outcome:
        msg_key, param = _param(command)
        verdict = await self._call(
            PRIVATE,
            {
                "robotCode": self._robot_code,
                "userIds": [target.user_id],
                "msgKey": msg_key,
                "msgParam": orjson.dumps(param).decode(),
            },
        )
        if verdict.meaning != "ok":
            return verdict.outcome()
        if target.user_id in _ids(verdict.data, "flowControlledStaffIdList"):
            return Refused("flowControlledStaffIdList", "slow", 1.0)
        for name in ("invalidStaffIdList", "filteredStaffIdList"):
            if target.user_id in _ids(verdict.data, name):
                return Refused(name, "recipient")
        return _by_query_key(verdict)

    async def _send_group(self, command: Command, target: Group) -> Outcome:
        msg_key, param = _param(command)
        verdict = await self._call(
            GROUP,
            {
                "robotCode": self._robot_code,
                "openConversationId": target.conversation_id,
                "msgKey": msg_key,
                "msgParam": orjson.dumps(param).decode(),
            },
        )
        return _by_query_key(verdict) if verdict.meaning == "ok" else verdict.outcome()

    # -- requests

    async def _call(self, path: str, body: dict[str, Any]) -> Verdict:
        """One counted call with a token; a stale token is renewed once."""
        stale = ""
        verdict = Verdict("config", "token")
        for _ in range(2):
            try:
                token = await self._token.get(stale)
            except TokenRefused as error:
                refused = error.refused
                return Verdict(refused.action, f"token.{refused.code}", refused.after_s)
            verdict = await self._post(self._api + path, body, {"x-acs-dingtalk-access-token": token})
            if _counts(verdict):
                self._on_counted(path)
            if verdict.meaning != "token":
                return verdict
            stale = token
        return verdict

    async def _post(self, url: str, body: dict[str, Any], headers: dict[str, str]) -> Verdict:
        return await self._request("POST", URL(url, encoded=True), orjson.dumps(body), {**_JSON, **headers})

    async def _request(self, method: str, url: URL, body: bytes | None, headers: dict[str, str]) -> Verdict:
        """One exchange. What went wrong is told apart by whether the request can have left."""
        try:
            async with self._http.request(
                method, url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                content_type = answer.headers.get("Content-Type", "")
                return classify(answer.status, await _read(answer), content_type)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return classify(0, b"", "", bytes_left=False)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return classify(0, b"", "")

    async def _fetch_token(self) -> Fetched | Refused:
        body = {"appKey": self._app.client_id, "appSecret": self._app.client_secret.get_secret_value()}
        verdict = await self._post(self._api + TOKEN, body, {})
        return _fetched(verdict, "accessToken", "expireIn")

    async def _fetch_old_token(self) -> Fetched | Refused:
        secret = self._app.client_secret.get_secret_value()
        url = URL(self._oapi + OLD_TOKEN).with_query(appkey=self._app.client_id, appsecret=secret)
        verdict = await self._request("GET", url, None, {})
        return _fetched(verdict, "access_token", "expires_in")


def _param(command: Command) -> tuple[str, dict[str, str]]:
    """The message's key and parameters; a titled one is markdown, in which the words stay words."""
    if not command.title:
        return "sampleText", {"content": no_mentions(command.text)}
    title = no_mentions(clean(command.title).replace("\n", " ")).strip()
    return "sampleMarkdown", {"title": title, "text": escape_markdown(command.text)}


def _counts(verdict: Verdict) -> bool:
    """Whether the platform counts the call: it came, and was not turned away at the gate."""
    return (
        verdict.code != "connect" and verdict.meaning != "token" and not verdict.code.startswith("Forbidden.")
    )


def _ids(data: dict[str, Any], name: str) -> list[object]:
    value = data.get(name)
    return value if isinstance(value, list) else []


def _by_query_key(verdict: Verdict) -> Outcome:
    key = verdict.data.get("processQueryKey")
    return Sent(key) if isinstance(key, str) and key else Maybe("no_query_key")


def _fetched(verdict: Verdict, token_name: str, lives_name: str) -> Fetched | Refused:
    """A token request changes nothing, so "maybe" only means: try again."""
    if verdict.meaning == "ok":
        token, lives = verdict.data.get(token_name), verdict.data.get(lives_name)
        if isinstance(token, str) and token and isinstance(lives, int | float):
            return Fetched(token, float(lives))
        return Refused("unreadable", "retry")
    outcome = verdict.outcome()
    return Refused(outcome.code, "retry") if isinstance(outcome, Maybe) else outcome


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body, at most :data:`_MAX_ANSWER` bytes: a longer one is cut and so unreadable."""
    parts: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > _MAX_ANSWER:
            break
    return b"".join(parts)
