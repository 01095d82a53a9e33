"""Guardians on WeChat: they bind by their code, and a teacher whose words did not arrive hears what to do."""

from __future__ import annotations

from typing import Any

import pytest

from handlers import router
from handlers.language import read
from handlers.message import Chat, Identity, Message
from handlers.relay.passing import ANSWER
from handlers.reply import Outcome, OutcomeKind, Reply, Thing
from storage import people
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom

MOTHER = "20010000"
WORDS = "明天请带水彩笔"


def _ids(room: Classroom) -> tuple[str, str]:
    def unit(db: Db) -> tuple[str, str]:
        found = [people.by_identity(db, "dingtalk_user", CORP, IDS[who]) for who in ("王老师", "小明妈妈")]
        teacher, mother = found
        assert teacher is not None
        assert mother is not None
        return teacher.id, mother.id

    return room.store.run(unit).result()


def _told(room: Classroom, kind: OutcomeKind, code: str, facts: dict[str, Any] | None = None) -> str:
    teacher, mother = _ids(room)
    outcome = Outcome(
        "o", kind, code, Thing(ANSWER, teacher), f"王老师：{WORDS}", mother, None, facts=facts or {}
    )
    return "\n".join(reply.text for reply in room.hear("relay", outcome))


@pytest.mark.parametrize(
    ("code", "what", "way"),
    [
        ("not_subscribed", "没有关注“学校通知”", "二维码"),
        ("unreachable", "微信不让我先开口", "请家长先发一句"),
        ("48002", "还没有给小助手开通", "告诉管理员"),
        ("301002", "还没有给小助手开通", "告诉管理员"),
        ("no_address", "还没有给小助手开通", "告诉管理员"),
        ("40003", "对方收不到", "请打电话"),
    ],
)
def test_what_did_not_arrive_and_what_to_do(room: Classroom, code: str, what: str, way: str) -> None:
    told = _told(room, "refused", code)
    assert what in told
    assert way in told
    assert WORDS in told
    assert "没发出去" in told


def test_what_lies_on_the_page_unannounced_is_not_called_sent(room: Classroom) -> None:
    told = _told(room, "sent", "ok", {"way": "page", "notice": "not_subscribed"})
    assert "未必会看见" in told
    assert "二维码" in told
    assert WORDS in told
    assert "请打电话" in _told(room, "sent", "ok", {"way": "page", "notice": "unreachable"})


@pytest.mark.parametrize("facts", [{}, {"way": "notice"}, {"way": "page"}])
def test_what_arrived_is_not_mentioned(room: Classroom, facts: dict[str, Any]) -> None:
    assert _told(room, "sent", "ok", facts) == ""


@pytest.mark.parametrize("kind", ["wecom_kf", "wecom_member"])
def test_a_code_binds_an_account_of_wecom(room: Classroom, kind: str) -> None:
    sender = Identity(kind, CORP, "wm-new")
    chat = Chat("wecom", "school", "private", "kf-1")

    def say(text: str) -> str:
        def unit(db: Db) -> str:
            message = Message(room.new_id(), chat, sender, "", "text", text, room.now)
            decided = router.route(room._ctx(db, sender), message, read(text))
            return "\n".join(act.text for _feature, act in decided if isinstance(act, Reply))

        return room.store.run(unit).result()

    _teacher, mother = _ids(room)
    room.detach("小明妈妈")
    assert "8 位绑定码" in say("你好")
    assert "小明" in say(MOTHER)
    assert say("是").startswith("绑好了")

    def who(db: Db) -> str | None:
        found = people.by_identity(db, kind, CORP, "wm-new")
        return found.id if found else None

    assert room.store.run(who).result() == mother
