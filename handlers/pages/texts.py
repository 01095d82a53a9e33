"""What is said about the pages in chats."""

from __future__ import annotations

from collections.abc import Sequence

WHOSE = "要给哪位家长的链接？说全一点，比如「小明妈妈的链接」。"


def link_for(family: str, days: int) -> str:
    """To be followed by the address, on a line of its own, for the teacher to hand on."""
    return f"这是{family}的页面链接，{days} 天内有效，只能打开一次。\n请单独转给{family}，别发到群里："


def nobody(child: str, relation: str) -> str:
    """No such family in the writer's classes."""
    return f"花名册里没有找到{child}{relation}。请用花名册上的名字再说一次，比如「林小满妈妈的链接」。"


def which(names: Sequence[str]) -> str:
    """Several families fit."""
    return f"有几位都对得上：{'、'.join(names)}。请说全一点再说一次。"


def of_class(class_name: str, family: str) -> str:
    """「三(2)班小明妈妈」."""
    return f"{class_name}{family}"
