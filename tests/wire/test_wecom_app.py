"""What members get: the same bytes at every try, words never cut, cards only where they show everything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from bot.command import CardButton, Command, FileRef, Maybe, Private, Refused, Sent, TakeBack, UpdateCard
from bot.wecom import app, cards
from bot.wecom.client import WeCom
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.limits import Limits
from config.ids import new_id
from config.settings import LimitSettings, load_settings
from storage import card_codes, outbox, schema
from storage.buckets import Windows
from storage.engine import Db, Store, open_store

TEACHER = "t-302"
YES, NO = CardButton("a" * 32, "发送"), CardButton("b" * 32, "今天不发")
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
SENT_AT = datetime(2026, 10, 12, 1, tzinfo=UTC)


class Ends:
    """An app's client and the platform it speaks to."""

    def __init__(
        self, emulator: WeComEmulator, http: aiohttp.ClientSession, store: Store, folder: Path
    ) -> None:
        emulator.write_config(folder / "a.toml", 1)
        self.emulator = emulator
        self.settings = load_settings(folder / "a.toml", {})
        self.store = store
        self.http = http
        self.files = {"poster": PNG}
        self.client = self.again()

    def again(self, **limits: Any) -> WeCom:
        """A client as after a restart."""
        given = LimitSettings(**limits)
        mine = self.settings.wecom["school"]
        client = WeCom("school", mine, given, self.http, self.emulator.clock, self.store)
        client.files = self._bytes
        client.uploads = type(client.uploads)(client.core, self.store, self._bytes)
        return client

    async def _bytes(self, file: FileRef) -> bytes:
        return self.files[file.recipe]

    def shown(self) -> list[str]:
        return [item.content.text for item in self.emulator.seen()]

    def bodies(self, api: str = app.SEND) -> list[bytes]:
        return [call.raw for call in self.emulator.calls() if call.api == api]


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    emulator = WeComEmulator()
    url = f"sqlite:///{tmp_path}/a.db"
    schema.prepare(url)
    store = open_store(url, tmp_path / "key")
    await emulator.start()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Ends(emulator, http, store, tmp_path)
    await emulator.stop()
    await asyncio.to_thread(store.close)


def say(text: str, *buttons: CardButton, title: str = "", **more: Any) -> Command:
    choices = "回复 1 发送，2 今天不发" if buttons else ""
    return Command(
        new_id(), "wecom/school", Private(TEACHER), text, title, buttons=buttons, choices=choices, **more
    )


async def test_words_arrive(ends: Ends) -> None:
    assert isinstance(await ends.client.send(say("好的")), Sent)
    assert ends.shown() == ["好的"]


async def test_a_second_try_is_the_same_to_the_byte_and_is_not_shown(ends: Ends) -> None:
    command = say("三(2)班 10月12日的速递发出去了。")
    assert ends.client.idempotent(command)
    ends.emulator.faults.set({"rules": [{"api": app.SEND, "kind": "reset", "nth": 1}]})
    assert isinstance(await ends.client.send(command), Maybe)
    assert isinstance(await ends.again().send(command), Sent)
    first, second = ends.bodies()
    assert first == second
    assert len(ends.shown()) == 1


async def test_the_same_words_said_twice_are_two_messages(ends: Ends) -> None:
    """The platform would take the second for a copy of the first, and say ok."""
    for _ in range(2):
        assert isinstance(await ends.client.send(say("收到")), Sent)
    assert ends.shown() == ["收到", "收到"]


async def test_without_the_mark_the_second_is_lost_in_silence(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "mark_of", lambda _id: "")
    for _ in range(2):
        assert isinstance(await ends.client.send(say("收到")), Sent)
    assert ends.shown() == ["收到"]


async def test_long_words_come_whole_in_order_and_once(ends: Ends) -> None:
    lines = [f"{n} 今天三(2)班的同学们一起完成了消防演练，秩序很好。" for n in range(90)]
    command = say("\n".join(lines))
    for _ in range(2):
        assert isinstance(await ends.client.send(command), Sent)
    assert len(ends.shown()) > 2
    assert "\n".join(ends.shown()) == "\n".join(lines)
    assert all(len(text.encode()) <= app.MOST_WORDS for text in ends.shown())


async def test_parts_of_equal_words_all_arrive(ends: Ends) -> None:
    command = say("长" * 3000)
    assert isinstance(await ends.client.send(command), Sent)
    assert len("".join(ends.shown()).replace("\n", "")) == 3000


def test_a_line_without_an_end_is_cut_between_characters() -> None:
    text = "长" * 5000
    parts = app.words(say(text), plain=False)
    assert "".join(part.replace("\n", "").rstrip("\u200b\u200c\u2060\ufeff") for part in parts) == text


async def test_choices_are_a_card_where_all_its_words_show(ends: Ends) -> None:
    command = say("今天的速递要发吗？", YES, NO, title="速递")
    assert isinstance(await ends.client.send(command), Sent)
    (item,) = ends.emulator.seen()
    assert item.content.kind == "card"
    assert [(one.id, one.label) for one in item.content.buttons] == [(YES.id, "发送"), (NO.id, "今天不发")]
    assert item.content.text == "速递\n今天的速递要发吗？"


@pytest.mark.parametrize("text", ["字" * (cards.MOST_TEXT + 1), ""])
async def test_else_they_are_numbered_words(ends: Ends, text: str) -> None:
    command = say(text, YES, NO, title="速递")
    assert isinstance(await ends.client.send(command), Sent)
    (item,) = ends.emulator.seen()
    assert item.content.buttons == ()
    assert item.content.text.endswith("回复 1 发送，2 今天不发")


async def test_without_a_callback_address_cards_become_words_and_stay_so(ends: Ends) -> None:
    ends.emulator.platform.takes_cards = False
    command = say("要发吗？", YES, NO)
    assert await ends.client.send(command) == Refused("card.43012", "retry")
    assert isinstance(await ends.client.send(command), Sent)
    assert ends.shown() == ["要发吗？\n回复 1 发送，2 今天不发"]


async def test_a_card_in_doubt_is_not_followed_by_its_words(ends: Ends) -> None:
    """A second copy of another kind would be seen."""
    now = ends.emulator.clock.now
    ends.emulator.platform.takes_cards = False
    before = replace(say("要发吗？", YES, NO), tried=now())
    assert ends.client.idempotent(before)
    ends.emulator.clock.move_to(now() + timedelta(seconds=1))
    await ends.client.send(say("别的", YES, NO))
    assert not ends.client.idempotent(before)
    since = replace(before, tried=now())
    assert ends.client.idempotent(since), "it went as words already"
    ends.emulator.clock.move_to(now() + timedelta(hours=1))
    assert ends.client.idempotent(before)
    assert not ends.client.idempotent(since)


async def test_what_is_in_doubt_longer_than_the_platform_remembers_is_not_sent_again(ends: Ends) -> None:
    now = ends.emulator.clock.now()
    tried = replace(say("带跳绳"), tried=now)
    assert isinstance(await ends.client.send(tried), Sent)
    ends.emulator.clock.move_to(now + timedelta(hours=3, minutes=49))
    assert ends.client.idempotent(tried)
    await ends.client.send(tried)
    assert ends.shown() == ["带跳绳"]
    ends.emulator.clock.move_to(now + timedelta(hours=4, minutes=1))
    assert not ends.client.idempotent(tried)
    await ends.client.send(tried)
    assert ends.shown() == ["带跳绳"] * 2, "the platform would show it"


def _row(store: Store, command: Command) -> None:
    """The outbox row of a card, as the sender would have it."""
    item = outbox.Item(
        id=command.outbox_id, school_id=None, lane=f"wecom/school/user/{TEACHER}", feature="digest",
        payload={}, limits=(), safe=True, sealed_for="mail",
    )  # fmt: skip

    def unit(db: Db) -> None:
        outbox.put(db, item, SENT_AT)

    store.run(unit).result()


async def test_a_card_changes_once_by_its_code(ends: Ends) -> None:
    command = say("要发吗？", YES, NO)
    await asyncio.to_thread(_row, ends.store, command)
    await ends.client.send(command)
    look = UpdateCard(new_id(), "wecom/school", command.outbox_id, "速递", "发出去了。")
    assert isinstance(await ends.client.send(look), Sent)
    changed = ends.emulator.seen()[-1]
    assert (changed.change, changed.content.text) == ("updated", "速递\n发出去了。")
    assert not any(one.enabled for one in changed.content.buttons)
    assert await ends.client.send(replace(look, outbox_id=new_id())) == Refused("no_code", "content")


@pytest.mark.parametrize(
    "fault", [{"kind": "code", "value": 45033}, {"kind": "code", "value": -1}, {"kind": "reset"}]
)
async def test_a_change_that_did_not_go_through_keeps_its_code(ends: Ends, fault: dict[str, Any]) -> None:
    command = say("要发吗？", YES, NO)
    await asyncio.to_thread(_row, ends.store, command)
    await ends.client.send(command)
    look = UpdateCard(new_id(), "wecom/school", command.outbox_id, "速递", "发出去了。")
    ends.emulator.faults.set({"rules": [{"api": cards.UPDATE, "nth": 1, "times": 1, **fault}]})
    assert not isinstance(await ends.client.send(look), Sent)
    second = await ends.client.send(look)
    # A connection that broke may have used it up; then the card has changed, and the code is refused.
    used = fault["kind"] == "reset"
    assert second == Refused("card.code", "content") if used else isinstance(second, Sent)
    assert ends.emulator.seen()[-1].content.text == "速递\n发出去了。"


async def test_a_newer_code_is_not_replaced_by_an_older_one(ends: Ends) -> None:
    """A press may come in before the code of the send is kept."""
    track, now = new_id(), ends.emulator.clock.now()
    await asyncio.to_thread(ends.store.run(lambda db: card_codes.put(db, track, "newer", now)).result)
    await ends.client._remember(track, "older")
    assert ends.store.run(lambda db: card_codes.take(db, track, now)).result() == "newer"


async def test_of_a_long_look_the_answer_is_shown() -> None:
    shown = cards.card("", f"{'旧' * 200}\n\n发出去了。", ())
    assert shown["sub_title_text"] == "发出去了。"
    assert shown["replace_text"] == shown["button_list"][0]["text"]


@pytest.mark.parametrize("user", ["nobody", "t-999"])
async def test_who_is_not_there_is_said_to_be_so(ends: Ends, user: str) -> None:
    command = replace(say("好"), target=Private(user))
    assert await ends.client.send(command) == Refused("81013", "recipient")


async def test_the_thirty_first_in_a_minute_is_never_sent(ends: Ends) -> None:
    """The platform would drop it and say ok: the limits stand before the send."""
    names = ends.client.bucket_names(say("好"))
    member = {window: most for name, most, window in names if ":member:" in name}
    assert member == {60.0: 25, 3600.0: 800}
    for n in range(31):
        await ends.client.send(say(f"第 {n} 句"))
    assert len(ends.shown()) == 30  # what would happen without them


async def test_long_words_count_as_the_messages_they_are(ends: Ends) -> None:
    lines = "\n".join(f"{n} 今天三(2)班的同学们一起完成了消防演练，秩序很好。" for n in range(90))
    names = ends.client.bucket_names(say(lines))
    windows = Windows(ends.emulator.clock.now(), {name: [] for name, _most, _window in names})
    went = 0
    for _ in range(30):
        command = say(lines)
        if windows.take(ends.client.bucket_names(command)) is None:
            assert isinstance(await ends.client.send(command), Sent)
            went += app.messages(command)
    assert went == len(ends.shown()) == 24


async def test_the_limits_fit_into_their_column(ends: Ends) -> None:
    """64 characters are the longest name of an app and of a member."""
    core = ends.client.core
    column = outbox.outbox.c.buckets.type
    core.name = "a" * 64
    assert len(json.dumps(app.counted(app.buckets(core, "u" * 64), 99))) <= getattr(column, "length", 0)


async def test_a_file_is_uploaded_once_in_three_days_even_after_a_restart(ends: Ends) -> None:
    file = FileRef("picture", "poster.png", "poster")
    command = say("", file=file)
    for _try in range(2):
        assert isinstance(await ends.again().send(command), Sent)
    uploads = [call for call in ends.emulator.calls() if call.api == "/cgi-bin/media/upload"]
    assert len(uploads) == 1
    first, second = ends.bodies()
    assert first == second
    await ends.emulator.jump(ends.emulator.clock.now() + timedelta(days=3))
    assert isinstance(await ends.again().send(command), Sent)
    assert len([call for call in ends.emulator.calls() if call.api == "/cgi-bin/media/upload"]) == 2


async def test_the_same_file_asked_for_twice_is_shown_twice(ends: Ends) -> None:
    command = say("", file=FileRef("picture", "poster.png", "poster"))
    for _try in range(2):
        assert isinstance(await ends.client.send(replace(command, outbox_id=new_id())), Sent)
    assert len(ends.shown()) == 2


async def test_a_file_the_platform_forgot_is_uploaded_again(ends: Ends) -> None:
    command = say("", file=FileRef("picture", "poster.png", "poster"))
    await ends.client.send(command)
    ends.emulator.platform.media.clear()
    assert await ends.client.send(command) == Refused("40007", "retry")
    assert isinstance(await ends.client.send(command), Sent)


async def test_but_not_when_it_may_have_been_shown(ends: Ends) -> None:
    command = say("", file=FileRef("picture", "poster.png", "poster"))
    await ends.client.send(command)
    ends.emulator.platform.media.clear()
    tried = replace(command, tried=ends.emulator.clock.now())
    assert await ends.client.send(tried) == Refused("40007", "content")
    assert len(ends.shown()) == 1


async def test_recall_within_a_day(ends: Ends) -> None:
    sent = await ends.client.send(say("发错了"))
    assert isinstance(sent, Sent)
    recall = TakeBack(new_id(), "wecom/school", Private(TEACHER), (sent.platform_id,))
    assert isinstance(await ends.client.send(recall), Sent)
    assert ends.emulator.seen()[-1].change == "recalled"
    other = await ends.client.send(say("又发错了"))
    assert isinstance(other, Sent)
    await ends.emulator.jump(ends.emulator.clock.now() + timedelta(hours=25))
    late = replace(recall, outbox_id=new_id(), platform_ids=(other.platform_id,))
    assert await ends.again().send(late) == Refused("42052", "content")


async def test_a_stale_token_is_renewed_once_for_all(ends: Ends) -> None:
    await ends.client.send(say("一"))
    ends.emulator.platform.expire_tokens()
    outcomes = await asyncio.gather(*(ends.client.send(say(f"第 {n}")) for n in range(20)))
    assert all(isinstance(one, Sent) for one in outcomes)
    tokens = [call for call in ends.emulator.calls() if call.api == "/cgi-bin/gettoken"]
    assert len(tokens) == 2


async def test_a_token_that_is_refused_again_and_again_is_not_asked_for_in_a_storm(ends: Ends) -> None:
    ends.emulator.faults.set({"rules": [{"api": app.SEND, "kind": "code", "value": 42001}]})
    for n in range(50):
        outcome = await ends.client.send(say(f"第 {n}"))
        assert isinstance(outcome, Refused)
    tokens = [call for call in ends.emulator.calls() if call.api == "/cgi-bin/gettoken"]
    assert len(tokens) <= 2


async def test_nothing_of_the_secret_or_the_token_is_shown(ends: Ends) -> None:
    await ends.client.send(say("好"))
    token, _lives = ends.emulator.platform.token()
    shown = repr(ends.client) + repr(ends.client.core) + repr(ends.client.core.token) + repr(ends.settings)
    assert token not in shown
    assert ends.emulator.platform.app.secret not in shown
    assert not any(token.encode() in call.raw for call in ends.emulator.calls())


async def test_a_fault_of_each_kind_says_whether_it_left(ends: Ends) -> None:
    for kind, came in (
        ("refuse", Maybe), ("timeout_after", Maybe), ("reset", Maybe), ("truncate", Maybe),
    ):  # fmt: skip
        ends.emulator.faults.set({"rules": [{"api": app.SEND, "kind": kind, "value": 0, "nth": 1}]})
        outcome = await ends.client.send(say(f"故障 {kind}"))
        assert isinstance(outcome, came), kind
    ends.emulator.faults.set({"rules": [{"api": app.SEND, "kind": "http", "value": 502, "nth": 1}]})
    assert await ends.client.send(say("网关")) == Maybe("http502")


def test_the_body_holds_no_escapes_and_asks_for_the_duplicate_check() -> None:
    body = app.body_of(7, TEACHER, "text", {"content": "你好"})
    assert b"\\u" not in body
    assert orjson.loads(body) == {
        "touser": TEACHER, "msgtype": "text", "agentid": 7, "text": {"content": "你好"},
        "enable_duplicate_check": 1, "duplicate_check_interval": 14_400,
    }  # fmt: skip


def test_limits_can_be_switched_off_for_a_measurement() -> None:
    assert Limits().changed({"member_minute": None}).member_minute is None
    with pytest.raises(ValueError, match="there is no limit x"):
        Limits().changed({"x": 1})
