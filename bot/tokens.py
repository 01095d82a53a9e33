"""Keeps one access token fresh: fetched once for all who wait, renewed early, never shown.

Both platforms give a token for 7 200 s and limit how often it is asked for (open.dingtalk.com, 'Obtain the
access token of an internal app'; developer.work.weixin.qq.com, path 91039: asking again inside that time
brings the same one, so replicas need not share it). Whatever the platform says about a token, it is renewed
at most once a minute. What would need another one sooner waits: it was certainly not sent.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.command import Refused

if TYPE_CHECKING:
    from config.clock import Clock

EARLY_S = 300.0
APART_S = 60.0
"""Between two renewals, and before refused credentials are tried again."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A token and how long it lives, in seconds."""

    token: str = field(repr=False)
    lives_s: float


class TokenRefused(Exception):
    """No token is to be had; ``refused`` says why. Its text holds the code only."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class TokenKeeper:
    """One token of one app.

    Args:
        fetch: Asks the platform; a refusal is returned, not raised.
        clock: Tells when the token is due; a moved clock makes it due at once.
    """

    __slots__ = (
        "_asked", "_clock", "_fetch", "_good_until", "_lock", "_quiet_until", "_refused", "_token",
    )  # fmt: skip

    def __init__(self, fetch: Callable[[], Awaitable[Fetched | Refused]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._asked = 0
        self._refused: Refused | None = None
        self._good_until: datetime | None = None
        self._quiet_until: datetime | None = None

    @override
    def __repr__(self) -> str:
        return "TokenKeeper()"

    async def get(self, stale: str = "") -> str:
        """A token that is good now.

        Args:
            stale: The token the platform has just called invalid; whoever says so first causes one fetch.

        Raises:
            TokenRefused: The platform gives none.
        """
        if self._good(stale):
            return self._token
        asked = self._asked
        async with self._lock:
            if self._good(stale):
                return self._token
            if self._asked != asked and self._refused is not None:
                raise TokenRefused(self._refused)  # asked while we waited: one refusal is for all of us
            self._mind_the_minute()
            return await self._renew(first=not self._token)

    async def _renew(self, first: bool) -> str:
        fetched = await self._fetch()
        now = self._clock.now()
        self._asked += 1
        self._refused = fetched if isinstance(fetched, Refused) else None
        if isinstance(fetched, Refused):
            if fetched.action in ("config", "slow"):
                quiet_s = APART_S if fetched.action == "config" else min(fetched.after_s, APART_S)
                self._quiet_until = now + timedelta(seconds=quiet_s)
            raise TokenRefused(fetched)
        same = hmac.compare_digest(fetched.token.encode(), self._token.encode())
        self._token = fetched.token
        # While a token is good the platform gives the same one again: its last minute is used to the end, and
        # then the next one is asked for at once. A new one that lives for seconds is no reason to hurry.
        last_s = min(fetched.lives_s, APART_S) if same else APART_S
        self._good_until = now + timedelta(seconds=max(fetched.lives_s - EARLY_S, last_s))
        # The first one may have been handed out long ago and be about to end: it can be renewed at once.
        self._quiet_until = None if first else now + timedelta(seconds=last_s)
        return self._token

    def _mind_the_minute(self) -> None:
        """Refuse to ask again so soon; a clock set back does not make the minute longer."""
        until, now = self._quiet_until, self._clock.now()
        if until is not None and until - timedelta(seconds=APART_S) <= now < until:
            left = (until - now).total_seconds()
            raise TokenRefused(self._refused or Refused("stale", "slow", left))

    def _good(self, stale: str) -> bool:
        fresh = self._good_until is not None and self._clock.now() < self._good_until
        return fresh and not hmac.compare_digest(self._token.encode(), stale.encode())
