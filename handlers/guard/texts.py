"""How a stop is said: the reason in one clause, the way on in the same message, and what could be said instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlers.guard.rules import Verdict

PRIVATELY = "（私下发）"
SOMEBODY = "有同学"
INSTEAD = {
    "no_score_list": "每位同学的情况，我只和自己家长说。",
    "no_ranking": "想了解孩子的学习，可以私下和我聊。",
    "aid_list": "结果会单独通知到每个家庭。",
    "medical_fact": "这件事我会私下和家长说。",
    "no_public_criticism": "这件事我会私下和家长说。",
    "names_individual_problem": "这件事我会私下和家长说。",
    "address": "这个我会私下核对。",
    "id_number": "证件信息请私下给我。",
    "homework_in_group": "今天的学习内容已在课堂上说清楚，请孩子看自己的记录本。",
    "parent_grading": "学习上的事由老师来看，家长多陪伴就好。",
    "forced_app": "这个自愿使用，不用也不影响孩子。",
    "money_or_gift": "费用按学校通知统一办理。",
}
_REASONS = {
    "id_number": "这条里有证件号码",
    "phone_number": "这条里有电话号码",
    "address": "这条里有家庭住址",
    "no_score_list": "这条里有分数",
    "no_ranking": "这条里有名次",
    "aid_list": "这条里有受资助的情况",
    "medical_fact": "这条里有一个孩子的健康情况",
    "no_public_criticism": "这条点了一个孩子的不足",
    "names_individual_problem": "这条说的是一个孩子的事",
    "money_or_gift": "这条涉及私人收款或礼物",
    "at_all_by_parent": "这条要提醒所有人",
    "homework_in_group": "这条像是布置作业",
    "parent_grading": "这条让家长批改或检查",
    "forced_app": "这条要求安装或关注",
    "late_message": "现在是休息时间",
    "praise_by_name": "本校规定群里不点名",
    "check_in": "本校规定群里不打卡",
    "vote": "本校规定群里不投票",
}


def cause(verdict: Verdict) -> str:
    """The clause that says what is in the way, without the words."""
    return _REASONS.get(verdict.rule, "这条里有不能公开的内容")


def reason(verdict: Verdict) -> str:
    """The clause that says what is in the way, and where."""
    return f"{cause(verdict)}（{'、'.join(verdict.words[:3])}）" if verdict.words else cause(verdict)


def note_stopped(verdict: Verdict) -> str:
    """A note that was not taken."""
    way = (
        f"可以改成「{verdict.rewrite}」再发给我"
        if verdict.rewrite and len(verdict.rewrite) <= 80
        else "去掉再说一遍就行"
    )
    return (
        f"{reason(verdict)}，发到群里会违反规定，所以没有记。\n{way}；只想告诉一家，就说「回复小明妈妈：…」。"
    )


TAKE_IT = "就这样改"
THINK_AGAIN = "我再想想"


def note_instead(verdict: Verdict, offers: Sequence[str]) -> str:
    """A note that was not taken, and the words that could be."""
    offer = "\n".join(offers)
    return f"{reason(verdict)}，发到群里会违反规定，还没有记。可以改成：\n{offer}"


def note_warned(verdict: Verdict) -> str:
    """A note that was taken, and may be thought over; its words stand in the line above."""
    return (
        f"请再看一眼：{cause(verdict)}，不少地方不让在家长群里发。要改，先说「看一下」，再说第几条改成什么。"
    )


def digest_stopped(verdict: Verdict, heading: str) -> str:
    """A digest that was not posted."""
    return f"{heading}没有发：{reason(verdict)}，发到群里会违反规定。\n内容还在，改好那条（比如「第1条改成…」）再回复「发送」。"
