"""From what was said together to a moment, a span of time or a deadline, seen from now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from handlers.language.dates.days import Days, days_of, replace_day
from handlers.language.dates.groups import Group, groups, target
from handlers.language.dates.hours import AFTER_SCHOOL, NOON, Hour, end_of, hour_of
from handlers.language.dates.numbers import number
from handlers.language.dates.tokens import weekday_of

Moment = date | datetime
_SAME_TIME = re.compile(
    r"同一?(?:个)?时间|时间(?:不变|照旧)|(?:还是)?(?:那个|原来的?)(?:时间|点|钟点)|同样的?时间"
)


@dataclass(frozen=True, slots=True)
class When:
    """What a text says of time.

    Args:
        start: The moment, or the first of a span; a ``date`` where only a day is meant, else aware and local.
        end: The last of a span, included; alone: a deadline.
        ambiguous: It has to be asked; ``start`` is what may be proposed.
        alt: Other readings.
        flags: ``past``, ``holiday``, ``makeup_workday``, ``invalid_date``, ``invalid_time``.
        span: Where in the text it stands.
    """

    start: Moment | None = None
    end: Moment | None = None
    ambiguous: bool = False
    alt: tuple[Moment, ...] = ()
    flags: tuple[str, ...] = ()
    span: tuple[int, int] = (0, 0)

    @property
    def known(self) -> bool:
        """Whether anything was found."""
        return self.start is not None or self.end is not None or bool(self.flags) or self.ambiguous


def first(text: str, now: datetime) -> When:
    """The moment a text is about; nothing known where it names none."""
    found = groups(text)
    if not found:
        return When()
    at = target(text, found)
    return _joined(found, at, now, _same_time(text, found, at))


def all_of(text: str, now: datetime) -> list[When]:
    """Every moment of a text, spans as one."""
    found = groups(text)
    return [_joined(found, at, now, None) for at, group in enumerate(found) if not group.link]


def _same_time(text: str, found: Sequence[Group], at: int) -> Group | None:
    """The group whose hour or day a moved one keeps."""
    group = found[at]
    if at == 0 or group.link:
        return None
    if group.day is None:
        return next((each for each in reversed(found[:at]) if each.day is not None), None)
    if not group.timed and _SAME_TIME.search(text):
        return next((each for each in reversed(found[:at]) if each.timed), None)
    return None


def _joined(found: Sequence[Group], at: int, now: datetime, model: Group | None) -> When:
    """A group with what is linked to it."""
    group = _completed(found[at], model)
    whole = _one(group, now)
    last = group
    for other in found[at + 1 :]:
        if not other.link:
            break
        if (
            other.link == "or" and not group.timed and other.timed and group.day is not None
        ):  # 「明天或者后天下午三点」
            group = replace(group, part=group.part or other.part, clock=other.clock, school=other.school)
            whole = _one(group, now)
        whole = _until(whole, last, other, now) if other.link == "to" else _or(whole, other, group, now)
        last = other
    return _flagged(replace(whole, span=(found[at].begin, last.end)), now)


def _completed(group: Group, model: Group | None) -> Group:
    if model is None:
        return group
    if group.day is None:
        part = group.part or (model.part if group.clock is not None and model.clock is not None else "")
        return replace(group, day=model.day, part=part)
    return replace(group, clock=model.clock, school=model.school, part=group.part or model.part)


def _one(group: Group, now: datetime) -> When:
    hour = hour_of(group.clock, group.part) if group.clock is not None else None
    if hour is not None and hour.wrong:
        return When(flags=("invalid_time",))
    fixed, unsure = _fixed(group, hour)
    at = _turned(now, group, hour) or fixed
    late = hour is not None and hour.next_day  # midnight is not over before the evening is
    days = _days(group, now, None if late else at or end_of(group.part))
    if days.invalid:
        return When(flags=("invalid_date",))
    if days.moment is not None:
        return _deadline(When(start=days.moment), group)
    if days.start is None:
        return When(ambiguous=days.ambiguous)
    whole = _timed(days, now, hour, at, unsure) if at is not None else _day_only(days)
    return _deadline(whole, group)


def _fixed(group: Group, hour: Hour | None) -> tuple[time | None, bool]:
    """The time said, and whether it is only a convention: 放学后, 中午."""
    if hour is not None:
        return hour.at, False
    if group.school is not None and group.school["school"].startswith(("放学", "放了学", "下学", "下了学")):
        return AFTER_SCHOOL, True
    if group.school is None and group.part in ("中午", "正午"):
        return NOON, True
    return None, False


def _turned(now: datetime, group: Group, hour: Hour | None) -> time | None:
    """Of a bare 七点 the one that comes next."""
    if hour is None or hour.other is None:
        return None
    today = group.day is None or (group.day.kind == "near" and group.day["near"].startswith("今"))
    return hour.other if today and hour.at <= _clock(now) < hour.other else hour.at


def _clock(now: datetime) -> time:
    return now.time().replace(tzinfo=None)


def _days(group: Group, now: datetime, at: time | None) -> Days:
    if group.day is not None:
        return days_of(group.day, now, at)
    today = now.date()
    if at is not None and at <= _clock(now) and group.timed and not group.before:
        return Days(today + timedelta(days=1), alt=(today,), ambiguous=True)
    return Days(today)


def _day_only(days: Days) -> When:
    assert days.start is not None  # noqa: S101 - the caller has looked
    return When(days.start, days.end, days.ambiguous, tuple(days.alt))


def _timed(days: Days, now: datetime, hour: Hour | None, at: time, unsure: bool) -> When:
    assert days.start is not None  # noqa: S101 - the caller has looked
    late = timedelta(days=1) if hour is not None and hour.next_day else timedelta()

    def on(day: date, when: time) -> datetime:
        return datetime.combine(day, when, now.tzinfo) + late

    alt: list[Moment] = [on(day, at) for day in days.alt]
    bare = hour is not None and hour.other is not None
    if bare and hour is not None and hour.other is not None:
        alt = [_other(on(days.start, hour.at), on(days.start, hour.other), at == hour.at, now), *alt]
        if days.alt and days.alt[0] < days.start and days.start > now.date():
            alt = alt[:1]
    return When(on(days.start, at), None, days.ambiguous or unsure or bare, tuple(alt))


def _other(morning: datetime, evening: datetime, chose_morning: bool, now: datetime) -> datetime:
    if chose_morning:
        return evening
    return morning if morning > now else morning + timedelta(days=1)


def _deadline(whole: When, group: Group) -> When:
    if not group.before:
        return whole
    vague = group.day is not None and group.day.kind == "month_end"
    festival = (
        group.day is not None and group.day.kind == "festival"
    )  # 「国庆假期前」 ends with its first day
    end = whole.start if festival else whole.end or whole.start
    return replace(whole, start=None, end=end, ambiguous=whole.ambiguous and not vague)


def _until(whole: When, begin: Group, end: Group, now: datetime) -> When:
    """A span: what its end does not say is as at its beginning."""
    if whole.start is None:
        return whole
    if end.day is None and end.clock is None:
        return whole
    day = _day(whole.start) if end.day is None else _day_after(end, _day(whole.start), now)
    if day is None:
        return When(flags=("invalid_date",))
    if end.clock is None:
        return replace(whole, end=day)
    hour = hour_of(end.clock, end.part or begin.part)
    if hour.wrong:
        return When(flags=("invalid_time",))
    moment = datetime.combine(day, hour.at, now.tzinfo) + timedelta(days=hour.next_day)
    if (
        isinstance(whole.start, datetime)
        and moment <= whole.start
        and moment + timedelta(hours=12) > whole.start
    ):
        moment += timedelta(hours=12)
    return replace(whole, end=moment)


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _day_after(group: Group, start: date, now: datetime) -> date | None:
    """The day that ends a span, seen from the one that begins it."""
    assert group.day is not None  # noqa: S101 - the caller has looked
    token = group.day
    if token.kind == "weekday" and not token["wwhich"]:
        return start + timedelta(days=(weekday_of(token) - start.weekday()) % 7)
    if token.kind == "day":
        same = replace_day(start, number(token["dday"]))
        if same is not None and same >= start:
            return same
        first_of_next = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        return replace_day(first_of_next, number(token["dday"]))
    found = days_of(token, now, None)
    return found.end or found.start


def _or(whole: When, other: Group, first_group: Group, now: datetime) -> When:
    """A second choice."""
    day = other.day or first_group.day
    part = other.part or (first_group.part if other.day is None or other.clock is not None else "")
    clock = other.clock or (None if other.part or other.school else first_group.clock)
    choice = _one(replace(other, day=day, part=part or (first_group.part if clock else ""), clock=clock), now)
    more = choice.start or choice.end
    if more is None or more == whole.start:
        return whole
    return replace(
        whole,
        ambiguous=True,
        alt=(*[each for each in whole.alt if whole.ambiguous and _is_or(whole, each)], more),
    )


def _is_or(whole: When, each: Moment) -> bool:
    """Whether a reading is a second choice of the speaker, not another week."""
    return whole.start is not None and abs((_day(each) - _day(whole.start)).days) != 7


def _flagged(whole: When, now: datetime) -> When:
    from config.school_calendar import public_day

    moment = whole.start or whole.end
    if moment is None:
        return whole
    flags = list(whole.flags)
    over = moment < now if isinstance(moment, datetime) else (_day(whole.end or moment) < now.date())
    if over:
        flags.append("past")
    reason = public_day(_day(moment))[0]
    flags += {"holiday": ["holiday"], "makeup": ["makeup_workday"]}.get(reason, [])
    return replace(whole, flags=tuple(flags))
