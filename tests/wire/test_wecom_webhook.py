"""The webhook robot, both ends: what it says, what it keeps to, and that its key is nowhere else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.command import Command, FileRef, Maybe, Refused, Sent, Webhook
from bot.wecom import webhook
from bot.wecom.emulator import webhook as theirs
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.emulator.endpoint import ApiError, Request
from bot.wecom.emulator.world import robot_key
from config.settings import LimitSettings, WeComApp

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TARGET = Webhook(KEY)
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 64


@dataclass
class Robot:
    """A robot that answers what it is told to."""

    core: Any
    got: list[tuple[str, dict[str, str], Any]]
    answers: list[Any]


@pytest.fixture
async def robot() -> AsyncIterator[Robot]:
    got: list[tuple[str, dict[str, str], Any]] = []
    answers: list[Any] = []

    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        body = raw if request.content_type.startswith("multipart/") else orjson.loads(raw)
        got.append((request.path, dict(request.query), body))
        answer = answers.pop(0) if answers else {"errcode": 0, "errmsg": "ok"}
        if isinstance(answer, int):
            return web.Response(status=answer, text="<html>")
        return web.json_response(answer)

    site = web.Application(client_max_size=64 << 20)
    site.router.add_post("/cgi-bin/webhook/{what}", handle)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    app = WeComApp.model_validate(
        {"corp_id": "w", "agent_id": 1, "secret": "s", "token": "tok", "aes_key": "a" * 43, "api_base": base}
    )
    async with aiohttp.ClientSession() as http:
        yield Robot(SimpleNamespace(app=app, limits=LimitSettings(), http=http), got, answers)
    await runner.cleanup()


def command(text: str, **more: Any) -> Command:
    return Command("0" * 32, "wecom/school", TARGET, text, **more)


async def files(file: FileRef) -> bytes:
    return PNG


class TestWords:
    async def test_plain_words(self, robot: Robot) -> None:
        assert await webhook.send(robot.core, command("明天8:00到校"), TARGET, files) == Sent("")
        assert robot.got == [
            (
                "/cgi-bin/webhook/send", {"key": KEY},
                {"msgtype": "text", "text": {"content": "明天8:00到校"}},
            )
        ]  # fmt: skip

    def test_no_mention_comes_out_of_words(self) -> None:
        assert webhook.message(command("@all <@li>")) == {
            "msgtype": "text", "text": {"content": "＠all <＠li>"},
        }  # fmt: skip

    def test_long_words_are_markdown_that_shows_them(self) -> None:
        body = webhook.message(command("*" + "长" * 700))
        assert body == {"msgtype": "markdown", "markdown": {"content": "＊" + "长" * 700}}

    @pytest.mark.parametrize(("size", "fits"), [(682, True), (683, True), (1365, True), (1366, False)])
    async def test_the_limits_are_bytes(self, robot: Robot, size: int, fits: bool) -> None:
        outcome = await webhook.send(robot.core, command("长" * size), TARGET, files)
        assert outcome == (Sent("") if fits else Refused("webhook.tooLong", "content"))
        kinds = [body["msgtype"] for _path, _query, body in robot.got]
        assert kinds == ([] if not fits else ["text"] if size == 682 else ["markdown"])

    @pytest.mark.parametrize(
        ("size", "kind"), [(2048, "text"), (2049, "markdown"), (4096, "markdown"), (4097, "none")]
    )
    def test_to_the_byte(self, size: int, kind: str) -> None:
        body = webhook.message(command("x" * size))
        assert (body["msgtype"] if body is not None else "none") == kind

    def test_a_page_to_open_is_a_link(self) -> None:
        body = webhook.message(command("有通知", link=("打开[页]", "https://school.example/h5/a?b=c")))
        assert body is not None
        shown = body["markdown"]["content"]
        assert shown == "有通知\n[打开［页］](https://school.example/h5/a?b=c)"

    @pytest.mark.parametrize(
        "url", ["javascript:x", "https://a.cn/)[x](https://evil.cn/", "http://a.cn/", "https://a.cn/(x)"]
    )
    def test_no_other_address_is(self, url: str) -> None:
        body = webhook.message(command("有通知", link=("打开", url)))
        assert body == {"msgtype": "markdown", "markdown": {"content": "有通知"}}


class TestFiles:
    async def test_a_picture_with_its_words(self, robot: Robot) -> None:
        file = FileRef("picture", "速递.png", "digest")
        assert await webhook.send(robot.core, command("速递", file=file), TARGET, files) == Sent("")
        (_path, _query, shown), (_path2, _query2, said) = robot.got
        image = shown["image"]
        assert base64.b64decode(image["base64"]) == PNG
        assert image["md5"] == hashlib.md5(PNG, usedforsecurity=False).hexdigest()
        assert said["text"]["content"] == "速递"

    async def test_words_that_were_not_said_leave_a_doubt(self, robot: Robot) -> None:
        robot.answers += [{"errcode": 0}, {"errcode": 45009}]
        file = FileRef("picture", "a.png", "digest")
        outcome = await webhook.send(robot.core, command("速递", file=file), TARGET, files)
        assert outcome == Maybe("caption.45009")

    async def test_a_file_goes_up_first(self, robot: Robot) -> None:
        robot.answers.append({"errcode": 0, "media_id": "M1"})
        file = FileRef("file", "周报.pdf", "weekly")
        assert await webhook.send(robot.core, command("", file=file), TARGET, files) == Sent("")
        (upload, query, raw), (path, _query, said) = robot.got
        assert (upload, query) == ("/cgi-bin/webhook/upload_media", {"key": KEY, "type": "file"})
        assert PNG in raw
        assert 'filename="周报.pdf"'.encode() in raw
        assert (path, said) == ("/cgi-bin/webhook/send", {"msgtype": "file", "file": {"media_id": "M1"}})

    async def test_an_upload_nobody_answered_may_be_made_again(self, robot: Robot) -> None:
        robot.answers.append(502)
        file = FileRef("file", "a.pdf", "weekly")
        outcome = await webhook.send(robot.core, command("", file=file), TARGET, files)
        assert outcome == Refused("file.http502", "retry")

    async def test_too_large_a_picture_is_not_sent(self, robot: Robot) -> None:
        async def large(file: FileRef) -> bytes:
            return b"x" * (webhook.MOST_PICTURE + 1)

        file = FileRef("picture", "a.jpg", "digest")
        outcome = await webhook.send(robot.core, command("", file=file), TARGET, large)
        assert outcome == Refused("file.size", "content")
        assert robot.got == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, Refused("93000", "config")),
        ({"errcode": 45009}, Refused("45009", "slow", 60.0)),
        ({"errcode": -1}, Maybe("-1")),
        ({"errcode": 40058}, Refused("40058", "content")),
        ({"errcode": 987654}, Refused("987654", "content")),
        (502, Maybe("http502")),
        (403, Maybe("http403")),
        (429, Maybe("http429")),
        (200, Maybe("unreadable")),
    ],
)
async def test_what_an_answer_comes_to(robot: Robot, answer: Any, outcome: object) -> None:
    robot.answers.append(answer)
    assert await webhook.send(robot.core, command("早"), TARGET, files) == outcome
    assert len(robot.got) == 1


class TestKey:
    @pytest.mark.parametrize("key", ["", "a b", "a&b=c", "a/b", "ä", "x" * 129])
    async def test_a_strange_one_leads_nowhere(self, robot: Robot, key: str) -> None:
        outcome = await webhook.send(robot.core, command("早"), Webhook(key), files)
        assert outcome == Refused("webhook.key", "config")
        assert robot.got == []

    async def test_it_is_in_no_name_and_no_outcome(self, robot: Robot) -> None:
        name, most, window_s = webhook.bucket(robot.core, TARGET)
        assert (most, window_s) == (18, 60.0)
        assert KEY not in name
        robot.answers.append({"errcode": 93000, "errmsg": f"invalid webhook url {KEY}"})
        outcome = await webhook.send(robot.core, command("早"), TARGET, files)
        assert KEY not in repr(outcome) + repr(TARGET) + repr(command("早"))


@dataclass
class Both:
    """The emulated platform, and our side of one class's robot."""

    emulator: WeComEmulator
    core: Any
    target: Webhook


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    emulator = WeComEmulator(profile="internal")
    await emulator.start()
    app = WeComApp.model_validate({
        "corp_id": "w", "agent_id": 1, "secret": "s", "token": "tok", "aes_key": "a" * 43,
        "api_base": emulator.url,
    })  # fmt: skip
    key = robot_key(emulator.world.corp, emulator.world.classes[1])
    async with aiohttp.ClientSession() as http:
        yield Both(emulator, SimpleNamespace(app=app, limits=LimitSettings(), http=http), Webhook(key))
    await emulator.stop()


class TestBothEnds:
    async def test_what_people_see(self, both: Both) -> None:
        link = ("打开", "http://127.0.0.1:8080/h5/x")
        assert await webhook.send(both.core, command("早\n好", link=link), both.target, files) == Sent("")
        file = FileRef("picture", "a.png", "digest")
        assert await webhook.send(both.core, command("", file=file), both.target, files) == Sent("")
        file = FileRef("file", "周报.pdf", "weekly")
        assert await webhook.send(both.core, command("", file=file), both.target, files) == Sent("")
        words, picture, paper = both.emulator.seen()
        assert {item.lane for item in both.emulator.seen()} == {"webhook"}
        assert {item.chat for item in both.emulator.seen()} == {both.emulator.world.classes[1].group}
        assert (words.content.text, words.content.url) == ("早\n好\n打开", link[1])
        assert both.emulator.platform.stored(picture.content.sha256 or "") == PNG
        assert paper.content.text == "周报.pdf"

    async def test_one_more_than_twenty_waits(self, both: Both) -> None:
        for _ in range(20):
            assert await webhook.send(both.core, command("早"), both.target, files) == Sent("")
        assert await webhook.send(both.core, command("早"), both.target, files) == Refused(
            "45009", "slow", 60.0
        )
        both.emulator.clock.move_to(both.emulator.clock.now() + timedelta(minutes=1))
        assert await webhook.send(both.core, command("早"), both.target, files) == Sent("")

    async def test_a_dead_key_is_for_a_person_to_mend(self, both: Both) -> None:
        assert await webhook.send(both.core, command("早"), TARGET, files) == Refused("93000", "config")


class TestPlatform:
    """What the emulated platform refuses, in its order."""

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, 40008),
            ({"msgtype": "text", "text": {"content": ""}}, 44004),
            ({"msgtype": "text", "text": {"content": "长" * 683}}, 45002),
            ({"msgtype": "markdown", "markdown": {"content": "长" * 1366}}, 45002),
            ({"msgtype": "image", "image": {"base64": base64.b64encode(PNG).decode(), "md5": "0"}}, 301019),
            ({"msgtype": "image", "image": {"base64": "!", "md5": "0"}}, 40058),
            ({"msgtype": "file", "file": {"media_id": "none"}}, 40007),
        ],
    )
    def test_bodies(self, body: dict[str, Any], code: int) -> None:
        platform: Any = SimpleNamespace(medium=lambda _id: None)
        with pytest.raises(ApiError) as refused:
            theirs.look(platform, "k", body)
        assert refused.value.code == code

    def test_an_empty_file_comes_before_the_key(self) -> None:
        form = b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.txt"\r\n\r\n\r\n--b--\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        platform: Any = None
        with pytest.raises(ApiError) as refused:
            theirs.upload(platform, Request({"key": "wrong", "type": "file"}, headers, form))
        assert refused.value.code == 44001

    def test_a_wrong_key(self) -> None:
        world = SimpleNamespace(classes=[], profile="internal", corp="w")
        platform: Any = SimpleNamespace(world=world)
        with pytest.raises(ApiError) as refused:
            theirs.send(platform, Request({"key": "wrong"}, {}, b"{}"))
        assert refused.value.code == 93000
