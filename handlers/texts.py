"""Sentences no single feature owns: how choices and numbers are said, and what the router says."""

from __future__ import annotations

from collections.abc import Sequence

_ANSWER = "回复"


def choices_line(choices: Sequence[tuple[int, str]]) -> str:
    """The line that stands for buttons where a lane has none.

    Args:
        choices: Number and label, the usual one first.

    Returns:
        「回复 1 发送，2 改，3 今天不发」; for a message that wants words back, see :func:`answerable_line`.
    """
    if len(choices) == 1 and choices[0][1].startswith(_ANSWER):
        return answerable_line(*choices[0])
    return "回复 " + "，".join(f"{number} {label}" for number, label in choices)


def answerable_line(number: int, label: str) -> str:
    """How to answer a relayed message; the label is 「回复小明妈妈」."""
    return f"回复「{number} 加您的话」，就发给{label.removeprefix(_ANSWER)}。"


def which_number(label: str, things: Sequence[tuple[int, str]]) -> str:
    """Several open things have the same word."""
    return f"有几件事都可以「{label}」，请回复前面的数字：\n" + "\n".join(
        f"{number} {name}" for number, name in things
    )


def closed_number(number: int) -> str:
    """A number whose thing is over; it is not used again that day."""
    return f"{number} 号的事已经办完了，不用再回。"


def chosen(label: str) -> str:
    """What a card says of the button that was pressed, where the answer is not words for the presser."""
    return f"已选：{label}"


def over_number(number: int) -> str:
    """A number whose question was answered, or left behind by another one."""
    return f"{number} 号用过了，或者隔得久了，没有再做。要办就直接再说一遍。"


CARD_OVER = "这个按钮用过了，或者隔得久了，这次没有再做。要办就直接说一句。"
"""A button whose thing is over."""
TAKEN_BACK = "（已撤回）"
"""In place of a card's words: cards cannot be recalled."""

CONFIRMING = ("", "吧", "好", "好的", "好了", "可以", "谢谢", "这个", "就这个", "对", "是的")
"""Words behind a number that add nothing to it."""


def only_a_choice(number: int, label: str) -> str:
    """Words came behind the number of a button: neither the button nor the words are acted on."""
    return f"{number} 是「{label}」，后面带了话，我先没有做。\n要{label}就只回「{number}」；给家长带话，说「回复小明妈妈：…」。"


def note_or_family(number: int, family: str) -> str:
    """A number that may mean a note of the digest or a family."""
    return f"{number} 号是{family}，这句先没有发。\n改速递，说「第{number}条改成…」「删第{number}条」；给{family}，说「回复{family}：…」。"


def not_families(numbers: Sequence[int]) -> str:
    """Words for several numbers, and not all of them are families: nobody gets them."""
    return f"{'、'.join(map(str, numbers))} 号现在不是家长，这句谁也没有发。请检查数字再说一遍。"


def no_number(number: int) -> str:
    """A number nobody was given."""
    return f"现在没有 {number} 号可以回。给家长带话，说「回复小明妈妈：…」就行。"


def no_choice(number: int) -> str:
    """The same for somebody who is no teacher."""
    return f"现在没有 {number} 号可以选。有话直接说就行。"


GROUP_PRIVATE = "这件事我私下和您说，群里先不聊。"
GROUP_FOLLOW_GUARDIAN = "刚才群里那句我没有转。要告诉老师，在这里直接说就行，我来转。"
GROUP_FOLLOW_TEACHER = "群里说的我不记也不发。速递的内容、给家长的话，请在这里告诉我。"
APOLOGY = "刚才那句我没处理好，没有转出去。请换个说法再说一遍，急事请直接打电话。"


def withheld(duty_phone: str) -> str:
    """The platform's reception quota is used up: a message came without its words."""
    phone = f"，或打学校值班电话 {duty_phone}" if duty_phone else ""
    return f"您刚才那句的内容钉钉没有送到我这里。急事请直接打老师电话{phone}。"


QUOTA_USED_UP = "学校本月的钉钉接收次数用完了，家长和老师发来的话到我这里都是空的。请到钉钉后台增加次数。"
ASK_HERE = "还想问老师，在这里直接说，我来转。"
GROUP_ASK_PRIVATE = "还想问老师，点我头像私下说。"
