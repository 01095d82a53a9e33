"""What the daily digest says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Way = Literal["by_itself", "confirmed", "by_hand"]
"""How a post comes into the group, see ``storage/classes.py``."""
KIND = {"news": "要闻", "praise": "表扬", "reminder": "提醒"}
NONE_OF_THESE = "都不是"
ALL_CLASSES = "都记"
SEND, CHANGE, SKIP = "发送", "改", "今天不发"
RESEND, ARRIVED = "重发", "群里已经有了"
ASK_TEACHER = "转给老师"
TOMORROW, TODAY = "明天", "今天"
RELATIVE = {0: TODAY, 1: TOMORROW, 2: "后天", -1: "昨天"}
RELATIVES = ("妈妈", "爸爸", "奶奶", "爷爷", "姥姥", "姥爷", "外婆", "外公", "家长")
SOME_PARENT = "有家长"
SOMEONE, ONE_OF, SEVERAL, ANOTHER, OTHERS = "有同学", "一位同学", "几位同学", "另一位同学", "另外几位同学"
AND = "和"
NAME_JOINTS = "、，,和跟与及 "
CLAUSE_STARTS = "，。；！？,;!?：:\n "
SAY_LIKE = "说一句就行，比如「表扬小明扫地」。"
FULL_STOPS = "。！？!?…"
MONTH_RESERVE = "month.reserve"
"""The code of a post left out because the rest of the month's calls is kept for need."""


def heading(class_name: str, day: str) -> str:
    """The first line of a digest."""
    return f"【{class_name} {day}速递】"


def name_of(class_name: str, day: str) -> str:
    """How a digest is spoken of."""
    return f"{class_name} {day}的速递"


def title(class_name: str) -> str:
    """A card's title."""
    return f"{class_name}速递"[:12]


def section(kind: str, items: Sequence[str]) -> str:
    """One block of the published digest."""
    said = "；".join(item.rstrip("。；; ") for item in items)
    return f"{KIND[kind]}：{said}" + ("" if said[-1:] in FULL_STOPS else "。")


def numbered(kind: str, items: Sequence[tuple[int, str]]) -> str:
    """One block of the preview; the numbers are what 「删第2条」 means."""
    return f"{KIND[kind]}：" + " ".join(f"{number}) {text}" for number, text in items)


def dated(tomorrow: str) -> str:
    """「明天」 with its date, so that it is still right when read in the morning."""
    return f"{TOMORROW}{tomorrow}"


# Notes


def noted(kinds: Sequence[tuple[str, str]], where: str, when: str) -> str:
    """The echo of one or several notes."""
    place = f"{where}，" if where else ""
    if len(kinds) == 1:
        kind, text = kinds[0]
        return f"记下了（{place}{KIND[kind]}）：{text.rstrip('。')}{when}"
    head = f"记下了 {len(kinds)} 条（{where}）" if where else f"记下了 {len(kinds)} 条"
    return f"{head}{when.rstrip('。')}：\n" + "\n".join(f"{KIND[kind]}：{text}" for kind, text in kinds)


WITH_TODAY = "，放学后随速递发。"
NEEDS_SEND = "。今天的速递还没发，要发就说「发送」。"
ON_HOLD = "。今天的速递先放着，要发就说「发送」。"


def with_day(day: str) -> str:
    """A note for a later day, when there is no digest today."""
    return f"，随 {day}的速递发。"


def after_published(day: str) -> str:
    """A note that came after today's digest."""
    return f"。今天的速递已经发了，这条随 {day}的速递发。"


def after_laid(day: str) -> str:
    """A note that came while today's digest waits for the teacher's tap."""
    return f"。今天的速递已经在等班主任发，这条随 {day}的速递发。"


def after_skipped(day: str) -> str:
    """A note on a day without a digest by choice."""
    return f"。今天的速递说了不发，这条随 {day}的速递发。"


def after_closing(day: str) -> str:
    """A note after 21:00."""
    return f"。今天已过 21:00，这条随 {day}的速递发。"


ALREADY_NOTED = "这句之前记过，不会写两遍。"


def praise_what(name: str) -> str:
    """Praise is a deed."""
    return f"表扬{name}什么？说一件具体的事，比如「表扬{name}主动扫了地」。"


TOO_LATE_FOR_IT = "那份放学后才发，这件事来不及的话请您在群里说一声；不要这条就说「刚才那条不要了」。"


def hidden_names(names: Sequence[str]) -> str:
    """Whose family has not agreed to praise by name."""
    return f"{'、'.join(names)}家还没同意点名，发出时写「{SOMEONE}」。"


def getting_long(count: int) -> str:
    """A hint above 120 characters."""
    return f"现在共 {count} 字，120 字以内最容易看完。"


def too_long(count: int, most: int) -> str:
    """A note that no longer fits."""
    return f"速递最多 {most} 字，加上这条有 {count} 字，所以没有记。请说短一点，或先删一条。"


def too_long_to_send(count: int, most: int) -> str:
    """A digest that grew too long by editing."""
    return f"速递有 {count} 字，超过 {most} 字，先没有发。请删一条或改短，再回复「发送」。"


UNSORTED = "这是要放进今天的速递（要闻/表扬/提醒），还是发给哪位家长？"


def unsorted_left(text: str) -> str:
    """Some notes of a message were clear, one is not."""
    return f"还有一句：“{text}”。{UNSORTED}"


LET_GO = "好，这句我没有记，也没有转。给家长带话，说「回复小明妈妈：…」。"
NOTHING_ASKED = {
    "confirm_yes": "好。要发速递，说「发送」；给家长带话，说「回复小明妈妈：…」。",
    "confirm_no": "好，什么也没有做。",
}
"""A teacher says yes or no to nothing."""


def names_a_child(names: Sequence[str]) -> str:
    """A reminder for one child is a matter for its family."""
    return f"这条点了{'、'.join(names)}的名，群里不提醒单个孩子，所以没有记。\n要告诉家长，说「回复{names[0]}妈妈：…」。"


def one_childs_matter(names: Sequence[str]) -> str:
    """Health, absence or trouble of a named child, meant for the digest."""
    return f"这条说的是{'、'.join(names)}一家的事，群里不发，所以没有记。\n要告诉家长，说「回复{names[0]}妈妈：…」。"


def for_the_family(names: Sequence[str]) -> str:
    """The same without a section said: the words wait for a family to be named."""
    return f"这句说的是{'、'.join(names)}一家的事，群里不发，没有记。\n要告诉家长，回「回复{names[0]}妈妈」，我就发这句。"


WHICH_CLASS = "这是哪个班的？"
TALK_OVER = "这件事隔得有点久，我没有留着。请再说一遍。"
KIND_ALONE = "后面接上内容就行，比如「表扬小明主动扫了地」「提醒明天带跳绳」。"


def say_class(example: str) -> str:
    """More classes than buttons."""
    return f"这是哪个班的？请带上班名再说一遍，比如「{example}：提醒明天带跳绳」。"


def not_your_class(name: str) -> str:
    """A class the teacher does not teach."""
    return f"您名下没有{name}，这句没有记。请看看班名再说一遍。"


NO_TERM = "学校还没有设学期日期，不知道哪天上学，这条没有记。请教务先设好学期。"

# Changing notes


def edited(number: int, kind: str, text: str) -> str:
    """The echo of a change."""
    return f"改好了，第{number}条（{KIND[kind]}）：{text}"


def removed(kind: str, text: str, left: int) -> str:
    """The echo of a deletion."""
    rest = f"还剩 {left} 条。" if left else "现在一条也没有了。"
    return f"删掉了（{KIND[kind]}）：{text.rstrip('。')}。{rest}"


def removed_all(items: Sequence[str], left: int) -> str:
    """The echo of several deletions."""
    rest = f"还剩 {left} 条。" if left else "现在一条也没有了。"
    return f"删掉了 {len(items)} 条：{'；'.join(item.rstrip('。') for item in items)}。{rest}"


def no_such_note(count: int) -> str:
    """An index that is not there."""
    if not count:
        return f"今天还没有记内容。{SAY_LIKE}"
    return f"没有这一条，现在共 {count} 条。说「看一下」可以看到编号。"


def which_note(lines: Sequence[str]) -> str:
    """A keyword fits several notes."""
    return "\n".join(("有几条都像：", *lines, "请带上编号再说一遍，比如「第2条改成…」「删第2条」。"))


def not_yours(author: str) -> str:
    """A co-teacher wants to change another's note."""
    return f"这条是{author}记的，请{author}来改。"


AT_THE_END = "最后"
WHAT_TO_CHANGE = "要改哪条？说「第2条改成…」「删第1条」，或者直接补一条。"
HOW_TO_RECALL = "群里那份要撤，说「撤回速递」。"
HOW_TO_UNDO = "要去掉刚记的那条，说「刚才那条不要了」；要改，说「刚才那条改成…」。"
ONLY_SAID = {
    "remove_many": "要删哪几条，说「删第1、2条」或「去掉表扬」。今天整份都不要，说「今天不发」。",
    "pause_digest": "速递只能当天停，到那天说「今天不发」。不想自动发，说「不要自动发」，以后每次等您说「发送」。",
}
ALREADY_LAID = "今天的速递在等班主任发到群里。要改，先说「先别发」，改好再说「发送」。"
ALREADY_OUT = "今天的速递已经发到群里，改不了了。要更正，请再记一条，随下一份发。"

# Preview, sending, skipping


def preview(lines: Sequence[str], when: str, remarks: Sequence[str]) -> str:
    """The preview: the digest with numbers, what is special about it, and when it goes out."""
    return "\n".join([*lines, *remarks, when])


def goes_out(clock: str, way: Way) -> str:
    """Automatic sending, as far as the group lets us."""
    if way == "confirmed":
        return f"{clock} 请您点一下「发送」，就发到班级群。"
    if way == "by_hand":
        return f"{clock} 我把文字和长图发给您，请您转到班级群。"
    return f"{clock} 自动发出。"


def goes_with(day: str) -> str:
    """Notes for a later day."""
    return f"这些随 {day}的速递发。"


NEEDS_BUTTON = "您说「发送」才会发到群里。"
ALREADY_PUBLISHED = "（今天的已经发到群里）"
LIES_BEFORE_YOU = "（在等班主任发到群里）"


def nothing_yet(class_name: str) -> str:
    """No notes."""
    return f"{class_name}今天的速递还没有内容。{SAY_LIKE}"


def nothing_to_send(class_name: str) -> str:
    """Never empty."""
    return f"{class_name}今天的速递还没有内容，空的不发。{SAY_LIKE}"


def only_class_teacher(teacher: str) -> str:
    """A co-teacher wants to decide."""
    return f"发不发由{teacher}决定。您记的内容都在，{teacher}预览时会看到。"


def already_sent(name: str) -> str:
    """Published before."""
    return f"{name}已经发到群里了，不会再发第二遍。"


def being_sent(name: str) -> str:
    """In the outbox."""
    return f"{name}正在发，马上就到群里。"


def waits_for_you(name: str) -> str:
    """It lies before the class teacher."""
    return f"{name}在等班主任点「发送」，还没到群里。要改，先说「先别发」。"


def not_a_school_day(day: str, following: str) -> str:
    """No digest on a free day."""
    return f"今天{day}不上学，不发速递。记下的内容随 {following}的速递发。"


NO_SCHOOL_TODAY = "今天不上学，不发速递。"
PAST_NINE = "已过 21:00，今天的速递不再发。当天的内容要用，明天再说一遍就行。"


def skipped(class_name: str) -> str:
    """Not today."""
    return f"好，{class_name}今天的速递不发。内容还在，改主意就说「发送」（21:00 前）。"


def held(class_name: str) -> str:
    """Not by itself today."""
    return f"好，{class_name}今天的速递先不自动发。准备好了说「发送」，21:00 前都可以。"


# Failures


def not_sent(name: str, reason: tuple[str, str]) -> str:
    """Refused for sure; the reason and what to do come from :func:`why`."""
    return f"{name}没发出去：{reason[0]}。\n内容还在，{reason[1]}，再回复「重发」。"


def why(code: str) -> tuple[str, str]:
    """A refusal's reason and what the teacher can do, from the platform's code or our own."""
    for part, words in _WHY:
        if part in code:
            return words
    return _OTHERWISE


_SLOT = ("今天的群消息已经发过一条了，一天只能发一条", "可以说「长图」，您自己转到群里")
_NO_ROBOT = ("群里已经没有机器人了", "请把机器人加回群")
_NO_GROUP = ("这个班还没有连上班级群", "请把机器人加进班级群")
_MONTH = ("这个月学校的钉钉发送次数用完了", "急用就说「看一下」，复制到群里；等管理员加了次数")
_RESERVE = ("这个月的发送次数快用完了，剩下的要留给急事", "可以说「长图」，您自己转到群里；等管理员加了次数")
_CONFIG = ("应用的设置有问题", "请学校管理员看一下")
_CONTENT = ("平台说内容里有不能发的字", "请改一下")
_GUARDED = ("里面有不能发到群里的内容", "请说「看一下」，改好那条")
_OTHERWISE = ("平台没有收下", "过几分钟")
_WHY = (
    ("guard.", _GUARDED),
    ("no_lane", _NO_GROUP),
    ("slot_used", _SLOT),
    ("robot", _NO_ROBOT),
    ("notExist", _NO_ROBOT),
    ("disbanded", ("这个群已经解散了", "请换一个班级群")),
    ("OpenConversationId", _NO_ROBOT),
    ("openConversationId", _NO_ROBOT),
    ("forbidden.sendMessage", ("机器人在群里被禁言了", "请在群里解除")),
    (MONTH_RESERVE, _RESERVE),
    ("month", _MONTH),
    ("90020", _MONTH),
    ("20001", _MONTH),
    ("ApiCountLimit", _MONTH),
    ("unsafe", _CONTENT),
    ("Unsafe", _CONTENT),
    ("invalidClientId", _CONFIG),
    ("authFailed", _CONFIG),
    ("Forbidden", _CONFIG),
    ("PermissionDenied", _CONFIG),
)


def maybe_sent(name: str) -> str:
    """Unknown."""
    return (
        f"{name}不确定有没有发出去，请看一眼班级群。\n群里没有，就回复「重发」；有了，就回复「{ARRIVED}」。"
    )


def again(text: str) -> str:
    """A second copy that may be a double."""
    return f"补发，如已收到请忽略：\n{text}"


def expired(name: str) -> str:
    """The deadline passed in the outbox."""
    return f"{name}到 21:00 还没发成，今天不再发。当天的内容要用，明天再说一遍就行。"


def not_told(name: str) -> str:
    """21:00, and the teacher who copies by hand has not said that it was done."""
    return f"没听到您说{name}转了没有，今天不再问，也不算已发。当天的内容还要用，明天再说一遍就行。"


def dropped(name: str, count: int) -> str:
    """21:00 without a decision, or a start that came too late."""
    return f"{name}没有发（已过 21:00），记下的 {count} 条没有带到下一份。\n要用的话，再说一遍就行。"


def never_confirmed(name: str) -> str:
    """It failed or was doubtful, and nobody said what to do before 21:00."""
    return f"{name}到 21:00 还没有确认发出，今天不再发。\n当天的内容要用，再说一遍就行。"


def restored(class_name: str) -> str:
    """A backup was restored: whether today's digest was posted is not known."""
    return f"数据从备份恢复了，不知道{class_name}今天的速递有没有发过，先不自动发。\n群里没有，就说「发送」；有了，就说「今天不发」。"


def marked_arrived(name: str) -> str:
    """The teacher has seen it in the group."""
    return f"好，{name}记为已发，家长来问就按它回答。"


# Parents' questions


def reminders(target: str, items: Sequence[str], day: str, relative: str) -> str:
    """What is to be minded, from a published digest."""
    head = f"{relative}{target}的提醒（{day}速递）："
    if len(items) == 1:
        return head + items[0].rstrip("。") + "。"
    return head + "\n" + "\n".join(f"{number}) {item.rstrip('。')}" for number, item in enumerate(items, 1))


def no_reminders(target: str, day: str, relative: str) -> str:
    """A digest without reminders."""
    return f"{relative}{target}：{day}速递里没有写要带的东西。"


def not_published(target: str, relative: str) -> str:
    """Nothing was published for that day yet."""
    return f"{relative}{target}要带什么，老师还没有发。"


def free_day(relative: str, asked: str, following: str) -> str:
    """The day asked about has no school."""
    return f"{relative}{asked}不上学" + (f"，下一个上学日是{following}。" if following else "。")


NO_FOLLOWING = "接下来没有排上学日，具体请问老师。"


def offer(teacher: str) -> str:
    """It becomes a question for the teacher only if the parent says so."""
    return f"要我问{teacher}吗？"


def no_digest(day: str) -> str:
    """Asked for a digest that was not published."""
    return f"{day}的速递还没有发到群里。"


def for_class(class_name: str, text: str) -> str:
    """Several classes in one answer."""
    return f"{class_name}：{text}"


LET_IT_BE = "好，没有转。"
NOT_WORDS = "语音没听清，文件我还放不进速递，请把内容用文字说一遍。"
CLASS_TEACHER = "班主任"
CLASS_SUFFIX = "班"
