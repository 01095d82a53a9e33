"""The state of the emulated platform: the app's account, tokens, sessions, quotas, files and logs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from bot.dingtalk.emulator.envelope import ApiError
from bot.dingtalk.emulator.records import HERE, CallLog, PushRecord, SeenLog, Spoken
from bot.dingtalk.emulator.world import World
from config.clock import MovableClock

TOKEN_S = 7_200
SESSION_MS = 5_400_000
TEMPLATE_VARIABLES = ("title", "body", "more1", "more2", "more3", "more4", "more5")
"""What the school's templates show: a heading and up to six text blocks, empty ones not at all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform allows; None switches one off.

    Args:
        per_second: Calls per app and API in any second (open.dingtalk.com, "Call limits").
        per_month: Counted calls of the whole organisation in a calendar month, standard edition.
    """

    per_second: int | None = 20
    per_month: int | None = 5_000


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
class Template:
    """A card template made in the card platform.

    Args:
        id: Its ``….schema`` id.
        published: Only published ones can be used.
        variables: The variables it shows, one under the other.
    """

    id: str
    published: bool
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Where a session webhook leads and until when (ms, emulator's clock)."""

    chat: str
    to: str | None
    expires_ms: int


@dataclass(slots=True)
class CardState:
    """A card that exists: its data, who sees it where, and its callback."""

    template: Template
    data: dict[str, str]
    private: dict[str, dict[str, str]]
    callback: str | None
    places: list[tuple[str, str | None, str, str]] = field(default_factory=list)
    """(message, to, chat, lane) of each delivery."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    data: bytes


def sign(timestamp: str, secret: str) -> str:
    """The ``sign`` header of a robot push (open.dingtalk.com, "Receive messages"): base64 of HMAC-SHA256."""
    message = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class Platform:
    """Everything the endpoints share. Single-threaded: lives in the emulator's event loop."""

    def __init__(self, world: World, clock: MovableClock, limits: Limits, seed: str) -> None:
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
        self.spoken: list[Spoken] = []
        self.cards: dict[str, CardState] = {}
        self.files: dict[str, StoredFile] = {}
        self._sessions: dict[str, OpenSession] = {}
        self._tokens: dict[str, tuple[str, int]] = {}  # kind → token, valid until (ms)
        self._recent: dict[str, deque[int]] = {}
        self.counted = 0
        self._numbers = itertools.count(1)
        self._last_stamp = 0
        self._month_key = (0, 0)

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
        return base64.b64encode(digest[:18]).decode().replace("/", "_").replace("+", "-")

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

    # -- quotas ------------------------------------------------------------------------------------------

    def take_quota(self, api: str, counted: bool) -> None:
        """Count one call.

        Raises:
            ApiError: 403 of the per-second or of the monthly limit.
        """
        now = self.now_ms()
        limit = self.limits.per_second
        if limit is not None:
            recent = self._recent.setdefault(api, deque())
            while recent and recent[0] <= now - 1000:
                recent.popleft()
            if len(recent) >= limit:
                raise ApiError("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403)
            recent.append(now)
        if counted:
            self._count(now)

    def _count(self, now_ms: int) -> None:
        here = datetime.fromtimestamp(now_ms / 1000, HERE)
        if (here.year, here.month) != self._month_key:
            self._month_key, self.counted = (here.year, here.month), 0
        if self.limits.per_month is not None and self.counted >= self.limits.per_month:
            raise ApiError("Forbidden.AccessDenied.ApiCountLimitForOrg", 403)
        self.counted += 1

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
