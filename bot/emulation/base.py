"""What the shared parts need to know of an emulated platform, whichever it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.emulation.clock_leader import ClockLeader
from bot.emulation.faults import FaultPlan
from bot.emulation.records import CallLog, CallRecord, Item, PushRecord, SeenLog
from bot.emulation.said import SaidLog
from bot.emulation.say import Say
from bot.emulation.world import World
from config.clock import MovableClock


class Ground(Protocol):
    """The state every emulated platform has."""

    clock: MovableClock
    limits: Any
    base_url: str
    seen: SeenLog
    calls: CallLog
    pushes: list[PushRecord]

    @property
    def world(self) -> World:
        """The school."""
        ...

    def now_ms(self) -> int:
        """Now on the emulator's clock, ms since 1970."""
        ...

    def stored(self, sha256: str) -> bytes | None:
        """The bytes of a picture or file somebody was shown."""
        ...


class Emulated(Protocol):
    """An emulated platform as the control API, the sandbox, the dialogues and the demo use it."""

    clock: MovableClock
    faults: FaultPlan
    leader: ClockLeader
    said: SaidLog
    page: Any

    @property
    def world(self) -> World:
        """The school."""
        ...

    @property
    def platform(self) -> Ground:
        """Its state."""
        ...

    @property
    def name(self) -> str:
        """What people call it, for an error: ``DingTalk``, ``WeCom``."""
        ...

    @property
    def lacks(self) -> frozenset[str]:
        """Which of ``confirm``, ``subscribe``, ``enter_kf`` and ``toolbar`` the platform has nothing like."""
        ...

    @property
    def url(self) -> str:
        """The base of all its APIs and of the control API."""
        ...

    @property
    def target(self) -> str | None:
        """Where the product listens."""
        ...

    @target.setter
    def target(self, url: str | None) -> None: ...

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1."""
        ...

    async def stop(self) -> None:
        """Close everything."""
        ...

    async def ready(self) -> None:
        """Returns when the product is connected, where it connects by itself."""
        ...

    def write_config(self, path: Path, serve_port: int, database: str | None = None) -> None:
        """Write settings for ``serve`` and the school beside them."""
        ...

    async def speak(self, say: Say) -> dict[str, object]:
        """Somebody says something."""
        ...

    async def press(
        self, message: str, button: str, sender: str, values: dict[str, Any] | None = None
    ) -> tuple[bool, str]:
        """Somebody presses a button."""
        ...

    async def open_page(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Somebody opens a link, or sends a page's form."""
        ...

    async def read(self, message: str, sender: str) -> tuple[bool, str]:
        """Somebody reads what was sent."""
        ...

    async def event(self, kind: str, data: dict[str, Any]) -> tuple[bool, str]:
        """Something happens in the organisation."""
        ...

    async def confirm(self, task: str, teacher: str) -> dict[str, Any]:
        """A teacher confirms a send task.

        Raises:
            NotPossible: The platform has no such thing.
        """
        ...

    async def subscribe(self, person: str, on: bool) -> dict[str, Any]:
        """A parent follows the school's notices, or ceases to."""
        ...

    async def enter_kf(self, person: str, scene_param: str) -> dict[str, Any]:
        """A parent opens the customer service conversation."""
        ...

    async def open_toolbar(self, chat: str) -> dict[str, Any]:
        """The group whose toolbar pages stand in from now on; empty: in none."""
        ...

    def seen(self, since: int = 0) -> list[Item]:
        """What people saw after item number ``since``."""
        ...

    async def wait_seen(self, since: int = 0, timeout_s: float = 5.0) -> list[Item]:
        """As :meth:`seen`, waiting."""
        ...

    def calls(self, since: int = 0) -> list[CallRecord]:
        """What the product called after call number ``since``."""
        ...

    async def walk(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock, stopping wherever something is due."""
        ...

    async def jump(self, target: datetime, timeout_s: float = 30.0) -> bool:
        """Move the clock in one step."""
        ...
