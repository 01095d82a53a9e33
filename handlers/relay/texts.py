"""What the relay says."""

from __future__ import annotations

from collections.abc import Sequence

PARENT = "家长"
TEACHER = "老师"
VOICE = "（语音转文字）"
MEDIA = {"picture": "图片", "voice": "语音", "video": "视频", "file": "文件", "unknown": "内容"}
COUNTED = {"图片": "张", "语音": "段", "视频": "段"}
WHICH_CHILD = "您说的是哪个孩子的事？"
WHICH_FAMILY = "您说的是哪一家？"
TALK_OVER = "这件事隔得有点久，我没有留着。请再说一遍。"


def guardian(child: str, relation: str) -> str:
    """「小明妈妈」."""
    return f"{child}{relation or PARENT}"


def with_class(class_name: str, name: str) -> str:
    """For somebody who teaches several classes."""
    return f"{class_name} {name}"


def sender(name: str, child: str, class_name: str) -> str:
    """Who writes, and about whom."""
    about = f"{class_name} {child}" if class_name else child
    return f"{name}（{about}）"


def to_teacher(who: str, words: str) -> str:
    """A parent's words as the teacher reads them."""
    return f"{who}：{words}"


def reply_label(name: str) -> str:
    """The label of the one choice, see ``handlers.texts.answerable_line``."""
    return f"回复{name}"


def instead_of(teacher: str, *, away: bool) -> str:
    """Why it is not the class teacher who reads."""
    return f"{teacher}这几天不在，" if away else f"{teacher}还没有开通小助手，"


def passed_on(teacher: str, following: Sequence[str], promise: str, *, words: bool, why: str = "") -> str:
    """The parent's receipt, with the time where one is promised; no file is said to be there before it is.

    Args:
        teacher: Who gets it.
        following: The kinds of files that are still being fetched.
        promise: Until when an answer is promised, or empty.
        words: Whether words came, too.
        why: Why it is not the class teacher, see :func:`instead_of`.
    """
    what = files(following)
    if words or not what:
        done = f"已转给{teacher}，{what}随后到" if what else f"已转给{teacher}"
    else:
        done = f"{what}收到，正在转给{teacher}" if not why else f"{what}正在转给{teacher}"
    return f"{why}{done}，{promise or '回复会发到这里'}。"


def files(kinds: Sequence[str]) -> str:
    """「图片」, 「3 个图片」, 「图片和文件」."""
    named = [MEDIA.get(kind, MEDIA["unknown"]) for kind in kinds]
    if len(named) > 1 and len(set(named)) == 1:
        return f"{len(named)} {COUNTED.get(named[0], '个')}{named[0]}"
    return "和".join(dict.fromkeys(named))


def with_following(words: str, following: Sequence[str]) -> str:
    """Words whose pictures are still being fetched."""
    return f"{words}\n（{files(following)}随后到）" if following else words


def logged(words: str, kinds: Sequence[str]) -> str:
    """What the contact log keeps: words, and what else there was."""
    return " ".join(
        [*([words] if words else []), *(f"[{MEDIA.get(kind, MEDIA['unknown'])}]" for kind in kinds)]
    )


def urgent(duty_phone: str) -> str:
    """Words of danger: the numbers come first."""
    phone = f"，学校值班 {duty_phone}" if duty_phone else ""
    return f"有危险请先打 110 或 120{phone}。"


def nobody(duty_phone: str) -> str:
    """No teacher of the class can be reached."""
    phone = f"急事请打学校值班电话 {duty_phone}。" if duty_phone else "急事请直接打老师电话。"
    return f"班里还没有老师开通小助手，这句没有转出去。{phone}"


def file_to_teacher(who: str, kind: str) -> str:
    """The caption of a parent's picture, voice, video or file."""
    return f"{who}发来{MEDIA.get(kind, MEDIA['unknown'])}"


def not_fetched(kind: str, *, too_large: bool) -> str:
    """The parent's file did not come into the house."""
    what = MEDIA.get(kind, MEDIA["unknown"])
    if too_large:
        return f"刚才的{what}太大，没能转给老师。请发小一点的（20 MB 以内），或用文字说一句。"
    return f"刚才的{what}没有取到，没能转给老师。请再发一次，或用文字说一句。"


def file_missing(who: str, kind: str) -> str:
    """The teacher hears that there was one."""
    return f"{who}发来{MEDIA.get(kind, MEDIA['unknown'])}，没有取到，已请家长再发一次。"


def file_not_passed(code: str) -> str:
    """The parent's file is here, and the chat would not take it."""
    if "kind" in code:
        return "刚才的文件在聊天里发不了。请换成照片、PDF 或 Word 文件再发，或用文字说一句。"
    if "size" in code:
        return "刚才发的太大，没能转给老师。请发小一点的，或用文字说一句。"
    return "刚才发的没能转给老师。请再发一次，或用文字说一句。"


def file_not_shown(caption: str) -> str:
    """The teacher hears that there was one, and that it is being asked for in another form."""
    return f"{caption}，在聊天里发不了，已请家长换一种发。"


def unreadable_to_teacher(kind: str) -> str:
    """Something came that cannot be fetched at all."""
    return f"（发来{MEDIA.get(kind, MEDIA['unknown'])}，这里打不开，已请家长用文字说）"


def unreadable(kind: str, teacher: str, *, told: bool = True) -> str:
    """Its sender is asked for words; ``told``: the teacher knows already that there was something."""
    what = MEDIA.get(kind, MEDIA["unknown"])
    if told:
        return f"这条{what}我打不开，已告诉{teacher}有这么一条。麻烦用文字说一句，我马上转。"
    return f"这条{what}我打不开。麻烦用文字说一句，我带给{teacher}。"


def to_family(teacher: str, words: str) -> str:
    """The teacher's words as the parent reads them."""
    return f"{teacher}：{words}"


def sent_to(names: Sequence[str]) -> str:
    """The echo that names the families."""
    return f"已发给{'、'.join(names)}。"


NOT_MEANT = "好，没有发。"


def shall_send(what: str, name: str) -> str:
    """Something came after a family's number: is it for them?"""
    return f"{what}，发给{name}吗？"


def send_labels(name: str) -> tuple[str, str]:
    """The answers to :func:`shall_send`."""
    return f"发给{name}", "不发"


def file_follows(name: str) -> str:
    """A file is still being fetched."""
    return f"好，取到就发给{name}。"


def file_to_family(teacher: str, kind: str) -> str:
    """The caption of a teacher's picture or file."""
    return f"{teacher}发来{MEDIA.get(kind, MEDIA['unknown'])}"


def own_file_missing(kind: str) -> str:
    """A teacher's own file did not come into the house."""
    return f"刚才的{MEDIA.get(kind, MEDIA['unknown'])}没有取到，没有发出去。请再发一次，或用文字说。"


SEND_NOW = "现在发"


def late(name: str, morning: str) -> str:
    """It is late: the words may wait for the morning."""
    return f"现在有点晚了，这句要现在就发给{name}，还是{morning}？"


def in_the_morning(names: Sequence[str], when: str) -> str:
    """The echo of words that wait."""
    return f"好，{when}给{'、'.join(names)}。"


def what_to_say(name: str, number: int | None) -> str:
    """The number alone."""
    how = f"「{number} 加您的话」" if number is not None else f"「回复{name}：加您的话」"
    return f"要回{name}什么？说{how}就发出去。"


def not_bound(name: str) -> str:
    """The family has no lane."""
    return f"{name}还没有绑定小助手，这句没有发出去。请打电话或换别的方式联系。"


def no_family(child: str) -> str:
    """No such child or guardian in the teacher's classes."""
    return f"您班里没找到「{child}」，这句没有发。请按「回复小明妈妈：…」再说一遍。"


def near_family(child: str) -> str:
    """Nobody has that name, but somebody's sounds like it or is close."""
    return f"您班里没有「{child}」，这句还没有发。您说的是这一家吗？"


GONE = "这位家长已经不在您的班里，这句没有发。"


NOBODY_WAITS = "现在没有家长等您回复。"


_NO_WAY = {
    "not_subscribed": "家长没有关注“学校通知”。请把学校通知的二维码发给家长，关注了再发一次；急事请打电话。",
    "unreachable": "家长两天没给小助手写过话，微信不让我先开口，通讯录里也没有。请打电话，或请家长先发一句。",
    "no_notice": "学校通知还没有给小助手开通，请告诉管理员。这次请打电话或换别的方式联系。",
}
_NO_NOTICE = ("48002", "301002", "no_address")


def not_delivered(name: str, words: str, code: str = "") -> str:
    """The teacher's answer was refused or came too late; with the way on, which depends on why."""
    why = _NO_WAY.get("no_notice" if code in _NO_NOTICE else code)
    if why is not None:
        return f"给{name}的没发出去：{why}内容是“{words}”。"
    return f"给{name}的没发出去：对方收不到。内容是“{words}”，请打电话或换别的方式联系。"


def only_on_page(name: str, words: str, code: str) -> str:
    """The answer lies on the parent's page, and nothing tells the parent so."""
    way = "请把学校通知的二维码发给家长" if code == "not_subscribed" else "请打电话说一声"
    return f"给{name}的放在家长页面上了，可没能通知到，家长未必会看见：“{words}”。{way}。"


def maybe_delivered(name: str, words: str) -> str:
    """Nobody knows."""
    return f"给{name}的不确定有没有发到：“{words}”。要再发一遍，说「回复{name}：…」。"


def not_passed_on(duty_phone: str) -> str:
    """The parent's words did not reach the teacher."""
    phone = f"急事请打学校值班电话 {duty_phone}。" if duty_phone else ""
    return f"刚才发的没能转到老师那里，请过一会儿再发一次。{phone}"


NOT_BACK = "转给老师的话收不回来。要更正，直接再写一句，我接着转。"
"""A parent wants words back that the teacher has."""
WITH_NAME = "署名转给老师"


def not_without_name(teacher: str) -> str:
    """A parent does not want to be known, and the anonymous box is not open."""
    return f"这句先没有转：匿名信箱还没有开通，转过去{teacher}会看到是您。要署名转吗？"
