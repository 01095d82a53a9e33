"""The emulated AI bot: what it refuses and when; the platform's own Node client takes it for the platform.

The client is tried where it is installed: ``npm install --prefix .venv/node @wecom/aibot-node-sdk@1.0.7``.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from bot.wecom.emulator import aibot_cipher
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.aibot_push import Word
from tests.wire.aibot_stand import Ground, Stand, stand

SDK = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / "@wecom" / "aibot-node-sdk"
PEER = Path(__file__).with_name("aibot_peer.cjs")
NODE = shutil.which("node")
GROUP = "wrChatAbC"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 1000


@pytest.fixture
async def bare() -> AsyncIterator[Stand]:
    """The platform alone."""
    async with stand() as one:
        yield one


class Raw:
    """A client that writes what it likes."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, both: Stand) -> None:
        self.ws = ws
        self._both = both
        self._n = 0

    async def ask(self, cmd: str, body: dict[str, Any] | None = None, req_id: str = "") -> dict[str, Any]:
        self._n += 1
        frame = {"cmd": cmd, "headers": {"req_id": req_id or f"{cmd}_{self._n}"}, "body": body}
        await self.ws.send_str(orjson.dumps(frame).decode())
        return await self.next()

    async def next(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(await self.ws.receive_str(timeout=5))
        return found

    async def subscribe(self, secret: str = "") -> int:
        bot = self._both.bot
        ack = await self.ask("aibot_subscribe", {"bot_id": bot.id, "secret": secret or bot.secret})
        return int(ack["errcode"])

    async def hear(self, text: str = "你好") -> str:
        """Somebody says something in the group; the ``req_id`` it came with."""
        assert (await self._both.pusher.say(Word("li", GROUP, text=f"@小助手 {text}")))[0]
        return str((await self.next())["headers"]["req_id"])


@asynccontextmanager
async def raw(both: Stand, *, subscribed: bool = True) -> AsyncIterator[Raw]:
    async with both.http.ws_connect(both.app.socket_base) as ws:
        client = Raw(ws, both)
        if subscribed:
            assert await client.subscribe() == 0
        yield client


def streamed(words: str, *, finish: bool = True, key: str = "s1") -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": key, "finish": finish, "content": words}}


MARKDOWN = {"msgtype": "markdown", "markdown": {"content": "早"}}


class TestSubscribing:
    async def test_it_comes_first(self, bare: Stand) -> None:
        async with raw(bare, subscribed=False) as client:
            await client.ws.send_str('{"cmd":"ping","headers":{"req_id":"ping_1"}}')
            message = await client.ws.receive(timeout=5)
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)

    async def test_a_wrong_secret(self, bare: Stand) -> None:
        async with raw(bare, subscribed=False) as client:
            assert await client.subscribe("wrong") == 40001
            assert bare.gateway.live is None

    async def test_too_often(self, bare: Stand) -> None:
        bare.gateway.pace.subscriptions = 1
        async with raw(bare), raw(bare, subscribed=False) as client:
            assert await client.subscribe() == 45009

    async def test_the_newer_drives_the_older_out(self, bare: Stand) -> None:
        async with raw(bare) as old, raw(bare) as new:
            told = await old.next()
            assert told["body"]["event"] == {"eventtype": "disconnected_event"}
            assert (await old.ws.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
            assert await new.hear()

    async def test_the_secret_is_in_no_record(self, bare: Stand) -> None:
        async with raw(bare):
            (call,) = bare.ground.calls.calls
            assert bare.bot.secret.encode() not in call.raw


class TestAnswers:
    async def test_every_frame_is_acknowledged(self, bare: Stand) -> None:
        async with raw(bare) as client:
            assert await client.ask("ping", req_id="ping_7") == {
                "headers": {"req_id": "ping_7"}, "errcode": 0, "errmsg": "ok",
            }  # fmt: skip
            assert (await client.ask("aibot_dance"))["errcode"] == 40008

    async def test_an_unknown_request(self, bare: Stand) -> None:
        async with raw(bare) as client:
            assert (await client.ask("aibot_respond_msg", streamed("x"), "nobody"))["errcode"] == 846605

    async def test_another_connections_request(self, bare: Stand) -> None:
        async with raw(bare) as old:
            req_id = await old.hear()
        async with raw(bare) as new:
            assert (await new.ask("aibot_respond_msg", streamed("x"), req_id))["errcode"] == 846605

    async def test_a_day_old_request(self, bare: Stand) -> None:
        async with raw(bare) as client:
            req_id = await client.hear()
            bare.ground.clock.move_to(bare.ground.clock.now() + timedelta(hours=24, seconds=1))
            assert (await client.ask("aibot_respond_msg", streamed("x"), req_id))["errcode"] == 846605

    async def test_a_stream_shows_when_it_is_over(self, bare: Stand) -> None:
        async with raw(bare) as client:
            req_id = await client.hear()
            assert (await client.ask("aibot_respond_msg", streamed("一", finish=False), req_id))[
                "errcode"
            ] == 0
            assert bare.ground.seen.items == []
            assert (await client.ask("aibot_respond_msg", streamed("一二"), req_id))["errcode"] == 0
            assert [item.content.text for item in bare.ground.seen.items] == ["一二"]
            assert (await client.ask("aibot_respond_msg", streamed("三"), req_id))["errcode"] == 846608

    @pytest.mark.parametrize(("after_s", "code"), [(340, 0), (361, 846608)])
    async def test_six_minutes(self, bare: Stand, after_s: int, code: int) -> None:
        async with raw(bare) as client:
            req_id = await client.hear()
            await client.ask("aibot_respond_msg", streamed("一", finish=False), req_id)
            bare.ground.clock.move_to(bare.ground.clock.now() + timedelta(seconds=after_s))
            assert (await client.ask("aibot_respond_msg", streamed("一二"), req_id))["errcode"] == code

    async def test_who_never_wrote_is_not_written_to(self, bare: Stand) -> None:
        async with raw(bare) as client:
            wanted = {"chatid": GROUP, "chat_type": 2, **MARKDOWN}
            assert (await client.ask("aibot_send_msg", wanted))["errcode"] == 93006
            await client.hear()
            assert (await client.ask("aibot_send_msg", wanted))["errcode"] == 0
            lower = {**wanted, "chatid": GROUP.lower()}
            assert (await client.ask("aibot_send_msg", lower))["errcode"] == 93006

    async def test_an_event_is_answered_within_seconds(self, bare: Stand) -> None:
        async with raw(bare) as client:
            assert (await bare.pusher.enter("li", "app:li"))[0]
            frame = await client.next()
            assert frame["body"]["event"] == {"eventtype": "enter_chat"}
            req_id = frame["headers"]["req_id"]
            text = {"msgtype": "markdown", "markdown": {"content": "欢迎"}}
            assert (await client.ask("aibot_respond_msg", text, req_id))["errcode"] == 846605
            bare.ground.clock.move_to(bare.ground.clock.now() + timedelta(seconds=6))
            assert (await client.ask("aibot_respond_welcome_msg", text, req_id))["errcode"] == 846605


class TestHearing:
    async def test_words_in_a_group_begin_with_its_name(self, bare: Stand) -> None:
        async with raw(bare) as client:
            assert (await bare.pusher.say(Word("Li", GROUP, text="明天呢 @小助手")))[0]
            body = (await client.next())["body"]
            assert body["text"] == {"content": "@小助手 明天呢"}
            assert (body["chatid"], body["chattype"], body["from"]) == (GROUP, "group", {"userid": "Li"})
            assert "response_url" not in body

    async def test_nobody_there(self, bare: Stand) -> None:
        assert await bare.pusher.say(Word("li", GROUP, text="@小助手 在吗")) == (False, "no connection")

    async def test_pictures_bring_their_key_and_die(self, bare: Stand) -> None:
        async with raw(bare) as client:
            assert (await bare.pusher.say(Word("li", kind="picture", data=PNG)))[0]
            image = (await client.next())["body"]["image"]
            key = base64.b64decode(image["aeskey"])
            async with bare.http.get(image["url"]) as answer:
                sealed = await answer.read()
            assert sealed != PNG
            assert sealed == aibot_cipher.seal_bytes(PNG, key)
            bare.ground.clock.move_to(bare.ground.clock.now() + timedelta(minutes=5))
            async with bare.http.get(image["url"]) as answer:
                assert answer.status == 404


class TestUploads:
    async def test_missing_and_damaged_pieces(self, bare: Stand) -> None:
        about = {"type": "file", "filename": "a", "total_size": 10, "total_chunks": 2, "md5": "0" * 32}
        async with raw(bare) as client:
            begun = await client.ask("aibot_upload_media_init", about)
            upload_id = begun["body"]["upload_id"]
            finish = {"upload_id": upload_id}
            assert (await client.ask("aibot_upload_media_finish", finish))["errcode"] == 40058
            for index in (1, 0):
                piece = {**finish, "chunk_index": index, "base64_data": base64.b64encode(b"x" * 5).decode()}
                assert (await client.ask("aibot_upload_media_chunk", piece))["errcode"] == 0
            assert (await client.ask("aibot_upload_media_finish", finish))["errcode"] == 40058
            wrong = {**about, "total_chunks": 101}
            assert (await client.ask("aibot_upload_media_init", wrong))["errcode"] == 40058


def test_its_credentials_follow_from_the_seed() -> None:
    one, same, other = (BotState(Ground(), seed) for seed in ("1", "1", "2"))
    assert (one.id, one.secret, one.aes_key) == (same.id, same.secret, same.aes_key)
    assert one.secret != other.secret
    assert len(one.aes_key) == 43


# -- the platform's own client


@dataclass
class Peer:
    """The running package."""

    both: Stand
    process: asyncio.subprocess.Process

    async def said(self) -> dict[str, Any]:
        """The next thing it says."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(await asyncio.wait_for(self.process.stdout.readline(), 20))
        return found

    async def hear(self, text: str) -> dict[str, Any]:
        assert (await self.both.pusher.say(Word("Li", GROUP, text=f"@小助手 {text}")))[0]
        return await self.said()

    def shown(self) -> list[tuple[str, str]]:
        return [(item.content.kind, item.content.text) for item in self.both.ground.seen.items]


@asynccontextmanager
async def peer(*, secret: str | None = None) -> AsyncIterator[Peer]:
    async with stand() as both:
        env = {
            "PATH": os.environ["PATH"], "SDK": str(SDK), "BOT_ID": both.bot.id,
            "BOT_SECRET": secret or both.bot.secret, "WS_URL": both.app.socket_base,
        }  # fmt: skip
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            NODE or "node", str(PEER), stdin=pipe, stdout=pipe, env=env
        )
        try:
            yield Peer(both, process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


async def _talks() -> None:
    async with peer() as one:
        assert await one.said() == {"got": "open"}
        heard = await one.hear("在吗")
        assert heard == {"got": "text", "words": "@小助手 在吗", "chat": GROUP, "from": "Li"}
        assert one.shown() == [("text", "你说 @小助手 在吗")]
        assert (await one.hear("主动"))["got"] == "text"
        assert one.shown()[-1] == ("text", "我先说")


async def _cards() -> None:
    async with peer() as one:
        await one.said()
        assert (await one.hear("卡片"))["got"] == "text"
        (card,) = one.both.ground.seen.items
        assert await one.both.pusher.press(card.message, "k1", "Li") == (True, "")
        assert await one.said() == {"got": "press", "key": "k1", "task": "task-1"}
        changed = one.both.ground.seen.items[-1]
        assert [(changed.change, each.label) for each in changed.content.buttons] == [("updated", "已报名")]


async def _files() -> None:
    async with peer() as one:
        await one.said()
        assert (await one.hear("文件"))["got"] == "text"
        ((_kind, data, _until),) = one.both.bot.uploads.values()
        assert data == b"x" * 700_000
        assert (await one.both.pusher.say(Word("Li", kind="picture", data=PNG)))[0]
        assert await one.said() == {"got": "image", "sha256": hashlib.sha256(PNG).hexdigest()}


async def _lives() -> None:
    async with peer() as one:
        await one.said()
        first = one.both.gateway.live
        assert first is not None
        await one.both.gateway.until(lambda: first.pings >= 2)
        one.both.gateway.cut()
        assert await one.said() == {"got": "open"}
        async with raw(one.both):
            assert await one.said() == {"got": "driven out"}


async def _refused() -> None:
    async with peer(secret="wrong") as one:
        assert (await one.said())["got"] == "error"
        assert one.both.gateway.live is None


async def _ours() -> None:
    """What the package is asked, asked of ours: here to have one case where there is no Node."""
    async with stand() as both:
        both.socket.start()
        await both.gateway.wait()
        assert (await both.pusher.say(Word("Li", GROUP, text="@小助手 在吗")))[0]


PEERS = [_ours, *([_talks, _cards, _files, _lives, _refused] if NODE and SDK.is_dir() else [])]


@pytest.mark.parametrize("play", PEERS, ids=lambda play: play.__name__.strip("_"))
async def test_the_platforms_own_client(play: Any) -> None:
    await play()
