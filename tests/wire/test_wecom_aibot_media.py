"""The AI bot's attachments: opened with their own key, fetched only from where the platform keeps them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from bot.command import Command, Fetch, FileRef, Group, Refused, Sent
from bot.media import NotKept
from bot.received import read_payload
from bot.wecom import aibot_media, aibot_upload
from bot.wecom.aibot_media import MOST_BYTES, allowed, decrypt, fetch
from bot.wecom.emulator import aibot_cipher
from bot.wecom.emulator.aibot_gateway import PATH
from bot.wecom.emulator.aibot_push import Word
from config.settings import WeComApp
from tests.wire.aibot_stand import Stand, stand, until

KEY = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def app(base: str) -> WeComApp:
    return WeComApp.model_validate(
        {"corp_id": "w", "agent_id": 1, "secret": "s", "token": "tok", "aes_key": "a" * 43, "api_base": base}
    )


class TestCipher:
    def test_the_known_answer(self) -> None:
        sealed = bytes.fromhex("36db30f79d24ed3ad6fe1f5cc19d118f767835ba48c66d6524152cce7d8f98c6")
        assert decrypt(sealed, KEY) == b"hello media"
        assert decrypt(sealed, KEY.rstrip("=")) == b"hello media"

    @pytest.mark.parametrize("size", [0, 1, 15, 16, 31, 32, 33])
    def test_every_length_of_the_padding(self, size: int) -> None:
        data = b"x" * size
        assert decrypt(aibot_cipher.seal_bytes(data, base64.b64decode(KEY)), KEY) == data

    @pytest.mark.parametrize("sealed", [b"", b"x" * 15, b"x" * 32, b"x" * 33])
    def test_damaged_bytes_are_none(self, sealed: bytes) -> None:
        assert decrypt(sealed, KEY) is None

    @pytest.mark.parametrize("key", ["", "!", "AAAA", KEY[:-3]])
    def test_a_wrong_key_opens_nothing(self, key: str) -> None:
        assert decrypt(b"x" * 32, key) is None


REAL, HERE = "https://qyapi.weixin.qq.com", "http://127.0.0.1:8099"


@pytest.mark.parametrize(
    ("link", "base", "goes"),
    [
        ("https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com/a?b=c%20", REAL, True),
        ("https://qyapi.weixin.qq.com/x", REAL, True),
        ("http://qyapi.weixin.qq.com/x", REAL, False),
        ("https://qyapi.weixin.qq.com:444/x", REAL, False),
        ("https://evilqq.com/x", REAL, False),
        ("https://a.qq.com.evil.cn/x", REAL, False),
        ("https://user@a.qq.com/x", REAL, False),
        ("https://a.qq.com/x#y", REAL, False),
        ("https://a.qq.com\\@evil.cn/", REAL, False),
        ("https://169.254.169.254/x", REAL, False),
        ("http://127.0.0.1:8099/x", REAL, False),
        ("http://127.0.0.1:8099/x", HERE, True),
        ("http://127.0.0.1:80991/x", HERE, False),
        ("http://127.0.0.1:8099@evil.cn/x", HERE, False),
        ("https://a.qq.com/" + "x" * 4096, REAL, False),
        ("", REAL, False),
    ],
)
def test_where_a_link_may_lead(link: str, base: str, goes: bool) -> None:
    assert allowed(link, app(base)) is goes


@pytest.fixture(params=[True, False], ids=["connection", "callback"])
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    async with stand(socket=request.param) as one:
        if request.param:
            one.socket.start()
            await one.gateway.wait()
        yield one


async def ticket(both: Stand, data: bytes) -> str:
    word = Word("li", "", "app:li", kind="picture", data=data)
    assert await both.pusher.say(word) == (True, "")
    await until(lambda: bool(both.intake.rows))
    payload: bytes = both.intake.rows[0][1].payload
    (medium,) = read_payload("r", payload, both.ground.clock.now()).message.attachments
    return medium.ticket


def core(both: Stand) -> Any:
    return SimpleNamespace(app=both.app, http=both.http)


class TestFetch:
    async def test_the_bytes_come_home(self, both: Stand) -> None:
        kept: dict[str, bytes] = {}

        async def keep(medium: str, data: bytes) -> None:
            kept[medium] = data

        command = Fetch("o", "wecom/school", "m1", await ticket(both, PNG))
        assert await fetch(core(both), command, keep) == Sent("", {"bytes": len(PNG)})
        assert kept == {"m1": PNG}

    async def test_after_five_minutes_they_are_gone(self, both: Stand) -> None:
        command = Fetch("o", "wecom/school", "m1", await ticket(both, PNG))
        both.bot.media = {code: (data, 0) for code, (data, _until) in both.bot.media.items()}
        assert await fetch(core(both), command, _keep) == Refused("link.http404", "content")

    async def test_another_key_is_seen(self, both: Stand) -> None:
        url = (await ticket(both, PNG)).partition(":")[2].partition(":")[2]
        command = Fetch("o", "wecom/school", "m1", aibot_media.ticket(url, KEY))
        assert await fetch(core(both), command, _keep) == Refused("file.notDecrypted", "content")

    async def test_what_is_not_wanted_is_refused(self, both: Stand) -> None:
        async def full(medium: str, data: bytes) -> None:
            raise NotKept("too_large")

        command = Fetch("o", "wecom/school", "m1", await ticket(both, PNG))
        assert await fetch(core(both), command, full) == Refused("file.too_large", "content")

    async def test_too_much_is_cut_off(self, both: Stand) -> None:
        command = Fetch("o", "wecom/school", "m1", await ticket(both, b"x" * (MOST_BYTES + 32)))
        assert await fetch(core(both), command, _keep) == Refused("link.tooLarge", "content")

    async def test_elsewhere_nobody_goes(self, both: Stand) -> None:
        command = Fetch("o", "wecom/school", "m1", aibot_media.ticket("http://169.254.169.254/latest", KEY))
        assert await fetch(core(both), command, _keep) == Refused("link.notAllowed", "content")


async def _keep(medium: str, data: bytes) -> None:
    return


class TestUploads:
    async def test_a_file_goes_up_in_pieces(self) -> None:
        data = b"%PDF" + b"x" * (aibot_upload.PIECE * 2)
        async with stand() as both:
            both.socket.start()
            await both.gateway.wait()
            await both.pusher.say(Word("li", "wrG", text="@小助手 在吗"))
            await until(lambda: bool(both.intake.rows))
            both.lane._files = _files(data)
            file = FileRef("file", "周报.pdf", "weekly")
            assert await both.lane.send(Command("o", "a", Group("wrG"), "周报", file=file)) == Sent("")
            shown, words = both.ground.seen.items
            assert (shown.content.kind, words.content.text) == ("file", "周报")
            names = [call.api.removeprefix(f"{PATH}/aibot_") for call in both.ground.calls.calls[1:]]
            chunks = ["upload_media_chunk"] * 3
            assert names == [
                "upload_media_init", *chunks, "upload_media_finish", "send_msg", "send_msg",
            ]  # fmt: skip
            assert [call.body["chunk_index"] for call in both.ground.calls.calls[2:5]] == [0, 1, 2]
            ((_kind, kept, _until),) = both.bot.uploads.values()
            assert kept == data

    @pytest.mark.parametrize(
        ("name", "data", "code"),
        [
            ("a.gif", PNG, "file.kind"),
            ("a.png", b"12345", "file.size"),
            ("a.png", b"x" * (10 * 1024 * 1024 + 1), "file.size"),
        ],
    )
    async def test_what_the_platform_would_not_take(self, name: str, data: bytes, code: str) -> None:
        async with stand() as both:
            body = await aibot_upload.body_of(both.socket, FileRef("picture", name, "x"), _files(data))
            assert body == Refused(code, "content")


def _files(data: bytes) -> aibot_upload.Files:
    async def files(file: FileRef) -> bytes:
        return data

    return files
