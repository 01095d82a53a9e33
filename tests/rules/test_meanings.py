"""What is read ahead of a unit never changes what the unit decides."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest

from bot import meanings
from bot.meanings import Meanings
from bot.received import message_payload
from handlers.language.message import understood
from handlers.message import Chat, Identity, Message
from storage.inbox import Claimed

_AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
_PARENT = Identity("dingtalk", "corp", "p1")


def _message(row: str, text: str) -> Message:
    return Message(row, Chat("dingtalk", "app", "private", "c1"), _PARENT, "小满妈妈", "text", text, _AT)


def _claimed(message: Message, kind: str = "message") -> Claimed:
    return Claimed(message.id, message.chat.id, kind, message_payload(message).decode(), _AT, 1)


@pytest.fixture
def read() -> mock._patch[mock.Mock]:
    return mock.patch.object(meanings, "understood", side_effect=understood)


def test_read_ahead_is_not_read_again(read: mock._patch[mock.Mock]) -> None:
    message, known = _message("r1", "明天带什么"), Meanings()
    with read as reads:
        ahead = known.ahead(_claimed(message))
        assert known.of(message, "parent", ahead).intent == "ask_reminder"
        assert known.of(message, "parent", ahead).intent == "ask_reminder"  # the unit ran again
    assert reads.call_count == 1


def test_a_wrong_role_is_put_right_in_the_unit_and_remembered(read: mock._patch[mock.Mock]) -> None:
    known, first, second = Meanings(), _message("r1", "预览"), _message("r2", "预览")
    with read as reads:
        known.of(first, "teacher", known.ahead(_claimed(first)))
        known.of(second, "teacher", known.ahead(_claimed(second)))
    assert [call.args[1] for call in reads.call_args_list] == ["parent", "teacher", "teacher"]


def test_rows_without_words_are_left_alone(read: mock._patch[mock.Mock]) -> None:
    with read as reads:
        assert Meanings().ahead(_claimed(_message("r1", "明天带什么"), "press")) is None
    assert reads.call_count == 0
