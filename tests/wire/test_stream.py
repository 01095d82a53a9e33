"""Our stream against the emulated gateway: what it takes, what it acknowledges, what it survives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from bot.command import Session
from bot.dingtalk.emulator.gateway import OPEN
from bot.dingtalk.stream_frames import BOT, CARD
from bot.dingtalk.stream_link import AT_ONCE, Link
from config.clock import SystemClock
from tests.wire.stream_stand import QUICK, Answer, Stand, stand


@pytest.fixture
async def both() -> AsyncIterator[Stand]:
    """A connected stream."""
    async with stand() as one:
        one.stream.start()
        await one.gateway.wait(BOT)
        yield one


async def test_a_message_comes_through_and_is_acknowledged(both: Stand) -> None:
    body = {"msgId": "m1", "text": {"content": "你好"}}
    pushed = await both.gateway.push_bot(body, "m1")
    assert pushed.acknowledged
    assert both.door.got == [body]
    (ack,) = both.gateway.acks
    assert (ack.code, ack.data) == (200, {"response": None})
    assert both.metrics.acks.value("dingtalk") == 1
    (push,) = both.emulator.platform.pushes
    assert (push.push, push.message, push.outcome) == ("push:robot", "m1", "acknowledged")


async def test_it_asks_for_everything_it_takes(both: Stand) -> None:
    (call,) = [call for call in both.emulator.calls() if call.api == OPEN]
    assert call.body["clientSecret"] == "***"
    assert [(one["type"], one["topic"]) for one in call.body["subscriptions"]] == [
        ("EVENT", "*"),
        ("CALLBACK", BOT),
        ("CALLBACK", CARD),
    ]
    assert not call.counted
    assert await both.say("m1") == "acknowledged"
    assert both.metrics.stream_opens.value("school", "opened") == 1
    assert both.metrics.stream_connected.value == 1
    assert both.stream.state == "connected"


async def test_the_acknowledgement_waits_for_the_commit(both: Stand) -> None:
    both.door.open.clear()
    saying = asyncio.create_task(both.say("m1"))
    await both.door.came.wait()
    one = both.gateway.connections[0]
    # A later ping is answered meanwhile: one slow commit does not hold the socket up.
    await one.send(("app", "0"), "SYSTEM", "ping", {"opaque": "x"}, "ping-1")
    await both.gateway.until(lambda: bool(both.gateway.acks))
    assert [ack.message for ack in both.gateway.acks] == ["ping-1"]
    both.door.open.set()
    assert await saying == "acknowledged"


async def test_many_at_once_keep_their_order(both: Stand) -> None:
    words = [f"m{n}" for n in range(200)]
    outcomes = await asyncio.gather(*map(both.say, words))
    assert set(outcomes) == {"acknowledged"}
    assert both.heard() == words


async def test_a_flood_waits_in_the_socket(both: Stand) -> None:
    both.door.open.clear()
    saying = [asyncio.create_task(both.say(f"m{n}")) for n in range(AT_ONCE + 50)]
    await both.door.came.wait()
    one = both.gateway.connections[0]
    pings = one.pings
    await both.gateway.until(lambda: one.pings >= pings + 3)  # our side has had time to take more
    assert len(both.door.got) == AT_ONCE
    both.door.open.set()
    assert set(await asyncio.gather(*saying)) == {"acknowledged"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(503), "no answer in time"),
        (Answer(400), "ack 500"),
        (RuntimeError("planned"), "ack 500"),
    ],
    ids=["not kept", "not readable", "fault"],
)
async def test_what_is_not_kept_is_not_acknowledged(both: Stand, answer: Any, outcome: str) -> None:
    both.gateway.pace.ack_s = 0.1
    both.door.answers = [answer]
    assert await both.say("m1") == outcome
    both.gateway.pace.ack_s = 2.0
    assert await both.say("m2") == "acknowledged"  # on the same socket


async def test_what_was_not_kept_may_come_again(both: Stand) -> None:
    both.gateway.pace.ack_s = 0.05
    both.gateway.pace.robot_again_s = 0.01
    both.door.answers = [Answer(503)]
    await both.say("m1")
    await both.gateway.until(lambda: bool(both.gateway.acks))
    assert both.heard() == ["m1", "m1"]


async def test_an_answer_from_memory_goes_where_it_was_asked(both: Stand) -> None:
    teacher = both.emulator.world.person("t-301")
    url, _ = both.emulator.platform.open_session(teacher.chat, teacher.id)
    session = Session(url, SystemClock().now() + timedelta(hours=1))
    both.door.answers = [Answer(200, b'{"msgtype":"text","text":{"content":"hi"}}', session)]
    assert await both.say("m1") == "acknowledged"
    (item,) = await both.emulator.wait_seen()
    assert (item.to, item.content.text, item.lane) == ("t-301", "hi", "session")


class TestCards:
    async def test_the_answer_travels_in_the_acknowledgement(self, both: Stand) -> None:
        both.door.look = {"cardData": {"cardParamMap": {"title": "x"}}}
        pushed = await both.gateway.push_card({"outTrackId": "c1"})
        assert pushed.acknowledged
        assert orjson.loads(pushed.body) == both.door.look
        assert both.door.got == [{"outTrackId": "c1"}]

    async def test_nothing_kept_nothing_said(self, both: Stand) -> None:
        both.door.look = None
        both.gateway.pace.card_s = 0.05
        assert (await both.gateway.push_card({"outTrackId": "c1"})).outcome == "no answer in time"

    async def test_two_seconds_are_the_platforms(self, both: Stand) -> None:
        both.gateway.pace.card_s = 0.05
        both.door.open.clear()
        pushed = await both.gateway.push_card({"outTrackId": "c1"})
        assert (pushed.outcome, pushed.body) == ("no answer in time", b"")


HEADERS = {"eventType": "chat_add_member", "eventId": "e1", "eventCorpId": "corp"}


class TestEvents:
    async def test_taken_at_once(self, both: Stand) -> None:
        assert (await both.gateway.push_event(HEADERS, {"chatId": "x"})).acknowledged
        ((headers, data),) = both.door.events
        assert HEADERS.items() <= headers.items()
        assert data == {"chatId": "x"}
        assert both.gateway.acks[0].data == {"status": "SUCCESS"}

    async def test_later_is_pushed_again(self, both: Stand) -> None:
        both.gateway.pace.event_again_s = (0.01, 0.01)
        both.door.takes = [False, False]
        assert (await both.gateway.push_event(HEADERS, {})).outcome == "status LATER"
        await both.gateway.until(lambda: len(both.gateway.acks) == 3)
        assert [ack.data["status"] for ack in both.gateway.acks] == ["LATER", "LATER", "SUCCESS"]


class TestFrames:
    async def test_a_ping_is_echoed(self, both: Stand) -> None:
        one = both.gateway.connections[0]
        await one.send(("app", "0"), "SYSTEM", "ping", {"opaque": "0-1-2"}, "p1")
        await both.gateway.until(lambda: bool(both.gateway.acks))
        (ack,) = both.gateway.acks
        assert (ack.message, ack.code, ack.data) == ("p1", 200, {"opaque": "0-1-2"})

    @pytest.mark.parametrize(
        ("kind", "topic"), [("CALLBACK", "/v1.0/graph/api/invoke"), ("SYSTEM", "new"), ("X", "")]
    )
    async def test_an_unknown_topic_is_named_so(self, both: Stand, kind: str, topic: str) -> None:
        await both.gateway.connections[0].send(("app", "0"), kind, topic, {}, "u1")
        await both.gateway.until(lambda: bool(both.gateway.acks))
        assert both.gateway.acks[0].code == 404

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "no json",
            "[]",
            "null",
            "{}",
            '{"type":"SYSTEM","headers":{"topic":"CONNECTED"}}',
            '{"type":"SYSTEM","headers":{"topic":"KEEPALIVE"},"data":null}',
            '{"type":"SYSTEM","headers":{"topic":"ping"},"data":{"opaque":1}}',
            '{"type":"CALLBACK","headers":null,"data":7}',
            '{"type":"CALLBACK","headers":{"topic":7,"messageId":[]},"data":""}',
        ],
    )
    async def test_strange_frames_do_no_harm(self, both: Stand, text: str) -> None:
        await both.gateway.connections[0].ws.send_str(text)
        assert await both.say("m1") == "acknowledged"
        assert both.metrics.stream_gaps.value("school") == 0

    async def test_headers_misspelt_as_in_the_sample(self, both: Stand) -> None:
        frame = {"type": "CALLBACK", "header": {"topic": BOT, "messageId": "h1"}, "data": '{"msgId":"m1"}'}
        await both.gateway.connections[0].ws.send_str(orjson.dumps(frame).decode())
        await both.gateway.until(lambda: bool(both.gateway.acks))
        assert (both.heard(), both.gateway.acks[0].message) == (["m1"], "h1")

    async def test_a_frame_too_long_ends_the_socket_only(self, both: Stand) -> None:
        (first,) = both.gateway.connections
        await both.gateway.push_bot({"msgId": "long", "text": "x" * 300_000}, "long")
        await both.gateway.until(lambda: both.gateway.connections not in ([first], []))
        assert await both.say("m1") == "acknowledged"
        assert both.heard() == ["m1"]


class TestCuts:
    async def test_after_a_cut_there_is_a_new_ticket(self, both: Stand) -> None:
        (first,) = both.gateway.connections
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.connections not in ([first], []))
        assert both.gateway.opened == 2
        assert await both.say("m1") == "acknowledged"
        assert both.metrics.stream_gaps.value("school") == 1
        assert 0 < both.metrics.stream_gap_seconds.value("school") < 10
        assert both.metrics.stream_connected.value == 1

    async def test_what_is_pushed_meanwhile_is_lost_and_the_gap_counted(self, both: Stand) -> None:
        both.emulator.faults.set({"rules": [{"api": OPEN, "kind": "http", "value": 503, "times": 2}]})
        both.gateway.cut()
        await both.gateway.wait(BOT, 0)
        assert await both.say("m1") == "nobody is connected"
        await both.gateway.wait(BOT, 1)
        assert await both.say("m2") == "acknowledged"
        assert both.heard() == ["m2"]
        assert both.metrics.stream_gaps.value("school") == 1
        assert both.metrics.stream_opens.value("school", "failed") == 2

    async def test_a_half_open_socket_is_noticed(self) -> None:
        async with stand(replace(QUICK, idle_s=0.3)) as one:
            one.stream.start()
            await one.gateway.wait(BOT)
            one.gateway.freeze()
            one.gateway.pace.ack_s = 0.05
            assert await one.say("m1") == "no answer in time"  # nobody can know
            await one.gateway.until(lambda: any(each.state == "live" for each in one.gateway.connections))
            one.gateway.pace.ack_s = 2.0
            # The platform may still choose the dead socket for a while: until ours is in use.
            await one.gateway.until(lambda: len(one.gateway.connections) == 1)
            assert await one.say("m2") == "acknowledged"
            assert one.metrics.stream_gaps.value("school") == 1
            assert one.metrics.stream_gap_seconds.value("school") >= 0.3  # since the last sign of life

    async def test_pongs_are_signs_of_life(self) -> None:
        async with stand(replace(QUICK, idle_s=0.3)) as one:
            one.stream.start()
            await one.gateway.wait(BOT)
            (connection,) = one.gateway.connections
            await one.gateway.until(lambda: connection.pings >= 10)  # nothing else goes to and fro
            assert connection in one.gateway.connections
            assert one.gateway.opened == 1

    async def test_a_dropped_push_leaves_no_trace_with_us(self, both: Stand) -> None:
        both.emulator.faults.set({"rules": [{"api": "push:robot", "kind": "drop", "nth": 1}]})
        assert await both.say("m1") == "fault.drop"
        assert await both.say("m2") == "acknowledged"
        assert both.heard() == ["m2"]

    async def test_a_doubled_push_is_answered_twice(self, both: Stand) -> None:
        both.emulator.faults.set({"rules": [{"api": "push:robot", "kind": "duplicate", "nth": 1}]})
        assert await both.say("m1") == "acknowledged"
        assert both.heard() == ["m1", "m1"]  # the inbox's key makes one of them

    async def test_pushes_out_of_order_come_all_the_same(self, both: Stand) -> None:
        both.emulator.faults.set({"rules": [{"api": "push:robot", "kind": "reorder", "nth": 1}]})
        first = asyncio.create_task(both.say("m1"))
        await asyncio.sleep(0)
        assert await both.say("m2") == "acknowledged"
        assert await first == "acknowledged"
        assert both.heard() == ["m2", "m1"]

    @pytest.mark.parametrize("kind", ["timeout_after", "reset"])
    async def test_an_acknowledgement_may_be_lost(self, both: Stand, kind: str) -> None:
        both.emulator.faults.set({"rules": [{"api": "push:robot", "kind": kind, "nth": 1}]})
        assert await both.say("m1") == f"fault.{kind}"
        assert both.heard() == ["m1"]

    async def test_a_message_without_words(self, both: Stand) -> None:
        both.emulator.faults.set({"rules": [{"api": "push:robot", "kind": "code", "value": 20001, "nth": 1}]})
        await both.gateway.push_bot({"msgId": "m1", "msgtype": "text", "text": {"content": "x"}}, "m1")
        (body,) = both.door.got
        assert (body["errorCode"], "text" in body) == (20001, False)


class TestHandOver:
    async def test_told_to_go_it_opens_another_first(self, both: Stand) -> None:
        (first,) = both.gateway.connections
        await both.gateway.disconnect()
        await both.gateway.wait(BOT, 1)
        # Both sockets are open now; what the old one still brings is taken, and answered there.
        await first.send(("app", "0"), "CALLBACK", BOT, {"msgId": "late"}, "late")
        outcomes = [await both.say(f"m{n}") for n in range(20)]
        await both.gateway.until(lambda: first not in both.gateway.connections)
        assert set(outcomes) == {"acknowledged"}
        assert "late" in both.heard()
        assert ("late", first.id) in [(ack.message, ack.connection) for ack in both.gateway.acks]
        assert both.metrics.stream_gaps.value("school") == 0
        assert both.metrics.stream_connected.value == 1
        assert both.gateway.opened == 2

    async def test_the_control_waits_for_the_cut_and_loses_what_is_said(
        self, both: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def deaf(_link: Link, _frame: object) -> None:
            return

        monkeypatch.setattr(Link, "_system", deaf)
        (first,) = both.gateway.connections
        await both.gateway.disconnect()
        outcomes = [await both.say(f"m{n}") for n in range(20)]
        await both.gateway.until(lambda: both.gateway.connections not in ([first], []))
        assert set(outcomes) == {"nobody is subscribed"}
        assert both.metrics.stream_gaps.value("school") == 1

    async def test_an_old_connection_is_replaced_without_a_gap(self) -> None:
        async with stand(replace(QUICK, recycle_s=0.1)) as one:
            one.stream.start()
            await one.gateway.wait(BOT)
            outcomes: list[str] = []
            while one.gateway.opened < 4:
                outcomes.append(await one.say(f"m{len(outcomes)}"))
            # A frame may cross our goodbye: then it is kept, though no acknowledgement can be sent any more.
            assert set(outcomes) <= {"acknowledged", "the connection was cut"}
            assert one.heard() == [f"m{n}" for n in range(len(outcomes))]
            assert one.metrics.stream_gaps.value("school") == 0
