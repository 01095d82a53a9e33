"""What a page on a class group's toolbar is told: tickets, and which group is open."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.wecom.emulator.endpoint import ApiError

if TYPE_CHECKING:
    from bot.wecom.emulator.platform import Platform

TICKET_S = 7_200
MOST_AN_HOUR = 400


@dataclass(slots=True)
class Toolbar:
    """See the module.

    Args:
        group: The group whose toolbar is open; empty: the page is not in a group.
        teacher: Who has it open.
        tickets: The two tickets, and until when (ms) each is good.
    """

    platform: Platform
    group: str = ""
    teacher: str = ""
    tickets: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: deque[int] = field(default_factory=deque)

    def ticket(self, kind: str) -> tuple[str, int]:
        """A ticket (``corp`` or ``agent``) and how long it is good, in seconds: the same one until its end.

        Raises:
            ApiError: 45009: more than 400 calls in an hour.
        """
        now = self.platform.now_ms()
        while self.asked and self.asked[0] <= now - 3_600_000:
            self.asked.popleft()
        if len(self.asked) >= MOST_AN_HOUR:
            raise ApiError(45009, "api freq out of limit")
        self.asked.append(now)
        ticket, until_ms = self.tickets.get(kind, ("", 0))
        if now >= until_ms:
            ticket, until_ms = self.platform.new_id(f"ticket-{kind}"), now + TICKET_S * 1000
            self.tickets[kind] = (ticket, until_ms)
        return ticket, (until_ms - now) // 1000

    def signed(self, kind: str, nonce: str, stamp: str, url: str, signature: str) -> bool:
        """Whether a page was signed with the ticket (path 90506)."""
        ticket, until_ms = self.tickets.get(kind, ("", 0))
        if self.platform.now_ms() >= until_ms:
            return False
        line = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={url.partition('#')[0]}"
        made = hashlib.sha1(line.encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(made.encode(), signature.encode())
