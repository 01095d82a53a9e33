"""What contact cards say, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

_LIST = "、"
TEACHER = "老师"
SEND, INSTEAD, AS_IT_IS, NOT_NOW = "发给家长", "换成这样发", "照原样发", "先不发"
SEEN, SAY = "看过了", "有话说"
LABEL = "家校联系卡"
GUARDIAN = "家长"
LAST = "上"
IN_THE_MORNING = ("明早七点半", "早上七点半")
"""Tomorrow, or today."""
SIGNED, NOT_SIGNED = "已签", "未签"


def preview(day: str, lines: Sequence[str], more: int, *, hard: bool, missing: str) -> str:
    """The cards before they go out."""
    listed = "\n".join(lines)
    rest = f"\n……还有 {more} 位，都在里面。" if more else ""
    ask = "\n「→」后面是温和一点的说法，您定。" if hard else ""
    return f"{LABEL}，{day}，{len(lines) + more} 位，各家只看得到自己的：\n{listed}{rest}{ask}{missing}"


def line(name: str, text: str, instead: str) -> str:
    """One of them: 「小明：作业按时交」."""
    return f"{name}：{text}" + (f" → {instead}" if instead else "")


def missing(names: Sequence[str], count: int) -> str:
    """Who has no card yet, for the class teacher."""
    more = f"等 {count} 位" if count > len(names) else ""
    return f"\n还没写的：{_LIST.join(names)}{more}。补一句就说「联系卡：小明 ……」。"


def from_week(days: Sequence[str]) -> str:
    """A week's praise of one child."""
    return f"这周{'；'.join(days)}"


def on(day: str, text: str) -> str:
    """「周一主动扫了地」."""
    return f"{day}{text}"


def to_family(child: str, day: str, text: str, teacher: str) -> str:
    """What a family reads."""
    return f"{child}的{LABEL}，{day}：\n{text}{'' if text[-1:] in '。！？!?' else '。'}\n——{teacher}"


def sent(families: int, when: str, unbound: Sequence[str]) -> str:
    """They go out."""
    head = f"好，{when}发给 {families} 家。" if when else f"好，已发给 {families} 家。"
    paper = f"\n还没绑定的，请写在纸上：{_LIST.join(unbound)}。" if unbound else ""
    return f"{head}要看谁没签，说「联系卡谁没签」。{paper}"


def which(name: str, names: Sequence[str]) -> str:
    """More than one child may be meant."""
    return f"「{name}」可能是{_LIST.join(names)}，都还没有记。请写全名（和班级）再发一遍。"


def nobody(piece: str) -> str:
    """It begins with no name."""
    return f"「{piece[:12]}」前面没有找到孩子的名字，都还没有记。一行一位，比如「联系卡：小明 作业按时交」。"


def too_long(name: str, count: int, most: int) -> str:
    """A card is short."""
    return f"{name}这条有 {count} 个字，最多 {most} 个，都还没有记。短一点再发一遍。"


def too_many(most: int) -> str:
    """So many at once."""
    return f"一次最多 {most} 位，都还没有记。请分两次发。"


def empty(name: str) -> str:
    """A name and nothing else."""
    return f"{name}后面还没有写内容，都还没有记。比如「联系卡：小明 作业按时交」。"


def reworded(name: str, text: str) -> str:
    """One reads differently."""
    return f"改好了：{name}：{text}。说「联系卡」再看一遍、发出去。"


def dropped(name: str) -> str:
    """One is taken out."""
    return f"好，{name}这张不发。"


def signed(child: str, when: str, teacher: str) -> str:
    """A guardian has tapped."""
    return f"好，{child}的联系卡记下您 {when} 看过了。有话想对{teacher}说，点「{SAY}」。"


def say_now(teacher: str) -> str:
    """Own words are asked for."""
    return f"请说吧，我转给{teacher}。不想说了就回「算了」。"


def standing(day: str, signed_: int, all_: int, names: Sequence[str]) -> str:
    """Who has not signed, for the teacher alone."""
    head = f"{day}的联系卡：{all_} 家里 {signed_} 家看过了。"
    return head + (f"\n还没看的：{_LIST.join(names)}。" if names else "")


def bundle_day(year: int, month: int) -> str:
    """「2026年10月」."""
    return f"{year}年{month}月"


def entry(day: str, teacher: str, text: str, signs: Sequence[str]) -> str:
    """One card in the month's bundle."""
    return f"{day} {teacher}：{text}（{_LIST.join(signs) if signs else NOT_SIGNED}）"


def sign(guardian: str, when: str) -> str:
    """「妈妈 10月16日 17:20 已签」."""
    return f"{guardian} {when} {SIGNED}"


def file_name(whose: str, month: str) -> str:
    """A file's name."""
    return f"{whose}联系卡 {month}.pdf"


def own(child: str, month: str, lines: Sequence[str]) -> str:
    """A family's own cards."""
    listed = "\n".join(lines)
    return f"{child}的联系卡（{month}）：\n{listed}"


def none_of(month: str) -> str:
    """There is none in that month."""
    return f"{month}还没有发过联系卡。"


def guardian(child: str, relation: str) -> str:
    """「小明妈妈」."""
    return f"{child}{relation or GUARDIAN}"


def not_delivered(guardian: str) -> str:
    """It did not arrive."""
    return f"{guardian}没收到联系卡（别的家人会收到）。内容还在，请打个电话，或让孩子带纸条。"


def moment(day: str, clock: object) -> str:
    """「10月16日 17:20」."""
    return f"{day} {clock}"


NOTHING = "这周还没有可写的。一行一位就行，比如「联系卡：小明 作业按时交；乐乐 上课举手多了」。"
NO_DRAFT = "没有等着发的联系卡，没有改。说「联系卡：小明 ……」就记一张。"
NOT_THERE = "联系卡里没有这个名字，没有改。说「联系卡」可以再看一遍。"
NOT_SENT = "好，先不发。内容还在，说「联系卡」再看。"
GONE = "这些联系卡已经发过了，或者不在了。说「联系卡」可以再看。"
NOT_YOURS = "这张联系卡不是您家的，或者已经不在了。"
NO_CARDS = "最近还没有发过联系卡。"
NOT_SAID = "好，没有转。"
NO_FILE = "联系卡的 PDF 没做出来。过一会儿再说一次「联系卡PDF」。"
ALL_SIGNED = "都看过了。"
