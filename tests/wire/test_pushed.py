"""What comes in by another way than a robot's callback: over a Stream socket, and as an event."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.dingtalk.wire import to_response
from handlers.anonymous.texts import answer
from storage import inbox
from tests.wire.pressing import USER, Hands, pressing

_COUNT = sa.select(inbox.inbox.c.kind, sa.func.count()).group_by(inbox.inbox.c.kind)


def _rows(one: Hands) -> dict[str, int]:
    found = one.app.store.read(lambda db: [(row[0], row[1]) for row in db.conn.execute(_COUNT)])
    return dict(found.result())


def _message(one: Hands, text: str) -> bytes:
    app = one.app.settings.dingtalk["school"]
    until = int(one.app.clock.now().timestamp() * 1000) + 3_600_000
    body = {
        "msgId": f"m-{text}",
        "msgtype": "text",
        "text": {"content": text},
        "conversationId": "c1",
        "conversationType": "1",
        "senderId": "x",
        "senderStaffId": USER,
        "sessionWebhook": f"{app.oapi_base}/robot/sendBySession?session=abc",
        "sessionWebhookExpiredTime": until,
    }
    return json.dumps(body).encode()


async def test_anonymous_words_leave_no_row_and_are_answered_by_their_own_session(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        said = await one.app.dingtalk.robot_pushed("school", _message(one, "匿名：作业能不能少一点"))
        assert (said.status, said.body) == (200, to_response(answer(danger=False)))
        assert said.session is not None
        assert said.session.url.endswith("session=abc")
        assert _rows(one) == {}


async def test_other_words_are_kept_and_nothing_is_said(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        for _copy in range(2):
            said = await one.app.dingtalk.robot_pushed("school", _message(one, "你好"))
            assert (said.status, said.session) == (200, None)
        assert _rows(one)["message"] == 1
        assert (await one.app.dingtalk.robot_pushed("school", b"[")).status == 400
        assert (await one.app.dingtalk.robot_pushed("nobody", b"{}")).status == 404


async def test_a_press_over_a_socket_is_answered_like_one_over_http(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        card = await one.preview()
        content = {"cardPrivateData": {"actionIds": [one.button(card, "发送")], "params": {}}}
        body: dict[str, Any] = {"outTrackId": card.message, "userId": USER, "content": json.dumps(content)}
        shown = await one.app.dingtalk.card_pushed("school", json.dumps(body).encode())
        assert shown is not None
        assert shown["cardData"]["cardParamMap"]["body"].endswith("已选：发送")
        await one.app.settle()
        assert len(one.posts()) == 1
        assert await one.app.dingtalk.card_pushed("school", b"[") == {}


async def test_an_event_is_kept_once_and_answered_in_cipher(tmp_path: Path) -> None:
    async with pressing(tmp_path) as one:
        delivered = await one.emulator.event("user_leave_org", {"userId": ["p1"]})
        assert delivered[0], delivered[1]
        headers = {"eventType": "user_leave_org", "eventId": "e1", "eventCorpId": "c"}
        for _copy in range(2):
            assert await one.app.dingtalk.event_pushed("school", headers, b'{"userId": ["p2"]}')
        await one.app.settle()
        assert _rows(one)["event"] == 2
        depth = await asyncio.wrap_future(one.app.store.read(inbox.depth))
        assert (depth.open, depth.parked) == (0, 0)
