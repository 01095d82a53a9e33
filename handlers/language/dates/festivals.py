"""When a festival is: by the sun, by the moon, by the n-th Sunday, by the solar term."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_SOLAR = {
    "元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1), "六一": (6, 1), "儿童节": (6, 1), "教师节": (9, 10), "国庆": (10, 1), "十一": (10, 1),
    "圣诞": (12, 25), "平安夜": (12, 24), "植树节": (3, 12), "妇女节": (3, 8), "三八节": (3, 8),
}  # fmt: skip
_LUNAR = {
    "春节": (1, 1), "大年初一": (1, 1), "元宵": (1, 15), "端午": (5, 5), "七夕": (7, 7), "中秋": (8, 15), "重阳": (9, 9), "腊八": (12, 8), "小年": (12, 23),
}  # fmt: skip
_SUNDAYS = {"母亲节": (5, 2), "父亲节": (6, 3)}
_EVES = ("除夕", "年三十", "大年三十")
_TERMS = ("冬至", "立春", "立夏", "立秋", "立冬", "夏至", "春分", "秋分", "小寒", "大寒", "清明")


def festival(name: str, year: int) -> date | None:
    """The first day of a festival.

    Args:
        name: As said, with or without 节.
        year: By the sun; a festival of the moon's last month may lie in the next.

    Returns:
        The date; None for a name that is none.
    """
    for known, (month, day) in _SOLAR.items():
        if name.startswith(known):
            return date(year, month, day)
    for known, (month, nth) in _SUNDAYS.items():
        if name.startswith(known):
            first = date(year, month, 1)
            return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))
    if name in _EVES:
        return lunar(1, 1, year) - timedelta(days=1)
    for known, (month, day) in _LUNAR.items():
        if name.startswith(known):
            return lunar(month, day, year if month < 12 else year - 1)
    for known in _TERMS:
        if name.startswith(known):
            return _solar_term(known, year)
    return None


def fixed(name: str) -> tuple[int, int] | None:
    """Month and day of a festival that is on the same day every year, with or without 节; None for others."""
    return next((day for known, day in _SOLAR.items() if name.startswith(known)), None)


@lru_cache(maxsize=256)
def lunar(month: int, day: int, year: int) -> date:
    """A day of the moon's calendar, of the lunar year that begins in ``year``.

    Raises:
        ValueError: There is no such day in that month.
    """
    from lunar_python import Lunar  # read when the first such day is named

    try:
        solar = Lunar.fromYmd(year, month, day).getSolar()
    except Exception as error:  # the package raises bare Exception
        raise ValueError("no such day of the moon") from error
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


@lru_cache(maxsize=64)
def _solar_term(name: str, year: int) -> date:
    from lunar_python import Lunar

    table = Lunar.fromYmd(year, 6, 1).getJieQiTable()
    ends = [
        table[key]
        for key in (
            name,
            {"冬至": "DONG_ZHI", "小寒": "XIAO_HAN", "大寒": "DA_HAN", "立春": "LI_CHUN"}.get(name, ""),
        )
        if key in table
    ]
    days = [date(solar.getYear(), solar.getMonth(), solar.getDay()) for solar in ends]
    return next((day for day in days if day.year == year), days[0])
