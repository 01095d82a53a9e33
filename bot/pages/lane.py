"""The pages as a platform: nothing leaves the house, a message waits until its reader looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot import command as wire
from bot.command import AnyCommand, CardButton, Command, Outcome, Page, Sent, TakeBack, UpdateCard
from bot.pages import texts
from config.clock import Clock
from config.ids import new_id
from storage import page_messages
from storage.engine import Db, Refused, Store
from storage.page_messages import PageChoice


class PageLane:
    """A :class:`bot.command.Platform`. Storing a message twice stores it once; there are no limits.

    Args:
        store: Where the pages are.
        clock: For the moment a message is laid there.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    async def send(self, command: AnyCommand) -> Outcome:
        """Lay it on the page, change what lies there, or take it away."""
        now = self._clock.now()

        def unit(db: Db) -> tuple[Outcome, str]:
            match command:
                case Command(target=Page(person_id)):
                    return _laid(db, command, person_id, now), person_id
                case UpdateCard():
                    return _changed(db, command, now)
                case TakeBack():
                    for row_id in command.platform_ids:
                        page_messages.take_back(db, row_id)
                    return Sent(""), ""
                case _:
                    return wire.Refused("not_on_pages", "content"), ""

        try:
            outcome, person_id = await asyncio.wrap_future(self._store.run(unit))
        except Refused:
            return wire.Refused("database", "retry")
        self._arrived(person_id)
        return outcome

    def bucket_names(self, command: AnyCommand) -> Sequence[tuple[str, int, float]]:
        """None: it is our own house."""
        return ()

    def idempotent(self, command: AnyCommand) -> bool:
        """Always: the outbox id is unique there."""
        return True

    def api(self, command: AnyCommand) -> str:
        """Names the metric."""
        return "page"

    def expect(self, person_id: str) -> asyncio.Future[None]:
        """Done when something next arrives on that person's page; cancel it when nobody waits any more."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(person_id, set())
        waiting.add(future)
        future.add_done_callback(lambda done: self._left(person_id, done))
        return future

    def _arrived(self, person_id: str) -> None:
        for future in tuple(self._waiting.get(person_id, ())):
            if not future.done():
                future.set_result(None)

    def _left(self, person_id: str, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(person_id, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(person_id, None)


def _laid(db: Db, command: Command, person_id: str, now: datetime) -> Outcome:
    text = command.text
    if command.file is not None and not text:
        text = texts.FILE.format(name=command.file.name)
    there = _put(db, now, person_id, command.outbox_id, command.title, text, _choices(command.buttons))
    if not there:
        return wire.Refused("no_such_person", "recipient")
    held = page_messages.by_outbox(db, command.outbox_id)
    return Sent(held[1].id if held else "")


def _changed(db: Db, command: UpdateCard, now: datetime) -> tuple[Outcome, str]:
    """What a card says anew is said at the end of the talk, where its reader looks; what was said stays."""
    held = page_messages.by_outbox(db, command.track)
    if held is None:
        return wire.Refused("not_there", "content"), ""
    person_id, old = held
    choices = _choices(command.buttons)
    more = command.text.removeprefix(f"{old.text}\n\n")
    stays = command.text == old.text or more != command.text
    page_messages.change(db, command.track, _left(old.choices, choices if stays else ()))
    if not stays:
        _put(db, now, person_id, command.outbox_id, command.title, command.text, choices)
    elif more != command.text:
        _put(db, now, person_id, command.outbox_id, command.title, more, ())
    return Sent(old.id), person_id


def _left(old: Sequence[PageChoice], new: Sequence[PageChoice]) -> tuple[PageChoice, ...]:
    """What can be pressed from now on; what cannot any more stays, and says so by its look."""
    given = {choice.token: choice for choice in new}
    kept = [given.pop(choice.token, replace(choice, enabled=False)) for choice in old]
    return (*kept, *given.values())


def _put(
    db: Db,
    now: datetime,
    person_id: str,
    outbox_id: str,
    title: str,
    text: str,
    choices: Sequence[PageChoice],
) -> bool:
    return page_messages.put(
        db,
        new_id,
        now,
        person_id=person_id,
        outbox_id=outbox_id,
        title=title,
        text=text,
        choices=choices,
    )


def _choices(buttons: Sequence[CardButton]) -> tuple[PageChoice, ...]:
    return tuple(PageChoice(button.id, button.label, button.enabled) for button in buttons)
