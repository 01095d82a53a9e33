"""Whether what the sender did after each answer is what the table of answers asks for. Pure.

The table here is written down a second time, from open.dingtalk.com, "Global error codes", so that the
product's own cannot vouch for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.emulation.faults import Fault
from storage.outbox import REFUSED, SENT, UNKNOWN

Sort = Literal["done", "unsure", "wait", "token", "stop"]
"""What a caller can know: done · perhaps done · not done, again after a while · not done, another token ·
not done, never again."""

_ANSWERLESS = ("refuse", "timeout_before", "timeout_after", "reset", "truncate")
_CODES: dict[str, tuple[Sort, float]] = {
    "ok": ("done", 0),
    "fault.silent_drop": ("done", 0),
    "param.cardAlreadyExist": ("done", 0),
    "InvalidAuthentication": ("token", 0),
    "http.429": ("wait", 1),
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": ("wait", 1),
    "send.too.fast": ("wait", 1),
    "flowControlledStaffIdList": ("wait", 1),
    "1111": ("wait", 300),
    "punish": ("wait", 300),
    "http.500": ("unsure", 0),
    "http.502": ("unsure", 0),
    "http.504": ("unsure", 0),
    "system.busy": ("unsure", 0),
    "contain.notAllowed.text": ("stop", 0),
    "group.disbanded": ("stop", 0),
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": ("stop", 0),
    "invalidStaffIdList": ("stop", 0),
    "filteredStaffIdList": ("stop", 0),
}


@dataclass(frozen=True, slots=True)
class Try:
    """One call for one message.

    Args:
        at_ms: When it was answered, or given up, by the platform's clock.
        card: Whether the platform would remove a second copy of it.
        labelled: Whether its words say that they may have come before.
    """

    at_ms: int
    card: bool
    labelled: bool
    sort: Sort
    wait_s: float = 0.0


def sort_of(fault: Fault | None, code: str) -> tuple[Sort, float]:
    """What the caller could know after one call, and how long it has to wait.

    Raises:
        KeyError: A code nobody planned.
    """
    if fault is not None:
        if fault.kind == "truncate" and code == "InvalidAuthentication":
            return "wait", 0  # a refusal that cannot be read
        if fault.kind in _ANSWERLESS or fault.drip_ms is not None:
            return "unsure", 0
        if fault.kind == "code" and code == "ok":  # the call is taken, its person stands in a list
            return _CODES[str(fault.value).partition(":")[0]]
    return _CODES[code]


def against(tries: Sequence[Try], end: str, *, must: bool) -> str:
    """What was not as the table has it; empty if all was.

    Args:
        end: The row's state.
        must: It goes to one person and has to arrive: where nothing removes a copy, one labelled may follow.
    """
    for number, this in enumerate(tries):
        after = tries[number + 1] if number + 1 < len(tries) else None
        wrong = _step(tries[:number], this, after, end, must=must)
        if wrong:
            return wrong
    return f"ends {end} without a call" if not tries and end != REFUSED else ""


def _step(before: Sequence[Try], this: Try, after: Try | None, end: str, *, must: bool) -> str:
    unsure = any(one.sort == "unsure" for one in (*before, this))
    match this.sort:
        case "done":
            return _last(after, end, SENT)
        case "stop":
            return _last(after, end, UNKNOWN if unsure else REFUSED)
        case "token" if after is None:  # renewed at once and stale again: the administrator's
            twice = bool(before) and before[-1].sort == "token"
            return "" if twice and end == (UNKNOWN if unsure else REFUSED) else f"ends {end} by its token"
        case "wait" | "token":
            if after is None:
                return f"ends {end} and should have come again"
            early = after.at_ms - this.at_ms < this.wait_s * 1000
            return "came again too early" if early else ""
        case "unsure":
            return _after_doubt(this, after, end, must=must)


def _after_doubt(this: Try, after: Try | None, end: str, *, must: bool) -> str:
    if this.card or (must and not this.labelled):
        if after is None:
            return f"ends {end} in doubt and should have come again"
        return "" if after.card == this.card and (this.card or after.labelled) else "came again unlabelled"
    return _last(after, end, UNKNOWN)


def _last(after: Try | None, end: str, right: str) -> str:
    if after is not None:
        return "came again although it was over"
    return "" if end == right else f"ends {end}, not {right}"
