"""How a stop is said: the reason in one clause, the way on in the same message."""

from __future__ import annotations

from handlers.guard.rules import Verdict

_REASONS = {
    "id_number": "这条里有证件号码",
    "phone_number": "这条里有电话号码",
    "no_score_list": "这条里有分数",
    "no_ranking": "这条里有名次",
}


def reason(verdict: Verdict) -> str:
    """The clause that says what is in the way."""
    return f"{_REASONS.get(verdict.rule, '这条里有不能公开的内容')}（{verdict.words[0] if verdict.words else ''}）"


def note_stopped(verdict: Verdict) -> str:
    """A note that was not taken."""
    return f"{reason(verdict)}，发到群里会违反规定，所以没有记。\n去掉再说一遍就行；只想告诉一家，就说「回复小明妈妈：…」。"


def digest_stopped(verdict: Verdict, heading: str) -> str:
    """A digest that was not posted."""
    return f"{heading}没有发：{reason(verdict)}，发到群里会违反规定。\n内容还在，改好那条（比如「第1条改成…」）再回复「发送」。"
