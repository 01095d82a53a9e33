"""A pressed button reaches the product signed, and its answer changes the card in time or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.dingtalk.emulator import press
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.press import card_sign
from tests.wire.emulated import CARD, Client, Product

REGISTER = "/v1.0/card/callbacks/register"
BUTTONS = [{"id": "a", "label": "发送"}, {"id": "b", "label": "不发", "enabled": False}]


@pytest.fixture
def product() -> Product:
    product = Product()
    product.answer = {}
    return product


@pytest.fixture
async def client(product: Product) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_post("/dingtalk/school/card", product.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    emulator = Emulator(target=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()
    await runner.cleanup()


async def _register(client: Client) -> None:
    url = f"{client.emulator.target}/dingtalk/school/card"
    body = {"callbackRouteKey": "route", "callbackUrl": url, "apiSecret": "mySecret"}
    assert (await client.call(REGISTER, body)).body["result"] == {"callbackUrl": url, "apiSecret": "mySecret"}


async def _card(client: Client, **changed: Any) -> str:
    words = {"title": "速递", "buttons": orjson.dumps(BUTTONS).decode()}
    card = client.card(
        "row-1",
        cardData={"cardParamMap": words},
        openSpaceId="dtv1.card//IM_ROBOT.t-302",
        imRobotOpenDeliverModel={"spaceType": "IM_ROBOT"},
        **{"callbackType": "HTTP", "callbackRouteKey": "route", **changed},
    )
    assert (await client.call(CARD, card)).status == 200
    return "row-1"


def test_signature_vector() -> None:
    assert card_sign("1700000000000", "mySecret") == "t3jqwt0WBVsvNpgD+ncljxce56XsNOeEYafngX/BHjc="


async def test_press_arrives_signed_and_its_answer_is_the_cards_new_look(
    client: Client, product: Product
) -> None:
    await _register(client)
    message = await _card(client)
    product.answer = {
        "cardUpdateOptions": {"updateCardDataByKey": True},
        "cardData": {"cardParamMap": {"body": "已发送", "buttons": "[]"}},
    }
    asked = {"message": message, "button": "a", "sender": "t-302", "values": {"n": "1"}}
    assert (await client.control("press", asked)).body == {"delivered": True, "reason": ""}
    ((headers, raw),) = product.got
    assert headers["x-ddpaas-signature"] == card_sign(headers["x-ddpaas-signature-timestamp"], "mySecret")
    body = orjson.loads(raw)
    assert (body["type"], body["outTrackId"], body["userId"]) == ("actionCallback", "row-1", "t-302")
    assert body["corpId"] == client.emulator.world.corp
    assert body["extension"] == "{}"
    assert orjson.loads(body["content"]) == {"cardPrivateData": {"actionIds": ["a"], "params": {"n": "1"}}}
    _, changed = client.emulator.seen()
    assert (changed.change, changed.of, changed.content.text) == ("updated", "row-1", "速递\n已发送")
    assert changed.content.buttons == ()


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({}, 1),
        ([], 1),
        ({"cardData": {"cardParamMap": {"title": 1}}}, 1),
        ({"userPrivateData": {"cardParamMap": {"title": "您的"}}}, 2),
    ],
)
async def test_any_answer_in_time_is_a_delivery(
    client: Client, product: Product, answer: Any, shown: int
) -> None:
    await _register(client)
    message = await _card(client)
    product.answer = answer
    assert (await client.emulator.press(message, "a", "t-302"))[0] is True
    assert len(client.emulator.seen()) == shown


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"message": "no"}, 404),
        ({"sender": "d-302"}, 404),
        ({"sender": "nobody"}, 404),
        ({"button": "b"}, 409),
        ({"button": "c"}, 409),
        ({"sender": ""}, 400),
        ({"values": []}, 400),
    ],
)
async def test_what_nobody_could_press(
    client: Client, product: Product, changed: dict[str, Any], status: int
) -> None:
    await _register(client)
    message = await _card(client)
    got = await client.control("press", {"message": message, "button": "a", "sender": "t-302", **changed})
    assert (got.status, list(got.body)) == (status, ["error"])
    assert product.got == []


async def test_without_a_route_or_a_socket_nothing_is_delivered(client: Client, product: Product) -> None:
    message = await _card(client)
    assert await client.emulator.press(message, "a", "t-302") == (False, "no route registered")
    await client.call(CARD, client.card("row-2", callbackType="STREAM", cardData={
        "cardParamMap": {"title": "速递", "buttons": orjson.dumps(BUTTONS).decode()}}))  # fmt: skip
    assert (await client.emulator.press("row-2", "a", "t-302"))[0] is False
    assert product.got == []


async def test_two_seconds_and_no_second_try(
    client: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "ANSWER_S", 0.05)
    await _register(client)
    message = await _card(client)
    released = asyncio.Event()
    handle = product.handle

    async def late(request: web.Request) -> web.Response:
        answer = await handle(request)
        await released.wait()
        return answer

    product.answer = {"cardData": {"cardParamMap": {"title": "太晚"}}}
    app = web.Application()
    app.router.add_post("/late", late)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/late"
    await client.call(REGISTER, {"callbackRouteKey": "route", "callbackUrl": url, "forceUpdate": True})
    assert await client.emulator.press(message, "a", "t-302") == (False, "no answer in time")
    released.set()
    await runner.cleanup()
    assert (len(product.got), len(client.emulator.seen())) == (1, 1)


@pytest.mark.parametrize(
    ("rule", "arrived", "delivered"),
    [
        ({"kind": "drop"}, 0, False),
        ({"kind": "refuse"}, 0, False),
        ({"kind": "http", "value": 502}, 0, False),
        ({"kind": "timeout_before", "value": 1}, 0, False),
        ({"kind": "timeout_after"}, 1, False),
        ({"kind": "reset"}, 1, False),
        ({"kind": "duplicate"}, 2, True),
        ({"kind": "slow", "value": 1}, 1, True),
        ({"kind": "reorder", "value": 1}, 1, True),
    ],
)
async def test_planned_faults_of_a_press(
    client: Client, product: Product, rule: dict[str, Any], arrived: int, delivered: bool
) -> None:
    await _register(client)
    message = await _card(client)
    client.emulator.faults.set({"rules": [{"api": "push:card", "nth": 1, **rule}]})
    assert (await client.emulator.press(message, "a", "t-302"))[0] is delivered
    assert len(product.got) == arrived


async def test_group_card_shows_a_member_alone_what_is_only_theirs(client: Client, product: Product) -> None:
    await _register(client)
    words = {"title": "报名", "buttons": orjson.dumps(BUTTONS).decode()}
    await client.call(CARD, client.card("row-3", cardData={"cardParamMap": words}, callbackType="HTTP",
                                        callbackRouteKey="route"))  # fmt: skip
    product.answer = {
        "cardUpdateOptions": {"updatePrivateDataByKey": True},
        "userPrivateData": {"cardParamMap": {"title": "您已报名"}},
    }
    assert (await client.emulator.press("row-3", "a", "小明妈妈"))[0] is True
    assert [(item.to, item.change) for item in client.emulator.seen()] == [
        (None, "new"), ("g-302-01-1", "updated"),
    ]  # fmt: skip
