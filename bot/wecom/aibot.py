"""The AI bot of internal groups: its door for callbacks, and how it speaks.

Facts from developer.work.weixin.qq.com, paths 101033 (callback), 101031 and 101138 (answers) and 101463 (long
connection). By callback it can only answer, once per message and within an hour; over the connection it can
also begin, where somebody has written to it before. None of it can be repeated unseen.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from bot.command import (
    AnyCommand,
    Command,
    FileRef,
    Group,
    Maybe,
    Outcome,
    Private,
    Refused,
    Sent,
    Session,
    Webhook,
)
from bot.intake import Answer, Intake
from bot.media import Gone
from bot.metrics import Metrics
from bot.wecom import aibot_upload, aibot_words, envelope
from bot.wecom.aibot_link import Ack, NoAck, NotOpen
from bot.wecom.aibot_wire import (
    REPLY,
    SOCKET,
    Bot,
    OpenedEvent,
    OpenedMessage,
    OpenedPress,
    Poll,
    pinned,
    read,
)
from bot.wecom.codec import Codec, Rejected, is_fresh
from bot.wecom.plain import exchange
from bot.wecom.plain import outcome as coded
from config.clock import Clock
from config.ids import new_id
from config.settings import LimitSettings, WeComApp
from handlers.anonymous.words import is_anonymous

if TYPE_CHECKING:
    from bot.wecom.aibot_socket import AiBotSocket

RESPOND, SEND = "aibot_respond_msg", "aibot_send_msg"
RESPONSE = "/cgi-bin/aibot/response"
_MARGIN_S = 10.0
_DEAD = frozenset({846605, 846608})
"""The message can be answered no more; a new one to the same chat can be sent."""

_WORDS = frozenset({"40008", "40033", "40058", "44004", "45002"})
"""Refusals of what was said; any other definite one means that the address is dead."""

Files = Callable[[FileRef], Awaitable[bytes]]
Robot = Callable[[str], Awaitable[Webhook | None]]
"""The webhook robot of the group with this chat id, if the class has one."""
ByRobot = Callable[[Command, Webhook], Awaitable[Outcome]]
Bucket = tuple[str, int, float]


class AiBotDoor:
    """The callback address of one app's AI bot.

    Args:
        intake: Keeps what came.
        name: The app's name in the settings.
        app: Its settings, with ``aibot_token`` and ``aibot_aes_key``.
        clock: For freshness.

    Raises:
        ValueError: Token or key are missing.
    """

    def __init__(self, intake: Intake, name: str, app: WeComApp, clock: Clock, metrics: Metrics) -> None:
        if app.aibot_token is None or app.aibot_aes_key is None:
            raise ValueError("an AI bot by callback needs aibot_token and aibot_aes_key")
        self._codec = Codec(app.aibot_token.get_secret_value(), app.aibot_aes_key.get_secret_value(), "")
        self._intake = intake
        self._bot = Bot(name, app)
        self._clock = clock
        self._metrics = metrics
        self._freshness_s = app.freshness_s

    def verify(self, query: Mapping[str, str]) -> Answer:
        """The check of the address: the decrypted word, bare."""
        opened = self._opened(query, query.get("echostr", ""))
        return self._rejected(opened) if isinstance(opened, Rejected) else Answer(200, opened)

    async def push(self, query: Mapping[str, str], raw: bytes) -> Answer:
        """One push; answered only after it is on disk."""
        start = time.perf_counter()
        encrypt = envelope.encrypted(raw)
        opened = encrypt if isinstance(encrypt, Rejected) else self._opened(query, encrypt)
        if isinstance(opened, Rejected):
            return self._rejected(opened)
        try:
            body = orjson.loads(opened)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            return self._rejected(Rejected(400, "not_readable"))
        said = await self._heard(body, query)
        if said.status == 200 and not said.body:  # any other may be to an anonymous word: not counted
            self._metrics.acks.add("wecom")
            self._metrics.ack_seconds.observe(time.perf_counter() - start)
        return said

    def _opened(self, query: Mapping[str, str], encrypt: str) -> bytes | Rejected:
        opened = self._codec.open(query, encrypt)
        if isinstance(opened, bytes) and not is_fresh(query, self._clock.now(), self._freshness_s):
            return Rejected(403, "stale")
        return opened

    async def _heard(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        match read(body, self._bot, self._clock.now()):
            case OpenedMessage() as opened:
                if is_anonymous(opened.text):
                    # Not a row, not a log line, not a metric: the answer goes back in this very response.
                    said = aibot_words.anonymous_answer(opened.text)
                    return self._say(aibot_words.stream_body(new_id(), said), query)
                return Answer(200 if await self._intake.record(opened, "message") else 503)
            case OpenedPress() as pressed:
                heard = await self._intake.press(pressed)
                if heard.look is not None:
                    return self._say(aibot_words.update_body(pressed.track, heard.look), query)
                return Answer(200 if heard.kept else 503)
            case OpenedEvent() as happened:
                return Answer(200 if await self._intake.record(happened, "event") else 503)
            case Poll(stream_id):  # our answers are whole at once: there is nothing to come
                over = {"msgtype": "stream", "stream": {"id": stream_id, "finish": True}}
                return self._say(over, query)
            case Rejected() as rejected:
                return self._rejected(rejected)
            case _:
                return Answer(200)

    def _say(self, body: dict[str, Any], query: Mapping[str, str]) -> Answer:
        """An answer of the AI bot: names in lower case, and the address's own nonce."""
        stamp = str(int(self._clock.now().timestamp()))
        sealed = self._codec.seal(orjson.dumps(body), query.get("nonce", ""), stamp)
        return Answer(200, orjson.dumps({
            "encrypt": sealed.encrypt,
            "msgsignature": sealed.signature,
            "timestamp": int(sealed.timestamp),
            "nonce": sealed.nonce,
        }))  # fmt: skip

    def _rejected(self, rejected: Rejected) -> Answer:
        self._metrics.refused.add("wecom", rejected.reason)
        return Answer(rejected.status)


async def _no_files(file: FileRef) -> bytes:
    raise Gone(file.medium_id or file.recipe)


class AiBotLane:
    """How one app's AI bot speaks; see the module.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        limits: Messages per conversation, time-outs in seconds.
        http: Shared connections.
        clock: Judges reply addresses.
        files: The bytes of a message's file.
        robot: The webhook robot of a group, for what the bot may not say by itself.
        by_robot: Says it there.
    """

    def __init__(
        self, name: str, app: WeComApp, limits: LimitSettings, http: aiohttp.ClientSession, clock: Clock,
        files: Files = _no_files, robot: Robot | None = None, by_robot: ByRobot | None = None,
    ) -> None:  # fmt: skip
        self._name = name
        self._app = app
        self._limits = limits
        self._http = http
        self._clock = clock
        self._files = files
        self._robot = robot
        self._by_robot = by_robot
        self._prefix = f"{app.api_base}{RESPONSE}"
        self._socket: AiBotSocket | None = None
        self._spent: dict[str, None] = {}

    def attach(self, socket: AiBotSocket | None) -> None:
        """Speak through this connection from now on; None: there is none."""
        self._socket = socket

    def takes(self, command: Command) -> bool:
        """Whether it is the AI bot's: to a group, or to one person whose word to the bot can be answered."""
        if isinstance(command.target, Group):
            return True
        return bool(self._reply_url(command.session) or self._req_id(command.session))

    def buckets(self, command: AnyCommand) -> list[Bucket]:
        """Thirty a minute and a thousand an hour in one conversation, fewer of its robot: we stay below."""
        if not isinstance(command, Command):
            return []
        chat, limits = f"wecom:{self._name}:aibot:{_chat(command)[0]}", self._limits
        by_robot = self._socket is None and not self._reply_url(command.session)
        most = min(limits.aibot_per_minute, limits.webhook_per_minute if by_robot else 1000)
        return [(f"{chat}:minute", most, 60.0), (f"{chat}:hour", limits.aibot_per_hour, 3600.0)]

    def idempotent(self, command: AnyCommand) -> bool:
        """A second copy would be seen, whichever way it goes."""
        return False

    def api(self, command: Command) -> str:
        """What :meth:`send` will try first; names the metric."""
        url = self._reply_url(command.session)
        return RESPONSE if url else RESPOND if self._req_id(command.session) else SEND

    async def send(self, command: AnyCommand) -> Outcome:
        """Say it and tell what came of it; raises nothing the network does."""
        if not isinstance(command, Command):
            return Refused("no_such_thing", "config")
        if not aibot_words.fits(command.plain):
            return Refused("aibot.tooLong", "content")
        if command.file is not None:
            return await self._send_file(command, command.file)
        card = aibot_words.card_body(command)
        body = card or aibot_words.markdown_body(command.plain)
        url = self._reply_url(command.session)
        if url:
            outcome = await self._respond_by_url(url, body)
            if outcome is not None:
                return outcome
        return await self._speak(command, body, answer=card or _whole(command))

    # -- over the connection

    async def _speak(self, command: Command, body: dict[str, Any], answer: dict[str, Any]) -> Outcome:
        """An answer while the message can be answered, else a message of its own."""
        socket = self._socket
        if socket is None:
            return await self._instead(command)
        req_id = self._req_id(command.session)
        if req_id:
            came = await _asked(socket, RESPOND, answer, req_id)
            if not (isinstance(came, Ack) and came.code in _DEAD):
                return coded(came.code) if isinstance(came, Ack) else came
        chat_id, chat_type = _chat(command)
        if not chat_id:
            return Refused("no_chat", "recipient")
        came = await _asked(socket, SEND, {"chatid": chat_id, "chat_type": chat_type, **body})
        return coded(came.code) if isinstance(came, Ack) else came

    def _req_id(self, session: Session | None) -> str:
        """The message that is answered, if it came over this very connection and not long ago."""
        if session is None or self._socket is None or not session.url.startswith(SOCKET):
            return ""
        req_id = session.url.removeprefix(SOCKET)
        return req_id if self._socket.fresh(req_id) else ""

    async def _instead(self, command: Command) -> Outcome:
        """By callback the bot only answers: the class's webhook robot says what nobody asked."""
        if isinstance(command.target, Private):
            return Refused("aibot.dead", "retry")  # not taken a second time: the app writes instead
        if isinstance(command.target, Group) and self._robot is not None and self._by_robot is not None:
            robot = await self._robot(command.target.conversation_id)
            if robot is not None:
                return await self._by_robot(command, robot)
        return Refused("no_lane", "config")

    async def _send_file(self, command: Command, file: FileRef) -> Outcome:
        if self._socket is None:
            return await self._instead(command)
        body = await aibot_upload.body_of(self._socket, file, self._files)
        if isinstance(body, Refused):
            return body
        outcome = await self._speak(command, body, answer=body)
        if not isinstance(outcome, Sent) or not command.plain:
            return outcome
        # A file carries no words. It is there: whatever becomes of them is in doubt.
        said = await self._speak(command, aibot_words.markdown_body(command.plain), _whole(command))
        return outcome if isinstance(said, Sent) else Maybe(f"caption.{said.code}")

    # -- by a message's own address

    def _reply_url(self, session: Session | None) -> str:
        if session is None or not session.url.startswith(REPLY):
            return ""
        url = session.url.removeprefix(REPLY)
        left_s = (session.expires_at - self._clock.now()).total_seconds()
        usable = left_s > _MARGIN_S and url not in self._spent and pinned(url, self._prefix)
        return url if usable else ""

    async def _respond_by_url(self, url: str, body: dict[str, Any]) -> Outcome | None:
        """Once; None if the address is dead and another way should be tried."""
        if len(self._spent) >= 10_000:
            del self._spent[next(iter(self._spent))]
        self._spent[url] = None
        answer = await exchange(self._http, url, orjson.dumps(body), self._limits)
        outcome = answer if isinstance(answer, Refused | Maybe) else Sent("")
        if isinstance(outcome, Refused) and outcome.action in ("retry", "slow"):
            self._spent.pop(url, None)
            return outcome
        if isinstance(outcome, Refused) and outcome.code not in _WORDS:
            return None
        return outcome


def _whole(command: Command) -> dict[str, Any]:
    return aibot_words.stream_body(command.outbox_id, command.plain)


def _chat(command: Command) -> tuple[str, int]:
    """Where to, as the platform wrote it, and what kind of chat that is."""
    match command.target:
        case Group(conversation_id):
            return conversation_id, 2
        case Private(user_id, conversation_id):
            return conversation_id or user_id, 1
        case _:
            return "", 0


async def _asked(
    socket: AiBotSocket, cmd: str, body: dict[str, Any], req_id: str = ""
) -> Ack | Refused | Maybe:
    try:
        return await socket.ask(cmd, body, req_id)
    except NotOpen:  # this process has no connection: another may have
        return Refused("aibot.offline", "retry")
    except NoAck:
        return Maybe("aibot.noAck")
