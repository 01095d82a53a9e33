"""A guardian on WeChat, by whichever way is open: customer service, else the own page and a school notice.

Which way is decided right before sending and noted first: after a doubt the same way is tried again, for
there the platform knows what it has shown; what was perhaps said in the chat is never said on the page, too.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.command import (
    AnyCommand,
    Command,
    FileRef,
    Maybe,
    Outcome,
    Page,
    Parent,
    Refused,
    Sent,
    TakeBack,
)
from bot.lanes import PAGE
from bot.log import get_logger
from bot.wecom import kf, school
from bot.wecom.kf_items import WELCOME
from bot.wecom.texts import NOTICE_TEXT, NOTICE_TITLE
from storage import kf as book
from storage import page_messages, people
from storage.engine import Db, Store
from storage.engine import Refused as StoreRefused
from storage.kf import Customer, Way

if TYPE_CHECKING:
    from bot.pages.lane import PageLane
    from bot.pages.links import Links
    from bot.wecom.core import Core
    from config.clock import Clock

T = TypeVar("T")

NOTICE_EVERY = timedelta(minutes=10)
"""One notice stands for all that is laid on a page meanwhile, while nobody has looked."""
UNREACHABLE = "unreachable"

Shape = Callable[[FileRef], Awaitable[kf.Content | Refused | Maybe]]
"""A file, uploaded, as a message of customer service."""

_log = get_logger("parent")


@dataclass(frozen=True, slots=True)
class _Try:
    """One try of one send.

    Args:
        customer: The conversation, if there is one.
        contents: What is said in it; a file comes behind.
        way: The way it takes.
        again: An earlier try took that way, and nobody knows what came of it.
    """

    command: Command
    to: Parent
    customer: Customer
    contents: tuple[kf.Content, ...]
    way: Way = "page"
    again: bool = False

    @property
    def count(self) -> int:
        """Messages in the conversation."""
        return len(self.contents) + (self.command.file is not None)

    @property
    def who(self) -> str:
        """Whom it is for."""
        return self.to.person_id or self.to.external_id


class ParentLane:
    """See the module. Every way removes what it is given twice.

    Args:
        core: The app's connection.
        pages: Lays words on a guardian's page.
        links: Says where the pages are.
        shape: Uploads a file.
    """

    def __init__(
        self, core: Core, store: Store, clock: Clock, pages: PageLane, links: Links, shape: Shape
    ) -> None:
        self._core = core
        self._store = store
        self._clock = clock
        self._pages = pages
        self._links = links
        self._shape = shape

    async def send(self, command: AnyCommand) -> Outcome:
        """Words to a guardian; nothing else can be done there."""
        if isinstance(command, TakeBack):
            return Refused("no_recall", "content")
        if not isinstance(command, Command) or not isinstance(command.target, Parent):
            return Refused("not_for_parents", "content")
        to = command.target
        customer = Customer(self._core.name, to.kf_id, to.external_id)
        one = _Try(command, to, customer, _contents(command))
        try:
            one = await self._run(lambda db: self._chosen(db, one))
        except StoreRefused:
            return Refused("database", "retry")
        return await (self._page(one) if one.way == "page" else self._chat(one))

    def buckets(self, command: AnyCommand) -> Sequence[tuple[str, int, float]]:
        """As many as a member of the organisation takes: for guardians the platform names no number."""
        to = command.target if isinstance(command, Command) else None
        who = (to.parent_id or to.external_id) if isinstance(to, Parent) else ""
        limits = self._core.limits
        return ((f"wecom:{self._core.name}:parent:{who}", limits.member_per_minute, 60.0),) if who else ()

    def idempotent(self, command: AnyCommand) -> bool:
        """Always: our own message id in the chat, the outbox id on the page, equal bytes for a notice."""
        return True

    # -- which way

    def _chosen(self, db: Db, one: _Try) -> _Try:
        outbox_id, now = one.command.outbox_id, self._clock.now()
        held = book.way_of(db, outbox_id)
        if held in ("welcome", "kf"):
            return replace(one, way=held, again=True)
        if held is not None:
            return replace(one, way="page")
        way: Way = "page"
        if self._greets(one, now):
            way = "welcome"
        elif one.to.external_id and one.to.kf_id and book.reserve(db, now, one.customer, one.count):
            way = "kf"
        book.take_way(db, now, outbox_id, one.who, way)
        return replace(one, way=way)

    def _greets(self, one: _Try, now: datetime) -> bool:
        """By the code of somebody who has just come in: it takes one message of words."""
        session = one.command.session
        alive = session is not None and session.url.startswith(WELCOME) and now < session.expires_at
        return alive and one.count == 1 and one.command.file is None

    # -- in the chat

    async def _chat(self, one: _Try) -> Outcome:
        said = 0
        came: Outcome
        if one.way == "welcome":
            code = _welcome_code(one.command)
            came = await kf.welcome(self._core, code, one.command.outbox_id, one.contents[0])
        else:
            came, said = await self._say(one)
        if not isinstance(came, Refused):
            return came
        if one.again:  # an earlier try may have been shown: no other way, and the sender says so
            return came
        return await self._refused(one, came, said)

    async def _say(self, one: _Try) -> tuple[Outcome, int]:
        contents = one.contents
        if one.command.file is not None:
            shaped = await self._shape(one.command.file)
            if not isinstance(shaped, tuple):  # nothing was said yet
                passing = isinstance(shaped, Maybe)
                return (Refused(shaped.code, "retry"), 0) if passing else (shaped, 0)
            contents = (*contents, shaped)
        return await kf.say(self._core, one.customer, one.command.outbox_id, contents)

    async def _refused(self, one: _Try, came: Refused, said: int) -> Outcome:
        """Certainly not sent: by the next way, if this one is closed; else later, by a way chosen anew."""
        closed = came.code in kf.CLOSED
        down = closed or came.action == "recipient" or came.code.startswith("95") or one.way == "welcome"
        passing = came.action in ("retry", "slow")
        if passing and said:
            return came  # the beginning was said: the rest follows it there
        try:
            await self._run(lambda db: self._left(db, one, closed=closed, down=down and not passing))
        except StoreRefused:
            return Refused("database", "retry")
        if passing or not down:
            return came
        # A greeting that was not taken is said in the chat, if it is open, or on the page.
        return await (self._page(one) if one.way == "kf" else self.send(replace(one.command, session=None)))

    def _left(self, db: Db, one: _Try, *, closed: bool, down: bool) -> None:
        if one.way == "kf":
            book.shut(db, one.customer) if closed else book.give_back(db, one.customer, one.count)
        if down and one.way == "kf":
            book.take_way(db, self._clock.now(), one.command.outbox_id, one.who, "page")
        else:
            book.leave_way(db, one.command.outbox_id)

    # -- on the page

    async def _page(self, one: _Try) -> Outcome:
        to, command = one.to, one.command
        if not to.person_id:
            return Refused(UNREACHABLE, "recipient")
        there = replace(command, app=f"{PAGE}/{self._core.name}", target=Page(to.person_id), session=None)
        laid = await self._pages.send(there)
        if not isinstance(laid, Sent):
            return laid
        try:
            known, told = await self._run(lambda db: self._around(db, one))
            if told and not command.must:
                return Sent("", {"way": "page"})
            came = await self._notice(one)
            if isinstance(came, Sent):
                await self._noticed(one)
                return Sent("", {"way": "notice"})
            if isinstance(came, Maybe) or came.action in ("retry", "slow"):
                return came
            if known:
                return Sent("", {"way": "page", "notice": came.code})
            await self._run(lambda db: page_messages.take_back(db, laid.platform_id))
        except StoreRefused:
            return Refused("database", "retry")
        return came

    def _around(self, db: Db, one: _Try) -> tuple[bool, bool]:
        """Whether a phone of theirs is known to look at the page; whether a notice stands unread."""
        known = people.identity_of(db, one.to.person_id, PAGE) is not None
        return known, book.unseen_since(db, self._clock.now() - NOTICE_EVERY, one.who)

    async def _notice(self, one: _Try) -> Outcome:
        if not one.to.parent_id:
            return Refused(UNREACHABLE, "recipient")
        if self._links.way_in is None:
            return Refused("no_address", "config")
        # The page by its plain address, where WeCom says who it is: a notice may be passed on, a key may not.
        # The mark makes the next notice another one; a second try of this one has the same.
        mark = hashlib.sha256(one.command.outbox_id.encode()).hexdigest()[:8]
        notice = school.Notice(NOTICE_TITLE, NOTICE_TEXT, f"{self._links.way_in[1]}?n={mark}")
        return await school.notify(self._core, school.Readers(parents=(one.to.parent_id,)), notice)

    async def _noticed(self, one: _Try) -> None:
        now, outbox_id = self._clock.now(), one.command.outbox_id
        try:
            await self._run(lambda db: book.take_way(db, now, outbox_id, one.who, "noticed"))
        except StoreRefused:  # then the next message brings a notice of its own
            _log.warning("notice_not_noted", outbox_id=outbox_id)

    async def _run(self, unit: Callable[[Db], T]) -> T:
        return await asyncio.wrap_future(self._store.run(unit))


def _contents(command: Command) -> tuple[kf.Content, ...]:
    """The words; with a file only where there are any."""
    return tuple(kf.words(command.text, command.buttons)) if command.text or command.file is None else ()


def _welcome_code(command: Command) -> str:
    return command.session.url.removeprefix(WELCOME) if command.session is not None else ""
