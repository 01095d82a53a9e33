"""From a named day to a date, seen from now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from config.school_calendar import public_day
from handlers.language.dates.festivals import festival, lunar
from handlers.language.dates.numbers import number
from handlers.language.dates.tokens import Token, weekday_of

_PAST_DAYS = 60
"""A month and day so far back is past; further back is next year's."""
_NEAR = {
    "大后天": 3, "后天": 2, "后儿": 2, "后日": 2, "後日": 2, "明": 1, "聽": 1, "听": 1, "翌日": 1, "次日": 1, "第二天": 1, "隔天": 1, "今": 0, "当天": 0, "大前天": -3, "前天": -2, "昨": -1, "琴日": -1, "寻日": -1, "尋日": -1, "噚日": -1,
}  # fmt: skip
_LUNAR_MONTHS = {"正月": 1, "大年": 1, "年": 1, "冬月": 11, "腊月": 12}
_PARTS = {"半": 0.5, "一个半": 1.5, "两个半": 2.5, "一刻": 0.25, "三刻": 0.75}


@dataclass(frozen=True, slots=True)
class Days:
    """One or more days, as far as they are known.

    Args:
        start: The first day; None: not known (with ``ambiguous``) or impossible (with ``invalid``).
        end: The last day of several, included.
        alt: Other days that may be meant.
        ambiguous: Whether it has to be asked.
        invalid: There is no such day.
        moment: An exact moment instead, for 「两小时后」.
    """

    start: date | None = None
    end: date | None = None
    alt: tuple[date, ...] = ()
    ambiguous: bool = False
    invalid: bool = False
    moment: datetime | None = None


def days_of(token: Token, now: datetime, at: time | None) -> Days:
    """What a token means.

    Args:
        token: One that names a day.
        now: Local.
        at: The hour said with it, or the end of the part of the day: decides whether today's is over.
    """
    return _READERS[token.kind](token, now, at)


def _later(token: Token, now: datetime, at: time | None) -> Days:
    word, unit = token["later"], token["unit"]
    if word == "几" or (word not in _PARTS and number(word.removesuffix("个半")) is None):  # 「两三天后」
        return Days(ambiguous=True)
    if unit in ("小时", "钟头", "分钟", "分", "钟", "刻钟"):
        return _moment(now, word, minutes=unit.startswith("分"))
    count = number(word.removesuffix("个半")) or 0
    today = now.date()
    if unit.endswith("月"):
        return (
            Days(_months(today, count)) if word != "半" else Days(today + timedelta(days=15), ambiguous=True)
        )
    return Days(today + timedelta(days=count * (1 if unit == "天" else 7)))


def _moment(now: datetime, word: str, *, minutes: bool) -> Days:
    count = _PARTS.get(word)
    if count is None:
        count = (number(word.removesuffix("个半")) or 0) + (0.5 if word.endswith("个半") else 0)
    moment = now + (timedelta(minutes=count) if minutes else timedelta(hours=count))
    return Days(moment=moment.replace(second=0, microsecond=0))


def _months(today: date, count: int) -> date:
    month = today.month - 1 + count
    year, month = today.year + month // 12, month % 12 + 1
    return next(day for day in (_date(year, month, today.day - back) for back in range(4)) if day is not None)


def _ago(token: Token, now: datetime, at: time | None) -> Days:
    count = number(token["ago"])
    if count is None:
        return Days(ambiguous=True)
    unit = token["agounit"]
    if unit in ("小时", "分钟"):
        back = timedelta(hours=count) if unit == "小时" else timedelta(minutes=count)
        return Days(moment=(now - back).replace(second=0, microsecond=0))
    if unit == "月":
        return Days(_months(now.date(), -count))
    return Days(now.date() - timedelta(days=count * (1 if unit == "天" else 7)))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _exact(year: int, month: int | None, day: int | None) -> Days:
    found = _date(year, month or 0, day or 0)
    return Days(found) if found else Days(invalid=True)


def _full(token: Token, now: datetime, at: time | None) -> Days:
    said = token["year"]
    year = (
        now.year + {"去年": -1, "今年": 0, "明年": 1, "后年": 2}[said]
        if said.endswith("年")
        else number(said)
    )
    return _exact(year or 0, number(token["fmonth"]), number(token["fday"]))


def _month_day(token: Token, now: datetime, at: time | None) -> Days:
    if token["nextyear"]:
        return _exact(now.year + 1, number(token["month"]), number(token["day"]))
    return _yearless(number(token["month"]), number(token["day"]), now.date())


def _slash(token: Token, now: datetime, at: time | None) -> Days:
    return _yearless(number(token["smonth"]), number(token["sday"]), now.date())


def _yearless(month: int | None, day: int | None, today: date) -> Days:
    """Up to 60 days back is past; further back, next year's; a past December said in January is last year's."""
    if not _date(2028, month or 0, day or 0):  # a leap year: is there such a day at all
        return Days(invalid=True)
    found = [
        each
        for year in (today.year - 1, today.year, today.year + 1)
        if (each := _date(year, month or 0, day or 0))
    ]
    near = [each for each in found if (today - each).days <= _PAST_DAYS]
    return Days(near[0]) if near else Days(invalid=True)


def _lunar(token: Token, now: datetime, at: time | None) -> Days:
    month = _LUNAR_MONTHS.get(token["lmonth"]) or number(re.sub("农历|阴历|旧历|月", "", token["lmonth"]))
    day = number(token["lday"].removeprefix("初"))
    for year in (now.year - 1, now.year, now.year + 1):
        try:
            found = lunar(month or 0, day or 0, year)
        except ValueError:
            continue
        if (now.date() - found).days <= 0:
            return Days(found)
    return Days(invalid=True)


def _month_end(token: Token, now: datetime, at: time | None) -> Days:
    today = now.date()
    if token["yearend"]:
        return Days(date(today.year, 12, 31), ambiguous=True)
    shift = {"下": 1, "上": -1}.get(token["whose"][:1], 0)
    if token["emonth"]:
        shift = ((number(token["emonth"]) or today.month) - today.month) % 12
    first = _months(today.replace(day=1), shift)
    last = _months(first, 1) - timedelta(days=1)
    day = {
        "底": last,
        "末": last,
        "初": first,
        "中旬": first.replace(day=15),
        "中": first.replace(day=15),
        "上旬": first,
        "下旬": first.replace(day=21),
    }[token["vague"]]
    if token["vague"] == "初" and not shift and day < today and not token["whose"] and not token["emonth"]:
        day = _months(first, 1)
    return Days(day, ambiguous=True)


def _month_of(token: Token, now: datetime, at: time | None) -> Days:
    said = token["of"] or token["ofonly"]
    first = _months(
        now.date().replace(day=1), {"下": 2 if said.startswith("下下") else 1, "上": -1}.get(said[0], 0)
    )
    if token["of"]:
        return _exact(first.year, first.month, number(token["ofday"]))
    return Days(first, _months(first, 1) - timedelta(days=1))


def _near(token: Token, now: datetime, at: time | None) -> Days:
    day = now.date() + timedelta(days=near_offset(token["near"]))
    return Days(day, day + timedelta(days=1)) if token["near"].startswith(("明后", "今明")) else Days(day)


def near_offset(word: str) -> int:
    """How many days from today 「明早」 and its like are."""
    return next(offset for known, offset in _NEAR.items() if word.startswith(known))


def _makeup(token: Token, now: datetime, at: time | None) -> Days:
    for ahead in range(200):
        day = now.date() + timedelta(days=ahead)
        wanted = {"六": 5, "日": 6, "天": 6}.get(token["mday"], day.weekday())
        if public_day(day)[0] == "makeup" and day.weekday() == wanted:
            return Days(day)
    return Days(ambiguous=True)


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def week_offset(word: str) -> int:
    """下 is the week after this one, 上上 the one before the last."""
    return word.count("下") - word.count("上")


def _weekend(token: Token, now: datetime, at: time | None) -> Days:
    saturday = _monday(now.date()) + timedelta(days=5 + 7 * week_offset(token["wwhose"]))
    if now.weekday() == 6 and not week_offset(token["wwhose"]):  # on its last day: this one or the next
        return Days(saturday, saturday + timedelta(days=1), (saturday + timedelta(days=7),), ambiguous=True)
    return Days(saturday, saturday + timedelta(days=1))


def _weekday(token: Token, now: datetime, at: time | None) -> Days:
    which = token["wwhich"]
    wanted = weekday_of(token)
    today = now.date()
    if which and which[0] in "上下":
        return Days(_monday(today) + timedelta(days=wanted + 7 * week_offset(which)))
    if which and which[0] in "这本":
        day = _monday(today) + timedelta(days=wanted)
        if today.weekday() == 6:  # on a Sunday people mean the week that comes
            return Days(day + timedelta(days=7), alt=(day,), ambiguous=True)
        return Days(day)
    if which:  # 「每周三」: the next of them
        return Days(today + timedelta(days=(wanted - today.weekday()) % 7))
    return _bare_weekday(today, wanted, now, at)


def _bare_weekday(today: date, wanted: int, now: datetime, at: time | None) -> Days:
    ahead = (wanted - today.weekday()) % 7
    day, week = today + timedelta(days=ahead), timedelta(days=7)
    if ahead == 0 and at is not None and at <= now.time().replace(tzinfo=None):
        return Days(day + week, alt=(day,), ambiguous=True)
    return Days(day, alt=(day + week,), ambiguous=True) if ahead <= 1 else Days(day)


def _week(token: Token, now: datetime, at: time | None) -> Days:
    monday = _monday(now.date()) + timedelta(days=7 * week_offset(token["week"]))
    return Days(monday, monday + timedelta(days=6))


def _every_day(token: Token, now: datetime, at: time | None) -> Days:
    return Days(ambiguous=True)


def _festival(token: Token, now: datetime, at: time | None) -> Days:
    name, today = token["festival"], now.date()
    found = [each for year in (today.year, today.year + 1) if (each := festival(name, year)) is not None]
    if token["festday"]:
        same = [replace_day(each, number(token["festday"])) for each in found]
        found = [each for each in same if each is not None]
    coming = next((each for each in found if (today - each).days <= 0), None)
    if coming is None:
        return Days(invalid=True)
    if token["over"]:
        return Days(_last_off(coming) + timedelta(days=1), ambiguous=True)
    return Days(coming, _last_off(coming) if token["whole"] else None)


def _last_off(day: date) -> date:
    """The last free day of the holiday that begins with this one."""
    while public_day(day + timedelta(days=1))[0] in ("holiday", "weekend"):
        day += timedelta(days=1)
    return day


def replace_day(day: date, wanted: int | None) -> date | None:
    """Another day of the same month."""
    return _date(day.year, day.month, wanted or 0)


def _vague(token: Token, now: datetime, at: time | None) -> Days:
    if not token["soon"]:
        return Days(ambiguous=True)
    day, seen = now.date(), False
    for _ in range(200):
        day += timedelta(days=1)
        off = public_day(day)[0]
        seen = seen or off == "holiday"
        if seen and off in ("school", "makeup"):
            return Days(day, ambiguous=True)
    return Days(ambiguous=True)


def _day(token: Token, now: datetime, at: time | None) -> Days:
    wanted, today = number(token["dday"]), now.date()
    if wanted is None or not 1 <= wanted <= 31:
        return Days(invalid=True)
    this = replace_day(today, wanted)
    over = this is not None and (
        this < today or (this == today and at is not None and at <= now.time().replace(tzinfo=None))
    )
    if this is not None and not over:
        return Days(this)
    ahead = (replace_day(_months(today.replace(day=1), count), wanted) for count in (1, 2))
    coming = next(day for day in ahead if day is not None)
    return Days(coming, alt=(this,) if this else (), ambiguous=True)


_READERS = {
    "later": _later, "ago": _ago, "full": _full, "lunar": _lunar, "month_day": _month_day, "slash": _slash, "month_end": _month_end, "month_of": _month_of, "near": _near,
    "makeup": _makeup, "weekend": _weekend, "weekday": _weekday, "week": _week, "every_day": _every_day, "festival": _festival, "vague": _vague, "day": _day,
}  # fmt: skip
