"""Codes: one identity, one person, nothing bound in doubt."""

from __future__ import annotations

from handlers import router
from handlers.binding.feature import ALL_STRANGERS
from handlers.language import read
from handlers.message import Chat, Identity, Message
from handlers.reply import Reply
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import Classroom

MOTHER, FATHER = "20010000", "20020000"


def _unbound(room: Classroom) -> None:
    """小明's parents as on their first day."""
    for who in ("小明妈妈", "小明爸爸"):
        room.detach(who)


def test_a_code_asks_before_it_binds(room: Classroom) -> None:
    _unbound(room)
    assert room.say("new-1", MOTHER) == "您是三(2)班 小明 的妈妈，对吗？回复「是」或「不是」。"
    assert "绑定码" in room.say("new-1", "明天带什么")
    assert room.say("new-1", "是").startswith("绑好了，您是三(2)班 小明 的妈妈。")
    assert room.say("new-1", "今天能早点接吗") == "已转给王老师，预计今天 10:00 前回复。"


def test_two_guardians_each_by_their_own_code(room: Classroom) -> None:
    _unbound(room)
    room.say("new-1", MOTHER)
    room.say("new-1", "是")
    assert room.say("new-2", MOTHER).startswith("这个码已经用过了")
    room.say("new-2", FATHER)
    assert "小明 的爸爸" in room.say("new-2", "是")


def test_no_means_nothing_is_bound_and_the_code_stays_good(room: Classroom) -> None:
    _unbound(room)
    room.say("new-1", MOTHER)
    assert room.say("new-1", "不是").startswith("好，没有绑定。")
    assert "绑定码" in room.say("new-1", "你好")
    assert room.say("new-2", MOTHER).endswith("对吗？回复「是」或「不是」。")


def test_wrong_codes_and_the_sixth_try(room: Classroom) -> None:
    for code in ("00000000", "1234567", "99999999", "88888888", "77777777"):
        assert room.say("new-1", code).startswith("这个码没对上（可能少了一位）")
    assert room.say("new-1", MOTHER).startswith("试得太多次了")
    room.at("11:01")
    assert not room.say("new-1", MOTHER).startswith("试得太多次了")


def test_who_is_bound_needs_no_code(room: Classroom) -> None:
    assert room.say("小明妈妈", MOTHER) == "您已经绑好了（三(2)班 小明 的妈妈），不用再绑。"
    assert "没有用掉" in room.say("小明妈妈", FATHER)


def test_a_code_whose_owner_is_bound_elsewhere_binds_nobody_else(room: Classroom) -> None:
    room.say("new-1", MOTHER)
    assert "没有再绑" in room.say("new-1", "是")


def test_an_answer_that_comes_too_late_binds_nothing(room: Classroom) -> None:
    _unbound(room)
    room.say("new-1", MOTHER)
    room.at("10:20")
    assert "绑定码" in room.say("new-1", "是")


def test_binding_without_a_code_is_explained(room: Classroom) -> None:
    assert "8 位绑定码" in room.say("new-1", "绑定")


def _by_wechat(room: Classroom, who: str, text: str) -> str:
    """Anybody on WeChat may write to customer service; they are no members of anything."""
    sender = Identity("wecom_kf", CORP, who)
    chat = Chat("wecom", "school", "private", "wk1")

    def unit(db: Db) -> str:
        ctx = room._ctx(db, sender)
        message = Message(room.new_id(), chat, sender, "", "text", text, room.now)
        replies = [act for _name, act in router.route(ctx, message, read(text)) if isinstance(act, Reply)]
        return "\n".join(reply.text for reply in replies)

    return room.store.run(unit).result()


def test_many_strangers_on_wechat_cannot_guess_together(room: Classroom) -> None:
    _unbound(room)
    for number in range(ALL_STRANGERS):
        assert "没对上" in _by_wechat(room, f"wm-{number // 5}", f"{number:08}")
    assert "试得太多次了" in _by_wechat(room, "wm-fresh", MOTHER)
    # Members of the organisation are not in their hands.
    assert "对吗" in room.say("new-1", MOTHER)
    room.at("11:01")
    assert "对吗" in _by_wechat(room, "wm-fresh", MOTHER)
