"""The digest's rules, pure: order, names, days, lengths."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from config.school_calendar import SchoolCalendar
from handlers.digest import texts
from handlers.language.say import say_day
from storage.digests import KINDS, Kind, Note

HINT = 120
MOST = 300
CLOSING = time(21, 0)
EARLIEST = time(6, 0)
LEAD = timedelta(minutes=20)
_RELATIVE = re.compile("|".join(texts.RELATIVES))


def in_order(notes: Sequence[Note]) -> list[Note]:
    """As shown: news, praise, reminders; inside a section as they came. Numbers count in this order."""
    return sorted(notes, key=lambda note: (KINDS.index(note.kind), note.position))


def length(items: Sequence[str]) -> int:
    """Characters of a digest's notes."""
    return sum(len(item) for item in items)


@dataclass(frozen=True, slots=True)
class Mention:
    """A child's name in a text: where, and which children it may mean."""

    start: int
    end: int
    pupil_ids: tuple[str, ...]


def mentions(text: str, roster: Sequence[tuple[str, str]], *, given_names: bool) -> list[Mention]:
    """Find pupils' names.

    Args:
        text: One note.
        roster: Id and full name of the class's children.
        given_names: Also take a three-character name's last two (praise only: in a reminder
            「可乐」 is more likely a drink than 王可乐).

    Returns:
        Hits in order, none inside another; longer names win.
    """
    meaning: dict[str, list[str]] = {}
    for pupil_id, name in roster:
        meaning.setdefault(name, []).append(pupil_id)
        if given_names and len(name) == 3:
            meaning.setdefault(name[1:], []).append(pupil_id)
    if not meaning:
        return []
    pattern = re.compile("|".join(re.escape(name) for name in sorted(meaning, key=len, reverse=True)))
    return [Mention(hit.start(), hit.end(), tuple(meaning[hit[0]])) for hit in pattern.finditer(text)]


def hide_names(text: str, found: Sequence[Mention], allowed: Mapping[str, bool]) -> str:
    """Replace the names of children whose family has not agreed.

    Names joined by 、 or 和 are one run: 「小明和乐乐搬书」 becomes 「小明和另一位同学搬书」, a run without
    any name left 「有同学」 at the beginning of a clause and 「一位同学」 inside it.
    """
    out, at = "", 0
    for run in _runs(text, found):
        kept = [text[hit.start : hit.end] for hit in run if _may(hit, allowed)]
        out += text[at : run[0].start]
        hidden = len(run) - len(kept)
        begins = not out or out[-1] in texts.CLAUSE_STARTS
        at = run[-1].end
        relative = _RELATIVE.match(text, at) if hidden and not kept else None
        if relative:
            out, at = out + texts.SOME_PARENT, relative.end()
        else:
            out += text[run[0].start : at] if not hidden else _run_text(kept, hidden, begins=begins)
        if hidden and text[at : at + 1] == " ":
            at += 1
    return out + text[at:]


def _may(hit: Mention, allowed: Mapping[str, bool]) -> bool:
    return all(allowed.get(pupil_id, False) for pupil_id in hit.pupil_ids)


def _runs(text: str, found: Sequence[Mention]) -> list[list[Mention]]:
    runs: list[list[Mention]] = []
    for hit in found:
        between = text[runs[-1][-1].end : hit.start] if runs else None
        if between is not None and len(between) <= 2 and not between.strip(texts.NAME_JOINTS):
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return runs


def _run_text(kept: Sequence[str], hidden: int, *, begins: bool) -> str:
    if kept:
        return texts.NAME_JOINTS[0].join(kept) + texts.AND + (texts.ANOTHER if hidden == 1 else texts.OTHERS)
    if begins:
        return texts.SOMEONE
    return texts.ONE_OF if hidden == 1 else texts.SEVERAL


def only_names(text: str, found: Sequence[Mention]) -> bool:
    """Whether nothing is said but names."""
    rest = text
    for hit in reversed(found):
        rest = rest[: hit.start] + rest[hit.end :]
    return bool(found) and not rest.strip(texts.NAME_JOINTS + texts.FULL_STOPS)


def hidden_names(text: str, found: Sequence[Mention], allowed: Mapping[str, bool]) -> list[str]:
    """The names that :func:`hide_names` takes out, each once."""
    return list(dict.fromkeys(text[hit.start : hit.end] for hit in found if not _may(hit, allowed)))


@dataclass(frozen=True, slots=True)
class Target:
    """Which digest a note belongs to, and why it is not today's if it is not."""

    day: date
    why: str = ""


def target_day(calendar: SchoolCalendar, now: datetime, today_state: str | None) -> Target | None:
    """The digest a note said now goes into.

    Args:
        calendar: The school's days.
        now: Local.
        today_state: The state of today's digest, None if there is none yet.

    Returns:
        Today's while it can still go out, else the next school day's; None when no school day is known.
    """
    today = now.date()
    why = ""
    if not calendar.is_school_day(today):
        why = "free"
    elif today_state in ("published", "queued"):
        why = "published"
    elif today_state == "skipped":
        why = "skipped"
    elif today_state == "dropped" or now.time() >= CLOSING:
        why = "closed"
    if not why:
        return Target(today)
    following = calendar.next_school_day(today)
    return None if following is None else Target(following, why)


def absolute_tomorrow(text: str, today: date) -> str:
    """「明天」 as a date, for a note that will be read on another day than its writer means."""
    return text.replace(texts.TOMORROW, say_day(today + timedelta(days=1)), 1)


def dated_reminders(items: Sequence[str], day: date) -> list[str]:
    """Reminders with the date behind the first 「明天」."""
    out, done = [], False
    for item in items:
        if not done and texts.TOMORROW in item:
            item = item.replace(texts.TOMORROW, texts.dated(say_day(day + timedelta(days=1))), 1)
            done = True
        out.append(item)
    return out


def without_today(text: str) -> str:
    """Praise as it stands in the day's own digest: 「小明今天主动扫了地」 needs no 今天."""
    return text.replace(texts.TODAY, "", 1) if len(text) > 4 else text


def asked_day(calendar: SchoolCalendar, day: date) -> date | None:
    """The school day a question about ``day`` is about."""
    return day if calendar.is_school_day(day) else calendar.next_school_day(day)


@dataclass(frozen=True, slots=True)
class Times:
    """When a class's digest is shown and sent (local), and whether it goes by itself."""

    preview: time
    send: time
    auto: bool


def parse_time(value: str) -> time | None:
    """``HH:MM``, or None."""
    hour, colon, minute = value.partition(":")
    if not (colon and hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        return None
    return time(int(hour), int(minute))


def shifted(clock: time, by: timedelta) -> time:
    """A time of day moved inside the same day; it stops at midnight."""
    moved = datetime(2000, 1, 2, clock.hour, clock.minute) + by  # noqa: DTZ001 - a time of day, no moment
    return moved.time() if moved.day == 2 else clock


def changed_times(times: Times, what: str, clock: time) -> Times:
    """New times; the preview stays at least some minutes before the sending."""
    if what == "preview":
        send = times.send if times.send > clock else shifted(clock, LEAD)
        return Times(clock, send, times.auto)
    preview = times.preview if times.preview < clock else shifted(clock, -LEAD)
    return Times(preview, clock, times.auto)


def allowed_times(times: Times) -> bool:
    """Whether a digest may be shown and sent then."""
    return EARLIEST <= times.preview < times.send < CLOSING


def kinds_in(notes: Sequence[Note]) -> list[Kind]:
    """The sections that have something, in order."""
    there = {note.kind for note in notes}
    return [kind for kind in KINDS if kind in there]
