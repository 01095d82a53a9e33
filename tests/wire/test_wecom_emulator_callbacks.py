"""The emulated WeCom's callbacks: sealed, repeated and their answers read as the platform does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as Tree

import aiohttp
import orjson
import pytest
from aiohttp import web
from wechatpy.work.crypto import WeChatCrypto

from bot.emulation.say import NotPossible
from bot.wecom.emulator.crypt import Crypt, Unreadable
from bot.wecom.emulator.emulator import WeComEmulator
from tests.wire.wecom_requests import CORP, KEY, TOKEN, VECTORS, Other, Vector, others

OTHERS = others()


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_known_answer(vector: Vector) -> None:
    crypt = Crypt(vector.token, vector.key, vector.owner)
    assert crypt.open(vector.encrypt) == vector.plain.encode()
    assert crypt.sign(vector.time, vector.nonce, vector.encrypt) == vector.proof
    if vector.salt:
        assert crypt.seal(vector.plain.encode(), vector.salt.encode()) == vector.encrypt


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("text", ["x", "x" * 12, "明天放假吗？", "😀"])
def test_others_open_it_and_it_opens_theirs(other: Other, text: str) -> None:
    crypt = Crypt(TOKEN, KEY, CORP)
    assert other.open(crypt.seal(text.encode()), CORP) == text
    assert crypt.open(other.seal(text, CORP)).decode() == text


@pytest.mark.parametrize(
    "encrypt",
    ["", "AAAA", Crypt(TOKEN, KEY, "wwother").seal(b"x", b"0" * 16)],
    ids=["empty", "short", "foreign"],
)
def test_what_is_not_for_it_is_not_opened(encrypt: str) -> None:
    with pytest.raises(Unreadable):
        Crypt(TOKEN, KEY, CORP).open(encrypt)


class Product:
    """A receiver that reads with wechatpy, and answers what it is told to."""

    def __init__(self) -> None:
        self.emulator = WeComEmulator()
        self.emulator.pusher._retry_after_s = (0.0, 0.0)
        self.app = self.emulator.platform.app
        self.got: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.inner = ""
        self.word: bytes | None = None
        self.receiver = self.app.corp_id

    @property
    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.app.token, self.app.aes_key, self.app.corp_id)

    async def take(self, request: web.Request) -> web.Response:
        query = request.query
        given = (query["msg_signature"], query["timestamp"], query["nonce"])
        plain = self.crypto.decrypt_message(await request.text(), *given)
        self.got.append({one.tag: one.text or "" for one in Tree.fromstring(plain)})  # noqa: S314 - ours
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text=self.answer() if self.inner else "")

    def answer(self) -> str:
        crypto = WeChatCrypto(self.app.token, self.app.aes_key, self.receiver)
        return str(crypto.encrypt_message(self.inner, "n", "1750000000"))

    async def verify(self, request: web.Request) -> web.Response:
        query = request.query
        given = (query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        word = self.crypto.check_signature(*given)
        word = word if isinstance(word, bytes) else word.encode()
        return web.Response(body=self.word or word)


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    made = Product()
    app = web.Application()
    app.router.add_post("/wecom/{app}/{way}", made.take)
    app.router.add_get("/wecom/{app}/{way}", made.verify)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await made.emulator.start()
    made.emulator.target = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await made.emulator.stop()
    await runner.cleanup()


async def test_words_of_a_member(product: Product) -> None:
    said = await product.emulator.say("t-301", "表扬<小明>]]>&")
    assert said["delivered"] is True
    (got,) = product.got
    assert (got["Content"], got["FromUserName"], got["MsgId"]) == ("表扬<小明>]]>&", "t-301", said["message"])
    assert (got["MsgType"], got["AgentID"]) == ("text", str(product.app.agent_id))


@pytest.mark.parametrize(
    ("kind", "wanted", "field"),
    [("picture", "image", "PicUrl"), ("voice", "voice", "Format"), ("video", "video", "ThumbMediaId"),
     ("unknown", "location", "Location_X")],
)  # fmt: skip
async def test_other_kinds(product: Product, kind: str, wanted: str, field: str) -> None:
    await product.emulator.say("t-301", kind=kind)
    assert product.got[0]["MsgType"] == wanted
    assert product.got[0][field]


async def test_members_cannot_send_files(product: Product) -> None:
    with pytest.raises(NotPossible):
        await product.emulator.say("t-301", kind="file")


@pytest.mark.parametrize(
    ("statuses", "delivered", "tries"),
    [([500], True, 2), ([302, 404], True, 3), ([204, 201], True, 3), ([500, 500, 500], False, 3)],
)
async def test_three_attempts_with_the_same_id(
    product: Product, statuses: list[int], delivered: bool, tries: int
) -> None:
    product.statuses = statuses
    said = await product.emulator.say("t-301", "好")
    assert said["delivered"] is delivered
    assert [got["MsgId"] for got in product.got] == [said["message"]] * tries


async def test_copies_are_the_same_message(product: Product) -> None:
    product.emulator.faults.set({"rules": [{"api": "push:robot", "nth": 1, "kind": "duplicate"}]})
    await product.emulator.say("t-301", "好")
    assert len(product.got) == 2
    assert product.got[0] == product.got[1]


async def test_the_address_is_checked(product: Product) -> None:
    assert await product.emulator.pusher.verify() == (True, "")
    product.word = b'"quoted"'
    assert (await product.emulator.pusher.verify())[0] is False


async def test_another_key(product: Product) -> None:
    product.emulator.pusher.change_key(in_flight=True)
    assert (await product.emulator.say("t-301", "好"))["delivered"] is True
    product.emulator.pusher.change_key(in_flight=False)
    assert (await product.emulator.say("t-301", "好"))["delivered"] is False
    product.app = product.emulator.platform.app
    assert (await product.emulator.say("t-301", "好"))["delivered"] is True


async def test_an_answer_at_once_is_shown(product: Product) -> None:
    product.inner = "<xml><MsgType>text</MsgType><Content>收到</Content></xml>"
    await product.emulator.say("t-301", "好")
    assert [(one.to, one.content.text) for one in product.emulator.seen()] == [("t-301", "收到")]


async def test_an_answer_from_somebody_else_is_not(product: Product) -> None:
    product.inner = "<xml><MsgType>text</MsgType><Content>收到</Content></xml>"
    product.receiver = "wwother"
    said = await product.emulator.say("t-301", "好")
    assert (said["delivered"], product.emulator.seen()) == (True, [])


async def test_events(product: Product) -> None:
    assert (await product.emulator.event("change_contact", {"ChangeType": "delete_user", "UserID": "t-301"}))[
        0
    ]
    got = product.got[0]
    assert (got["Event"], got["ChangeType"], got["FromUserName"]) == ("change_contact", "delete_user", "sys")


async def send_card(product: Product) -> dict[str, Any]:
    card = {
        "card_type": "button_interaction", "main_title": {"title": "速递"}, "task_id": "t-1",
        "button_list": [{"text": "发送", "key": "yes"}],
    }  # fmt: skip
    body = {"touser": "t-301", "agentid": product.app.agent_id, "msgtype": "template_card"}
    url = f"{product.emulator.url}/cgi-bin/message/send?access_token={product.emulator.platform.token()[0]}"
    data = orjson.dumps(body | {"template_card": card})
    async with aiohttp.ClientSession() as http, http.post(url, data=data) as done:
        answer: dict[str, Any] = await done.json()
    return answer


async def test_a_press_and_its_answer(product: Product) -> None:
    sent = await send_card(product)
    product.inner = (
        "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已发送</ReplaceName></Button></xml>"
    )
    assert (await product.emulator.press(sent["msgid"], "yes", "t-301"))[0]
    got = product.got[0]
    assert (got["Event"], got["EventKey"], got["TaskId"]) == ("template_card_event", "yes", "t-1")
    assert got["CardType"] == "button_interaction"
    assert got["ResponseCode"] not in ("", sent["response_code"])
    item = product.emulator.seen()[-1]
    assert (item.change, item.of, item.content.buttons[0].label) == ("updated", sent["msgid"], "已发送")
    with pytest.raises(NotPossible):
        await product.emulator.press(sent["msgid"], "yes", "t-301")
