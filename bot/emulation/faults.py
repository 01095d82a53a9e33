"""The fault plan: which call or push goes wrong, and how. The same seed and calls give the same faults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, get_args

Kind = Literal[
    "refuse", "timeout_before", "timeout_after", "reset", "http", "code", "slow", "truncate", "silent_drop",
    "expire_token", "duplicate", "drop", "reorder",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
PUSHES = ("push:robot", "push:card", "push:event")
_ONLY_PUSH = ("duplicate", "drop", "reorder")
_NOT_PUSH = ("expire_token",)
LISTS = ("invalidStaffIdList", "flowControlledStaffIdList", "filteredStaffIdList")
"""As the value of ``code`` on ``batchSend``: the call is taken and all its people stand in that list, with
``:partly`` every second of them. ``1111`` and ``punish`` are the answers to an address that sent too much."""
_DRIP = re.compile(r"drip(?::([1-9][0-9]{0,4}))?")
_FIELDS = {"api", "nth", "share", "times", "kind", "value"}


class BadPlan(ValueError):
    """A rule that makes no sense; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call.

    ``value``: ms (slow, timeouts), HTTP status, platform code, bytes that still come (truncate, reset). With
    ``slow`` also ``drip``: the answer comes one byte a second; ``drip:N``: one every N ms.
    """

    kind: Kind
    value: Any = None

    def ms(self, default: int) -> int:
        return self.value if isinstance(self.value, int) else default

    @property
    def drip_ms(self) -> int | None:
        """Between two bytes of a dripping answer; None if it does not drip."""
        found = _DRIP.fullmatch(self.value) if isinstance(self.value, str) else None
        return int(found[1] or 1000) if found else None


@dataclass(slots=True)
class Rule:
    """One line of the plan.

    Args:
        api: A path, or push:robot, push:card, push:event; a trailing ``*`` stands for any rest.
        nth: The first call it applies to, from 1 since the plan was set; then ``times`` calls running.
        share: Or: which share of the calls, 0 to 1, by the plan's own dice.
        times: How often at most; without ``nth`` and ``times`` it never ends.
    """

    api: str
    fault: Fault
    nth: int | None
    share: float | None
    times: int | None
    met: int = 0
    used: int = 0

    def matches(self, api: str) -> bool:
        return api == self.api or (self.api.endswith("*") and api.startswith(self.api[:-1]))

    def strikes(self, dice: Random) -> bool:
        """Count one matching call and say whether this one is hit."""
        self.met += 1
        # The dice are thrown for each call, so that one rule's end does not shift the others.
        hit = self.share is None or dice.random() < self.share
        if not hit or (self.times is not None and self.used >= self.times):
            return False
        if self.nth is not None and self.met < self.nth:
            return False
        self.used += 1
        return True


class FaultPlan:
    """The rules in force; empty at first."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._dice = Random(0)  # noqa: S311 - repeatable on purpose

    def set(self, plan: Any) -> int:
        """Replace the plan by ``{"seed", "rules": [...]}``; returns the number of rules.

        Raises:
            BadPlan: Naming the rule; the old plan then stays.
        """
        if not isinstance(plan, dict) or not isinstance(plan.get("rules"), list):
            raise BadPlan("rules must be a list")
        if unknown := set(plan) - {"seed", "rules"}:
            raise BadPlan(f"unknown field {sorted(unknown)[0]}")
        seed = plan.get("seed", 0)
        if not isinstance(seed, int | str):
            raise BadPlan("seed must be a number or text")
        rules = [_rule(number, rule) for number, rule in enumerate(plan["rules"], 1)]
        self.rules = rules
        self._dice = Random(f"faults:{seed}")  # noqa: S311 - repeatable on purpose
        return len(rules)

    def pick(self, api: str) -> Fault | None:
        """The fault for this call, if any; the first rule that strikes wins."""
        if not self.rules:
            return None
        for rule in self.rules:
            if rule.matches(api) and rule.strikes(self._dice):
                return rule.fault
        return None


def _rule(number: int, given: Any) -> Rule:
    where = f"rule {number}"
    if not isinstance(given, dict):
        raise BadPlan(f"{where}: not an object")
    if unknown := set(given) - _FIELDS:
        raise BadPlan(f"{where}: unknown field {sorted(unknown)[0]}")
    api, kind = given.get("api"), given.get("kind")
    if not isinstance(api, str) or not (api.startswith(("/", "push:")) or api == "*"):
        raise BadPlan(f"{where}: api is a path or one of {', '.join(PUSHES)}")
    push = api.startswith("push:")
    if push and not api.endswith("*") and api not in PUSHES:
        raise BadPlan(f"{where}: api is a path or one of {', '.join(PUSHES)}")
    if kind not in KINDS:
        raise BadPlan(f"{where}: kind is one of {', '.join(KINDS)}")
    if kind in (_NOT_PUSH if push else _ONLY_PUSH):
        raise BadPlan(f"{where}: {kind} is not for {'pushes' if push else 'calls'}")
    nth, share, times = given.get("nth"), given.get("share"), given.get("times")
    if nth is not None and share is not None:
        raise BadPlan(f"{where}: give nth or share, not both")
    for name, value in (("nth", nth), ("times", times)):
        if value is not None and (not _whole(value) or value < 1):
            raise BadPlan(f"{where}: {name} is a whole number from 1")
    if share is not None and (
        isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
    ):
        raise BadPlan(f"{where}: share is between 0 and 1")
    _check_value(where, kind, given.get("value"))
    if nth is not None and times is None:
        times = 1
    return Rule(api, Fault(kind, given.get("value")), nth, share, times)


def _check_value(where: str, kind: str, value: Any) -> None:
    if kind == "code":
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadPlan(f"{where}: value is the platform's error code")
    elif kind == "http":
        if not _whole(value) or not 400 <= value <= 599:
            raise BadPlan(f"{where}: value is an HTTP status from 400 to 599")
    elif kind == "slow" and isinstance(value, str):
        if _DRIP.fullmatch(value) is None:
            raise BadPlan(f"{where}: value is ms, or drip, or drip:N")
    elif value is not None and (not _whole(value) or not 0 <= value <= 600_000):
        raise BadPlan(f"{where}: value is a whole number (ms, or bytes to keep)")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
