"""What notices say, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from handlers.language.say import say_time
from storage.notices import Level, Word

LEVELS: dict[str, Level] = {"seen": "seen", "confirm": "confirm", "sign": "sign", "opinion": "opinion"}
ELLIPSIS = "…"
_LIST = "、"

POST, ALONG, TO_ALL, DROP = "发到群里", "随速递发", "马上发给每家", "不发"
REMIND, AGAIN, RESULT = "提醒没回的", "再发一次", "公布结果"
CONFIRM, AGREE, DISAGREE = "确认", "同意", "不同意"
_CHANGE: dict[Level, str] = {
    "confirm": "改成要确认",
    "sign": "改成要签字",
    "seen": "看到就行",
    "opinion": "改成征求意见",
}
_WANTED: dict[Level, str] = {
    "seen": "看到就行，不用回",
    "confirm": "要每家确认",
    "sign": "要每家签字",
    "opinion": "征求每家意见",
}
_HOW: dict[Level, str] = {
    "seen": "看到就行，不用回复。",
    "confirm": "看到后请私聊小助手回「收到」，群里不用回。",
    "sign": "请私聊小助手回「同意」或「不同意」，再写上您的姓名。",
    "opinion": "您的意见请私聊小助手：「同意」「不同意」，或者「意见：……」。只有老师看得到。",
}
_DONE: dict[Level, str] = {"seen": "看了", "confirm": "确认了", "sign": "签了", "opinion": "回了"}


def bracketed(words: str) -> str:
    """Words in brackets behind others."""
    return f"（{words}）"


def change_to(level: Level) -> str:
    """The button that changes what is wanted."""
    return _CHANGE[level]


# The teacher's


NO_WORDS = "通知写什么？把内容直接发给我就行。"
ONLY_TEACHER = "通知由班主任发。您把内容发给班主任，或者记一条提醒，会随速递发。"
GONE = "这条通知已经处理过了。要再发一条，说「发通知：……」。"
NO_NOTICE = "最近没有要家长回的通知。要发一条，说「发通知：……，要签收」。"
IN_GROUP = "通知已经在群里了，小助手撤不回来。写错了就说「通知改成：……」，我发一条更正。"
NOT_SENT = "好，这条通知不发了。"


def too_long(count: int, most: int) -> str:
    """Nobody reads so much."""
    return f"这条通知有 {count} 个字，最多 {most} 个。短一点再发给我。"


def answered(head: str, words: str) -> str:
    """What the school makes of the opinions it asked for."""
    return f"关于「{head}」征求的意见，答复如下：{words}"


def names_child(name: str) -> str:
    """A notice to a whole class names one child."""
    return f"通知里有{name}的名字，发到群里全班都看得到，没有存。孩子的事请单独说：「回复{name}家长：……」。"


def which_class(names: Sequence[str]) -> str:
    """Which class is it for?"""
    return f"这条通知发给哪个班？{_LIST.join(names)}。"


ALL_CLASSES = "都发"


def preview(class_name: str, text: str, level: Level, *, both: bool, way: str) -> str:
    """The notice as it would be read, and what will happen."""
    each = "，两位家长都要" if both else ""
    return f"通知（{class_name}，{_WANTED[level]}{each}）：\n{text}\n{way}"


BY_ITSELF = "内容不对就说「改成……」。"
AT_NIGHT = "这会儿群里先不打扰，七点半再发；内容不对就说「改成……」。"
TAKEN = "今天已经发过一条通知，明早发这条；内容不对就说「改成……」。"


def along(day: str) -> str:
    """Where the class teacher confirms one post a day."""
    return f"{day}和速递合成一条，您点一次就发；急事选「{TO_ALL}」。"


URGENT = "会马上私信每一家；内容不对就说「改成……」。"


def post(class_name: str, day: str, text: str, level: Level, *, urgent: bool, corrected: bool) -> str:
    """What the class reads."""
    kind = "更正" if corrected else ("紧急通知" if urgent else _KIND.get(level, "通知"))
    return f"【{class_name}{kind}】{day}\n{text}\n{_HOW[level]}"


_KIND: dict[Level, str] = {"opinion": "征求意见"}


def title(class_name: str) -> str:
    """A card's title."""
    return f"{class_name}通知"[:12]


def sending(level: Level, status: str) -> str:
    """It is on its way to the group."""
    if level == "seen":
        return "好，正在发到群里。"
    return f"好，正在发到群里。{status}12:00 我告诉您还差谁；随时可以问「通知谁没回」。"


def later(when: str) -> str:
    """It waits."""
    return f"好，{when}发。改主意了就说「撤回通知」。"


def to_families(count: int) -> str:
    """An urgent one went to every family."""
    return f"好，正在私信 {count} 家。随时可以问「通知谁没回」。"


def stopped(reason: str) -> str:
    """The guard does not let it through."""
    return f"这条通知没有存：{reason}，发到群里会违反规定。改一下再发给我。"


def failed(head: str, why: str) -> str:
    """It did not reach the group."""
    return f"通知「{head}」没发到群里：{why}。内容还在。"


ARRIVED = "群里已经有了"
TOO_LATE = "到晚上九点还没发出去"
OVERSLEPT = "到点时小助手不在线"


def moment(day: str, clock: time) -> str:
    """「10月13日（周二）7:30」."""
    return f"{day}{say_time(clock)}"


def marked_arrived(head: str) -> str:
    """The teacher has seen it in the group."""
    return f"好，「{head}」算已经发了。"


MAYBE = "平台没有回音，群里可能有也可能没有，请看一眼"
EXPIRED = "今天没有等到您确认"


CORRECT = "发更正"
CORRECTING = "好，更正正在发出去；回过的家长会私下看到新的内容。"


def correction(class_name: str, head: str, text: str, *, again: bool) -> str:
    """Other words for what the class has read."""
    more = "\n内容变了，回过的家长要重新回一次。" if again else ""
    return f"更正「{head}」（{class_name}）：\n{text}{more}"


def status(head: str, level: Level, done: int, families: int) -> str:
    """How many have answered."""
    return f"「{head}」：{families} 家里 {done} 家{_DONE[level]}。"


def everybody(head: str, level: Level, families: int) -> str:
    """Nobody is missing."""
    return f"「{head}」：{families} 家都{_DONE[level]}。"


def missing(names: Sequence[str], more: int) -> str:
    """Who has not answered."""
    rest = f"等 {len(names) + more} 家" if more else ""
    return f"还差：{_LIST.join(names)}{rest}。"


def one_of_two(child: str, relation: str) -> str:
    """Of two guardians one is missing: 「小明（差爸爸）」."""
    return f"{child}（差{relation}）"


def unbound(names: Sequence[str], count: int) -> str:
    """Families nobody is reached of; not all may be named."""
    rest = f"等 {count} 家" if count > len(names) else ""
    return f"还没绑定，请打电话：{_LIST.join(names)}{rest}。"


def to_call(names: Sequence[str]) -> str:
    """Reminded twice: what is left is the telephone."""
    return f"已经提醒过两次，请打电话：{_LIST.join(names)}。"


def tally(agreed: int, disagreed: int, said: int) -> str:
    """The answers in numbers, for the teacher alone."""
    own = f"，另写意见 {said} 家" if said else ""
    return f"同意 {agreed} 家，不同意 {disagreed} 家{own}。"


def split(names: Sequence[str]) -> str:
    """Guardians who do not agree with each other."""
    return f"两位家长意见不一：{_LIST.join(names)}，请单独问一下。"


def said_by(child: str, relation: str, word: str, own: str) -> str:
    """One family's own words."""
    return f"{child}{relation}{f'（{word}）' if word else ''}：{own}"


WORDS: dict[Word, str] = {"agreed": AGREE, "disagreed": DISAGREE}


def reminded(count: int, wait: str) -> str:
    """Those who have not answered hear of it; ``wait`` says when, if not now."""
    how = f"{wait.removesuffix('发')}私下提醒" if wait else "已经私下提醒"
    return f"{how} {count} 家，不会在群里点名。"


NOBODY_LEFT = "都回了，不用提醒。"


# The families'


def reminder(teacher: str, text: str, level: Level, children: str, *, again: bool, corrected: bool) -> str:
    """What a family is privately asked."""
    how = {"confirm": "看到了就点「确认」。", "sign": "同意或不同意都可以，点一下再签姓名。"}.get(
        level, "同意、不同意都可以，或者写「意见：……」。"
    )
    lead = "更正了一条通知" if corrected else ("的通知，还等您一句" if again else "的紧急通知")
    return f"{teacher}{lead}（{children}）：\n{text}\n{how}"


def confirmed(head: str) -> str:
    """A guardian has confirmed."""
    return f"好，「{head}」记下您看到了。"


SEEN = "好，记下您看到了。"


def ask_name(word: Word, head: str) -> str:
    """A signature is asked for."""
    return f"{WORDS[word]}「{head}」，请回复您的姓名作为签字。"


NOT_A_NAME = "签字请写您的姓名，比如「陈建国」。"


def signed(word: Word, head: str, children: str, signer: str, when: str) -> str:
    """A guardian has signed; in full, so that a slip is seen."""
    return f"已签字：{WORDS[word]}「{head}」。\n孩子：{children}，签字：{signer}，{when}。\n签错了就说「签错了」。"


def opinion_kept(teacher: str) -> str:
    """An opinion has been noted."""
    return f"记下了，只有{teacher}看得到。改主意了再说一次就行。"


def agreed_or_not(head: str) -> str:
    """收到 is no signature."""
    return f"「{head}」要签字：请回「同意」或「不同意」，再写上您的姓名，比如「同意，陈建国」。"


WHICH = "您回的是哪一条？"
CHANGED = "这条通知已经有了新的内容，请看最新一条。"
NOT_YOURS = "这条通知现在不用您回了。"
TEACHER = "老师"


def sign_again(head: str) -> str:
    """What was signed may be changed."""
    return f"可以改。「{head}」您是同意还是不同意？"


def children(names: Sequence[str]) -> str:
    """「小明、乐乐」."""
    return _LIST.join(names)


NOTHING_SIGNED = "没有找到您签过的通知。要签字请回「同意」或「不同意」，再写上您的姓名。"
PROXY = "签字要由登记的监护人来签，别人代签不算。请孩子爸妈自己回；要登记新的监护人，请和班主任说。"

RECALL, LET_IT_HANG = "撤回", "不撤"
HANGS = "好，通知还在群里。"
RECALLING = "正在从群里撤回，撤好了告诉您。"


def recall(heading: str) -> str:
    """It hangs in the group: shall it go?"""
    return f"「{heading}」已经在群里了，撤回吗？已经看到的家长，撤了也看过了。\n只是写错了，就说「通知改成：……」，我发一条更正。"


def recalled(heading: str) -> str:
    """It is gone."""
    return f"「{heading}」已从群里撤回，不再等家长回。要重发，说「发通知：……」。"


def not_recalled(heading: str) -> str:
    """It hangs there still."""
    return f"「{heading}」没撤下来，还在群里。请自己在群里撤，或者说「通知改成：……」发一条更正。"
