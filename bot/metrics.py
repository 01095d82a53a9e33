"""Counts of what the process does, for ``/metrics``. Ids of people, chats and messages never become labels.

The values are plain numbers, so that counting costs next to nothing and the Prometheus library is
loaded only when somebody asks.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

ACK_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
UNIT_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)


class Counter:
    """A number that only grows, one for each combination of label values."""

    def __init__(self, name: str, says: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self._says = says
        self._labels = tuple(labels)
        self._values: dict[tuple[str, ...], float] = {} if labels else {(): 0.0}
        self._lock = threading.Lock()

    def add(self, *labels: str, amount: float = 1.0) -> None:
        """Count; label values in the order they were declared."""
        if len(labels) != len(self._labels):
            raise ValueError(f"{self.name} has the labels {self._labels}")
        with self._lock:
            self._values[labels] = self._values.get(labels, 0.0) + amount

    def value(self, *labels: str) -> float:
        """The count so far."""
        return self._values.get(labels, 0.0)

    def family(self) -> Metric:
        """The same as the Prometheus library wants it."""
        from prometheus_client.core import CounterMetricFamily

        family = CounterMetricFamily(self.name, self._says, labels=self._labels)
        for labels, value in list(self._values.items()):
            family.add_metric(labels, value)
        return family


class Gauge:
    """A number that goes up and down."""

    def __init__(self, name: str, says: str) -> None:
        self.name = name
        self._says = says
        self.value = 0.0

    def set(self, value: float) -> None:
        """How it stands now."""
        self.value = value

    def add(self, amount: float) -> None:
        """By how much it has changed."""
        self.value += amount

    def family(self) -> Metric:
        """The same as the Prometheus library wants it."""
        from prometheus_client.core import GaugeMetricFamily

        return GaugeMetricFamily(self.name, self._says, value=self.value)


class Histogram:
    """How durations are spread, in seconds."""

    def __init__(self, name: str, says: str, bounds: Sequence[float]) -> None:
        self.name = name
        self._says = says
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Note one duration."""
        place = bisect_left(self._bounds, seconds)
        with self._lock:
            self._counts[place] += 1
            self._sum += seconds

    @property
    def count(self) -> int:
        """How many durations were noted."""
        return sum(self._counts)

    def family(self) -> Metric:
        """The same as the Prometheus library wants it."""
        from prometheus_client.core import HistogramMetricFamily

        buckets: list[tuple[str, float]] = []
        running = 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            running += count
            buckets.append((bound, running))
        family = HistogramMetricFamily(self.name, self._says)
        family.add_metric([], buckets, sum_value=self._sum)
        return family


class Metrics:
    """Everything the process counts; made once where it is put together, and handed around."""

    def __init__(self) -> None:
        self.acks = Counter("classbridge_acks", "Callbacks answered with success.", ["platform"])
        self.ack_seconds = Histogram("classbridge_ack_seconds", "Request to answer.", ACK_S)
        self.refused = Counter("classbridge_refused", "Callbacks refused.", ["platform", "reason"])
        self.repeated = Counter("classbridge_repeated", "Callbacks already known.", ["platform"])
        self.spooled = Counter("classbridge_spooled", "Callbacks kept in the spool file.", ["platform"])
        self.handled = Counter("classbridge_handled", "Inbox rows worked off.", ["feature"])
        self.failed = Counter("classbridge_failed", "Inbox rows parked after errors.", ["feature"])
        self.sends = Counter("classbridge_sends", "Commands sent.", ["platform", "api", "outcome"])
        self.counted_calls = Counter(
            "classbridge_counted_calls", "Calls that count in the platform's month.", ["platform", "api"]
        )
        self.unit_seconds = Histogram("classbridge_unit_seconds", "Units of work.", UNIT_S)
        self.connections = Gauge("classbridge_connections", "Open connections of the public listener.")
        self.connections_cut = Counter("classbridge_connections_cut", "Connections ended by us.", ["reason"])
        self.stream_connected = Gauge("classbridge_stream_connected", "Stream sockets in use.")
        self.stream_opens = Counter(
            "classbridge_stream_opens", "Tries to open a stream socket.", ["app", "outcome"]
        )
        self.stream_gaps = Counter("classbridge_stream_gaps", "Times no stream socket was open.", ["app"])
        self.stream_gap_seconds = Counter(
            "classbridge_stream_gap_seconds", "How long: what was pushed then is lost.", ["app"]
        )
        self.spool_bytes = Gauge("classbridge_spool_bytes", "Size of the spool file.")
        self.loop_lag_seconds = Gauge("classbridge_loop_lag_seconds", "Lateness of the event loop.")
        self.inbox_open = Gauge("classbridge_inbox_open", "Inbox rows not worked off.")
        self.inbox_oldest_seconds = Gauge("classbridge_inbox_oldest_seconds", "Age of the oldest open one.")
        self.outbox_due = Gauge("classbridge_outbox_due", "Outbox rows due.")
        self.outbox_oldest_seconds = Gauge("classbridge_outbox_oldest_seconds", "How late the oldest is.")

    def collect(self) -> Iterator[Metric]:
        """Every family, for the Prometheus library."""
        for member in vars(self).values():
            yield member.family()

    def render(self) -> bytes:
        """The text of ``/metrics``."""
        from prometheus_client.exposition import generate_latest

        return generate_latest(self)
