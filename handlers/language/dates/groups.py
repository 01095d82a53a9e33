"""Which pieces of a text belong together: a day, a part of it, an hour; and how one moment joins the next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from handlers.language.dates.tokens import Token, tokens

_NEAR = 2
"""Characters between a joining word and what it joins."""
_HINTS = {"早": "早上", "晨": "早上", "晚": "晚上", "夜": "晚上"}
_TARGET = re.compile(
    r"(?:改|换|挪|调|推迟|推|提前|延期?|移|顺延|调整|更改|变更|延后|往后|安排|重新约|重约|搬)(?:一下)?(?:到|成|为|在|至|回|选)(?!期)|(?<!更)[换改](?=[下这周明后大本早晚\d]|上午|下午|中午|[一二两三四五六七八九十]{1,3}点)|定在|→|->"
)
_REFUSED = re.compile(
    r"^[^，,。；;]{0,6}(?:不行|不可以|没空|不方便|来不了|去不了|到不了|不在|有事|冲突|没时间|去不成|来不成|有会|出差|加班|值班|监考|走不开|不合适|不成)"
)
_ALREADY = re.compile(r"^(?:多|半)?了(?!吧|吗)")
_NOT_THAT = re.compile(r"(?:不是|不要|别|除了|不约)$")
_WRONG = re.compile(r"^[^\d一-鿿]{0,2}(?:哦|啊|嗯)?(?:不对|错了|说错|不不|记错|写错|应该是|是说)")


@dataclass(slots=True)
class Group:
    """What is said of one moment.

    Args:
        day: The piece that names a day.
        part: The part of the day, as said, or "".
        clock: The piece that names an hour.
        school: The piece that names an hour of the school day.
        link: ``to`` or ``or`` where it is joined to the group before, else "".
        before: It is a deadline.
        begin: Where it begins in the text.
        end: Where it ends.
    """

    begin: int
    end: int
    day: Token | None = None
    part: str = ""
    clock: Token | None = None
    school: Token | None = None
    link: str = ""
    before: bool = False
    marks: list[str] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        """Whether an hour of any kind was said."""
        return self.clock is not None or self.school is not None


def groups(text: str) -> list[Group]:
    """All moments of a text, in order."""
    found: list[Group] = []
    link: tuple[str, int] | None = None
    for token in tokens(text):
        begin, end = token.found.span()
        if token.kind == "aside":
            if found:
                found[-1].end = end
            continue
        if token.kind in ("to", "or"):
            link = (token.kind, end) if found and begin - found[-1].end <= _NEAR else None
        elif token.kind in ("before", "after"):
            _mark(found, token, begin, end)
        else:
            joined = link[0] if link is not None and begin - link[1] <= _NEAR else ""
            _take(found, token, joined)
            link = None
    return found


def _mark(found: list[Group], token: Token, begin: int, end: int) -> None:
    if found and begin - found[-1].end <= 1:
        found[-1].before = token.kind == "before"
        found[-1].end = end


def _take(found: list[Group], token: Token, link: str) -> None:
    """Put a piece to the last group if it completes it, else begin another."""
    begin, end = token.found.span()
    last = found[-1] if found and not link else None
    if last is not None and last.day is not None and token.is_day and _again(last, token):
        last.end = end
        return
    if (
        last is not None
        and last.day is not None
        and not last.timed
        and token.is_day
        and begin - last.end <= 1
    ):
        if _same_day(last, token):
            last.end = end
            return
        gap = token.found.string[last.end : begin]
        listed = {last.day.kind, token.kind} <= _LISTED or (last.day.kind, token.kind) == ("month_day", "day")
        link, last = "or" if listed and gap in _COMMAS else "", None
    if last is None or not _fits(last, token, begin):
        last = Group(begin, end, link=link)
        found.append(last)
    last.end = end
    if token.is_day:
        last.day = token
        if token.kind == "near":
            last.part = last.part or next(
                (said for hint, said in _HINTS.items() if hint in token["near"]), ""
            )
    elif token.kind == "part":
        last.part = token["part"]
    elif token.kind == "clock":
        last.clock = token
    else:
        last.school = token


_EXACT = frozenset({"full", "month_day", "slash", "month_of", "day", "near", "lunar", "festival"})
_COMMAS = ("", " ", "，", ",", "、")
_LISTED = frozenset({"weekday", "day", "near"})
"""Days that stand side by side are a choice: 「周三周四都可以」."""


def _again(last: Group, token: Token) -> bool:
    """Whether the same day is named once more before its hour: 「下周二吧，下周二三点」, 「下周每天」."""
    assert last.day is not None  # noqa: S101 - the caller has looked
    return not last.timed and (token.kind == "every_day" or token.found[0] == last.day.found[0])


def _same_day(last: Group, token: Token) -> bool:
    """Whether a day is said twice: 「12月3号周四」, 「周四12月3号」."""
    assert last.day is not None  # noqa: S101 - the caller has looked
    if last.day.kind in _EXACT and token.kind == "weekday" and not token["wwhich"]:
        return True
    if last.day.kind in ("weekday", "festival") and token.kind in _EXACT - {"near", "festival"}:
        last.day = token
        return True
    return False


def _clear(found: list[Group]) -> list[int]:
    """The groups that name a day, or else an hour, or else anything but 「改天」."""
    for names in (
        lambda group: group.day is not None and group.day.kind != "vague",
        lambda group: group.day is None and group.timed,
        lambda group: group.day is None,
    ):
        hits = [at for at, group in enumerate(found) if names(group)]
        if hits:
            return hits
    return []


def _fits(last: Group, token: Token, begin: int) -> bool:
    if last.before:
        return False
    if token.kind == "vague":  # 「下午三点半开家长会」 is no 「家长会以后」
        return False
    if token.is_day:  # 「下午四点，周三」: only where nothing but a blank stands between
        return last.day is None and begin - last.end <= _NEAR
    if token.kind == "part":
        return not last.part and last.clock is None
    if token.kind == "clock":  # 「周三提前放学，三点十分」
        return last.clock is None
    return not last.timed


def moves(text: str) -> bool:
    """Whether it is said where something is moved to: 「改到」, 「换成」."""
    return _TARGET.search(text) is not None


def _starts(group: Group) -> int:
    """Where its hour begins, or else its day: 「周二的时段改成三点到四点」 is moved to an hour of that Tuesday."""
    return group.clock.found.start() if group.clock is not None else group.begin


def target(text: str, found: list[Group]) -> int:
    """The number of the group that is meant: the new one of a move, not the one that was refused or corrected."""
    moved = _TARGET.search(text)
    if moved is not None:
        behind = [at for at, group in enumerate(found) if _starts(group) >= moved.start()]
        if behind:
            chosen = found[behind[0]]
            if moved.end() >= chosen.begin:  # the 到 of 「改到」 joins no range
                chosen.link = ""
            return behind[0]
    clear = _clear(found)
    for at, group in enumerate(found[:-1]):
        if clear and at not in clear:
            continue
        rest = text[group.end : found[at + 1].begin]
        refused = (
            _REFUSED.match(rest)
            or (group.clock is not None and group.day is None and _ALREADY.match(rest))
            or _WRONG.match(rest)
            or _NOT_THAT.search(text[: group.begin])
        )
        if not refused or found[at + 1].link == "to":
            return at
    return clear[-1] if clear else 0
