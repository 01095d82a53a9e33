"""Owning something that only one replica may have, and stopping before another can have it.

The database's clock says when a lease is over; this process counts on its own monotonic clock from *before*
it asked, so it always believes its lease to be shorter than it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from bot.log import get_logger
from config.clock import Clock
from storage import leases
from storage.engine import Db, Refused, Store
from storage.leases import Lease

T = TypeVar("T")

_log = get_logger("tenure")


class Tenure:
    """One lease of this process.

    Args:
        name: What is owned, for example ``stream:school``.
        owner: This process's own name among the replicas.
        length_s: How long a lease lasts, s.
        renew_s: How often it is renewed, s.
        margin_s: So long before its end it is given up: what it covers must be over by then.
    """

    def __init__(
        self, store: Store, clock: Clock, name: str, owner: str, *,
        length_s: float = 30.0, renew_s: float = 10.0, margin_s: float = 5.0,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._name = name
        self._owner = owner
        self._length = timedelta(seconds=length_s)
        self._renew_s = renew_s
        self._lasts_s = length_s - margin_s
        self._lease: Lease | None = None
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether it is surely ours at this moment."""
        return self._lease is not None and self._clock.monotonic() < self._until

    async def take(self) -> bool:
        """Try to become the owner; False if somebody else is, or the database does not say."""
        began = self._clock.monotonic()
        unit = lambda db: leases.acquire(db, self._name, self._owner, self._length)  # noqa: E731
        try:
            async with asyncio.timeout(self._lasts_s):
                self._lease = await self._run(unit)
        except (Refused, TimeoutError):
            self._lease = None
        self._until = began + self._lasts_s
        return self.held

    async def keep(self) -> None:
        """Renew again and again; returns when it is ours no longer, in good time before its end."""
        while self._lease is not None and (left := self._until - self._clock.monotonic()) > 0:
            await asyncio.sleep(min(self._renew_s, left))
            await self._renew(self._lease)
        self._lease = None

    async def _renew(self, lease: Lease) -> None:
        """Once; a refusal leaves things as they are, and there may be time to try again."""
        began = self._clock.monotonic()
        if began >= self._until:
            return
        try:
            async with asyncio.timeout(min(self._renew_s, self._until - began)):
                self._lease = await self._run(lambda db: leases.renew(db, lease, self._length))
        except (Refused, TimeoutError) as error:
            _log.warning("lease_not_renewed", reason=type(error).__name__)
            return
        self._until = began + self._lasts_s

    async def give_back(self) -> None:
        """Let the next one have it at once, if the database is there to be told."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        try:
            async with asyncio.timeout(self._renew_s):
                await self._run(lambda db: leases.release(db, lease))
        except (Refused, TimeoutError):
            return  # it runs out by itself

    async def _run(self, unit: Callable[[Db], T]) -> T:
        return await asyncio.wrap_future(self._store.run(unit))
