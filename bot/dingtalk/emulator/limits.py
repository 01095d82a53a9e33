"""What the platform allows, and what has been used of it. All of it on the emulator's clock."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from bot.dingtalk.emulator.envelope import ApiError, Style
from bot.emulation.records import HERE

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform allows; None switches one off.

    Args:
        per_second: Calls per app and API in any second (open.dingtalk.com, "Call limits").
        per_month: Counted calls of the whole organisation in a calendar month, standard edition.
        per_group_minute: Messages of the robot into one group in any minute. Undocumented: the error
            ``send.too.fast`` is, the figure is that of the custom robot.
        per_webhook_minute: Messages of one custom robot in any minute; one more blocks it for ten.
        per_person_day: Robot messages to one person and day before flow control; undocumented, so off.
        notices_per_day: Work notices of the app to one person and day; more are taken and not delivered.
        dings: DING messages by SMS and phone that are left to the organisation.
        reception: Messages the platform hands over in a month; later ones come without words.
    """

    per_second: int | None = 20
    per_month: int | None = 5_000
    per_group_minute: int | None = 20
    per_webhook_minute: int | None = 20
    per_person_day: int | None = None
    notices_per_day: int | None = 500
    dings: int | None = 100
    reception: int | None = None

    def changed(self, given: dict[str, Any]) -> Limits:
        """The same with other figures.

        Raises:
            ValueError: Naming the field.
        """
        known = {field.name for field in fields(self)}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"unknown limit {name}; there are {', '.join(sorted(known))}")
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ValueError(f"{name} is a whole number from 0, or null for none")
        return replace(self, **given)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Window:
    """Counts what happened under a name in the last ``span_ms``."""

    def __init__(self, span_ms: int) -> None:
        self._span = span_ms
        self._recent: dict[str, deque[int]] = {}

    def take(self, name: str, now_ms: int, limit: int | None) -> bool:
        """Note one more; False, and nothing noted, if ``limit`` are there already."""
        if limit is None:
            return True
        recent = self._recent.setdefault(name, deque())
        while recent and recent[0] <= now_ms - self._span:
            recent.popleft()
        if len(recent) >= limit:
            return False
        recent.append(now_ms)
        return True


class Month:
    """Counts in calendar months of the school's time."""

    def __init__(self) -> None:
        self.used = 0
        self._key = (0, 0)

    def take(self, now_ms: int, limit: int | None) -> bool:
        """Note one more; False, and nothing noted, if the month is used up."""
        here = datetime.fromtimestamp(now_ms / 1000, HERE)
        if (here.year, here.month) != self._key:
            self._key, self.used = (here.year, here.month), 0
        if limit is not None and self.used >= limit:
            return False
        self.used += 1
        return True


class Quotas:
    """What has been used of the :class:`Limits`."""

    def __init__(self) -> None:
        self.calls = Month()
        self.received = Month()
        self.dings = 0
        self.groups = Window(60_000)
        self.webhooks = Window(60_000)
        self.people: dict[tuple[str, str, str], int] = {}
        self._apis = Window(1000)

    def take_call(self, api: str, now_ms: int, limits: Limits, style: Style, *, counted: bool) -> None:
        """Count one call.

        Raises:
            ApiError: The per-second or the monthly limit, in the words of that API family.
        """
        new = style == "new"
        if not self._apis.take(api, now_ms, limits.per_second):
            raise ApiError("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi" if new else "90018", 403)
        if counted and not self.calls.take(now_ms, limits.per_month):
            raise ApiError("Forbidden.AccessDenied.ApiCountLimitForOrg" if new else "90020", 403)

    def take_person(self, kind: str, person: str, now_ms: int, limit: int | None) -> bool:
        """Note one message to a person on this day (the school's); False if the day's are used up."""
        day = f"{datetime.fromtimestamp(now_ms / 1000, HERE):%Y%m%d}"
        used = self.people.get((kind, person, day), 0)
        if limit is not None and used >= limit:
            return False
        self.people[kind, person, day] = used + 1
        return True
