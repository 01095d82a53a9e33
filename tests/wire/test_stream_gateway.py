"""The emulated gateway by itself: tickets, subscriptions, and which connection gets a push."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.gateway import OPEN, TICKET_MS
from bot.dingtalk.stream_frames import BOT, CARD
from tests.wire.emulated import Client

EVERYTHING = (("EVENT", "*"), ("CALLBACK", BOT), ("CALLBACK", CARD))


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    emulator = Emulator()
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()


def _wanted(client: Client, topics: Any = EVERYTHING, **more: Any) -> dict[str, Any]:
    app = client.emulator.platform.app
    subscriptions = [{"type": kind, "topic": topic} for kind, topic in topics]
    return {
        "clientId": app.client_id,
        "clientSecret": app.client_secret,
        "subscriptions": subscriptions,
        **more,
    }


async def _ticket(client: Client, topics: Any = EVERYTHING) -> str:
    got = await client.request("POST", OPEN, _wanted(client, topics), Accept="application/json")
    assert got.status == 200
    return f"{got.body['endpoint']}?ticket={got.body['ticket']}"


async def _socket(client: Client, topics: Any = EVERYTHING) -> aiohttp.ClientWebSocketResponse:
    return await client.session.ws_connect(await _ticket(client, topics))


async def _acknowledge(ws: aiohttp.ClientWebSocketResponse, data: str = "{}") -> dict[str, Any]:
    frame: dict[str, Any] = orjson.loads(await ws.receive_str())
    headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
    answer = {"code": 200, "headers": headers, "message": "OK", "data": data}
    await ws.send_str(orjson.dumps(answer).decode())
    return frame


async def test_who_does_not_ask_for_json_gets_xml(client: Client) -> None:
    got = await client.request("POST", OPEN, _wanted(client))
    assert isinstance(got.body, bytes)
    assert b"<ticket>" in got.body


async def test_wrong_credentials(client: Client) -> None:
    got = await client.request("POST", OPEN, _wanted(client, clientSecret="x"), Accept="application/json")
    assert (got.status, got.body["code"], got.body["message"]) == (401, "authFailed", "鉴权失败")
    assert set(got.body) == {"requestid", "code", "message"}


@pytest.mark.parametrize(
    "topics",
    [(), (("EVENT", "chat_add_member"),), (("QUEUE", BOT),), (("CALLBACK", ""),)],
    ids=["none", "one event", "no such kind", "no topic"],
)
async def test_subscriptions_are_looked_at(client: Client, topics: Any) -> None:
    got = await client.request("POST", OPEN, _wanted(client, topics), Accept="application/json")
    assert (got.status, got.body["code"]) == (400, "invalidParameter.param.invalid")


async def test_a_ticket_opens_one_connection(client: Client) -> None:
    url = await _ticket(client)
    ws = await client.session.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.session.ws_connect(url)
    assert refused.value.status == 400
    await ws.close()


async def test_a_ticket_is_good_for_ninety_seconds(client: Client) -> None:
    url, late = await _ticket(client), await _ticket(client)
    clock = client.emulator.clock
    clock.move_to(clock.now() + timedelta(milliseconds=TICKET_MS - 10_000))
    await (await client.session.ws_connect(url)).close()
    clock.move_to(clock.now() + timedelta(seconds=10))
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await client.session.ws_connect(late)


async def test_a_frame_is_as_documented(client: Client) -> None:
    ws = await _socket(client)
    pushing = client.emulator.gateway.push_event(
        {"eventType": "chat_quit", "eventId": "e1", "eventBornTime": "1", "eventCorpId": "c"}, {"chatId": "x"}
    )
    task = asyncio.create_task(pushing)
    frame = await _acknowledge(ws, '{"status":"SUCCESS","message":"ok"}')
    assert (await task).acknowledged
    assert set(frame) == {"specVersion", "type", "headers", "data"}
    assert (frame["specVersion"], frame["type"], frame["data"]) == ("1.0", "EVENT", '{"chatId":"x"}')
    headers = frame["headers"]
    assert {"appId", "connectionId", "contentType", "messageId", "time", "topic", "eventType"} <= set(headers)
    assert all(isinstance(value, str) for value in headers.values())
    await ws.close()


async def test_what_is_not_subscribed_is_never_pushed(client: Client) -> None:
    ws = await _socket(client, (("CALLBACK", BOT),))
    gateway = client.emulator.gateway
    assert gateway.connected(BOT)
    assert not gateway.connected(CARD)
    assert (await gateway.push_card({"outTrackId": "c"})).outcome == "nobody is subscribed"
    assert (await gateway.push_event({"eventId": "e"}, {})).outcome == "nobody is subscribed"
    await ws.close()


async def test_each_push_goes_to_one_of_them(client: Client) -> None:
    gateway = client.emulator.gateway
    both = [await _socket(client), await _socket(client)]
    got: list[list[str]] = [[], []]

    async def take(number: int) -> None:
        while True:
            frame = await _acknowledge(both[number])
            got[number].append(orjson.loads(frame["data"])["msgId"])

    tasks = [asyncio.create_task(take(number)) for number in range(2)]
    for number in range(40):
        assert (await gateway.push_bot({"msgId": str(number)}, str(number))).acknowledged
    for task in tasks:
        task.cancel()
    assert sorted(map(int, got[0] + got[1])) == list(range(40))
    assert min(len(got[0]), len(got[1])) > 5
    for ws in both:
        await ws.close()


async def test_after_disconnect_comes_silence_and_the_cut(client: Client) -> None:
    client.emulator.gateway.pace.silence_s = 0.1
    client.emulator.gateway.pace.ping_s = 0.01
    ws = await _socket(client)
    await client.emulator.gateway.disconnect()
    frames = [orjson.loads(message.data) async for message in ws if message.type is aiohttp.WSMsgType.TEXT]
    topics = [frame["headers"]["topic"] for frame in frames]
    assert topics[-1] == "disconnect"
    assert set(topics[:-1]) <= {"ping"}
    assert orjson.loads(frames[-1]["data"]) == {"reason": "connection is expired"}
    assert (await client.emulator.gateway.push_bot({}, "m")).outcome == "nobody is connected"


async def test_pings_come_by_themselves(client: Client) -> None:
    client.emulator.gateway.pace.ping_s = 0.01
    ws = await _socket(client)
    frame = await _acknowledge(ws)
    assert frame["headers"]["topic"] == "ping"
    assert "opaque" in orjson.loads(frame["data"])
    await ws.close()
