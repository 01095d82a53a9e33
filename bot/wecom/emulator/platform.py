"""The state of the emulated WeCom: the app's account, its token, what was sent, files and logs."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.emulation.records import CallLog, Content, Item, PushRecord, SeenLog
from bot.emulation.world import Person
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.crypt import Crypt
from bot.wecom.emulator.group_state import GroupState
from bot.wecom.emulator.kf_state import KfState
from bot.wecom.emulator.limits import Limits, Window
from bot.wecom.emulator.logins import Logins
from bot.wecom.emulator.schoolbook import SchoolState
from bot.wecom.emulator.toolbar import Toolbar
from bot.wecom.emulator.world import WeComWorld
from config.clock import MovableClock

TOKEN_S = 7_200
MEDIA_MS = 3 * 24 * 3_600_000
RESPONSE_MS = 72 * 3_600_000

EventPush = Callable[[str, dict[str, str]], None]
"""Pushes an event to the app's callback in the background: its name and fields."""


@dataclass(frozen=True, slots=True)
class App:
    """The school's self-built app, as the console would show it."""

    corp_id: str
    agent_id: int
    secret: str
    token: str
    aes_key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A file, until when it is there (ms), and how it is called."""

    kind: str
    name: str
    data: bytes
    until_ms: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class SentCard:
    """A template card with buttons.

    Args:
        codes: Response codes that are good, with the moment (ms) they were given.
    """

    message: str
    to: str
    task: str
    kind: str
    content: Content
    codes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What the app sent to members, for recall."""

    to: tuple[str, ...]
    at_ms: int
    content: Content


class Platform:
    """Everything the endpoints share. Single-threaded: lives in the emulator's event loop."""

    def __init__(self, world: WeComWorld, clock: MovableClock, limits: Limits, seed: str) -> None:
        self.world = world
        self.clock = clock
        self.limits = limits
        self.base_url = ""
        self._seed = seed
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        key = self._derive("aes-key")[:43]
        self.app = App(world.corp, 1_000_002, self._derive("secret")[:43], self._derive("token")[:24], key)
        self.takes_cards = True
        self.parents_may_use = True
        """Whether the app is one of 家长可使用的应用."""
        self.seen = SeenLog()
        self.calls = CallLog()
        self.pushes: list[PushRecord] = []
        self.sent: dict[str, SentMessage] = {}
        self.cards: dict[str, SentCard] = {}
        self.bodies: dict[bytes, int] = {}
        """Bodies sent with a duplicate check → until when (ms) a second copy is not shown."""
        self.media: dict[str, Stored] = {}
        self.api_calls, self.debug_calls = Window(60_000), Window(60_000)
        self.to_member_minute, self.to_member_hour = Window(60_000), Window(3_600_000)
        self.by_webhook = Window(60_000)
        self._token = ""
        self._token_until = 0
        self._dead: set[str] = set()
        self.push_event: EventPush = lambda _name, _fields: None
        self.kf = KfState(self)
        self.school = SchoolState(self)
        self.groups = GroupState(self)
        self.logins = Logins(self)
        self.toolbar = Toolbar(self)
        self.meetings: dict[str, dict[str, Any]] = {}
        self.meetings_made: dict[str, int] = {}
        """When (ms) each meeting was made, by what makes two the same."""
        self.aibot = BotState(self, seed, keep=self.keep_bytes)

    @property
    def crypt(self) -> Crypt:
        """The callback's token and key."""
        return Crypt(self.app.token, self.app.aes_key, self.app.corp_id)

    def _derive(self, what: str) -> str:
        return hashlib.sha256(f"wecom:{self._seed}:{what}".encode()).hexdigest()

    def now_ms(self) -> int:
        """Now on the emulator's clock, ms since 1970."""
        return int(self.clock.now().timestamp() * 1000)

    def new_id(self, kind: str) -> str:
        """An id nobody can guess, different in every run."""
        n = next(self._numbers)
        return f"{hashlib.sha256(f'{self._run}:{kind}:{n}'.encode()).hexdigest()[:24]}{n}"

    # -- tokens ----------------------------------------------------------------------------------------

    def token(self) -> tuple[str, int]:
        """The token and how long it is good, in seconds: the same one until its end."""
        now = self.now_ms()
        if not self._token or now >= self._token_until:
            self._token = "token" + self.new_id("token") + secrets.token_hex(60)
            self._token_until = now + TOKEN_S * 1000
        return self._token, (self._token_until - now) // 1000

    def token_state(self, token: str) -> int:
        """0 for a good one, else the error code."""
        if token in self._dead:
            return 42001
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return 40014
        return 0 if self.now_ms() < self._token_until else 42001

    def expire_tokens(self) -> None:
        """End the token early, as the platform says it may."""
        if self._token:
            self._dead.add(self._token)
        self._token, self._token_until = "", 0

    # -- files -----------------------------------------------------------------------------------------

    def store(self, kind: str, name: str, data: bytes) -> str:
        """Keep a file for three days; its media id."""
        media_id = "3" + self.new_id("media")
        self.media[media_id] = Stored(kind, name, data, self.now_ms() + MEDIA_MS)
        return media_id

    def medium(self, media_id: str) -> Stored | None:
        """A file that is still there."""
        found = self.media.get(media_id)
        return found if found is not None and self.now_ms() < found.until_ms else None

    def keep_bytes(self, data: bytes) -> None:
        """Bytes somebody was shown that came without a media id."""
        self.store("image", "", data)

    def stored(self, sha256: str) -> bytes | None:
        """The bytes of a picture or file somebody was shown."""
        return next((one.data for one in self.media.values() if one.sha256 == sha256), None)

    # -- what people see -------------------------------------------------------------------------------

    def show(self, to: Person | None, chat: str, lane: str, content: Content, message: str = "") -> Item:
        """One thing one person sees, or a group (then ``to`` is None)."""
        who = None if to is None else to.id or None
        return self.seen.add(self.now_ms(), who, chat, lane, message or self.new_id("message"), content)
