"""What people say reaches the product signed, whole, and as the platform delivers it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.dingtalk.emulator import push
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import sign
from bot.dingtalk.wire import Opened, Robot, open_robot
from bot.emulation.say import BadSay, NotPossible
from bot.emulation.world import UnknownReference
from config.settings import load_settings
from tests.wire.emulated import Client, Product

GROUP_OF_2 = "三(2)班"


@pytest.fixture
def product() -> Product:
    return Product()


@pytest.fixture
async def client(product: Product, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setattr(push, "RETRY_AFTER_S", (0.0, 0.0))
    app = web.Application()
    app.router.add_post("/dingtalk/school/robot", product.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    emulator = Emulator(target=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("timestamp", "secret", "expected"),
    [
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        (
            "1700000000000",
            "abcDEF123-_abcDEF123-_abcDEF123-_abcDEF123-_",
            "zJvNr4ezY8etkq/cn9n3onGxHkNKHgcGOdGTpB/0/zk=",
        ),
        ("1764000000123", "测试密钥", "x5K9sLx8NmpxG0kuoa1bYHuwusGKpB8uw7oLbgh7F28="),
    ],
)
def test_signature_vectors(timestamp: str, secret: str, expected: str) -> None:
    assert sign(timestamp, secret) == expected


async def test_push_is_signed_on_the_emulators_clock(client: Client, product: Product) -> None:
    await client.emulator.say("小明妈妈", "您好", GROUP_OF_2, at_bot=True)
    ((headers, _),) = product.got
    assert headers["sign"] == sign(headers["timestamp"], client.emulator.platform.app.client_secret)
    assert abs(int(headers["timestamp"]) - client.emulator.platform.now_ms()) < 60_000
    assert headers["content-type"] == "application/json; charset=utf-8"


async def test_group_message_is_cut_and_complete(client: Client, product: Product) -> None:
    said = await client.emulator.say("小明妈妈", "@小助手 明天带什么", GROUP_OF_2)
    assert said["delivered"] is True
    (body,) = product.bodies()
    world = client.emulator.world
    assert body["text"]["content"] == " 明天带什么"
    assert body["msgId"] == said["message"]
    assert (body["conversationType"], body["conversationTitle"]) == ("2", GROUP_OF_2)
    assert body["conversationId"] == world.classes[1].group
    assert body["senderStaffId"] == "g-302-01-1"
    assert body["senderId"].startswith("$:LWCP_v1:$")
    assert body["chatbotUserId"] in [at["dingtalkId"] for at in body["atUsers"]]
    assert body["sessionWebhook"].startswith(f"{client.emulator.url}/robot/sendBySession?session=")
    assert body["sessionWebhookExpiredTime"] - body["createAt"] in range(5_399_000, 5_401_000)
    assert body["robotCode"] == client.robot


async def test_robot_hears_a_group_only_when_called(client: Client, product: Product) -> None:
    said = await client.emulator.say("小明妈妈", "明天带什么", GROUP_OF_2)
    assert said["delivered"] is False
    assert said["reason"]
    assert product.got == []


@pytest.mark.parametrize(
    ("kind", "wire", "keys"),
    [
        ("richtext", "richText", {"richText"}),
        ("picture", "picture", {"downloadCode", "pictureDownloadCode"}),
        ("voice", "audio", {"downloadCode", "duration", "recognition"}),
        ("video", "video", {"downloadCode", "duration", "videoType"}),
        ("file", "file", {"downloadCode", "fileName", "spaceId", "fileId"}),
        ("unknown", "unknownMsgType", {"unknownMsgType"}),
    ],
)
async def test_every_kind_in_private(
    client: Client, product: Product, kind: str, wire: str, keys: set[str]
) -> None:
    await client.emulator.say("g-301-02-3", kind=kind, transcript="您好")
    (body,) = product.bodies()
    assert (body["msgtype"], body["conversationType"]) == (wire, "1")
    assert set(body["content"]) == keys
    assert "text" not in body


@pytest.mark.parametrize("kind", ["voice", "video", "file"])
async def test_groups_take_no_media_for_the_robot(client: Client, kind: str) -> None:
    with pytest.raises(NotPossible):
        await client.emulator.say("小明妈妈", chat=GROUP_OF_2, kind=kind, at_bot=True)


async def test_outsider_has_no_staff_id(client: Client, product: Product) -> None:
    await client.emulator.say("outsider:路人", "您好")
    (body,) = product.bodies()
    assert "senderStaffId" not in body
    assert body["senderNick"] == "路人"


async def test_names_must_be_unique_and_present(client: Client) -> None:
    with pytest.raises(UnknownReference, match="not unique"):
        await client.emulator.say("小明妈妈", "您好")
    with pytest.raises(UnknownReference, match="nobody"):
        await client.emulator.say("三(1)班/没有这个人", "您好")
    with pytest.raises(BadSay, match="not in that group"):
        await client.emulator.say("g-301-01-1", "您好", GROUP_OF_2, at_bot=True)


async def test_answer_in_the_response_is_seen_where_it_was_asked(client: Client, product: Product) -> None:
    product.answer = {"msgtype": "markdown", "markdown": {"title": "好", "text": "记下了"}}
    await client.emulator.say("三(1)班/王老师", "表扬小明")
    await client.emulator.say("小明妈妈", "@小助手 在吗", GROUP_OF_2)
    private, group = client.emulator.seen()
    assert (private.to, private.lane, private.content.text) == ("t-301", "session", "记下了")
    assert (group.to, group.chat) == (None, client.emulator.world.classes[1].group)


async def test_unreadable_answer_shows_nothing(client: Client, product: Product) -> None:
    product.answer = ["what"]
    assert (await client.emulator.say("t-301", "您好"))["delivered"] is True
    assert client.emulator.seen() == []


async def test_copies_carry_the_same_message(client: Client, product: Product) -> None:
    said = await client.emulator.say("t-301", "您好", copies=3)
    assert [body["msgId"] for body in product.bodies()] == [said["message"]] * 3
    assert len({headers["timestamp"] for headers, _ in product.got}) == 3


async def test_failed_push_is_tried_again_and_counted(client: Client, product: Product) -> None:
    product.statuses = [500, 503]
    assert (await client.emulator.say("t-301", "您好"))["delivered"] is True
    tries = [(push.attempt, push.status) for push in client.emulator.platform.pushes]
    assert tries == [(1, 500), (2, 503), (3, 200)]


async def test_after_three_tries_the_message_is_gone(client: Client, product: Product) -> None:
    product.statuses = [500, 500, 500]
    said = await client.emulator.say("t-301", "您好")
    assert (said["delivered"], said["reason"]) == (False, "http 500")
    assert len(product.got) == 3


async def test_nobody_listening_is_a_failed_delivery(client: Client) -> None:
    client.emulator.target = "http://127.0.0.1:9"
    said = await client.emulator.say("t-301", "您好")
    assert said["delivered"] is False
    assert len(client.emulator.platform.pushes) == 3


@pytest.mark.parametrize(
    ("rule", "bodies", "attempts", "delivered"),
    [
        ({"kind": "refuse"}, 1, 2, True),
        ({"kind": "timeout_before", "value": 1}, 1, 2, True),
        ({"kind": "timeout_after"}, 2, 2, True),
        ({"kind": "reset"}, 2, 2, True),
        ({"kind": "http", "value": 502}, 1, 2, True),
        ({"kind": "slow", "value": 1}, 1, 1, True),
        ({"kind": "duplicate"}, 2, 2, True),
        ({"kind": "drop"}, 0, 1, False),
        ({"kind": "silent_drop"}, 0, 1, False),
        ({"kind": "reorder", "value": 1}, 1, 1, True),
    ],
)
async def test_planned_push_faults(
    client: Client, product: Product, rule: dict[str, Any], bodies: int, attempts: int, delivered: bool
) -> None:
    client.emulator.faults.set({"rules": [{"api": "push:robot", "nth": 1, **rule}]})
    assert (await client.emulator.say("t-301", "您好"))["delivered"] is delivered
    assert len(product.got) == bodies
    assert len(client.emulator.platform.pushes) == attempts


async def test_truncated_push_is_half_a_body(client: Client, product: Product) -> None:
    client.emulator.faults.set({"rules": [{"api": "push:robot", "nth": 1, "kind": "truncate", "value": 20}]})
    await client.emulator.say("t-301", "您好")
    assert len(product.got[0][1]) == 20


async def test_used_up_reception_quota_leaves_no_words(client: Client, product: Product) -> None:
    client.emulator.faults.set({"rules": [{"api": "push:robot", "nth": 1, "kind": "code", "value": 20001}]})
    await client.emulator.say("t-301", "您好")
    (body,) = product.bodies()
    assert body["errorCode"] == 20001
    assert not {"text", "content", "msgtype"} & set(body)


async def test_attachment_bytes_are_the_ones_sent(client: Client, product: Product) -> None:
    said = {"sender": "g-302-01-1", "kind": "file", "file_name": "a.pdf"}
    said["file_b64"] = base64.b64encode(b"bytes").decode()
    got = await client.control("say", said)
    assert got.body["delivered"] is True
    code = product.bodies()[0]["content"]["downloadCode"]
    assert client.emulator.platform.files[code].data == b"bytes"


@pytest.mark.parametrize("kind", ["text", "richtext", "picture", "voice", "video", "file", "unknown"])
async def test_the_product_opens_what_is_pushed(
    client: Client, product: Product, tmp_path: Path, kind: str
) -> None:
    client.emulator.write_config(tmp_path / "class.toml", int(str(client.emulator.target).rpartition(":")[2]))
    app = load_settings(tmp_path / "class.toml", {}).dingtalk["school"]
    await client.emulator.say("g-302-01-1", "您好", kind=kind, transcript="您好")
    ((headers, raw),) = product.got
    opened = open_robot(headers, raw, Robot("school", app), client.emulator.clock.now())
    assert isinstance(opened, Opened)
    assert (opened.kind, opened.sender.id, opened.chat.kind) == (kind, "g-302-01-1", "private")
    assert opened.session is not None
    await client.emulator.say("小明妈妈", "@小助手 您好", GROUP_OF_2)
    headers, raw = product.got[-1]
    opened = open_robot(headers, raw, Robot("school", app), client.emulator.clock.now())
    assert isinstance(opened, Opened)
    assert (opened.text, opened.chat.kind) == ("您好", "group")
