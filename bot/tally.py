"""Counts what counts in the platform's month, beside the work and never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from bot.budget import Budget, month_of
from bot.log import get_logger
from bot.metrics import Metrics
from config.clock import Clock
from storage import buckets
from storage.engine import Refused, Store

_log = get_logger("tally")


class Tally:
    """See the module.

    Args:
        store: Where a month's calls are written down; all replicas add to the same rows.
        budget: Hears of each call at once.
        apps: The names of the apps.
    """

    def __init__(
        self, store: Store, clock: Clock, metrics: Metrics, budget: Budget, apps: Iterable[str]
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._budget = budget
        self._apps = tuple(apps)
        self._background: set[asyncio.Task[None]] = set()

    def of(self, app: str) -> Callable[[str], None]:
        """What an app's client tells of each call that counts, by its interface."""

        def counted(api: str) -> None:
            now = self._clock.now()
            self._metrics.counted_calls.add(f"dingtalk/{app}", api)
            self._budget.spent(app, now)
            future = self._store.run(lambda db: buckets.count_calls(db, month_of(now), app, api))
            task = asyncio.create_task(_quietly(asyncio.wrap_future(future)))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

        return counted

    async def refresh(self) -> None:
        """Take over what the database knows: other replicas' calls, and those before the last start."""
        month = month_of(self._clock.now())
        try:
            for app in self._apps:
                asked = partial(buckets.calls_in, month=month, app=app)
                used = await asyncio.wrap_future(self._store.read(asked))
                self._budget.known(app, month, used)
        except Refused:
            _log.warning("count_refused")

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._background:
            await asyncio.wait(self._background)


async def _quietly(future: asyncio.Future[None]) -> None:
    try:
        await future
    except Refused:
        _log.warning("count_refused")
