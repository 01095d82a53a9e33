"""Outbox → platform → outcome. One row a lane is under way at a time, lanes side by side.

"Sending" is committed before the call, its end after it and nothing between: after a crash only the
calls in flight are in doubt, and those are known by their rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot import trace
from bot.command import AnyCommand, Maybe, Outcome, Platform, Refused, Sent
from bot.crashpoints import point
from bot.log import get_logger
from bot.loop import Loop
from bot.metrics import Metrics
from bot.payloads import command_of, do_of, labelled, record_outcome
from config.clock import Clock
from storage import claims, engine, hanging, outbox
from storage.buckets import Limit
from storage.claims import Claim
from storage.engine import Db, Store
from storage.outbox import Row

LEASE = timedelta(seconds=30)
AT_ONCE = 96
"""Rows claimed and not yet ended, at most."""
_BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 300.0)

_log = get_logger("sender")


class Sender(Loop[Claim]):
    """See the module.

    Args:
        platforms: A client per ``platform/app``.
        wanted: Asked right before sending whether a row that depends on something is still wanted.
        outcome: Called after an outcome came into the inbox.
        chance: For the jitter of the back-off.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        owner: str,
        platforms: Mapping[str, Platform],
        wanted: Callable[[Db, Row], bool],
        metrics: Metrics,
        outcome: Callable[[], None],
        chance: random.Random,
    ) -> None:
        super().__init__(store, clock, "sender", _BACK_OFF_S[0])
        self._owner = owner
        self._platforms = platforms
        self._wanted = wanted
        self._metrics = metrics
        self._outcome = outcome
        self._chance = chance
        self.under_way: set[str] = set()
        """Ids of the rows being sent by this process."""
        self._held = False

    def hold(self, held: bool) -> None:
        """While the clock is not to be trusted, nothing new is sent."""
        self._held = held

    @property
    def idle(self) -> bool:
        """Nothing is being sent or looked for."""
        return not self._tasks and not self._looking and not self._knock.is_set()

    @override
    async def stop(self) -> None:
        """Claim nothing more, wait for what is under way."""
        await super().stop()
        await self._finish()

    @property
    @override
    def _nothing(self) -> Claim:
        return Claim((), ())

    @override
    async def _look(self) -> Claim:
        room = AT_ONCE - len(self._tasks)
        if room <= 0 or self._held:
            return self._nothing
        claim = await self._in_store(lambda db: self._claim_unit(db, room))
        point("sender.claimed")
        return claim

    @override
    async def _take_up(self, found: Claim) -> None:
        for row in found.send:
            self.under_way.add(row.id)
            task = asyncio.create_task(self._watched(row))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if found.ended:
            self._outcome()
        if not found.send:
            await self._rest()
        # Under load one look for many rows: looking after every single end costs more than sending.
        while len(self._tasks) > AT_ONCE // 2 and not self._stopping:
            await self.moved()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._knock.set()
        self._moved.set()

    def _claim_unit(self, db: Db, room: int) -> Claim:
        now = self._clock.now()
        claim = claims.claim(db, self._owner, now, room, LEASE, self._wanted, self._limits)
        for row, state in claim.ended:
            record_outcome(db, row, state, state, now)
        return Claim(tuple(self._marked(db, row) for row in claim.send), claim.ended)

    def _limits(self, row: Row) -> tuple[Limit, ...]:
        if not row.payload:
            return ()
        command = command_of(row)
        platform = self._platforms.get(command.app)
        return () if platform is None else tuple(platform.bucket_names(command))

    def _marked(self, db: Db, row: Row) -> Row:
        """The row, knowing before its call whether a second copy would be removed."""
        command = command_of(row)
        platform = self._platforms.get(command.app)
        safe = platform is not None and platform.idempotent(command)
        if safe != row.safe:
            outbox.mark_safe(db, row, safe)
        return replace(row, safe=safe)

    async def _watched(self, row: Row) -> None:
        try:
            await self._one(row)
        except Exception:  # a fault of ours: the row's end is not known, and its lane must go on
            _log.exception("send_failed", outbox_id=row.id, attempt=row.attempts)
            with contextlib.suppress(Exception):
                await self._in_store(lambda db: self._end_unit(db, row, Maybe("fault")))
        finally:
            self.under_way.discard(row.id)

    async def _one(self, row: Row) -> None:
        command = command_of(row)
        platform = self._platforms.get(command.app)
        api = "none" if platform is None else platform.api(command)
        point("sender.before_send")
        came = await self._send(row, command, platform)
        point("sender.after_send")
        self._metrics.sends.add(command.app, api, type(came).__name__.lower())
        if isinstance(came, Sent):
            trace.note(trace.SENDER, row.id)
        else:
            _log.warning("not_sent", outbox_id=row.id, code=came.code, attempt=row.attempts)
        while True:
            try:
                point("sender.before_done")
                told = await self._in_store(lambda db: self._end_unit(db, row, came))
                point("sender.after_done")
                break
            except engine.Refused:  # the end must be written, or the next start cannot know it
                if self._stopping:
                    return
                await asyncio.sleep(_BACK_OFF_S[0])
        if told:
            self._outcome()

    async def _send(self, row: Row, command: AnyCommand, platform: Platform | None) -> Outcome:
        if platform is None:
            return Refused("app_gone", "config")
        if row.payload.get("doubt") and not platform.idempotent(command):
            return Maybe("lane_changed")  # the card may hang there already
        if row.safe and not platform.idempotent(command):  # cards were refused meanwhile: ask again
            return Refused("lane_changed", "retry")
        return await platform.send(command)

    def _end_unit(self, db: Db, row: Row, came: Outcome) -> bool:
        """Write what came of a row; True if a feature hears of it."""
        now = self._clock.now()
        match came:
            case Sent():
                return self._arrived(db, row, came, now)
            case Maybe(code) if row.safe:
                began = max(row.due_at, now - LEASE)
                outbox.retry_in_doubt(db, row, self._next_try(row, came, now), code, began)
                return False
            case Maybe(code):
                copy = labelled(row)
                if copy is not None:
                    outbox.repeat(db, row, copy, self._next_try(row, came, now), code)
                    return False
                return self._given_up(db, row, outbox.UNKNOWN, code, now)
            case Refused(code, action) if action not in ("retry", "slow"):
                return self._given_up(db, row, _refused(row), code, now)
            case _:
                outbox.retry(db, row, self._next_try(row, came, now), came.code)
                return False

    def _arrived(self, db: Db, row: Row, came: Sent, now: datetime) -> bool:
        # Where there are buttons the words are needed once more, when one is pressed; a lane that removes
        # duplicates is one that shows them.
        said = do_of(row) == "say"
        shows = row.safe and bool(row.payload.get("buttons")) and said
        keep = shows or row.subject_kind == hanging.LOOK
        # Only words hang somewhere: what changed others, or took them back, cannot itself be taken back.
        handle = came.platform_id if said else None
        ended = outbox.end(db, row, outbox.SENT, "ok", now, platform_id=handle, keep=keep)
        if ended and "of" in row.payload:
            hanging.taken_back(db, row.payload["of"])
        if ended and row.wants_outcome:
            record_outcome(db, row, outbox.SENT, "ok", now, came.facts)
        return ended and row.wants_outcome

    def _given_up(self, db: Db, row: Row, state: str, code: str, now: datetime) -> bool:
        """The text stays in the row: somebody may want to send it again."""
        ended = outbox.end(db, row, state, code, now, keep=True)
        if ended:  # else the claim was lost meanwhile, and its new owner writes the end
            record_outcome(db, row, state, code, now)
        return ended

    def _next_try(self, row: Row, came: Outcome, now: datetime) -> datetime:
        """1, 2, 4 … seconds, at most five minutes, with jitter; longer if the platform says so."""
        ceiling = _BACK_OFF_S[min(row.attempts, len(_BACK_OFF_S)) - 1]
        wait = max(ceiling * (0.5 + self._chance.random() / 2), getattr(came, "after_s", 0.0))
        return now + timedelta(seconds=wait)


def _refused(row: Row) -> str:
    """The end of a refused row; what may have been shown by an earlier try is not called unsent."""
    earlier = row.payload.get("doubt") or row.payload.get("again")
    return outbox.UNKNOWN if earlier and do_of(row) == "say" else outbox.REFUSED
