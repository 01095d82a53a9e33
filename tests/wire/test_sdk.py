"""The platform's own client package, unchanged, takes the emulator for the platform."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.gateway import OPEN
from bot.dingtalk.stream_frames import BOT, CARD
from tests.wire.emulated import Client

PEER = Path(__file__).with_name("sdk_peer.py")
GROUP = "三(2)班"


@dataclass
class Peer:
    """The running package."""

    client: Client
    process: asyncio.subprocess.Process

    @property
    def emulator(self) -> Emulator:
        return self.client.emulator

    async def said(self) -> dict[str, Any]:
        """The next thing it says it was given."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        found: dict[str, Any] = json.loads(line)
        return found

    async def connected(self, count: int = 1) -> None:
        """It opens quickly, but it is a whole Python that must start first."""
        gateway = self.emulator.gateway
        await gateway.until(lambda: gateway.connected(BOT) == bool(count), timeout_s=30)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    emulator = Emulator(receive="stream")
    await emulator.start()
    app = emulator.platform.app
    # Not the whole environment: a proxy named there would be asked for the way to this machine.
    env = {
        "PATH": os.environ["PATH"],
        "DINGTALK_OPENAPI_ENDPOINT": emulator.url,
        "PEER_ID": app.client_id,
        "PEER_SECRET": app.client_secret,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PEER), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    async with aiohttp.ClientSession() as session:
        one = Peer(Client(emulator, session), process)
        await one.connected()
        yield one
    process.kill()
    await process.communicate()
    await emulator.stop()


def test_it_is_the_release_that_was_read() -> None:
    assert importlib.metadata.version("dingtalk-stream") == "0.24.3"


async def test_it_connects_hears_and_answers(peer: Peer) -> None:
    (call,) = [call for call in peer.emulator.calls() if call.api == OPEN]
    assert [one["topic"] for one in call.body["subscriptions"]] == ["*", BOT, CARD]
    said = await peer.emulator.say("t-301", "hello")
    assert said["delivered"] is True
    assert await peer.said() == {
        "got": "message", "id": said["message"], "words": "hello", "sender": "t-301", "group": False,
        "robot": peer.client.robot,
    }  # fmt: skip
    (item,) = await peer.emulator.wait_seen()
    assert (item.to, item.lane) == ("t-301", "session")
    assert "you said hello" in item.content.text
    (ack,) = peer.emulator.gateway.acks
    assert (ack.code, ack.data) == (200, {"response": "OK"})


async def test_in_a_group_it_hears_what_names_it(peer: Peer) -> None:
    await peer.emulator.say("小明妈妈", "nobody is meant", GROUP)
    await peer.emulator.say("小明妈妈", "@小助手 hello", GROUP)
    heard = await peer.said()
    assert (heard["words"], heard["group"], heard["sender"]) == ("hello", True, "g-302-01-1")


async def test_its_answer_to_a_press_changes_the_card(peer: Peer) -> None:
    buttons = json.dumps([{"id": "yes", "label": "ok", "enabled": True}])
    data = {"cardParamMap": {"title": "before", "body": "text", "buttons": buttons}}
    template = peer.emulator.platform.message_template
    card = peer.client.card(
        "track-1", cardTemplateId=template, cardData=data, callbackType="STREAM",
        openSpaceId="dtv1.card//IM_ROBOT.t-301",
        imRobotOpenDeliverModel={"spaceType": "IM_ROBOT", "robotCode": peer.client.robot},
    )  # fmt: skip
    assert (await peer.client.call("/v1.0/card/instances/createAndDeliver", card)).body["success"]
    (shown,) = peer.emulator.seen()
    assert await peer.emulator.press(shown.message, "yes", "t-301") == (True, "")
    assert await peer.said() == {"got": "press", "card": "track-1", "who": "t-301", "actions": ["yes"]}
    changed = peer.emulator.seen()[-1]
    assert (changed.change, changed.of) == ("updated", shown.message)
    assert changed.content.text.splitlines() == ["pressed", "text"]
    assert changed.content.buttons == ()


async def test_it_is_given_events(peer: Peer) -> None:
    headers = {"eventType": "chat_add_member", "eventId": "e1", "eventBornTime": "1", "eventCorpId": "c"}
    pushed = await peer.emulator.gateway.push_event(headers, {"chatId": "x"})
    heard = await peer.said()
    assert heard == {"got": "event", "kind": "chat_add_member", "id": "e1", "data": {"chatId": "x"}}
    # This release acknowledges without the documented status, so the event would come again.
    assert pushed.outcome == "status missing"


@pytest.mark.parametrize("how", ["cut", "close", "disconnect"])
async def test_it_comes_back(peer: Peer, how: str) -> None:
    gateway = peer.emulator.gateway
    (first,) = gateway.connections
    if how == "cut":
        gateway.cut()
    elif how == "close":
        await gateway.close()
    else:
        await gateway.disconnect()
    await gateway.until(lambda: gateway.connections not in ([], [first]) and gateway.connected(BOT))
    await gateway.until(lambda: first not in gateway.connections)
    assert (await peer.emulator.say("t-301", "again"))["delivered"] is True
    assert (await peer.said())["words"] == "again"


async def test_it_echoes_pings(peer: Peer) -> None:
    gateway = peer.emulator.gateway
    await gateway.connections[0].send(("app", "1"), "SYSTEM", "ping", {"opaque": "0-1"}, "p1")
    await gateway.until(lambda: bool(gateway.acks))
    assert (gateway.acks[0].code, gateway.acks[0].data) == (200, {"opaque": "0-1"})
