"""What reports say, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from handlers.language.say import say_short_day
from storage.reports import Part

LABEL = {"week": "班级周报", "month": "班级月报"}
SHORT = {"week": "周报", "month": "月报"}
PART: dict[str, str] = {"news": "要闻", "praise": "表扬", "stars": "每周之星", "ahead": "接下来"}
THIS = {"week": "这周", "month": "这个月"}
SEND, NOT_NOW, NEVER = "放学后发", "这次不发", "以后不问"
NO_SCHOOL, MAKE_UP = "放假，不上学", "补课，要上学"
SOMEBODY = "有同学"
LIST = "、"
_STOPS = "。！？!?…"


def on_day(day: str, text: str) -> str:
    """「周一 升旗仪式」."""
    return f"{day} {text}"


def days(first: date, last: date) -> str:
    """「10月12日–10月16日」."""
    return f"{say_short_day(first)}–{say_short_day(last)}"


def star(name: str, dimension: str) -> str:
    """「小明（劳动之星）」."""
    return f"{name}（{dimension}之星）"


def title(class_name: str, period: str) -> str:
    """A card's title."""
    return f"{class_name}{SHORT[period]}"[:12]


def post(class_name: str, period: str, days: str, parts: Mapping[Part, Sequence[str]]) -> str:
    """What the class reads."""
    return "\n".join((f"【{class_name}{SHORT[period]}】{days}", *(_block(*one) for one in parts.items())))


def _block(part: Part, lines: Sequence[str]) -> str:
    said = "；".join(line.rstrip("。；; ") for line in lines)
    return f"{PART[part]}：{said}" + ("" if said[-1:] in _STOPS else "。")


def card(class_name: str, period: str, days: str, lines: Sequence[tuple[str, str]], *, auto: str) -> str:
    """The draft, numbered, for the class teacher.

    Args:
        lines: Part and words of each.
        auto: When it goes out by itself, or empty.
    """
    listed = "\n".join(
        f"{number}) {PART[part]}：{text}" if part != "news" else f"{number}) {text}"
        for number, (part, text) in enumerate(lines, 1)
    )
    name = SHORT[period]
    change = f"要改就说「{name}第2条改成……」「{name}第2条不要」「{name}加一条：……」。"
    when = f"\n{auto}自动发到群里。" if auto else ""
    return f"{class_name}{name}（{days}）：\n{listed}\n{change}{when}"


def changed(period: str, number: int, text: str) -> str:
    """A line reads differently now."""
    return f"改好了：{SHORT[period]}第 {number} 条「{text}」。"


def removed(period: str, text: str) -> str:
    """A line is gone."""
    return f"{SHORT[period]}里去掉了：「{text}」。"


def added(period: str, number: int, text: str) -> str:
    """A line more."""
    return f"加好了：{SHORT[period]}第 {number} 条「{text}」。"


def no_such(period: str, count: int) -> str:
    """There are not so many lines."""
    return f"{SHORT[period]}只有 {count} 条，没有改。说「{SHORT[period]}」可以再看一遍。"


def too_long(count: int, most: int) -> str:
    """A line is one line."""
    return f"这条有 {count} 个字，最多 {most} 个，还没有改。短一点再说一遍。"


def too_many(period: str, most: int) -> str:
    """A report ends somewhere."""
    return f"{SHORT[period]}最多 {most} 条，这条没有加。先去掉一条再加。"


def stopped(reason: str) -> str:
    """The guard does not let a line through."""
    return f"这条没有写进去：{reason}，发群里会违反规定。请换个说法。"


def chosen(period: str, when: str) -> str:
    """It goes out."""
    name = SHORT[period]
    return f"好，{name}{when}发到群里。\n要转发或打印，说「{name}长图」「{name}PDF」。"


def moment(day: str, clock: object) -> str:
    """「10月16日（周五）16:55」."""
    return f"{day}{clock}"


def skipped(period: str) -> str:
    """Not this time."""
    return f"好，这次不发{SHORT[period]}。"


def handed(period: str) -> str:
    """Too late to change."""
    return f"{SHORT[period]}已经交到群里了，改不了。"


def published(period: str, days: str) -> str:
    """It is out."""
    name = SHORT[period]
    return f"{name}（{days}）已经发过了。要转发或打印，说「{name}长图」「{name}PDF」。"


def nothing(period: str) -> str:
    """Nothing to make one of."""
    return f"{THIS[period]}还没发过速递，{SHORT[period]}没有内容。记几条、发出去，就有了。"


def no_draft(period: str) -> str:
    """There is nothing to change."""
    return f"没有等着发的{SHORT[period]}，没有改。说「{SHORT[period]}」先看一份草稿。"


def none_yet(class_name: str, period: str) -> str:
    """A family asks, and there is none."""
    return f"{class_name}还没发过{SHORT[period]}。每天的速递可以说「今天的速递」再看。"


def file_name(class_name: str, period: str, days: str, ending: str) -> str:
    """A file's name."""
    return f"{class_name}{SHORT[period]} {days}.{ending}"


def caption(class_name: str, period: str, days: str, *, out: bool) -> str:
    """Beside a file."""
    return f"{class_name}{SHORT[period]} {days}{'' if out else '（还没发到群里）'}"


OFF = "好，以后不问了。要看就说「周报」或「月报」。"
AUTO = "好，以后每周最后一个上学日中午先给您看，放学后自动发到群里；一个月的最后一天发的是月报。不要就说「周报不要自动发」。"
ASKED = "好，以后先给您看，您点了才发。"
ONLY_TEACHER = "周报和月报由班主任定。您可以记一条，发过速递就会写进周报。"
GONE = "这份已经不在等了。说「周报」可以再看一份。"
NOT_SENT = "没发到群里。内容还在，说「周报」再发一次。"
MAYBE = "周报可能没发到群里，请看一眼群。没有的话，说「周报长图」，把图转到群里。"
NO_FILE = "周报的图没画出来。过一会儿再说一次「周报长图」或「周报PDF」。"
