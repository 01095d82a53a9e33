"""The public listener's guard: how many may come in, and how long each may take.

aiohttp waits for ever for a header or a body and takes any number of connections. Here a connection has a
state that is read off the protocol, one timer looks at all of them, and nothing is set up for a request
that comes and goes as it should.

When the house is full, whoever has used up most of its time without asking makes room. If all have whole
requests under way, the next waits in the kernel's queue instead of being turned away: a platform may try
only once.
"""

from __future__ import annotations

import asyncio
import ipaddress
import select
import socket
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler
from typing_extensions import override

from bot.log import get_logger
from bot.metrics import Metrics

BACKLOG = 1024
SWEEP_S = 0.25
BATCH = 16
"""Connections taken in before those that are there get their turn again."""

Reason = Literal["header", "idle", "body", "unread", "full", "address"]

_log = get_logger("doors")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may do. Times in seconds.

    Args:
        connections: Open at once, at most.
        per_address: Of these from one address; of IPv6 one /64 counts as one.
        proxies: Addresses without that cap.
        header_s: From the first moment of waiting for a request's head (later ones: from its first byte).
        idle_s: Between two requests.
        body_s: From the end of the head to the end of the body.
        slowest: Bytes a second; beyond :attr:`body_free` a body has its size by this more time.
        body_free: Bytes that must come within ``body_s``.
        unread_s: An answer that stays with us so long is not being read.
    """

    connections: int = 256
    per_address: int = 32
    proxies: Collection[str] = ()
    header_s: float = 5.0
    idle_s: float = 15.0
    body_s: float = 5.0
    slowest: int = 32 * 1024
    body_free: int = 64 * 1024
    unread_s: float = 10.0


class Door(RequestHandler):
    """One connection; made by :class:`Doors`."""

    __slots__ = (
        "_asked_at",
        "_doors",
        "_heard_at",
        "_odd_since",
        "_opened_at",
        "_stuck_at",
        "_wire",
        "address",
        "fd",
        "pending",
    )

    def __init__(self, doors: Doors, fd: int, address: str, manager: web.Server, **more: Any) -> None:
        # With 0 aiohttp sets no timer for a connection, and notes when each answer was finished.
        super().__init__(manager, **{**more, "keepalive_timeout": 0.0})
        self.address = address
        self.fd = fd
        self._doors = doors
        self._wire: asyncio.Transport | None = None  # aiohttp forgets its own before it is closed
        self._opened_at = self._loop.time()
        self._heard_at = 0.0  # the first byte of a head that is not complete
        self._asked_at = 0.0  # the end of the newest head
        self._stuck_at = 0.0
        self._odd_since = 0.0
        self.pending = True  # it has not said what it wants, or not all of it

    # -- what aiohttp does, and what is noted of it

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages:
            self._asked_at = self._loop.time()
            self._heard_at = 0.0
            self._note_pending(whole=self._messages[-1][1].is_eof())
        elif self._waiter is not None:
            self._heard_at = self._heard_at or self._loop.time()
        elif self.pending and (request := self._current_request) is not None:
            self._note_pending(whole=request.content.is_eof())

    def _note_pending(self, *, whole: bool) -> None:
        """Tell the house when a request is complete, or is one that is not."""
        if self.pending == whole:
            self.pending = not whole
            self._doors.note(self)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck_at = self._loop.time()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck_at = 0.0

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self._wire = None
        self._doors.left(self)
        super().connection_lost(exc)

    @override
    def _process_keepalive(self) -> None:
        """aiohttp's own idle timer: :meth:`overdue` does that for all."""

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """An answer that says nothing of what was asked; a stranger's nonsense is not worth a log line."""
        if isinstance(exc, HttpProcessingError):
            status = 431 if isinstance(exc, LineTooLong) else 400
        elif isinstance(exc, ConnectionError | web.RequestPayloadError):
            status = 400
        else:
            self.log_exception("request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been begun")
        answer = web.Response(status=status)
        answer.force_close()
        return answer

    # -- what the sweeper asks

    @property
    def silent_since(self) -> float | None:
        """Since when nothing has been asked; None while a request is under way or lies unread."""
        if self.transport is None or self._messages or self._waiter is None or self._waiter.done():
            return None
        return self._next_keepalive_close_time or self._opened_at

    @property
    def since(self) -> float:
        """Since when it owes us a request; 0 before it is connected."""
        return 0.0 if self._wire is None else self._asked_at or self._opened_at

    def overdue(self, now: float, limits: Limits) -> Reason | None:
        """What has taken too long at ``now``, a time of the loop's clock."""
        if self._wire is None:
            return None
        if self._stuck_at:
            return "unread" if now - self._stuck_at >= limits.unread_s else None
        since = self.silent_since
        if since is not None:
            self._odd_since = 0.0
            if not self._asked_at:
                return "header" if now - since >= limits.header_s else None
            if self._heard_at and now - self._heard_at >= limits.header_s:
                return "header"
            return "idle" if now - since >= limits.idle_s else None
        request = self._current_request
        if request is None:
            return self._lingering(now, limits)
        self._odd_since = 0.0
        if request.content.is_eof():
            return None
        beyond = max(0, request.content.total_bytes - limits.body_free)
        return "body" if now - self._asked_at >= limits.body_s + beyond / limits.slowest else None

    def _lingering(self, now: float, limits: Limits) -> Reason | None:
        """Answered and being closed, but the other side neither reads nor goes."""
        self._odd_since = self._odd_since or now
        return "unread" if now - self._odd_since >= limits.unread_s else None

    def cut(self) -> None:
        """End the connection at once, whatever is still to be written."""
        if self._wire is not None:
            self._wire.abort()


class Doors:
    """All connections of one listener.

    Args:
        limits: What they may do.
        metrics: Counts them, and those that were cut, by reason.
    """

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._open: dict[Door, None] = {}
        self._pending: dict[Door, None] = {}  # oldest first
        self._per_address: Counter[str] = Counter()
        self._arriving: set[asyncio.Task[Any]] = set()
        self._listener: socket.socket | None = None
        self._accepting = False
        self._sweeper: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def open(self, listener: socket.socket, server: web.Server) -> None:
        """Begin to take connections in and hand them to aiohttp."""
        self._loop = asyncio.get_running_loop()
        self._server = server
        self._listener = listener
        listener.setblocking(False)
        listener.listen(BACKLOG)
        self._accept_again()

    def close(self) -> None:
        """Take no more; those that are there stay until aiohttp closes them."""
        self._stop_accepting()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # -- coming in

    def _accept(self) -> None:
        if self._listener is None:
            return
        for _turn in range(BATCH):
            if len(self._open) >= self._limits.connections:
                if not _has_unread(self._listener.fileno()):
                    return
                if not self._make_room("full"):
                    self._stop_accepting()  # until one leaves, or at the next sweep
                    return
            try:
                one, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no more files: the next sweep tries again
                _log.error("cannot_accept", errno=error.errno or 0)
                self._stop_accepting()
                self._sweep_soon()
                return
            self._take(one, str(peer[0]) if peer else "")

    def _take(self, one: socket.socket, peer: str) -> None:
        address = _counted_as(peer, self._limits.proxies)
        crowded = address and self._per_address[address] >= self._limits.per_address
        if crowded and not self._make_room("address", address):
            self._metrics.connections_cut.add("address")
            one.close()
            return
        one.setblocking(False)
        door = Door(self, one.fileno(), address, self._server, loop=self._loop, **self._server._kwargs)
        self._open[door] = self._pending[door] = None
        self._per_address[address] += 1
        self._metrics.connections.set(len(self._open))
        self._sweep_soon()
        task = self._loop.create_task(self._connect(door, one))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _connect(self, door: Door, one: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: door, one)
        except BaseException:
            self.left(door)
            one.close()
            raise

    def _accept_again(self) -> None:
        if self._listener is not None and not self._accepting:
            self._accepting = True
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _stop_accepting(self) -> None:
        if self._listener is not None and self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._listener.fileno())

    # -- going

    def note(self, door: Door) -> None:
        """It has said all it wants, or has begun to."""
        if door.pending:
            self._pending[door] = None
        else:
            self._pending.pop(door, None)

    def left(self, door: Door) -> None:
        """It is gone."""
        if door not in self._open:
            return
        del self._open[door]
        self._pending.pop(door, None)
        self._per_address[door.address] -= 1
        if not self._per_address[door.address]:
            del self._per_address[door.address]
        self._metrics.connections.set(len(self._open))
        self._accept_again()

    def _make_room(self, reason: Reason, address: str | None = None) -> bool:
        """Cut the one that has used up most of its time, to say what it wants or to rest."""
        now, limits = self._loop.time(), self._limits

        def spare(doors: Iterable[Door]) -> Door | None:
            near = (door for door in doors if address is None or door.address == address)
            return next((door for door in near if not _has_unread(door.fd)), None)

        slow = spare(door for door in self._pending if door.since)
        rests = [(since, door) for door in self._open if not door.pending and (since := door.silent_since)]
        resting = spare(door for _since, door in sorted(rests, key=lambda rest: rest[0]))
        if slow is None and resting is None:
            return False
        shares = [((now - slow.since) / limits.header_s, slow)] if slow is not None else []
        if resting is not None:
            shares.append(((now - (resting.silent_since or now)) / limits.idle_s, resting))
        self._cut(max(shares, key=lambda share: share[0])[1], reason)
        return True

    def _cut(self, door: Door, reason: Reason) -> None:
        self._metrics.connections_cut.add(reason)
        door.cut()
        self.left(door)

    def _sweep_soon(self) -> None:
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        self.sweep(self._loop.time())
        if self._open:
            self._sweep_soon()

    def sweep(self, now: float) -> None:
        """Cut whatever is overdue at ``now``, a time of the loop's clock."""
        for door in [*self._open]:
            reason = door.overdue(now, self._limits)
            if reason is not None:
                self._cut(door, reason)
        self._accept_again()


class DoorSite(web.BaseSite):
    """A listening socket for a runner, guarded.

    Args:
        runner: Already set up.
        listener: Bound; closed at the stop.
        doors: Used by this site alone.
    """

    def __init__(self, runner: web.BaseRunner, listener: socket.socket, doors: Doors) -> None:
        super().__init__(runner)
        self._listener = listener
        self._doors = doors

    @property
    @override
    def name(self) -> str:
        """Where it listens."""
        return "http://{}:{}".format(*self._listener.getsockname()[:2])

    @override
    async def start(self) -> None:
        """Take connections in."""
        await super().start()
        server = self._runner.server
        if server is None:
            raise RuntimeError("set the runner up first")
        self._doors.open(self._listener, server)

    @override
    async def stop(self) -> None:
        """Take no more."""
        self._doors.close()
        await super().stop()


def _counted_as(peer: str, proxies: Collection[str]) -> str:
    """The address a connection counts for: IPv4, or the /64 of an IPv6 one; empty for a proxy."""
    if peer in proxies:
        return ""
    if ":" not in peer:
        return peer
    address = ipaddress.IPv6Address(peer.partition("%")[0])
    if address.ipv4_mapped is not None:
        return _counted_as(str(address.ipv4_mapped), proxies)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def _has_unread(fd: int) -> bool:
    """Whether something has come that nobody has looked at yet."""
    look = select.poll()
    look.register(fd, select.POLLIN)
    return bool(look.poll(0))
