"""What the robot may ask about, take back and upload, and the limits on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from tests.wire.emulated import BATCH, CARD, DOWNLOAD, GROUP, Client

RECALL = "/v1.0/robot/otoMessages/batchRecall"
GROUP_RECALL = "/v1.0/robot/groupMessages/recall"
QUERY = "/v1.0/robot/groupMessages/query"
STATUS = "/v1.0/robot/oToMessages/readStatus"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    emulator = Emulator(limits=Limits(per_second=None))
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()


async def _later(client: Client, **span: int) -> None:
    await client.emulator.jump(client.emulator.clock.now() + timedelta(**span))


async def _status(client: Client, key: str) -> Any:
    path = f"{STATUS}?robotCode={client.robot}&processQueryKey={quote(key, safe='')}"
    return (await client.call(path, None, "GET")).body


def _keys(client: Client, *keys: str, **more: Any) -> dict[str, Any]:
    return {"robotCode": client.robot, "processQueryKeys": list(keys), **more}


async def test_private_message_is_taken_back_for_a_day(client: Client) -> None:
    key = (await client.call(BATCH, client.batch("t-301", "d-301"))).body["processQueryKey"]
    got = await client.call(RECALL, _keys(client, key, "unknown"))
    assert got.body["successResult"] == [key]
    assert list(got.body["failedResult"]) == ["unknown"]
    assert [(i.to, i.change, i.of) for i in client.emulator.seen()[2:]] == [
        ("t-301", "recalled", key), ("d-301", "recalled", key),
    ]  # fmt: skip
    old = (await client.call(BATCH, client.batch("t-301"))).body["processQueryKey"]
    await _later(client, hours=24, seconds=5)
    assert list((await client.call(RECALL, _keys(client, old))).body["failedResult"]) == [old]


async def test_group_message_is_taken_back_in_its_group_only(client: Client) -> None:
    one, two = client.emulator.world.classes[1].group, client.emulator.world.classes[2].group
    key = (await client.call(GROUP, client.group())).body["processQueryKey"]
    wrong = await client.call(GROUP_RECALL, _keys(client, key, openConversationId=two))
    assert list(wrong.body["failedResult"]) == [key]
    assert list((await client.call(RECALL, _keys(client, key))).body["failedResult"]) == [key]
    await client.call(GROUP_RECALL, _keys(client, key, openConversationId=one))
    assert client.emulator.seen()[-1].change == "recalled"
    many = await client.call(GROUP_RECALL, _keys(client, *["k"] * 21, openConversationId=one))
    assert many.body["code"] == "invalidParameter.processQueryKeys.overMax"


async def test_read_status_goes_from_processing_to_read(client: Client) -> None:
    key = (await client.call(BATCH, client.batch("t-301"))).body["processQueryKey"]
    await _later(client, seconds=2)
    assert (await _status(client, key))["messageReadInfoList"][0]["readStatus"] == "UNREAD"
    assert (await client.control("read", {"message": key, "sender": "t-301"})).status == 200
    status = await _status(client, key)
    assert (status["sendStatus"], status["messageReadInfoList"][0]["readStatus"]) == ("SUCCESS", "READ")
    assert (await client.control("read", {"message": key, "sender": "d-301"})).status == 404
    await _later(client, hours=25)
    assert (await _status(client, key))["code"] == "processQueryKey.expireTime"
    assert (await _status(client, "no"))["code"] == "invalid.processQueryKey"


async def test_group_readers_come_in_pages(client: Client) -> None:
    key = (await client.call(GROUP, client.group())).body["processQueryKey"]
    body = {"robotCode": client.robot, "processQueryKey": key, "maxResults": 2,
            "openConversationId": client.emulator.world.classes[1].group}  # fmt: skip
    await _later(client, seconds=2)
    for sender in ("t-302", "d-302", "g-302-01-1"):
        await client.control("read", {"message": key, "sender": sender})
    first = (await client.call(QUERY, body)).body
    assert (first["readUserIds"], first["hasMore"]) == (["t-302", "d-302"], True)
    second = (await client.call(QUERY, {**body, "nextToken": first["nextToken"]})).body
    assert (second["readUserIds"], second["hasMore"]) == (["g-302-01-1"], False)
    for changed, code in (
        ({"maxResults": 201}, "invalidParameter.pageSize.invalid"),
        ({"nextToken": "x"}, "invalidParameter.cursor.invalid"),
        ({"processQueryKey": ""}, "invalidParameter.processQueryKey.missing"),
        ({"processQueryKey": "no"}, "invalid.processQueryKey"),
    ):
        assert (await client.call(QUERY, {**body, **changed})).body["code"] == code


async def test_card_carrier_is_a_key_too(client: Client) -> None:
    got = await client.call(CARD, client.card("row-1"))
    key = got.body["result"]["deliverResults"][0]["carrierId"]
    group = client.emulator.world.classes[1].group
    await client.call(GROUP_RECALL, _keys(client, key, openConversationId=group))
    assert client.emulator.seen()[-1].change == "recalled"


async def test_created_card_is_seen_when_delivered_and_grows(client: Client) -> None:
    card = client.card("row-1")
    deliver = {key: card.pop(key) for key in ("openSpaceId", "imGroupOpenDeliverModel")}
    created = await client.call("/v1.0/card/instances", card)
    assert created.body == {"success": True, "result": "row-1"}
    assert client.emulator.seen() == []
    assert (await client.call(CARD, client.card("row-1"))).body["code"] == "param.cardAlreadyExist"
    got = await client.call("/v1.0/card/instances/deliver", {"outTrackId": "row-1", **deliver})
    assert got.body["result"][0]["success"] is True
    again = await client.call("/v1.0/card/instances/deliver", {"outTrackId": "row-1", **deliver})
    assert again.body["result"][0]["success"] is False
    grow = {"outTrackId": "row-1", "guid": "g", "key": "body", "content": "！", "isFull": False}
    for _ in range(2):
        assert (await client.call("/v1.0/card/streaming", grow, "PUT")).status == 200
    assert [item.content.text for item in client.emulator.seen()] == [
        "速递\n今天的速递",
        "速递\n今天的速递！",
    ]


async def test_uploaded_picture_and_file_are_seen_by_their_bytes(client: Client) -> None:
    picture, paper = b"\x89PNG\r\n--not a boundary\r\n", b"%PDF"
    image = (await client.upload("image", "a.png", picture)).body["media_id"]
    file = (await client.upload("file", "a.pdf", paper)).body["media_id"]
    shown = orjson.dumps({"photoURL": image}).decode()
    await client.call(GROUP, client.group(msgKey="sampleImageMsg", msgParam=shown))
    sent = orjson.dumps({"mediaId": file, "fileName": "a.pdf", "fileType": "pdf"}).decode()
    await client.call(BATCH, client.batch("t-301", msgKey="sampleFile", msgParam=sent))
    assert [(item.content.kind, item.content.sha256) for item in client.emulator.seen()] == [
        ("picture", sha256(picture).hexdigest()), ("file", sha256(paper).hexdigest()),
    ]  # fmt: skip
    wrong = orjson.dumps({"photoURL": "@lADno"}).decode()
    got = await client.call(GROUP, client.group(msgKey="sampleImageMsg", msgParam=wrong))
    assert got.status == 400


@pytest.mark.parametrize(
    ("kind", "name", "size", "code"),
    [
        ("smell", "a.png", 1, 40004),
        ("image", "a.exe", 1, 40005),
        ("image", "a.png", 0, 44001),
        ("voice", "a.amr", 2 * 1024 * 1024 + 1, 40006),
    ],
)
async def test_bad_uploads(client: Client, kind: str, name: str, size: int, code: int) -> None:
    got = await client.upload(kind, name, b"x" * size)
    assert (got.status, got.body["errcode"]) == (200, code)


async def test_download_link_dies(client: Client) -> None:
    code = client.emulator.platform.keep_file("a.pdf", b"bytes")
    got = await client.call(DOWNLOAD, {"downloadCode": code, "robotCode": client.robot})
    path = got.body["downloadUrl"].removeprefix(client.emulator.url)
    await _later(client, minutes=10)
    assert (await client.request("GET", path)).status == 404


async def test_limits_are_set_while_it_runs(client: Client) -> None:
    assert (await client.control("limits", {"per_group_minute": 1, "per_person_day": 1})).status == 200
    assert (await client.call(GROUP, client.group())).status == 200
    assert (await client.call(GROUP, client.group())).body["code"] == "send.too.fast"
    await client.call(BATCH, client.batch("t-301"))
    got = await client.call(BATCH, client.batch("t-301", "d-301"))
    assert got.body["flowControlledStaffIdList"] == ["t-301"]
    assert (await client.control("limits", {"per_moon": 1})).status == 400
    assert (await client.control("limits", {"per_month": -1})).status == 400


@pytest.mark.parametrize(
    ("value", "listed", "seen"),
    [("invalidStaffIdList", 2, 0), ("flowControlledStaffIdList:partly", 1, 1), ("filteredStaffIdList", 2, 0)],
)
async def test_planned_lists(client: Client, value: str, listed: int, seen: int) -> None:
    client.emulator.faults.set({"rules": [{"api": BATCH, "kind": "code", "value": value}]})
    got = await client.call(BATCH, client.batch("t-301", "d-301"))
    assert (got.status, len(got.body[value.partition(":")[0]])) == (200, listed)
    assert len(client.emulator.seen()) == seen


async def test_drip_punishment_and_cut_in_the_middle(client: Client) -> None:
    client.emulator.faults.set({"rules": [
        {"api": GROUP, "nth": 1, "kind": "slow", "value": "drip:1"},
        {"api": GROUP, "nth": 1, "kind": "code", "value": 1111},
        {"api": GROUP, "nth": 1, "kind": "code", "value": "punish"},
        {"api": GROUP, "nth": 1, "kind": "http", "value": 429},
        {"api": GROUP, "nth": 1, "kind": "reset", "value": 5},
    ]})  # fmt: skip
    assert "processQueryKey" in (await client.call(GROUP, client.group())).body
    assert (await client.call(GROUP, client.group())).body["punish"] == "deny"
    assert b"<html>" in (await client.call(GROUP, client.group())).body
    assert (await client.call(GROUP, client.group())).status == 429
    with pytest.raises(aiohttp.ClientError):
        await client.call(GROUP, client.group())
    assert [call.outcome for call in client.emulator.calls() if call.api == GROUP][-1] == "done_unanswered"
