"""A client of the emulator's control API: all a dialogue, the story and the crash test know of the world."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

SETTLE_TIMEOUT_S = 60.0


class ControlError(RuntimeError):
    """The control API refused a request; the message holds status and reason."""


@dataclass(frozen=True, slots=True)
class Button:
    """One button of a seen message."""

    id: str
    label: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One thing somebody saw.

    Args:
        n: The running number; the cursor of the next look.
        at: When, as the emulator wrote it (ISO).
        to: The person's id, or None for a group post.
        chat: The conversation's id.
        lane: By what lane it came, for example ``robot_group``.
        message: The message's id, to press its buttons.
        kind: ``text``, ``card``, …
        text: The words.
        buttons: The choices it carries.
        change: ``new``, ``updated`` or ``recalled``.
        raw: The line as the emulator said it.
    """

    n: int
    at: str
    to: str | None
    chat: str
    lane: str
    message: str
    kind: str
    text: str
    buttons: tuple[Button, ...]
    change: str
    raw: Mapping[str, Any]

    @property
    def url(self) -> str:
        """The link it carries, or empty."""
        return str(self.raw.get("url") or "")


@dataclass(frozen=True, slots=True)
class Person:
    """One of the emulator's people: ``classes`` by id, ``pupils`` by name, ``code`` to bind or empty."""

    id: str
    name: str
    chat: str
    bound: bool
    code: str
    classes: frozenset[str]
    roles: tuple[str, ...]
    pupils: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classroom:
    """One class and its group's conversation id."""

    id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, as ``/_control/people`` tells."""

    classes: tuple[Classroom, ...]
    people: tuple[Person, ...]


class Control:
    """Speaks to one emulator.

    Args:
        base: The emulator's address, for example ``http://127.0.0.1:9000``.
    """

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=SETTLE_TIMEOUT_S)
        self._http = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def say(self, **fields: Any) -> tuple[bool, str]:
        """Say something as one of the people; returns (delivered, reason)."""
        answer = await self._call("POST", "say", fields)
        return bool(answer.get("delivered")), str(answer.get("reason") or "")

    async def press(self, message: str, button: str, sender: str) -> tuple[bool, str]:
        """Press a button of a seen message; returns (delivered, reason)."""
        answer = await self._call("POST", "press", {"message": message, "button": button, "sender": sender})
        return bool(answer.get("delivered")), str(answer.get("reason") or "")

    async def enter(self, person: str, scene_param: str = "") -> tuple[bool, str]:
        """Open the customer service conversation as one of the people; returns (delivered, reason)."""
        answer = await self._call("POST", "enter_kf", {"person": person, "scene_param": scene_param or None})
        return bool(answer.get("delivered")), str(answer.get("reason") or "")

    async def limit(self, **limits: int) -> None:
        """Set quotas of the platform, by their names there.

        Raises:
            ControlError: There is no such quota.
        """
        await self._call("POST", "limits", limits)

    async def open(self, sender: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Open a page as one of the people, or send its form; returns (status, html)."""
        body: dict[str, Any] = {"sender": sender, "url": url}
        if form is not None:
            body["form"] = form
        answer = await self._call("POST", "open", body)
        return int(answer["status"]), str(answer["html"])

    async def open_toolbar(self, chat: str = "") -> str:
        """Say in which class's group pages on a toolbar stand from now on; returns that group.

        Raises:
            ControlError: There is no such group with parents.
        """
        return str((await self._call("POST", "toolbar", {"chat": chat or None}))["group"])

    async def seen(self, since: int, wait_ms: int = 0) -> tuple[int, list[Item]]:
        """What was seen after cursor ``since``; waits up to ``wait_ms`` ms for the first item."""
        answer = await self._call("GET", f"seen?since={since}&wait_ms={wait_ms}")
        return int(answer["next"]), [_item(raw) for raw in answer["items"]]

    async def people(self) -> Cast:
        """Everybody and every class."""
        answer = await self._call("GET", "people")
        classes = tuple(Classroom(str(c["id"]), c["name"], c["group"]) for c in answer["classes"])
        return Cast(classes, tuple(_person(raw) for raw in answer["people"]))

    async def now(self) -> datetime:
        """The emulator's time, aware."""
        return datetime.fromisoformat((await self._call("GET", "clock"))["now"])

    async def move(self, to: datetime, mode: str = "walk") -> None:
        """Move the clock (``walk`` or ``jump``); returns when everything due has been done.

        Raises:
            ControlError: The clock would go back, or something did not come to rest in time.
        """
        answer = await self._call("POST", "clock", {"now": to.isoformat(), "mode": mode})
        if answer.get("settled") is False:
            raise ControlError("the bot did not come to rest in time")

    async def faults(self, seed: int, rules: Sequence[Mapping[str, Any]]) -> None:
        """Set the fault plan."""
        await self._call("POST", "faults", {"seed": seed, "rules": list(rules)})

    async def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The API calls the platform received after cursor ``since``."""
        answer = await self._call("GET", f"calls?since={since}")
        return list(answer["items"])

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if self._http is None:
            raise RuntimeError("use the control client as a context manager")
        async with self._http.request(method, f"{self._base}/_control/{path}", json=body) as response:
            text = await response.text()
            if response.status >= 400:
                raise ControlError(
                    f"{method} /_control/{path.partition('?')[0]}: {response.status} {text[:300]}"
                )
            answer: dict[str, Any] = json.loads(text)
            return answer


def _item(raw: Mapping[str, Any]) -> Item:
    buttons = tuple(
        Button(str(button["id"]), str(button["label"]), bool(button.get("enabled", True)))
        for button in raw.get("buttons") or ()
    )
    return Item(
        n=int(raw["n"]),
        at=str(raw["at"]),
        to=raw.get("to"),
        chat=str(raw.get("chat") or ""),
        lane=str(raw.get("lane") or ""),
        message=str(raw.get("message") or ""),
        kind=str(raw.get("kind") or ""),
        text=str(raw.get("text") or ""),
        buttons=buttons,
        change=str(raw.get("change") or "new"),
        raw=raw,
    )


def _person(raw: Mapping[str, Any]) -> Person:
    roles = raw.get("roles") or ()
    return Person(
        id=str(raw["id"]),
        name=str(raw["name"]),
        chat=str(raw.get("chat") or ""),
        bound=bool(raw.get("bound")),
        code=str(raw.get("code") or ""),
        classes=frozenset(str(role["class"]) for role in roles if role.get("class")),
        roles=tuple(str(role.get("role") or "") for role in roles),
        pupils=tuple(str(role["pupil"]) for role in roles if role.get("pupil")),
    )
