"""What the bench is made of: requests that are what they say, and figures that are counted right."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from urllib.parse import parse_qsl, urlsplit

from tests.bench import callbacks, load, school, wecom_callbacks
from tests.bench.peers.wecom import heard
from tests.bench.sink import Sink


def _made(count: int) -> list[bytes]:
    return callbacks.make(
        count, school.speakers(2), ["明天带什么 {n}"], run="r", session_base="http://127.0.0.1:1", port=2
    )


def test_the_signature_is_the_vendors() -> None:
    # The timestamp and secret of the sample on open.dingtalk.com, "Receive messages".
    assert (
        callbacks.sign("1577262236757", "this is a secret") == "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="
    )


def test_requests_are_distinct_and_whole() -> None:
    requests = _made(300)
    signs, ids, texts = set(), set(), set()
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert int(headers["Content-Length"]) == len(body)
        assert headers["sign"] == callbacks.sign(headers["timestamp"])
        message = json.loads(body)
        signs.add(headers["sign"])
        ids.add(message["msgId"])
        texts.add(message["text"]["content"])
    assert len(signs) == len(ids) == len(texts) == 300


def test_requests_of_wecom_are_distinct_and_genuine_to_others() -> None:
    requests = wecom_callbacks.make(300, school.speakers(2), ["明天带什么 {n}"], run="r", port=2)
    addresses = set()
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        address, _, rest = head.decode().partition(" HTTP/1.1\r\n")
        assert f"Content-Length: {len(body)}" in rest
        assert heard(dict(parse_qsl(urlsplit(address).query)), body)
        addresses.add(address)
    assert len(addresses) == 300


def test_percentiles() -> None:
    values = [number / 1000 for number in range(1, 101)]
    assert load.percentile(values, 0.5) == 51.0
    assert load.percentile(values, 0.99) == 100.0
    assert math.isnan(load.percentile([], 0.5))


async def test_the_load_counts_answers_and_refusals() -> None:
    sink = Sink()
    port = await sink.start(0)
    tally = await load.closed_loop(port, _made(200))
    assert (len(tally.latencies), tally.bad, sink.calls) == (200, 0, 200)
    await sink.stop()


async def test_an_open_load_keeps_its_rate() -> None:
    sink = Sink()
    port = await sink.start(0)
    starts: list[float] = []
    await load.open_loop(port, _made(40), 400.0, starts)
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(math.isclose(gap, 1 / 400, abs_tol=1e-9) for gap in gaps)
    await sink.stop()


async def test_the_sink_sees_the_densest_second_of_one_interface() -> None:
    sink = Sink()
    for number in range(5):
        sink.note("/v1.0/robot/oToMessages/batchSend")
        sink.note(f"/robot/sendBySession?session=r{number}")
    assert (sink.densest, sink.calls, len(sink.arrived)) == (5, 10, 5)
    await asyncio.sleep(0)
