"""Dates and times as codes that need no now: ``D+1``, ``W+1-3``, ``NEXT-5``, ``16:00``, ``AM``.

``D+n`` days from today, ``W+w-d`` week and weekday (Monday 1), ``NEXT-d`` a weekday without 这/下, ``EVERY-d``,
``MM-DD``, ranges with ``/``, several as a list; times ``HH:MM`` or a part of the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from handlers.language.dates.days import near_offset, week_offset
from handlers.language.dates.festivals import fixed
from handlers.language.dates.groups import Group, groups, target
from handlers.language.dates.hours import hour_of
from handlers.language.dates.numbers import NUMBER, number
from handlers.language.dates.plain import plain
from handlers.language.dates.tokens import Token, weekday_of

Slots = dict[str, object]
_PARTS = (
    ("NOON", ("中午", "正午", "午休", "午饭后", "午间")),
    ("AM", ("清晨", "早晨", "早上", "一早", "大清早", "上午", "早", "AM", "am", "凌晨")),
    ("PM", ("下午", "午后", "PM", "pm")),
    ("EVE", ("傍晚", "晚饭后", "晚间", "晚上", "夜里", "夜晚", "半夜", "深夜", "晚")),
)
_WORDS = (
    ("MAKEUP_WORKDAY", re.compile(r"补班|补课那|补课的?(?:那|周)|调休(?:上班|上课|那|的?周)")),
    ("EXAM_WEEK", re.compile(r"(?:期中|期末|考试)[^，,。]{0,3}(?:周|那周|这(?:个)?(?:周|礼拜|星期)|期间)")),
    ("VACATION", re.compile(r"寒假|暑假|放假(?:期间|的时候|里|后|能|可以|还|联系)|假期")),
    ("term", re.compile(r"(?:这|本|整)(?:个)?学期|学期(?:内|以来)")),
    ("MONTH_END", re.compile(r"(?<!年)月底|月末")),
)  # fmt: skip
_ANY = re.compile(
    r"随便|都行|都可以|都成|哪天都|什么时候都|任何时间|任意|看老师(?:的)?(?:时间|方便)?$|听老师(?:的)?安排|您定|老师定|随时"
)
_NOW = re.compile(r"现在|这会儿?|此刻|下班了(?:吗|没)|马上就?(?:能|发|要)|立即|立刻")
_EVERY = re.compile(r"每(?:个)?(?:周|星期|礼拜|天|日|晚|早)|天天|以后(?:都|每|周)|今后")
_DEADLINE = re.compile(
    rf"((?:月底|学期(?:结束|末)|寒假|暑假|国庆|元旦|五一|清明|端午|中秋|春节|期中(?:考试)?|期末(?:考试)?|放假|考试|(?:这|本|下)?(?:周|星期|礼拜)[一二三四五六日末]|{NUMBER}(?:号|日)|{NUMBER}月{NUMBER}[号日]?|(?:早上|上午|中午|下午|晚上)?{NUMBER}点半?))(?:放假|节)?(?:之前|以前|前)(?!面|天)"
)
_HALF = {"半": 0.5, "一个半": 1.5, "两个半": 2.5}
_AMOUNT = rf"(?P<n>(?<!午间)半|一个半|两个半|{NUMBER}|\d{{3}})(?:来)?\s?个?(?:多)?(?P<u>小时|钟头|钟(?!头)|分钟|分(?!享|数|钟|之|班|组|开)|刻钟|天|日(?!记)|周|星期|礼拜|月)(?P<h>半)?"
_SHIFT = re.compile(
    rf"(?P<way>往后|推后|推迟|延后|延迟|延期?|顺延|顺|晚|迟|挪后|后移|提前|提早|早|往前|前移|挪|推|缓)[^，,。\d]{{0,5}}?{_AMOUNT}"
)
_LENGTH = re.compile(_AMOUNT)
_NO_LENGTH = re.compile(r"(?:以|之)?[后前]|(?<=月)[\d一二三四五六七八九十]")
"""「三天后」 and 「2月30号」 are no lengths."""
_LATE = re.compile(
    rf"(?:晚到?|迟到?|还要|还得|再等|大概|大约|差不多|再过|等我)[^，,。\d]{{0,5}}?{_AMOUNT}|{_AMOUNT.replace('?P<n>', '?P<n2>').replace('?P<u>', '?P<u2>').replace('?P<h>', '?P<h2>')}(?:以?后|内|左右|就|能|才)?到?"
)


def date_slots(text: str) -> Slots:
    """Everything a text says of time, as codes.

    Args:
        text: As it came; looked at to its 300th character.

    Returns:
        Some of ``date``, ``time``, ``from_date``, ``from_time``, ``deadline``, ``shift_min``, ``shift_days``,
        ``delay_min``, ``duration_min``, ``days``, ``recurring``. Never raises.
    """
    line = plain(text)
    found = groups(line)
    slots: Slots = {}
    if found:
        at = target(line, found)
        run = _run(found, at)
        _put(slots, run, line)
        _more_times(slots, found[at + len(run) :])
        _moved(slots, line, found, at)
        _of_that_month(slots)
    if "date" not in slots or (found and _only_vague(found)):
        word = next((code for code, pattern in _WORDS if pattern.search(line)), None)
        if word is not None:
            slots["date"] = word
    return slots | _lengths(line) | _general(line, slots)


def _only_vague(found: Sequence[Group]) -> bool:
    return all(group.day is None or group.day.kind in ("vague", "makeup", "month_end") for group in found)


def _general(line: str, slots: Slots) -> Slots:
    more: Slots = {}
    if _ANY.search(line):
        more |= {name: "ANY" for name in ("date", "time") if name not in slots}
    if "time" not in slots and _NOW.search(line):
        more["time"] = "NOW"
    if _EVERY.search(line):
        more["recurring"] = True
    deadline = _DEADLINE.search(line)
    if deadline:
        more["deadline"] = deadline[1] + "前"
    return more


def _run(found: Sequence[Group], at: int) -> list[Group]:
    """A group with those linked to it, and days listed behind it."""
    run = [found[at]]
    for group in found[at + 1 :]:
        if not group.link:
            break
        run.append(group)
    return run


def _put(slots: Slots, run: Sequence[Group], line: str) -> None:
    dates = list(_dates(run))
    if dates:
        slots["date"] = dates[0] if len(dates) == 1 else dates
    times = list(_times(run))
    if times:
        slots["time"] = times[0] if len(times) == 1 else times


def _more_times(slots: Slots, rest: Sequence[Group]) -> None:
    """Further spans of the same days: 「8点到10点 16点到18点」."""
    spans = [
        code
        for at, group in enumerate(rest)
        if group.day is None and not group.link
        for code in _times(_run(rest, at))
        if "-" in code
    ]
    if spans and "-" in str(slots.get("time", "")):
        slots["time"] = [slots["time"], *spans]
    elif "time" not in slots and not any(group.day for group in rest):
        first = [code for group in rest[:1] for code in _times(_run(rest, 0))]
        slots |= {"time": first[0]} if first else {}


def _dates(run: Sequence[Group]) -> Iterator[str]:
    open_range: str | None = None
    last: Token | None = None
    for at, group in enumerate(run):
        if group.day is None:
            continue
        code = _day_code(group.day, last if group.link else None)
        if code is None:
            continue
        if group.day.kind == "near" and group.day["near"].startswith(("明后", "今明")):
            first = code.partition("/")
            yield first[0]
            code = first[2]
        if open_range is not None and group.link == "to":
            yield f"{open_range}/{code}"
            open_range = None
        else:
            if open_range is not None:
                yield open_range
            open_range = code
        last = group.day
        if at == len(run) - 1 or not any(each.day is not None for each in run[at + 1 :]):
            break
    if open_range is not None:
        yield open_range


def _day_code(token: Token, start: Token | None) -> str | None:
    match token.kind:
        case "near":
            return _near_code(token["near"])
        case "weekday":
            return _weekday_code(token, start)
        case "week":
            return f"W{week_offset(token['week']):+d}"
        case "weekend":
            return f"weekend{week_offset(token['wwhose']):+d}"
        case "full" | "month_day" | "slash" | "day" | "month_of":
            return _number_code(token, start)
        case "later" | "ago":
            return _offset_code(token)
        case "festival":
            return _festival_code(token)
        case "makeup":
            return "MAKEUP_WORKDAY"
        case "month_end":
            return "MONTH_END" if token["vague"] in ("底", "末") else None
        case _:
            return None


def _near_code(word: str) -> str:
    if word.startswith(("明后", "今明")):
        first = 1 if word.startswith("明") else 0
        return f"D+{first}/D+{first + 1}"
    return f"D{near_offset(word):+d}"


def _weekday_code(token: Token, start: Token | None) -> str:
    day = weekday_of(token) + 1
    which = token["wwhich"]
    if not which and start is not None and start.kind == "weekday" and start["wwhich"]:
        which = start["wwhich"]  # 「下周一到周三」
    if which[:1] in ("每", "逢"):
        return f"EVERY-{day}"
    if which[:1] in ("上", "下"):
        return f"W{week_offset(which):+d}-{day}"
    return f"W+0-{day}" if which else f"NEXT-{day}"


def _number_code(token: Token, start: Token | None) -> str | None:
    if token.kind == "full":
        month, day = token["fmonth"], token["fday"]
    elif token.kind == "slash":
        month, day = token["smonth"], token["sday"]
    elif token.kind == "month_day":
        month, day = token["month"], token["day"]
    else:
        month, day = "", token["dday"] or token["ofday"]
        if start is not None:
            month = start["month"] or start["fmonth"] or start["smonth"]
    found = number(day) if day else None
    if found is None:
        return None
    return f"{number(month) or 0:02d}-{found:02d}" if month else f"{found:02d}"


def _offset_code(token: Token) -> str | None:
    word, unit = (
        (token["later"], token["unit"]) if token.kind == "later" else (token["ago"], token["agounit"])
    )
    count = number(word)
    each = {"天": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "个月": 30}.get(unit)
    if count is None or each is None:
        return None
    return f"D{'+' if token.kind == 'later' else '-'}{count * each}"


def _festival_code(token: Token) -> str | None:
    day = fixed(token["festival"])
    if day is None:
        return token["festival"]
    return f"{day[0]:02d}-{number(token['festday']) or day[1]:02d}"


def _times(run: Sequence[Group]) -> Iterator[str]:
    begin: str | None = None
    part = ""
    for group in run:
        code = _time_code(group, part if group.link == "to" else "")
        part = group.part or part
        if code is None:
            continue
        if begin is not None and group.link == "to":
            yield f"{begin}-{_later_than(begin, code)}"
            begin = None
        else:
            if begin is not None:
                yield begin
            begin = code
    if begin is not None:
        yield begin


def _later_than(begin: str, end: str) -> str:
    """「六点半到七点二十」: the end of a span is behind its beginning."""
    if end[:2].isdigit() and end < begin and int(end[:2]) < 12:
        return f"{int(end[:2]) + 12:02d}{end[2:]}"
    return end


def _time_code(group: Group, part: str) -> str | None:
    if group.clock is not None:
        hour = hour_of(group.clock, group.part or part)
        return None if hour.wrong else f"{hour.at:%H:%M}"
    if group.school is not None:
        return "AFTER_SCHOOL" if group.school["school"].startswith(("放", "下学", "下了学")) else None
    return next((code for code, words in _PARTS if group.part in words), None)


def _moved(slots: Slots, line: str, found: Sequence[Group], at: int) -> None:
    """What a move moves from; the hour it keeps."""
    if at == 0 or found[at].link:
        return
    old: Slots = {}
    _put(old, _run(found, 0)[:1], line)
    slots |= {f"from_{name}": value for name, value in old.items()}
    if "date" not in slots and "date" in old:
        slots["date"] = slots.pop("from_date")
    if "time" not in slots and "time" in old and re.search(r"同一?个?时间|时间不变|同样", line):
        slots["time"] = old["time"]


def _of_that_month(slots: Slots) -> None:
    """「12月20日改到21日」: the month is said once."""
    old, new = slots.get("from_date"), slots.get("date")
    if isinstance(new, str) and re.fullmatch(r"\d\d", new) and re.fullmatch(r"\d\d-\d\d", str(old)):
        slots["date"] = f"{str(old)[:2]}-{new}"


def _lengths(line: str) -> Slots:
    """How long, how much later, how late."""
    found: Slots = {}
    shift = _SHIFT.search(line)
    if shift is not None:
        sign = -1 if shift["way"] in ("提前", "提早", "早", "往前", "前移") else 1
        minutes, days = _amount(shift["n"], shift["u"], shift["h"])
        if minutes:
            found["shift_min"] = sign * minutes
        elif days:
            found["shift_days"] = sign * days
    late = _LATE.search(line)
    if late is not None:
        minutes, _ = _amount(late["n"] or late["n2"], late["u"] or late["u2"], late["h"] or late["h2"])
        found |= {"delay_min": minutes} if minutes else {}
    for hit in _LENGTH.finditer(line):
        minutes, days = _amount(hit["n"], hit["u"], hit["h"])
        name, value = ("duration_min", minutes) if minutes else ("days", days)
        if value and not _NO_LENGTH.match(line, hit.end()) and not line[: hit.start()].endswith(("第", "月")):
            found.setdefault(name, value)
    if "工作日" in line:
        found["days"] = "workday"
    return found


def _amount(word: str, unit: str, half: str | None) -> tuple[int, float | int]:
    """Minutes and days; one of them is 0."""
    count = _HALF.get(word) or number(word)
    if not count:
        return 0, 0
    count += 0.5 if half else 0
    per = {"小时": 60, "钟头": 60, "钟": 60, "分钟": 1, "分": 1, "刻钟": 15}.get(unit)
    if per:
        return int(count * per), 0
    days = count * {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30}[unit]
    return 0, int(days) if days == int(days) else days
