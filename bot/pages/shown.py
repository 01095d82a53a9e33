"""What stands on a page, read in one go and put into one of a few templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.pages import texts
from storage import access, classes, numbers, page_messages, people, schools
from storage.engine import Db
from storage.page_messages import PageMessage

if TYPE_CHECKING:
    from jinja2 import Environment

FEW, MOST = 12, 200
"""So many messages are shown at once, and with 「看更早的」; what is new is shown in any case."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One message with its time of day.

    Args:
        first_new: Whether the new ones begin with it.
        now: Whether the page shall open here: it is the last, and nothing is new.
    """

    message: PageMessage
    time: str
    first_new: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one day."""

    label: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Home:
    """A guardian's page.

    Args:
        whose: A line for each class, with the children's names.
        today: The date at the school.
        days: The talk, oldest first.
        earlier: Whether there is more than is shown.
        unseen: Ids of messages shown for the first time.
    """

    whose: Sequence[str]
    today: str
    days: Sequence[Day]
    earlier: bool
    unseen: Sequence[str]


def home(db: Db, person_id: str, school_id: str, now: datetime, *, everything: bool) -> Home:
    """Read a guardian's page."""
    school = schools.get(db, school_id)
    zone = ZoneInfo(school.tz if school else "Asia/Shanghai")
    messages = page_messages.of_person(db, person_id, most=MOST)
    new = [message.id for message in messages if not message.seen]
    few = max(FEW, len(new))
    shown = [_still(db, message) for message in (messages if everything else messages[-few:])]
    return Home(
        whose(db, person_id),
        day_of(now.astimezone(zone)),
        _days(shown, zone, new[0] if new else ""),
        len(shown) < len(messages),
        new,
    )


def _still(db: Db, message: PageMessage) -> PageMessage:
    """What was chosen in words, or left behind by another question, can be pressed no more."""
    if not any(choice.enabled for choice in message.choices):
        return message
    given = [numbers.by_token(db, choice.token) for choice in message.choices]
    choices = [
        replace(choice, enabled=choice.enabled and not (found is not None and found.closed))
        for choice, found in zip(message.choices, given, strict=True)
    ]
    return replace(message, choices=tuple(choices))


def whose(db: Db, person_id: str) -> list[str]:
    """「三(2)班 林小满」, a line for each class; the person's own name where there is no child."""
    names: dict[str, list[str]] = {}
    for child in access.children_of(db, person_id):
        names.setdefault(child.class_id, []).append(child.name)
    if not names:
        person = people.get(db, person_id)
        return [person.name] if person else []
    found = [(classes.get(db, class_id), children) for class_id, children in names.items()]
    return texts.children([(of.name if of else "", children) for of, children in found])


def class_of(db: Db, person_id: str) -> str:
    """The class of a guardian's first child, or empty."""
    first = next(iter(access.children_of(db, person_id)), None)
    of = classes.get(db, first.class_id) if first else None
    return of.name if of else ""


def day_of(local: datetime) -> str:
    """「10月12日（周一）」."""
    return texts.day(local.month, local.day, local.weekday())


def _days(shown: Sequence[PageMessage], zone: ZoneInfo, first_new: str) -> list[Day]:
    said = [(message.at.astimezone(zone), message) for message in shown]
    last = shown[-1].id if shown and not first_new else ""
    return [
        Day(day_of(entries[0][0]), [_entry(at, message, first_new, last) for at, message in entries])
        for entries in (list(group) for _day, group in groupby(said, key=lambda pair: pair[0].date()))
    ]


def _entry(at: datetime, message: PageMessage, first_new: str, last: str) -> Entry:
    return Entry(message, f"{at.hour}:{at.minute:02}", message.id == first_new, message.id == last)


class Templates:
    """The pages' templates, loaded with the first page."""

    @cached_property
    def style(self) -> str:
        """The one style sheet, as it stands in every page."""
        return (_HERE / "style.css").read_text("utf-8")

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        return Environment(
            loader=FileSystemLoader(_HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, name: str, **values: Any) -> str:
        """A whole page; every value is shown as the characters it has."""
        from markupsafe import Markup

        style = Markup(self.style)  # noqa: S704 - our own file
        return self._environment.get_template(f"{name}.html.j2").render(t=texts, style=style, **values)
