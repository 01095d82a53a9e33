"""The trace: where a clock is followed, ids and times and nothing else; in service nothing at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from bot import trace


@pytest.fixture(autouse=True)
def nobody_follows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(trace, "_followers", 0)
    trace._kept.clear()
    yield
    trace._kept.clear()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A listener with the one route."""
    app = web.Application()
    app.router.add_get("/trace", trace.show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/trace"
    await runner.cleanup()


async def _get(url: str) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as answer:
        return answer.status, await answer.json() if answer.status == 200 else {}


def _walk(message: str) -> None:
    """What the parts of the bot note for one message with one reply."""
    key = f"dingtalk:school:{message}:$:LWCP_v1:$abc"
    trace.note(trace.SERVER, "")
    trace.note(trace.OPEN, key)
    trace.note(trace.INTAKE, "in-1", key)
    trace.note(trace.WORKER, "in-1")
    trace.note(trace.ROUTER, "in-1")
    trace.note(trace.FEATURE, "out-1", "in-1")
    trace.note(trace.COMMIT, "in-1")
    trace.note(trace.SENDER, "out-1")


async def test_in_service_there_is_no_trace(address: str) -> None:
    _walk("msgA==")
    assert not trace._kept
    assert await _get(address) == (404, {})


async def test_a_message_is_found_by_the_mark_of_its_id(address: str) -> None:
    trace.enable()
    _walk("msgA==")
    status, told = await _get(address)
    items = told["items"]
    assert status == 200
    assert isinstance(items, list)
    named = trace.mark("msgA==")
    assert [(one["step"], one["id"], one["of"]) for one in items] == [
        (1, named, None),
        (2, named, None),
        (3, "in-1", named),
        (4, "in-1", None),
        (5, "in-1", None),
        (6, "out-1", "in-1"),
        (7, "in-1", None),
        (8, "out-1", None),
    ]
    assert [one["at_ms"] for one in items] == sorted(one["at_ms"] for one in items)
    assert "msgA==" not in str(told)
    assert await _get(f"{address}?since={told['next']}") == (200, {**told, "items": []})


async def test_a_press_is_found_by_what_was_pressed_by_whom(address: str) -> None:
    trace.enable()
    trace.note(trace.SERVER, "")
    trace.note(trace.OPEN, "dingtalk:school:press:track-1:token-1:t-302")
    _status, told = await _get(address)
    assert isinstance(told["items"], list)
    assert {one["id"] for one in told["items"]} == {trace.mark("press:track-1:token-1:t-302")}


async def test_memory_stays_bounded(address: str) -> None:
    trace.enable()
    for number in range(trace.KEPT + 10):
        trace.note(trace.WORKER, str(number))
    _status, told = await _get(address)
    assert isinstance(told["items"], list)
    assert len(told["items"]) == trace.KEPT
    assert told["items"][-1]["id"] == str(trace.KEPT + 9)


async def test_with_the_last_follower_the_notes_are_gone(address: str) -> None:
    trace.enable()
    trace.enable()
    trace.note(trace.WORKER, "in-1")
    trace.disable()
    assert (await _get(address))[0] == 200
    trace.disable()
    assert (await _get(address))[0] == 404
    trace.enable()
    assert (await _get(address))[1]["items"] == []


@pytest.mark.parametrize("since", ["x", "-1", "9" * 40, "١"])
async def test_a_strange_cursor_is_no_fault(address: str, since: str) -> None:
    trace.enable()
    trace.note(trace.WORKER, "in-1")
    assert (await _get(f"{address}?since={since}"))[0] == 200


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("wecom:school:msg:7345:t-302", "7345"),
        ("wecom:school:kf:abc", "abc"),
        ("wecom:school:aibot:xyz", "xyz"),
        ("dingtalk:school:msgA:cid", "msgA"),
    ],
)
def test_a_message_is_found_by_what_its_platform_calls_it(key: str, message: str) -> None:
    assert trace._named(key) == trace.mark(message)
