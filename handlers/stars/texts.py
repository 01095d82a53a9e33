"""What weekly stars say, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

_LIST = "、"
CHOOSE, NONE, NEVER = "就这些", "这周不评", "以后不问"
NOT_ASKED = "好，周五不再问。要评就说「这周的每周之星」。"
STAR = "之星"
SOMEBODY = "有同学"
TEACHER = "老师"
ONLY_TEACHER = "每周之星由班主任定。您可以记一条表扬，班主任周五会看到。"
NO_PUPIL = "没找到这个名字，没有记。请写全名再说一遍，比如「小明评劳动之星，主动扫地」。"
NOTHING = "这周还没有候选。说一句就行，比如「小明评劳动之星，主动扫地」。"
SKIPPED = "好，这周不评。记下的事还在，下周可以再提。"
OVER = "这一周的每周之星已经定了。"
PUBLISHED = "这周的每周之星已经发过了，改不了。"


def week(monday: object, friday: object) -> str:
    """「10月12日–10月16日」."""
    return f"{monday}–{friday}"


def too_long(count: int, most: int) -> str:
    """A deed is one short line."""
    return f"事迹有 {count} 个字，最多 {most} 个，还没有记。短一点再说一遍。"


def too_many(most: int) -> str:
    """A week has only so many."""
    return f"一周最多 {most} 位，这次没有记。先说「谁谁不评了」，再加。"


def which(name: str, names: Sequence[str]) -> str:
    """More than one child may be meant."""
    return f"「{name}」可能是{_LIST.join(names)}，还没有记。请写全名再说一遍。"


def line(dimension: str, who: str, deed: str) -> str:
    """「劳动之星 小明：主动扫了地」."""
    return f"{dimension}{STAR} {who}{f'：{deed}' if deed else ''}"


def recorded(lines: Sequence[str]) -> str:
    """The echo."""
    return f"记下了（每周之星）：{'；'.join(lines)}。周五给您看名单。"


def stopped(reason: str) -> str:
    """The guard does not let it through."""
    return f"这条没有记：{reason}，发群里会违反规定。请换个说法。"


def card(class_name: str, days: str, lines: Sequence[str], *, gentle: bool) -> str:
    """The week's list for the teacher."""
    listed = "\n".join(lines)
    hint = "\n这学期大多给了少数几个孩子，说「谁还没评过星」可以看看别人。" if gentle else ""
    return f"每周之星（{class_name} {days}）：\n{listed}\n不要谁就说「小明不评了」，改就说「小明的事迹改成……」。{hint}"


def dropped(name: str) -> str:
    """One is off the list."""
    return f"好，{name}这周先不评。"


def reworded(said: str) -> str:
    """One reads differently now."""
    return f"改好了：{said}。"


def chosen(when: str) -> str:
    """They go out."""
    return f"好，{when}发到群里，随后私下给这几家发喜报。海报在下面，可以转发或打印。"


def moment(day: str, clock: object) -> str:
    """「10月16日（周五）16:49」."""
    return f"{day}{clock}"


def post(class_name: str, days: str, lines: Sequence[str]) -> str:
    """What the class reads."""
    return "\n".join((f"【{class_name}每周之星】{days}", *lines))


def title(class_name: str) -> str:
    """A card's title."""
    return f"{class_name}每周之星"[:12]


def good_news(child: str, class_name: str, dimension: str, deed: str, teacher: str) -> str:
    """The good news (喜报) a family alone reads."""
    what = f"\n{deed}。" if deed else ""
    return f"喜报：{child}是{class_name}这周的{dimension}{STAR}。{what}\n——{teacher}"


def not_yet(names: Sequence[str], count: int) -> str:
    """Who has not been one this term, for the teacher alone."""
    more = f"等 {count} 位" if count > len(names) else ""
    return f"这学期还没评过每周之星的：{_LIST.join(names)}{more}。"


EVERYBODY = "这学期每个孩子都评过每周之星了。"
POSTER = "每周之星海报.png"
HEADING = "每周之星"
CAPTION = "每周之星海报"
NO_POSTER = "海报没画出来，文字照常发。过一会儿说「每周之星海报」再试。"
MAYBE = "每周之星可能没发到群里，请看一眼群。没有的话，说「每周之星海报」，把图转到群里。"
NOT_SENT = "每周之星没发到群里。名单还在，说「这周的每周之星」再定一次。"
GOOD_NEWS, CERTIFICATE = "喜报", "喜报.png"
