"""Our client against the emulated platform: everything beside plain words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from bot.command import (
    AskRead,
    CardButton,
    Command,
    Fetch,
    FileRef,
    Group,
    Maybe,
    Private,
    Refused,
    Sent,
    TakeBack,
    UpdateCard,
    Webhook,
)
from bot.dingtalk import groups, notice, people, robot
from bot.dingtalk.cards import UPDATE, answer_body
from bot.dingtalk.client import DingTalk
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.press import Press
from bot.dingtalk.groups import NewGroup
from bot.dingtalk.media import COVER, DOWNLOAD
from bot.dingtalk.notice import NoticeResult
from bot.dingtalk.wire import OpenedPress, Robot, open_card
from config.settings import load_settings

TOKEN = "0123456789abcdef0123456789abcdef"
APP = "dingtalk/school"


class Ends:
    """Both ends of the wire, and a door for presses."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.world = emulator.world
        self.counted: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.presses: list[OpenedPress] = []
        self.answer: dict[str, Any] = {}
        self.client: DingTalk
        self.robot: Robot
        self.klass = emulator.world.classes[1]
        self.group = Group(self.klass.group)
        teachers = [one for one in self.world.people.values() if one.roles[0].kind == "teacher"]
        self.teacher = next(one for one in teachers if one.in_class(self.klass.id))
        self.to_teacher = Private(self.teacher.id)

    def say(self, outbox_id: str, text: str, **more: Any) -> Command:
        return Command(outbox_id, APP, more.pop("target", self.group), text, **more)

    def seen(self) -> list[Any]:
        return list(self.emulator.seen())

    async def file(self, wanted: FileRef) -> bytes:
        return COVER if wanted.kind == "picture" else b"%PDF-1.7"

    async def keep(self, medium_id: str, data: bytes) -> None:
        self.kept[medium_id] = data

    async def press(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        opened = open_card(headers, await request.read(), self.robot, self.emulator.clock.now())
        assert isinstance(opened, OpenedPress), opened
        self.presses.append(opened)
        return web.json_response(self.answer)


@pytest_asyncio.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    emulator = Emulator()
    await emulator.start()
    emulator.write_config(tmp_path / "bot.toml", 8080)
    settings = load_settings(tmp_path / "bot.toml", {})
    ends = Ends(emulator)
    app = settings.dingtalk["school"]
    ends.robot = Robot("school", app)
    door = web.Application()
    door.router.add_post("/dingtalk/school/card", ends.press)
    runner = web.AppRunner(door, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/dingtalk/school/card"
    note: Callable[[str], None] = ends.counted.append
    async with aiohttp.ClientSession() as http:
        ends.client = DingTalk(
            "school", app, settings.limits, http, emulator.clock, note,
            files=ends.file, keep=ends.keep, callback_url=url,
        )  # fmt: skip
        yield ends
    await runner.cleanup()
    await emulator.stop()


def asking(ends: Ends) -> Command:
    buttons = (CardButton(TOKEN, "发送"), CardButton("f" * 32, "不发", enabled=False))
    return ends.say("o1", "发吗？", target=ends.to_teacher, title="预览", card=True, buttons=buttons)


async def test_a_button_is_pressed_and_the_card_changes(ends: Ends) -> None:
    assert isinstance(await ends.client.send(asking(ends)), Sent)
    (card,) = ends.seen()
    assert [(one.id, one.label, one.enabled) for one in card.content.buttons] == [
        (TOKEN, "发送", True),
        ("f" * 32, "不发", False),
    ]
    ends.answer = answer_body("预览", "已发送。", ())
    pressed = await ends.emulator.presser.press(Press(card.message, TOKEN, ends.teacher.id))
    assert pressed[0], pressed
    (opened,) = ends.presses
    assert (opened.user_id, opened.track, opened.token) == (ends.teacher.id, "o1", TOKEN)
    assert orjson.loads(opened.payload)["corp"] == ends.world.corp
    latest = ends.seen()[-1]
    assert (latest.change, latest.content.text, latest.content.buttons) == ("updated", "预览\n已发送。", ())


async def test_a_card_is_updated_by_a_call_and_once_more_unseen(ends: Ends) -> None:
    await ends.client.send(asking(ends))
    new = UpdateCard("o2", APP, "o1", "预览", "已发送。")
    for _ in range(2):
        assert await ends.client.send(new) == Sent("o1")
    assert [item.change for item in ends.seen()] == ["new", "updated"]
    gone = UpdateCard("o3", APP, "nobody", "预览", "已发送。")
    assert await ends.client.send(gone) == Refused("param.cardNotExist", "recipient")
    assert ends.counted.count(UPDATE) == 3


async def test_a_card_and_words_are_taken_back(ends: Ends) -> None:
    came = [await ends.client.send(one) for one in (
        ends.say("o1", "一"), ends.say("o2", "二"), ends.say("o3", "三", target=ends.to_teacher)
    )]  # fmt: skip
    keys = tuple(one.platform_id for one in came if isinstance(one, Sent))
    assert len(keys) == 3
    back = TakeBack("o4", APP, ends.group, keys[:2])
    gone = await ends.client.send(back)
    assert isinstance(gone, Sent)
    assert gone.facts["recalled"] == list(keys[:2])
    assert await ends.client.send(back) == gone
    assert isinstance(await ends.client.send(TakeBack("o5", APP, ends.to_teacher, keys[2:])), Sent)
    assert [item.change for item in ends.seen()] == ["new"] * 3 + ["recalled"] * 3
    wrong = TakeBack("o6", APP, ends.group, ("nobody",))
    assert await ends.client.send(wrong) == Refused("recall.failed", "recipient")


async def test_who_has_read(ends: Ends) -> None:
    in_group = await ends.client.send(ends.say("o1", "一"))
    alone = await ends.client.send(ends.say("o2", "二", target=ends.to_teacher))
    assert isinstance(in_group, Sent)
    assert isinstance(alone, Sent)
    await ends.emulator.jump(ends.emulator.clock.now() + timedelta(minutes=1))
    for key in (in_group.platform_id, alone.platform_id):
        message = ends.emulator.platform.sent.get(key)
        assert message is not None
        message.read[ends.teacher.id] = 1
    read = {"read": [ends.teacher.id], "status": "success"}
    assert await ends.client.send(AskRead("o3", APP, ends.group, in_group.platform_id)) == Sent("", read)
    assert await ends.client.send(AskRead("o4", APP, ends.to_teacher, alone.platform_id)) == Sent("", read)
    await ends.emulator.jump(ends.emulator.clock.now() + timedelta(hours=25))
    late = await ends.client.send(AskRead("o5", APP, ends.to_teacher, alone.platform_id))
    assert late == Refused("processQueryKey.expireTime", "slow", 60.0)


async def test_pictures_and_files(ends: Ends) -> None:
    picture, paper = FileRef("picture", "日历.png"), FileRef("file", "名单.pdf")
    assert isinstance(await ends.client.send(ends.say("o1", "", file=picture)), Sent)
    assert isinstance(await ends.client.send(ends.say("o2", "请看。", file=paper)), Sent)
    assert isinstance(await ends.client.send(ends.say("o3", "[春游](x)", file=picture)), Sent)
    kinds = [(item.content.kind, item.content.text) for item in ends.seen()]
    # A picture with a caption is words with a picture below them.
    assert [kind for kind, _ in kinds] == ["picture", "file", "text", "text"]
    assert kinds[3][1].startswith("［春游］(x)\n")
    assert kinds[1][1] == "名单.pdf"
    assert kinds[2][1] == "请看。"
    assert ends.seen()[0].content.sha256 == ends.seen()[3].content.sha256 is not None
    assert [call.api for call in ends.emulator.calls() if call.api == "/media/upload"] == [
        "/media/upload"
    ] * 2


async def test_a_video_and_a_voice(ends: Ends) -> None:
    for number, (kind, name) in enumerate((("video", "a.mp4"), ("voice", "a.amr"))):
        file = FileRef(kind, name)  # type: ignore[arg-type]
        assert isinstance(await ends.client.send(ends.say(f"o{number}", "", file=file)), Sent)
    assert [item.content.kind for item in ends.seen()] == ["file", "file"]


async def test_an_attachment_is_fetched(ends: Ends) -> None:
    code = ends.emulator.platform.keep_file("a.png", COVER)
    assert await ends.client.send(Fetch("o1", APP, "m1", code)) == Sent("", {"bytes": len(COVER)})
    assert ends.kept == {"m1": COVER}
    gone = await ends.client.send(Fetch("o2", APP, "m2", "nothing"))
    assert gone == Refused("invalidParameter.robotCode.downloadCode", "content")
    assert ends.counted[0] == DOWNLOAD


async def test_a_custom_robot_speaks_and_keeps_its_secret(ends: Ends) -> None:
    own = next(one for one in ends.world.webhooks.values() if one.group == ends.klass.group)
    words = ends.say("o1", "@所有人 春游", title="速递", target=Webhook(own.token, own.secret))
    assert await ends.client.send(words) == Sent("")
    (item,) = ends.seen()
    assert (item.lane, item.chat, item.content.text) == ("webhook", ends.klass.group, "＠所有人 春游")
    wrong = ends.say("o2", "春游", target=Webhook(own.token, own.secret + "x"))
    assert await ends.client.send(wrong) == Refused("310000", "config")
    gone = ends.say("o3", "春游", target=Webhook("0" * 64))
    assert await ends.client.send(gone) == Refused("300005", "config")
    assert ends.counted == []


async def test_a_custom_robot_that_talks_too_much_is_silenced(ends: Ends) -> None:
    own = next(iter(ends.world.webhooks.values()))
    target = Webhook(own.token, own.secret)
    came = [await ends.client.send(ends.say(f"o{n}", f"{n}", target=target)) for n in range(21)]
    assert came[:20] == [Sent("")] * 20
    assert came[20] == Refused("410100", "slow", 600.0)


async def test_a_lost_answer_of_a_custom_robot_is_in_doubt(ends: Ends) -> None:
    own = next(iter(ends.world.webhooks.values()))
    ends.emulator.faults.set({"rules": [{"api": "/robot/send", "nth": 1, "kind": "reset"}]})
    words = ends.say("o1", "春游", target=Webhook(own.token, own.secret))
    assert await ends.client.send(words) == Maybe("no_answer")
    assert len(ends.seen()) == 1


async def test_several_people_in_one_call(ends: Ends) -> None:
    ids = [one.id for one in list(ends.world.people.values())[:3]]
    came = await robot.send_many(ends.client.core, [*ids, "nobody"], robot.words("提醒", "明天春游"))
    assert isinstance(came, robot.Batch)
    assert came.refused == {"nobody": "invalidStaffIdList"}
    assert sorted(item.to for item in ends.seen()) == sorted(ids)
    robots = await robot.group_robots(ends.client.core, ends.klass.group)
    assert isinstance(robots, list)
    assert [one.kind for one in robots] == ["internal", "custom"]


async def test_the_address_book(ends: Ends) -> None:
    core = ends.client.core
    found = await people.user(core, ends.teacher.id)
    assert isinstance(found, people.User)
    assert (found.name, found.union_id) == (ends.teacher.name, ends.teacher.union_id)
    assert await people.user_id_by_mobile(core, found.mobile) == ends.teacher.id
    assert await people.user_id_by_union_id(core, found.union_id) == ends.teacher.id
    assert await people.user_id_by_mobile(core, "13999999999") == Refused("60121", "recipient")
    ids = await people.user_ids(core, found.departments[0])
    assert isinstance(ids, tuple)
    assert ends.teacher.id in ids
    assert ends.counted == []


async def test_the_home_school_address_book(ends: Ends) -> None:
    core = ends.client.core
    (campus,) = _list(await people.edu_departments(core))
    (grade,) = _list(await people.edu_departments(core, campus.id))
    classes = _list(await people.edu_departments(core, grade.id))
    assert [one.name for one in classes] == [one.name for one in ends.world.classes]
    number = classes[1].id
    teachers = _list(await people.edu_users(core, number, "teacher"))
    assert [one.user_id for one in teachers if one.adviser] == [ends.teacher.id]
    pupils = _list(await people.edu_users(core, number, "student"))
    assert len(pupils) == len([one for one in ends.world.pupils.values() if one.class_id == ends.klass.id])
    assert all(one.student_no for one in pupils)
    guardians = _list(await people.edu_users(core, number, "guardian"))
    relations = _list(await people.edu_relations(core, number))
    assert {one.guardian_id for one in relations} == {one.user_id for one in guardians}
    assert {one.pupil_id for one in relations} == {one.user_id for one in pupils}


def _list(found: Any) -> list[Any]:
    assert isinstance(found, list), found
    return found


async def test_a_group_of_our_own(ends: Ends) -> None:
    core = ends.client.core
    made = await groups.create(core, "春游筹备", ends.teacher.id, [])
    assert isinstance(made, NewGroup)
    assert await groups.conversation_of(core, made.chat_id) == made.conversation
    denied = Refused("groupPermissionDenied", "config")
    assert await groups.members(core, ends.klass.group) == denied


async def test_a_work_notice_twice_a_day_is_shown_once(ends: Ends) -> None:
    core = ends.client.core
    if core.app.agent_id is None:
        core.app = SimpleNamespace(**{**core.app.__dict__, "agent_id": 1})  # type: ignore[assignment]
    for shown in ((ends.teacher.id,), ()):
        task = await notice.notify(core, [ends.teacher.id], "提醒", "10月14日(周三)春游")
        assert isinstance(task, str), task
        result = await notice.notice_result(core, task)
        assert isinstance(result, NoticeResult)
        assert result.unread == shown
        assert result.not_reached == (() if shown else (ends.teacher.id,))
    assert [item.lane for item in ends.seen()] == ["work_notice"]


async def test_what_is_counted_here_is_counted_there(ends: Ends) -> None:
    await ends.client.send(asking(ends))
    await ends.client.send(ends.say("o2", "", file=FileRef("picture", "a.png")))
    await ends.client.send(ends.say("o3", "一"))
    await ends.client.send(UpdateCard("o4", APP, "o1", "", "好"))
    await people.user(ends.client.core, ends.teacher.id)
    there = [call.api for call in ends.emulator.calls() if call.counted]
    assert ends.counted == there != []


@pytest.mark.parametrize("code", ["InvalidAuthentication", "system.busy"])
async def test_an_update_under_faults(ends: Ends, code: str) -> None:
    await ends.client.send(asking(ends))
    ends.emulator.faults.set({"rules": [{"api": UPDATE, "nth": 1, "kind": "code", "value": code}]})
    new = UpdateCard("o2", APP, "o1", "预览", "已发送。")
    first = await ends.client.send(new)
    assert first == (Sent("o1") if code == "InvalidAuthentication" else Maybe("system.busy"))
    assert await ends.client.send(new) == Sent("o1")
    assert [item.change for item in ends.seen()] == ["new", "updated"]
