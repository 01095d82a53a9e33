"""Plays a parsed dialogue against an emulator, strictly: nothing unread, nothing missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from typing_extensions import override

from bot.dialogue import texts
from bot.dialogue.control import Cast, Classroom, Control, ControlError, Item, Person
from bot.dialogue.matching import matches, numbered, rendered
from bot.dialogue.mode import Mode
from bot.dialogue.phone import Phone
from bot.dialogue.script import Entered, Expected, Media, Moved, Pressed, Said, Script, Step

TIME_ZONE = ZoneInfo("Asia/Shanghai")
NOTICE = "school_notice"
PRESSED_S = 2.5
"""So far ahead a press comes to rest: one the bot had no answer for in time (a busy machine) is shown by a
call, two seconds later."""

_RELATIVE = re.compile(r"^\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$")
_CLOCK = re.compile(r"^(?:(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s+)?(\d{1,2}):(\d{2})$")
_FACT = re.compile(r"\{(code|name|child):([^}]+)\}")


class Unplayable(RuntimeError):
    """A step cannot be carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The first difference between a dialogue and what happened.

    Args:
        file: The dialogue's path.
        line: Its line, from 1.
        expected: What should have been.
        got: What was.
    """

    file: str
    line: int
    expected: str
    got: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}: expected {self.expected}\n  got {self.got}"


class Difference(Exception):
    """Raised inside a play at the first difference."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = got


Listener = Callable[[Item, str], None]


@dataclass(slots=True)
class Roll:
    """Finds people and groups by the names a dialogue uses."""

    cast: Cast
    class_name: str
    _by_id: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id = {person.id: person for person in self.cast.people}

    def classroom(self, name: str) -> Classroom:
        for one in self.cast.classes:
            if one.name == name:
                return one
        raise Unplayable(f"there is no class {name}")

    def split(self, name: str) -> tuple[Classroom, str]:
        """A name with or without a class in front: 「三(3)班王老师」 or 「王老师」."""
        for one in self.cast.classes:
            if name.startswith(one.name):
                return one, name.removeprefix(one.name)
        return self.classroom(self.class_name), name

    def person(self, name: str) -> Person:
        """The person of that name in the dialogue's class, else the only one of that name.

        Raises:
            Unplayable: Nobody, or more than one, is called that.
        """
        if name.startswith(texts.STRANGER):
            return Person(f"outsider:{name}", name, "", False, "", frozenset(), ())
        if name.startswith(texts.NEWCOMER):
            return self._newcomer(name.removeprefix(texts.NEWCOMER))
        room, bare = self.split(name)
        called = [one for one in self.cast.people if one.name == bare]
        in_class = [one for one in called if room.id in one.classes]
        for found in (in_class, called):
            if len(found) == 1:
                return found[0]
        raise Unplayable(f"{'several people are' if called else 'nobody is'} called {name}")

    def _newcomer(self, number: str) -> Person:
        unbound = [one for one in self.cast.people if one.code]
        if not number.isdigit() or not 1 <= int(number) <= len(unbound):
            raise Unplayable(f"there are {len(unbound)} people without a binding, see @unbound")
        return unbound[int(number) - 1]

    def fact(self, kind: str, name: str) -> str:
        """What ``{code:…}``, ``{name:…}`` or ``{child:…}`` of somebody stands for."""
        person = self.person(name)
        facts = {"code": person.code, "name": person.name, "child": "".join(person.pupils[:1])}
        if not facts[kind]:
            raise Unplayable(f"{name} has no {kind}")
        return facts[kind]

    def filled(self, text: str) -> str:
        """The words of a line with those facts put in."""
        return _FACT.sub(lambda found: self.fact(found[1], found[2]), text)

    def group(self, name: str) -> str:
        """The conversation id of the group that 「群」 or 「三(3)班群」 means."""
        return self.split(name)[0].group

    def reader(self, name: str) -> tuple[str, str]:
        """The key under which a reader's items are kept."""
        if name.endswith(texts.GROUP) and self.split(name)[1] == texts.GROUP:
            return ("group", self.group(name))
        person = self.person(name)
        return ("stranger", "") if person.id.startswith("outsider:") else ("person", person.id)

    def reader_of(self, item: Item) -> tuple[str, str]:
        """The key of the one who saw an item; the platform has no id for people outside."""
        if item.to is not None:
            return ("person", item.to)
        if any(one.group == item.chat for one in self.cast.classes):
            return ("group", item.chat)
        return ("stranger", "")

    def name_of(self, item: Item) -> str:
        """How a dialogue would name the one who saw an item."""
        if self.reader_of(item)[0] == "stranger":
            return texts.STRANGER
        if item.to is None:
            room = next((one.name for one in self.cast.classes if one.group == item.chat), item.chat)
            return texts.GROUP if room == self.class_name else room + texts.GROUP
        person = self._by_id.get(item.to)
        if person is None:
            return item.to
        rooms = {one.id: one.name for one in self.cast.classes if one.id in person.classes}
        here = not rooms or self.class_name in rooms.values()
        return person.name if here else next(iter(rooms.values())) + person.name


@dataclass(slots=True)
class Stage:
    """One play of one script.

    Args:
        control: The emulator.
        roll: The people.
        listener: Hears of every seen item with its reader's name, for a printed transcript.
        narrator: Hears of every step before it is done.
        mode: In which form the platform is played; on mobile pages guardians have phones of their own.
    """

    control: Control
    roll: Roll
    listener: Listener | None = None
    narrator: Callable[[Step, datetime], None] | None = None
    mode: Mode = field(default_factory=Mode)
    _phones: dict[str, Phone] = field(default_factory=dict)
    _opened: bool = True
    _cursor: int = 0
    _unread: list[Item] = field(default_factory=list)
    _shown: list[Item] = field(default_factory=list)

    async def play(self, script: Script) -> Failure | None:
        """Play all steps; returns the first difference or None."""
        line = 1
        try:
            self._hand_out_phones(script)
            self._opened = script.opened
            if script.limits:
                await self.control.limit(**dict(script.limits))
            await self._look()
            for step in script.steps:
                line = step.line
                await self._do(step)
            self._all_read("the end")
        except Difference as found:
            return Failure(script.path, line, found.expected, found.got)
        except (Unplayable, ControlError) as found:
            return Failure(script.path, line, "a line that can be played", str(found))
        return None

    def _hand_out_phones(self, script: Script) -> None:
        """Whoever of the guardians speaks or reads in this play holds a phone with the page open."""
        for step in script.steps if self.mode.pages else ():
            name = step.reader if isinstance(step, Expected) else getattr(step, "who", None)
            if name is None or name.endswith(texts.GROUP):
                continue
            person = self.roll.person(name)
            if person.roles and set(person.roles) == {"guardian"}:
                self._phones.setdefault(person.id, Phone(self.control, person.id))

    async def _do(self, step: Step) -> None:
        if isinstance(step, Expected):
            self._expect(step)
            return
        self._all_read("this line")
        if self.narrator is not None:
            self.narrator(step, await self.control.now())
        if isinstance(step, Said):
            await self._say(step)
        elif isinstance(step, Pressed):
            await self._press(step)
        elif isinstance(step, Entered):
            await self._enter(step)
        else:
            await self._move(step)
        await self._look()

    def _all_read(self, before: str) -> None:
        # A card that changed under the finger that pressed it has been seen without anybody saying so.
        left = [item for item in self._unread if not self._by_the_way(item)]
        if left:
            raise Difference(f"everything read before {before}", self._describe(left))
        self._unread.clear()

    def _expect(self, step: Expected) -> None:
        reader = self.roll.reader(step.reader)
        mine = [item for item in self._unread if self.roll.reader_of(item) == reader]
        if step.pattern is None:
            mine = [item for item in mine if not self._by_the_way(item)]
            if mine:
                raise Difference(f"nothing for {step.reader}", self._describe(mine))
            return
        pattern = self.roll.filled(step.pattern)
        wanted = f"{step.reader}: {pattern}"
        if not mine:
            others = f"; unread: {self._describe(self._unread)}" if self._unread else ""
            raise Difference(wanted, f"silence for {step.reader}{others}")
        for item in mine:
            if matches(pattern, _words(item), _labels(item)):
                self._unread.remove(item)
                return
            if not self._by_the_way(item):
                break
        raise Difference(wanted, self._describe(mine))

    async def _say(self, step: Said) -> None:
        person = self.roll.person(step.who)
        text = self.roll.filled(step.text)
        phone = self._phones.get(person.id)
        if phone is not None and not step.in_group:
            await self._write(phone, text)
            return
        room = self.roll.split(step.who)[0]
        chat = room.group if step.in_group else person.chat or None
        fields: dict[str, object] = {
            "chat": chat,
            "sender": person.id,
            "text": text,
            "at_bot": step.at_bot,
            "kind": "text",
        }
        if step.media is not None:
            fields |= _media_fields(step.media)
        delivered, reason = await self.control.say(**fields)
        if not delivered and (step.at_bot or not step.in_group):
            raise Difference("the bot to take the message", f"not delivered: {reason}")
        await self._settle()

    async def _write(self, phone: Phone, text: str) -> None:
        if not await phone.say(text):
            raise Difference("a page to write on", f"the page shows {_visible(phone.page)}")
        await self._settle()

    async def _enter(self, step: Entered) -> None:
        person, code = self.roll.person(step.who), self.roll.filled(step.code)
        delivered, reason = await self.control.enter(person.id, code)
        if not delivered:
            raise Difference("the bot to take the visit", f"not delivered: {reason}")
        await self._settle()

    async def _press(self, step: Pressed) -> None:
        person = self.roll.person(step.who)
        phone = self._phones.get(person.id)
        if phone is not None and await phone.press(step.label):
            await self._settle()
            return
        now = {item.message: item for item in self._shown if item.to in (None, person.id)}
        for item in reversed(now.values()):
            if _is_notice(item) and item.text.partition("\n")[0] == step.label:
                await self.control.open(person.id, item.url)
                return
            for button in item.buttons:
                if button.label == step.label and button.enabled:
                    delivered, reason = await self.control.press(item.message, button.id, person.id)
                    if not delivered:
                        raise Difference("the bot to take the press", f"not delivered: {reason}")
                    await self._settle()  # decided
                    await self._settle(PRESSED_S)  # and shown
                    return
            number = numbered(item.text).get(step.label) if item.to == person.id else None
            if number is not None:
                await self._say(Said(step.line, step.who, number))
                return
        raise Difference(f"a choice [{step.label}] shown to {step.who}", "none was shown")

    async def _move(self, step: Moved) -> None:
        await self.control.move(when(step.when, await self.control.now()), step.mode)
        if self.mode.cards == "refused":
            await self._settle()

    async def _settle(self, at_least_s: float = 0.0) -> None:
        # The clock runs on between reading and writing it, so rest is asked for a moment ahead.
        ahead = timedelta(seconds=max(self.mode.patience_s, at_least_s))
        await self.control.move(await self.control.now() + ahead, "walk")

    async def _look(self) -> None:
        for phone in self._phones.values():
            await phone.look()
        self._cursor, items = await self.control.seen(self._cursor)
        if await self._open_links(items):
            self._cursor, behind = await self.control.seen(self._cursor)
            items = [*items, *behind]
        for item in items:
            self._unread.append(item)
            self._shown.append(item)
            if self.listener is not None:
                self.listener(item, self.roll.name_of(item))

    async def _open_links(self, items: list[Item]) -> bool:
        """Whoever gets a notice with a link taps it: what it leads to is what they read."""
        notices = [item for item in items if self._opened and _is_notice(item)]
        for notice in notices:
            await self.control.open(notice.to or "", notice.url)
        return bool(notices)

    def _by_the_way(self, item: Item) -> bool:
        """A notice whose page has been read, a card that changed under the finger: nobody has to say so."""
        return item.change == "updated" or (self._opened and _is_notice(item))

    def _describe(self, items: list[Item]) -> str:
        shown = ((self.roll.name_of(item), rendered(_words(item), _labels(item))) for item in items)
        return " | ".join(f"{who}: {text}" for who, text in shown)


def _is_notice(item: Item) -> bool:
    """A notice that leads to a page."""
    return item.lane == NOTICE and bool(item.url and item.to)


def when(text: str, now: datetime) -> datetime:
    """The moment a clock line means, seen from ``now`` (aware).

    Args:
        text: ``16:30``, ``10-13 08:00``, ``2026-10-13 08:00`` or ``+2h``, ``+1d``, ``+30m``, ``+45s``.
        now: The emulator's present.

    Raises:
        Unplayable: It is no such time, or it lies in the past.
    """
    if (found := _RELATIVE.match(text)) and any(found.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    found = _CLOCK.match(text)
    if found is None:
        raise Unplayable(f"{text!r} is no time")
    local = now.astimezone(TIME_ZONE)
    year, month, day, hour, minute = found.groups()
    moment = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    if month:
        moment = moment.replace(year=int(year or local.year), month=int(month), day=int(day))
    if moment < local:
        raise Unplayable(f"{text} lies in the past, it is {local:%m-%d %H:%M}")
    return moment


def _visible(html: str) -> str:
    """A page in one line, for a message."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()[:200]


def _words(item: Item) -> str:
    return texts.RECALLED + item.text if item.change == "recalled" else item.text


def _labels(item: Item) -> list[str]:
    return [button.label for button in item.buttons]


def _media_fields(media: Media) -> dict[str, object]:
    fields: dict[str, object] = {"kind": media.kind}
    if media.kind == "file":
        fields["file_name"] = media.detail or "a.pdf"
    if media.transcript:
        fields["transcript"] = media.transcript
    return fields
