"""The state of the emulated platform: the app's account, tokens, sessions, quotas, files and logs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.dingtalk.emulator.card_state import TEMPLATE_VARIABLES, CardState, Template
from bot.dingtalk.emulator.envelope import ApiError
from bot.dingtalk.emulator.limits import Limits, Quotas
from bot.dingtalk.emulator.sent import SentMessages
from bot.dingtalk.emulator.world import DingTalkWorld
from bot.emulation.records import CallLog, PushRecord, SeenLog
from config.clock import MovableClock

if TYPE_CHECKING:
    from bot.dingtalk.emulator.groups import OwnGroup
    from bot.dingtalk.emulator.notices import Notice

__all__ = ["App", "CardRoute", "CardState", "Limits", "OpenSession", "Platform", "StoredFile", "sign"]

TOKEN_S = 7_200
SESSION_MS = 5_400_000
LINK_MS = 600_000
"""How long a download link works; the platform calls it temporary and names no figure."""


@dataclass(frozen=True, slots=True)
class App:
    """The school's app on the platform, as its console would show it."""

    client_id: str
    client_secret: str
    agent_id: int

    @property
    def robot_code(self) -> str:
        return self.client_id


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where a session webhook leads and until when (ms, emulator's clock)."""

    chat: str
    to: str | None
    expires_ms: int


@dataclass(frozen=True, slots=True)
class CardRoute:
    """Where presses of HTTP cards go, and the key that signs them."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def sign(timestamp: str, secret: str) -> str:
    """The ``sign`` header of a robot push (open.dingtalk.com, "Receive messages"): base64 of HMAC-SHA256."""
    message = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class Platform:
    """Everything the endpoints share. Single-threaded: lives in the emulator's event loop."""

    def __init__(self, world: DingTalkWorld, clock: MovableClock, limits: Limits, seed: str) -> None:
        self.world = world
        self.clock = clock
        self.limits = limits
        self.base_url = ""
        self._seed = seed
        self._run = secrets.token_hex(8)
        self.app = App(
            "ding" + self._derive("client-id")[:16], self._derive("client-secret")[:44], 3_000_000_001
        )
        self.templates = {
            template.id: template
            for template in (
                self._template("digest", published=True),
                self._template("message", published=True),
                self._template("draft", published=False),
            )
        }
        self.digest_template, self.message_template, self.draft_template = self.templates
        self.seen = SeenLog()
        self.calls = CallLog()
        self.pushes: list[PushRecord] = []
        self.cards: dict[str, CardState] = {}
        self.placed: dict[str, CardState] = {}
        self.routes: dict[str, CardRoute] = {}
        self.sent = SentMessages()
        self.media: dict[str, StoredFile] = {}
        self.quotas = Quotas()
        self.notices: dict[int, Notice] = {}
        self.own_groups: dict[str, OwnGroup] = {}
        self.blocked: dict[str, int] = {}
        """Custom robot's token → until when it may not speak (ms)."""
        self.webhook_dedupe = False
        self.webhook_uuids: set[tuple[str, str]] = set()
        self.event_token = self._derive("event-token")[:24]
        self.event_aes_key = self._derive("event-key")[:43]
        self.files: dict[str, StoredFile] = {}
        self._sessions: dict[str, OpenSession] = {}
        self._tokens: dict[str, tuple[str, int]] = {}  # kind → token, valid until (ms)
        self._links: dict[str, tuple[StoredFile, int]] = {}
        self._numbers = itertools.count(1)
        self._last_stamp = 0

    def _derive(self, what: str) -> str:
        return hashlib.sha256(f"classbridge:{self._seed}:{what}".encode()).hexdigest()

    def _template(self, name: str, *, published: bool) -> Template:
        digest = self._derive(f"template-{name}")
        parts = (digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32])
        return Template("-".join(parts) + ".schema", published, TEMPLATE_VARIABLES)

    def now_ms(self) -> int:
        """Now on the emulator's clock, ms since 1970."""
        return int(self.clock.now().timestamp() * 1000)

    def stamp_ms(self) -> int:
        """A timestamp for a signature, never twice the same: two pushes of a ms would share their headers."""
        self._last_stamp = max(self.now_ms(), self._last_stamp + 1)
        return self._last_stamp

    def new_id(self, kind: str) -> str:
        """An opaque id as the platform makes them; never repeated, not even by a later run.

        A bot keeps the ids it has seen for days: with ids from the seed alone it would take the first
        messages after an emulator's restart for repetitions.
        """
        number = next(self._numbers)
        digest = hashlib.sha256(f"{self._run}:{kind}:{number}".encode()).digest()
        text = base64.b64encode(digest[:18]).decode()
        if kind == "query":  # as the platform's own: it must be encoded in a query
            return f"{text[:20]}+{text[20:]}="
        return text.replace("/", "_").replace("+", "-")

    # -- tokens ------------------------------------------------------------------------------------------

    def token(self, kind: str) -> str:
        """The token of one API family; the same one while it is valid, and its life is renewed."""
        now = self.now_ms()
        token, until = self._tokens.get(kind, ("", 0))
        if until <= now:
            token = hashlib.sha256(f"{self.new_id('token')}".encode()).hexdigest()[:32]
        self._tokens[kind] = (token, now + TOKEN_S * 1000)
        return token

    def token_valid(self, token: str) -> bool:
        now, given = self.now_ms(), token.encode()
        return any(
            now < until and hmac.compare_digest(given, known.encode())
            for known, until in self._tokens.values()
        )

    def expire_tokens(self) -> None:
        """From now on every token handed out so far is refused."""
        self._tokens.clear()

    # -- reach -------------------------------------------------------------------------------------------

    def robot_in_group(self, chat: Any) -> bool:
        """Whether the app's robot is in that group."""
        return isinstance(chat, str) and chat in self.world.group_class and self.world.robot_in_groups

    def robot_reaches(self, user: str) -> bool:
        """Whether the app's robot may write to that person one to one."""
        person = self.world.people.get(user)
        return person is not None and self.world.reachable(person)

    # -- sessions and files ------------------------------------------------------------------------------

    def open_session(self, chat: str, to: str | None) -> tuple[str, int]:
        """A session webhook for one message: its URL and when it ends (ms)."""
        key = hashlib.sha256(self.new_id("session").encode()).hexdigest()[:32]
        expires = self.now_ms() + SESSION_MS
        self._sessions[key] = OpenSession(chat, to, expires)
        return f"{self.base_url}/robot/sendBySession?session={key}", expires

    def session(self, key: str) -> OpenSession:
        """The session, if it is alive.

        Raises:
            ApiError: 300001.
        """
        session = self._sessions.get(key)
        if session is None or self.now_ms() >= session.expires_ms:
            raise ApiError("300001")
        return session

    def keep_file(self, name: str, data: bytes) -> str:
        """Keep an attachment; returns its download code."""
        code = self.new_id("file")
        self.files[code] = StoredFile(name, data)
        return code

    def open_link(self, code: str) -> str | None:
        """A download address for an attachment; it dies after :data:`LINK_MS`. None: no such code."""
        stored = self.files.get(code)
        if stored is None:
            return None
        link = self.new_id("link")
        self._links[link] = (stored, self.now_ms() + LINK_MS)
        return f"{self.base_url}/_files/{link}"

    def stored(self, sha256: str) -> bytes | None:
        """The file of that content, uploaded by the product or sent by somebody."""
        files = (*self.media.values(), *self.files.values())
        return next((one.data for one in files if one.sha256 == sha256), None)

    def linked(self, link: str) -> StoredFile | None:
        """What a download address leads to while it is alive."""
        stored, until = self._links.get(link, (None, 0))
        return stored if self.now_ms() < until else None

    def new_medium_id(self) -> str:
        """The id of a file that is about to be kept."""
        return "@lAD" + self.new_id("media")

    def keep_medium(self, media_id: str, name: str, data: bytes) -> None:
        """Keep an uploaded file; its media id works for ever."""
        self.media[media_id] = StoredFile(name, data)
