"""The AI bot's long connection against the emulated platform: what it keeps, says and survives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from bot.command import CardButton, Command, Group, Maybe, Outcome, Refused, Sent, Session
from bot.intake import Heard, Look
from bot.wecom.aibot_link import Pace
from bot.wecom.aibot_words import stream_body
from bot.wecom.emulator.aibot_gateway import PATH
from bot.wecom.emulator.aibot_push import Word
from tests.wire.aibot_stand import QUICK, Shared, Stand, Tenure, stand, until

GROUP = "wrChatAbC"


@pytest.fixture
async def both() -> AsyncIterator[Stand]:
    """A connected socket."""
    async with stand() as one:
        one.socket.start()
        await one.gateway.wait()
        yield one


async def said(both: Stand, text: str, message: str = "") -> Session:
    """One word in the group, kept; its reply address."""
    before = len(both.intake.rows)
    assert await both.pusher.say(Word("Li.Teacher", GROUP, text=f"@小助手 {text}"), message) == (True, "")
    await kept(both, before + 1)
    session = both.intake.rows[-1][1].session
    assert isinstance(session, Session)
    return session


async def kept(both: Stand, count: int) -> None:
    await until(lambda: len(both.intake.rows) >= count)


def command(text: str, session: Session | None = None, **more: object) -> Command:
    return Command("0" * 32, "wecom/school", Group(GROUP), text, session=session, **more)  # type: ignore[arg-type]


def calls(both: Stand) -> list[str]:
    return [call.api.removeprefix(f"{PATH}/") for call in both.ground.calls.calls]


class TestTalk:
    async def test_a_word_is_kept_and_answered_where_it_was_said(self, both: Stand) -> None:
        session = await said(both, "明天几点到校")
        assert both.intake.texts() == ["明天几点到校"]
        assert await both.lane.send(command("7:50 到校", session)) == Sent("")
        (item,) = both.ground.seen.items
        assert (item.chat, item.to, item.lane, item.content.text) == (GROUP, None, "aibot", "7:50 到校")
        assert calls(both) == ["aibot_subscribe", "aibot_respond_msg"]

    async def test_it_speaks_first_only_where_somebody_wrote(self, both: Stand) -> None:
        assert await both.lane.send(command("早")) == Refused("93006", "recipient")
        await said(both, "你好")
        assert await both.lane.send(command("早")) == Sent("")

    async def test_a_late_answer_is_a_message_of_its_own(self) -> None:
        async with stand(pace=replace(QUICK, fresh_s=0.0)) as both:
            both.socket.start()
            await both.gateway.wait()
            assert await both.lane.send(command("答", await said(both, "问"))) == Sent("")
            assert calls(both)[-1] == "aibot_send_msg"

    @pytest.mark.parametrize("code", [846605, 846608])
    async def test_what_can_no_more_be_answered_is_said_anew(self, both: Stand, code: int) -> None:
        session = await said(both, "问")
        rule = {"api": f"{PATH}/aibot_respond_msg", "nth": 1, "kind": "code", "value": code}
        both.faults.set({"rules": [rule]})
        assert await both.lane.send(command("答", session)) == Sent("")
        assert calls(both)[-2:] == ["aibot_respond_msg", "aibot_send_msg"]
        assert len(both.ground.seen.items) == 1

    async def test_words_cannot_become_mark_up(self, both: Stand) -> None:
        await both.lane.send(command("<@all> [点我](https://x.y/z) **急**", await said(both, "问")))
        (item,) = both.ground.seen.items
        assert item.content.url is None
        assert not set("<>[]*@") & set(item.content.text)

    async def test_an_anonymous_word_is_answered_from_memory(self, both: Stand) -> None:
        words = Word("li", GROUP, text="@小助手 匿名：有人欺负我")
        assert await both.pusher.say(words) == (True, "")
        await both.ground.seen.wait(0, 5)
        assert both.intake.rows == []
        assert len(both.ground.seen.items) == 1


class TestNothingIsLost:
    async def test_what_is_not_kept_is_tried_again(self, both: Stand) -> None:
        both.intake.refusals = 3
        await said(both, "重要的事")
        assert both.intake.texts() == ["重要的事"]

    async def test_a_cut_does_not_stop_the_keeping(self, both: Stand) -> None:
        both.intake.open.clear()
        assert (await both.pusher.say(Word("li", GROUP, text="@小助手 一")))[0]
        await both.intake.came.wait()
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.live is None)
        both.intake.open.set()
        await kept(both, 1)
        assert both.intake.texts() == ["一"]

    async def test_the_end_waits_for_what_is_being_kept(self, both: Stand) -> None:
        both.intake.open.clear()
        await both.pusher.say(Word("li", GROUP, text="@小助手 一"))
        await both.intake.came.wait()
        stopping = asyncio.create_task(both.socket.stop())
        await both.gateway.until(lambda: both.gateway.live is None)
        for _ in range(200):  # turns of the loop: more than an end without waiting would take
            await asyncio.sleep(0)
        assert not stopping.done()
        both.intake.open.set()
        await stopping
        assert both.intake.texts() == ["一"]

    async def test_the_end_waits_for_an_earlier_connections_too(self, both: Stand) -> None:
        both.intake.open.clear()
        await both.pusher.say(Word("li", GROUP, text="@小助手 一"))
        await both.intake.came.wait()
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.opened == 2)
        await until(lambda: both.socket.connected)
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.opened == 3)
        stopping = asyncio.create_task(both.socket.stop())
        for _ in range(200):  # turns of the loop: more than an end without waiting would take
            await asyncio.sleep(0)
        both.intake.open.set()
        await stopping
        assert both.intake.texts() == ["一"]

    async def test_many_keep_their_order(self, both: Stand) -> None:
        words = [f"w{n}" for n in range(150)]
        for word in words:
            await both.pusher.say(Word("li", GROUP, text=f"@小助手 {word}"))
        await kept(both, len(words))
        assert both.intake.texts() == words


class TestEnds:
    @pytest.mark.parametrize("code", [1000, 1001, 1011, 4001])
    async def test_a_close_is_followed_by_another_connection(self, both: Stand, code: int) -> None:
        await both.gateway.close(code)
        await both.gateway.until(lambda: both.gateway.opened == 2)
        await both.gateway.wait()
        await said(both, "还在吗")

    async def test_a_cut_too(self, both: Stand) -> None:
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.opened == 2)
        await both.gateway.wait()
        await said(both, "还在吗")
        assert both.metrics.stream_gaps.value("aibot/school") == 1

    async def test_an_old_address_is_dead_after_it(self, both: Stand) -> None:
        session = await said(both, "问")
        both.gateway.cut()
        await both.gateway.until(lambda: both.gateway.opened == 2)
        await both.gateway.wait()
        await until(lambda: both.socket.connected)
        assert await both.lane.send(command("答", session)) == Sent("")
        assert calls(both)[-1] == "aibot_send_msg"

    async def test_two_unanswered_pings_are_the_end(self) -> None:
        async with stand(pace=replace(QUICK, ping_s=0.02)) as both:
            both.gateway.pace.drop_pings = True
            both.socket.start()
            await both.gateway.wait()
            first = both.gateway.live
            assert first is not None
            await both.gateway.until(lambda: both.gateway.opened == 2)
            assert first.pings == 2

    async def test_answered_pings_are_not(self) -> None:
        async with stand(pace=replace(QUICK, ping_s=0.01)) as both:
            both.socket.start()
            await both.gateway.wait()
            first = both.gateway.live
            assert first is not None
            await both.gateway.until(lambda: first.pings >= 8)
            assert both.gateway.opened == 1

    async def test_without_a_connection_nothing_leaves(self) -> None:
        async with stand() as both:
            both.lane.attach(both.socket)
            assert await both.lane.send(command("早")) == Refused("aibot.offline", "retry")

    @pytest.mark.parametrize(
        ("kind", "outcome"),
        [("timeout_before", Maybe("aibot.noAck")), ("reset", Maybe("aibot.noAck"))],
    )
    async def test_no_acknowledgement_is_a_maybe(self, kind: str, outcome: Outcome) -> None:
        async with stand(pace=replace(QUICK, ack_s=0.3)) as both:
            both.socket.start()
            await both.gateway.wait()
            await said(both, "你好")
            both.faults.set({"rules": [{"api": f"{PATH}/aibot_send_msg", "nth": 1, "kind": kind}]})
            assert await both.lane.send(command("早")) == outcome


class TestCredentials:
    async def test_a_wrong_secret_has_its_own_budget(self) -> None:
        async with stand(secret="wrong") as both:
            both.socket.start()
            await both.gateway.until(lambda: calls(both).count("aibot_subscribe") == 3)
            await until(lambda: both.metrics.stream_opens.value("aibot/school", "refused") == 3)
            assert both.socket.state == "refused"
            assert both.socket.after_failure(2, 2) <= QUICK.most_s * 1.2
            assert both.socket.after_failure(3, 3) == QUICK.refused_s

    async def test_too_often_is_not_a_wrong_secret(self) -> None:
        async with stand() as both:
            both.gateway.pace.subscriptions = 0
            both.socket.start()
            await both.gateway.until(lambda: calls(both).count("aibot_subscribe") == 1)
            both.gateway.pace.subscriptions = 9
            await both.gateway.wait()
            assert both.metrics.stream_opens.value("aibot/school", "crowded") == 1

    async def test_the_secret_is_nowhere_but_in_its_frame(
        self, both: Stand, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await both.gateway.close()
        await both.gateway.until(lambda: both.gateway.opened == 2)
        out = capsys.readouterr()
        assert both.bot.secret not in out.out + out.err + repr(vars(both.socket))


class TestTwo:
    async def test_the_driven_out_one_stays_away(self, both: Stand) -> None:
        other, intake = both.another(Tenure())
        other.start()
        try:
            await both.gateway.until(lambda: both.gateway.kicked == 1)
            await until(lambda: both.socket.state == "kicked" and other.connected)
            assert (both.tenure.held, both.tenure.given_back) == (False, 1)
            assert await both.pusher.say(Word("li", GROUP, text="@小助手 一")) == (True, "")
            await until(lambda: intake.texts() == ["一"])
            assert (both.gateway.kicked, both.gateway.opened) == (1, 2)
        finally:
            await other.stop()

    async def test_without_the_guard_they_would_fight(self) -> None:
        """The control: with a pause as after any other end, each drives the other out again and again."""
        eager = replace(QUICK, kicked_s=0.01, kicked_most_s=0.01)
        async with stand(pace=eager) as both:
            both.gateway.pace.subscriptions = 1000
            both.socket.start()
            await both.gateway.wait()
            other, _intake = both.another(Tenure(), eager)
            other.start()
            try:
                await both.gateway.until(lambda: both.gateway.kicked >= 6)
            finally:
                await other.stop()

    async def test_one_of_two_replicas_connects(self, both: Stand) -> None:
        shared = Shared()
        shared.owner = both.tenure
        other, _intake = both.another(shared.tenure())
        other.start()
        try:
            assert await both.pusher.say(Word("li", GROUP, text="@小助手 一")) == (True, "")
            await until(lambda: both.intake.texts() == ["一"])
            assert (both.gateway.opened, other.state) == (1, "waiting")
        finally:
            await other.stop()

    async def test_who_loses_the_lease_lets_go(self, both: Stand) -> None:
        both.tenure.lose()
        await both.gateway.until(lambda: both.gateway.live is None)
        assert both.socket.state == "waiting"
        assert both.gateway.opened == 1


class TestPresses:
    async def test_a_press_decided_in_time_changes_the_card(self, both: Stand) -> None:
        session = await said(both, "报名")
        asked = command("报名吗", session, title="报名吗", buttons=(CardButton("b" * 32, "报名"),))
        assert await both.lane.send(asked) == Sent("")
        (card,) = both.ground.seen.items
        both.intake.heard = Heard(kept=True, look=Look("报名吗", "报名吗\n已报名"))
        assert await both.pusher.press(card.message, "b" * 32, "Li.Teacher") == (True, "")
        items = await both.ground.seen.wait(1, 5)
        assert (items[0].change, items[0].of, items[0].content.text) == (
            "updated", card.message, "报名吗\n已报名",
        )  # fmt: skip
        kind, pressed = both.intake.rows[-1]
        assert (kind, pressed.track, pressed.token) == ("press", "0" * 32, "b" * 32)
        assert pressed.lane == "wecom/school/user/li.teacher"


class TestFrames:
    async def test_one_frame_at_a_time_under_a_req_id(self, both: Stand) -> None:
        """An acknowledgement names nothing but the ``req_id``: two at once could not be told apart."""
        session = await said(both, "问")
        req_id = session.url.removeprefix("aibot:")
        both.faults.set(
            {"rules": [{"api": f"{PATH}/aibot_respond_msg", "nth": 2, "kind": "code", "value": 5}]}
        )
        bodies = [stream_body(f"s{n}", "答") for n in range(3)]
        acks = await asyncio.gather(*(both.socket.ask("aibot_respond_msg", body, req_id) for body in bodies))
        assert [ack.code for ack in acks] == [0, 5, 0]

    async def test_control_characters_do_no_harm(self, both: Stand) -> None:
        one = both.gateway.live
        assert one is not None
        body = {
            "msgid": "m1", "aibotid": both.bot.id, "chatid": GROUP, "chattype": "group",
            "from": {"userid": "li"}, "msgtype": "text", "text": {"content": "@小助手 你好"},
        }  # fmt: skip
        frame = {"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": body}
        await one.ws.send_str(orjson.dumps(frame).decode().replace("你好", "你\x00\x1f好"))
        await kept(both, 1)
        assert both.intake.texts() == ["你好"]

    @pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"cmd":7}', '{"headers":7,"errcode":"x"}'])
    async def test_nor_do_strange_ones(self, both: Stand, text: str) -> None:
        one = both.gateway.live
        assert one is not None
        await one.ws.send_str(text)
        await said(both, "还在吗")
        assert both.gateway.opened == 1


class TestLimits:
    async def test_the_buckets_stay_below(self, both: Stand) -> None:
        assert both.lane.buckets(command("早")) == [
            (f"wecom:school:aibot:{GROUP}:minute", 27, 60.0),
            (f"wecom:school:aibot:{GROUP}:hour", 900, 3600.0),
        ]

    async def test_one_more_than_thirty_is_told_to_wait(self, both: Stand) -> None:
        await said(both, "你好")
        for _ in range(30):
            assert await both.lane.send(command("早")) == Sent("")
        assert await both.lane.send(command("早")) == Refused("45009", "slow", 60.0)
        both.ground.clock.move_to(both.ground.clock.now() + timedelta(minutes=1))
        assert await both.lane.send(command("早")) == Sent("")

    async def test_long_words_are_not_sent(self, both: Stand) -> None:
        await said(both, "你好")
        assert await both.lane.send(command("长" * 6826)) == Sent("")
        assert await both.lane.send(command("长" * 6827)) == Refused("aibot.tooLong", "content")


def test_the_pauses_grow() -> None:
    pace = Pace()
    assert (pace.first_s, pace.most_s, pace.ping_s, pace.refusals) == (1.0, 30.0, 30.0, 5)
    assert pace.kicked_s >= 600
