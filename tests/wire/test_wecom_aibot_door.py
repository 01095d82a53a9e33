"""The AI bot by callback: what it takes, what it says in the same breath, and by a message's own address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web

from bot.command import CardButton, Command, Group, Maybe, Outcome, Refused, Sent, Session, Webhook
from bot.intake import Answer, Heard, Look
from bot.metrics import Metrics
from bot.wecom.aibot import AiBotDoor, AiBotLane
from bot.wecom.emulator import aibot_cipher
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.aibot_push import Word
from config.settings import LimitSettings
from tests.wire.aibot_stand import Ground, Kept, Stand, settings, stand

GROUP = "wrChatAbC"


@pytest.fixture
async def both() -> AsyncIterator[Stand]:
    """The platform and our door."""
    async with stand(socket=False) as one:
        yield one


def door(both: Stand, intake: Kept | None = None) -> AiBotDoor:
    kept: Any = intake or both.intake
    return AiBotDoor(kept, "school", both.app, both.ground.clock, Metrics())


def query_of(both: Stand, encrypt: str, nonce: str = "n1", **more: str) -> dict[str, str]:
    stamp = str(both.ground.now_ms() // 1000)
    proof = aibot_cipher.proof(both.bot.token, stamp, nonce, encrypt)
    return {"msg_signature": proof, "timestamp": stamp, "nonce": nonce, **more}


async def pushed(both: Stand, body: Mapping[str, Any], nonce: str = "n1") -> Answer:
    encrypt = aibot_cipher.seal(both.bot.aes_key, orjson.dumps(body))
    return await door(both).push(query_of(both, encrypt, nonce), orjson.dumps({"encrypt": encrypt}))


def word(**more: Any) -> dict[str, Any]:
    return {
        "msgid": "m1", "aibotid": "any", "chatid": GROUP, "chattype": "group", "from": {"userid": "li"},
        "msgtype": "text", "text": {"content": "@小助手 你好"}, **more,
    }  # fmt: skip


async def said(both: Stand, text: str = "你好") -> Session:
    assert await both.pusher.say(Word("li", GROUP, text=f"@小助手 {text}")) == (True, "")
    session = both.intake.rows[-1][1].session
    assert isinstance(session, Session)
    return session


def command(text: str, session: Session | None = None, **more: Any) -> Command:
    return Command("0" * 32, "wecom/school", Group(GROUP), text, session=session, **more)


class TestAddress:
    def test_the_word_goes_back_bare(self) -> None:
        ground = Ground()
        bot = BotState(ground)
        ground.base_url = "http://127.0.0.1:1"
        kept: Any = Kept()
        mine = AiBotDoor(kept, "school", settings(ground, bot, socket=False), ground.clock, Metrics())
        echo = aibot_cipher.seal(bot.aes_key, b"1616140317555161061")
        stamp = str(ground.now_ms() // 1000)
        proof = aibot_cipher.proof(bot.token, stamp, "n", echo)
        query = {"msg_signature": proof, "timestamp": stamp, "nonce": "n", "echostr": echo}
        assert mine.verify(query) == Answer(200, b"1616140317555161061")
        assert mine.verify({**query, "nonce": "m"}).status == 403
        assert mine.verify({}).status in (400, 403)

    async def test_without_keys_there_is_no_door(self, both: Stand) -> None:
        kept: Any = both.intake
        bare = both.app.model_copy(update={"aibot_token": None, "aibot_aes_key": None})
        with pytest.raises(ValueError, match="aibot_token"):
            AiBotDoor(kept, "school", bare, both.ground.clock, Metrics())


class TestTurnedAway:
    async def test_a_flipped_bit(self, both: Stand) -> None:
        encrypt = aibot_cipher.seal(both.bot.aes_key, orjson.dumps(word()))
        query = query_of(both, encrypt)
        bad = ("A" if encrypt[0] != "A" else "B") + encrypt[1:]
        assert (await door(both).push(query, orjson.dumps({"encrypt": bad}))).status == 403
        assert both.intake.rows == []

    async def test_an_old_one(self, both: Stand) -> None:
        encrypt = aibot_cipher.seal(both.bot.aes_key, orjson.dumps(word()))
        query, raw = query_of(both, encrypt), orjson.dumps({"encrypt": encrypt})
        both.ground.clock.move_to(both.ground.clock.now() + timedelta(minutes=6))
        assert (await door(both).push(query, raw)).status == 403

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"encrypt":7}', b"<xml/>", b"{" * 70_000])
    async def test_no_envelope(self, both: Stand, raw: bytes) -> None:
        assert (await door(both).push(query_of(both, "x"), raw)).status in (400, 413)

    @pytest.mark.parametrize("plain", [b"", b"x", b"[]", b"7"])
    async def test_no_message(self, both: Stand, plain: bytes) -> None:
        encrypt = aibot_cipher.seal(both.bot.aes_key, plain)
        raw = orjson.dumps({"encrypt": encrypt})
        assert (await door(both).push(query_of(both, encrypt), raw)).status == 400

    async def test_not_kept_is_not_acknowledged(self, both: Stand) -> None:
        both.intake.refusals = 1
        assert (await pushed(both, word(aibotid=both.bot.id))).status == 503


class TestMessages:
    async def test_kept_and_nothing_said(self, both: Stand) -> None:
        assert await pushed(both, word(aibotid=both.bot.id)) == Answer(200)
        assert both.intake.texts() == ["你好"]

    async def test_three_tries_and_one_row_key(self, both: Stand) -> None:
        both.intake.refusals = 2
        assert await both.pusher.say(Word("li", GROUP, text="@小助手 你好")) == (True, "")
        assert [push.attempt for push in both.ground.pushes] == [1, 2, 3]
        assert len(both.intake.rows) == 1

    async def test_a_poll_is_told_that_it_is_over(self, both: Stand) -> None:
        given = word(aibotid=both.bot.id, msgtype="stream", stream={"id": "s"})
        answer = await pushed(both, given, "poll")
        assert both.pusher.opened(answer.body, "poll") == {
            "msgtype": "stream", "stream": {"id": "s", "finish": True},
        }  # fmt: skip

    async def test_the_answer_carries_the_requests_nonce(self, both: Stand) -> None:
        answer = await pushed(both, word(aibotid=both.bot.id, msgtype="stream", stream={"id": "s"}), "one")
        outer = orjson.loads(answer.body)
        assert set(outer) == {"encrypt", "msgsignature", "timestamp", "nonce"}
        assert outer["nonce"] == "one"
        assert isinstance(outer["timestamp"], int)
        with pytest.raises(ValueError, match="nonce"):
            both.pusher.opened(answer.body, "another")

    async def test_an_anonymous_word_is_answered_in_the_same_breath(self, both: Stand) -> None:
        assert await both.pusher.say(Word("li", GROUP, text="@小助手 匿名：有人欺负我")) == (True, "")
        assert both.intake.rows == []
        (item,) = both.ground.seen.items
        assert (item.chat, item.lane) == (GROUP, "aibot")
        assert both.metrics.acks.value("wecom") == 0


class TestByAddress:
    async def test_once(self, both: Stand) -> None:
        session = await said(both)
        assert both.lane.api(command("好", session)) == "/cgi-bin/aibot/response"
        assert await both.lane.send(command("好", session)) == Sent("")
        assert [item.content.text for item in both.ground.seen.items] == ["好"]
        assert await both.lane.send(command("再好", session)) == Refused("no_lane", "config")
        assert len(both.ground.seen.items) == 1

    async def test_within_an_hour(self, both: Stand) -> None:
        session = await said(both)
        both.ground.clock.move_to(both.ground.clock.now() + timedelta(minutes=60))
        assert await both.lane.send(command("好", session)) == Refused("no_lane", "config")

    async def test_used_by_another_process(self, both: Stand) -> None:
        session = await said(both)
        assert await both.lane.send(command("好", session)) == Sent("")
        other = AiBotLane("school", both.app, LimitSettings(), both.http, both.ground.clock)
        assert await other.send(command("好", session)) == Refused("no_lane", "config")

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1/cgi-bin/aibot/response?x", "http://evil.cn/?x"])
    async def test_nowhere_else(self, both: Stand, url: str) -> None:
        session = Session(f"aibot-reply:{url}", both.ground.clock.now() + timedelta(hours=1))
        assert await both.lane.send(command("好", session)) == Refused("no_lane", "config")

    async def test_too_many_is_told_to_wait_and_goes_later(self, both: Stand) -> None:
        session = await said(both)
        both.bot.per_minute = 0
        assert await both.lane.send(command("好", session)) == Refused("45009", "slow", 60.0)
        both.bot.per_minute = 30
        assert await both.lane.send(command("好", session)) == Sent("")


class TestInstead:
    async def test_a_robot_takes_fewer_a_minute(self, both: Stand) -> None:
        session = await said(both)
        lane = both.lane
        assert [most for _name, most, _window in lane.buckets(command("好"))] == [18, 900]
        assert [most for _name, most, _window in lane.buckets(command("好", session))] == [27, 900]

    async def test_the_classs_robot_says_what_nobody_asked(self, both: Stand) -> None:
        went: list[tuple[str, str]] = []

        async def robot(chat_id: str) -> Webhook | None:
            return Webhook("k") if chat_id == GROUP else None

        async def by_robot(command: Command, target: Webhook) -> Outcome:
            went.append((target.token, command.text))
            return Sent("")

        lane = AiBotLane(
            "school", both.app, LimitSettings(), both.http, both.ground.clock, robot=robot, by_robot=by_robot
        )
        assert await lane.send(command("速递")) == Sent("")
        assert went == [("k", "速递")]
        elsewhere = Command("o", "wecom/school", Group("wrOther"), "速递")
        assert await lane.send(elsewhere) == Refused("no_lane", "config")


class TestPresses:
    async def test_the_card_changes_in_the_answer(self, both: Stand) -> None:
        session = await said(both, "报名")
        asked = command("报名吗", session, title="报名吗", buttons=(CardButton("b" * 32, "报名"),))
        assert await both.lane.send(asked) == Sent("")
        (card,) = both.ground.seen.items
        assert [(each.label, each.enabled) for each in card.content.buttons] == [("报名", True)]
        look = Look("报名吗", "报名吗\n已报名", (CardButton("c" * 32, "取消", enabled=False),))
        both.intake.heard = Heard(kept=True, look=look)
        assert await both.pusher.press(card.message, "b" * 32, "li") == (True, "")
        changed = both.ground.seen.items[-1]
        assert (changed.change, changed.of) == ("updated", card.message)
        assert [(each.label, each.enabled) for each in changed.content.buttons] == [("取消", False)]

    async def test_not_decided_in_time_is_an_empty_answer(self, both: Stand) -> None:
        session = await said(both, "报名")
        asked = command("报名吗", session, buttons=(CardButton("b" * 32, "报名"),))
        assert await both.lane.send(asked) == Sent("")
        message = both.ground.seen.items[0].message
        assert await both.pusher.press(message, "b" * 32, "li") == (True, "")
        assert len(both.ground.seen.items) == 1


async def test_no_answer_is_a_maybe_and_the_address_is_spent(
    both: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await said(both)
    calls: list[str] = []

    def fail(code: str, _body: object) -> None:
        calls.append(code)
        raise web.HTTPInternalServerError

    monkeypatch.setattr(both.bot, "respond_once", fail)
    assert await both.lane.send(command("好", session)) == Maybe("http500")
    assert await both.lane.send(command("好", session)) == Refused("no_lane", "config")
    assert len(calls) == 1
