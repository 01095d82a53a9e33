"""Sends commands to WeCom: by whom a message goes follows from whom it is for.

Members hear the app, guardians customer service or a notice, internal groups the AI bot or a webhook robot,
parents' groups their owner. What each asks for stands beside.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from bot.command import (
    AnyCommand,
    AskBook,
    AskRead,
    AskTask,
    Broadcast,
    Command,
    Fetch,
    FileRef,
    Group,
    Maybe,
    Outcome,
    Parent,
    Private,
    Refused,
    Ring,
    Sent,
    StopTask,
    TakeBack,
    UpdateCard,
    Webhook,
)
from bot.media import Files, Gone, Keep
from bot.wecom import app as member
from bot.wecom import book, cards, groupmsg, kf, media, webhook
from bot.wecom.core import Bucket, Core
from bot.wecom.parent import ParentLane
from storage import card_codes, outbox
from storage.engine import Refused as StoreRefused

if TYPE_CHECKING:
    import aiohttp

    from bot.pages.lane import PageLane
    from bot.pages.links import Links
    from config.clock import Clock
    from config.settings import LimitSettings, WeComApp
    from storage.engine import Db, Store

CARD_REFUSED = timedelta(hours=1)
NO_CALLBACK = "43012"
"""The app has no callback address: nobody would hear a press."""
SAFE = timedelta(hours=3, minutes=50)
"""So long the platform surely removes a second copy: its interval is four hours."""


class GroupVoice(Protocol):
    """How an app speaks in internal groups."""

    def takes(self, command: Command) -> bool: ...

    async def send(self, command: AnyCommand) -> Outcome: ...

    def buckets(self, command: AnyCommand) -> list[Bucket]: ...

    def idempotent(self, command: AnyCommand) -> bool: ...


async def _no_files(file: FileRef) -> bytes:
    raise Gone(file.medium_id or file.recipe)


async def _keeps_nothing(medium_id: str, data: bytes) -> None:
    raise OSError(f"nowhere to keep {medium_id}: {len(data)} bytes")


class WeCom:
    """The outgoing side of one app.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        limits: Messages per minute, time-outs in seconds.
        http: Shared connections; cookies off, time-outs are set per request.
        clock: Judges the token and reply addresses.
        store: For what has to be remembered between two tries; without it (``doctor``) only members hear.
        pages: Lays words on a guardian's page.
        links: Where the pages are.
        files: The bytes of a message's file.
        keep: Takes in the bytes of a fetched attachment.
    """

    def __init__(
        self,
        name: str,
        app: WeComApp,
        limits: LimitSettings,
        http: aiohttp.ClientSession,
        clock: Clock,
        store: Store | None = None,
        pages: PageLane | None = None,
        links: Links | None = None,
        files: Files = _no_files,
        keep: Keep = _keeps_nothing,
    ) -> None:
        self.name = name
        self.core = Core(name, app, limits, http, clock)
        self.files = files
        self.aibot: GroupVoice | None = None
        self._store = store
        self._keep = keep
        self.uploads = media.Uploads(self.core, store, files)
        self._parents: ParentLane | None = None
        if store is not None and pages is not None and links is not None:
            self._parents = ParentLane(self.core, store, clock, pages, links, self._shape)
        self._no_cards: tuple[datetime, datetime] | None = None

    @override
    def __repr__(self) -> str:
        return f"WeCom({self.name!r})"

    # -- what the sender asks

    async def send(self, command: AnyCommand) -> Outcome:
        """Make the call and say what came of it. Raises nothing the network does."""
        match command:
            case Command():
                return await self._say(command)
            case UpdateCard():
                return await self._update(command)
            case TakeBack(target=Private()):
                return await member.take_back(self.core, command)
            case TakeBack() | AskRead():
                return Refused("no_recall" if isinstance(command, TakeBack) else "no_read", "content")
            case Fetch():
                return await media.fetch(self.core, command, self._keep)
            case AskTask():
                return await groupmsg.ask(self.core, command)
            case StopTask():
                return await groupmsg.stop(self.core, command)
            case AskBook():
                return await book.ask(self.core, command)
            case Ring():
                return Refused("no_ring", "config")

    def idempotent(self, command: AnyCommand) -> bool:
        """Whether sending this very command again cannot be seen twice. Ask right before sending."""
        if not isinstance(command, Command):
            return True
        voice = self._voice(command)
        if voice is not None:
            return voice.idempotent(command)
        if isinstance(command.target, Private):
            return self._removed(command)
        # Of a task in doubt a second try only looks whether it is there.
        return isinstance(command.target, Parent | Broadcast)

    def bucket_names(self, command: AnyCommand) -> list[Bucket]:
        """The limits this command falls under, as (bucket, messages, window in seconds)."""
        if not isinstance(command, Command):
            return [self.core.bucket(self.api(command))]
        voice = self._voice(command)
        if voice is not None:
            return list(voice.buckets(command))
        match command.target:
            case Private(user_id):
                return member.counted(member.buckets(self.core, user_id), member.messages(command))
            case Parent() if self._parents is not None:
                return list(self._parents.buckets(command))
            case Webhook() as target:
                return [webhook.bucket(self.core, target)]
            case _:
                return [self.core.bucket(self.api(command))]

    def api(self, command: AnyCommand) -> str:
        """The interface the send will use; names the metric."""
        match command:
            case Command(target=target):
                return _PATHS.get(type(target), "none")
            case UpdateCard():
                return cards.UPDATE
            case TakeBack():
                return member.RECALL
            case Fetch():
                return media.DOWNLOAD
            case AskTask() | StopTask() | AskBook() | AskRead() | Ring():
                return type(command).__name__.lower()

    # -- words

    def _voice(self, command: Command) -> GroupVoice | None:
        return self.aibot if self.aibot is not None and self.aibot.takes(command) else None

    async def _say(self, command: Command) -> Outcome:
        voice = self._voice(command)
        if voice is not None:
            return await voice.send(command)
        match command.target:
            case Private(user_id):
                return await self._to_member(command, user_id)
            case Parent():
                return await self._parents.send(command) if self._parents else Refused("no_lane", "config")
            case Webhook() as target:
                return await webhook.send(self.core, command, target, self.files)
            case Broadcast() as target:
                return await groupmsg.lay(self.core, command, target, self.uploads)
            case Group():
                return Refused("no_aibot", "config")
            case _:
                return Refused("no_lane", "recipient")

    async def _to_member(self, command: Command, user_id: str) -> Outcome:
        if not user_id:
            return Refused("no_user_id", "recipient")
        if command.file is not None:
            return await member.show_file(self.core, command, user_id, self.uploads)
        if not self._card_goes(command):
            return await member.say(self.core, command, user_id)
        outcome, code = await member.show_card(self.core, command, user_id)
        if isinstance(outcome, Refused) and outcome.code == NO_CALLBACK:
            now = self.core.clock.now()
            self._no_cards = (now, now + CARD_REFUSED)
            return Refused(f"card.{NO_CALLBACK}", "retry")
        if isinstance(outcome, Sent) and code:
            await self._remember(command.outbox_id, code)
        return outcome

    def _card_goes(self, command: Command, at: datetime | None = None) -> bool:
        """Whether it goes as a card, now or at an earlier moment."""
        at = at or self.core.clock.now()
        refused = self._no_cards is not None and self._no_cards[0] <= at < self._no_cards[1]
        return command.file is None and cards.fits(command) and not refused

    def _removed(self, command: Command) -> bool:
        """Whether a member would not see a second copy: not for ever, and only of the same bytes."""
        tried = command.tried
        if tried is None:
            return True
        recent = self.core.clock.now() - tried < SAFE
        return recent and self._card_goes(command) is self._card_goes(command, tried)

    # -- cards that change

    async def _update(self, command: UpdateCard) -> Outcome:
        if self._store is None:
            return Refused("no_store", "config")
        now = self.core.clock.now()

        def unit(db: Db) -> tuple[str, str]:
            row = outbox.find(db, command.track)
            lane = row.lane if row is not None else ""
            return lane.rpartition("/")[2], card_codes.take(db, command.track, now)

        try:
            user_id, code = await asyncio.wrap_future(self._store.run(unit))
        except StoreRefused:
            return Refused("database", "retry")
        if not code or not user_id:
            return Refused("no_code", "content")
        outcome = await cards.update(self.core, command, user_id, code)
        if isinstance(outcome, Maybe) or (
            isinstance(outcome, Refused) and outcome.action in ("retry", "slow")
        ):
            await self._remember(command.track, code)  # the next try needs it; a used one is refused then
        return outcome

    async def _remember(self, track: str, code: str) -> None:
        """The code of a card just sent, unless a press has brought a newer one meanwhile."""
        if self._store is None:
            return
        now = self.core.clock.now()

        def unit(db: Db) -> None:
            newer = card_codes.take(db, track, now)
            card_codes.put(db, track, newer or code, now)

        try:
            await asyncio.wrap_future(self._store.run(unit))
        except StoreRefused:
            return

    # -- files for guardians

    async def _shape(self, file: FileRef) -> kf.Content | Refused | Maybe:
        made = await self.uploads.media_id(file)
        return (made[0], {"media_id": made[1]}) if isinstance(made, tuple) else made


_PATHS: dict[type, str] = {
    Private: member.SEND,
    Parent: kf.SEND,
    Webhook: "/cgi-bin/webhook/send",
    Broadcast: "/cgi-bin/externalcontact/add_msg_template",
    Group: "aibot",
}
