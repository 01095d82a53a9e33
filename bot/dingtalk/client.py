"""Sends commands to DingTalk: picks the lane, makes the request, says what came of it.

What each lane asks for stands beside: cards, robot, webhook, media; people, groups and notices are asked
directly, with :attr:`DingTalk.core`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, assert_never

import aiohttp
from typing_extensions import override

from bot.command import (
    AnyCommand,
    AskBook,
    AskRead,
    AskTask,
    Command,
    Fetch,
    FileRef,
    Group,
    Maybe,
    Outcome,
    Page,
    Private,
    Refused,
    Ring,
    Sent,
    Session,
    StopTask,
    TakeBack,
    Target,
    UpdateCard,
    Webhook,
)
from bot.dingtalk import cards, ding, media, notice, robot, webhook
from bot.dingtalk.cards import CREATE_AND_DELIVER
from bot.dingtalk.core import OLD_TOKEN, TOKEN, Bucket, Core
from bot.dingtalk.errors import Verdict
from bot.dingtalk.robot import GROUP, PRIVATE
from bot.dingtalk.webhook import SESSION
from bot.media import Files, Gone, Keep

if TYPE_CHECKING:
    from config.clock import Clock
    from config.settings import DingTalkApp, LimitSettings

__all__ = ["GROUP", "OLD_TOKEN", "PRIVATE", "SESSION", "TOKEN", "Bucket", "DingTalk"]

SESSION_MARGIN = timedelta(seconds=10)
CARD_REFUSED_S = 3600.0
_ROUTE = "route"
"""Stands among the refused templates for our callback address."""

Lane = Literal["session", "card", "private", "group", "webhook", "none"]
_PATHS: dict[Lane, str] = {
    "session": SESSION,
    "card": CREATE_AND_DELIVER,
    "private": PRIVATE,
    "group": GROUP,
    "webhook": webhook.SEND,
    "none": "none",
}


async def _no_files(file: FileRef) -> bytes:
    raise Gone(file.medium_id or file.recipe)


async def _keeps_nothing(medium_id: str, data: bytes) -> None:
    raise OSError(f"nowhere to keep {medium_id}: {len(data)} bytes")


class DingTalk:
    """The outgoing side of one app.

    Args:
        name: The app's name in the settings.
        app: Its settings.
        limits: Calls per second, messages per minute, time-outs in seconds.
        http: Shared connections; cookies off, time-outs are set per request.
        clock: Judges sessions and tokens.
        on_counted: Told the path of every call that counts in the month, after it was made.
        files: The bytes of a message's file, see :data:`bot.media.Files`.
        keep: Takes in the bytes of a fetched attachment, see :data:`bot.media.Keep`.
        callback_url: Where the platform pushes pressed buttons, HTTP receivers only; without one a card
            with buttons goes as text with numbers.
    """

    def __init__(
        self,
        name: str,
        app: DingTalkApp,
        limits: LimitSettings,
        http: aiohttp.ClientSession,
        clock: Clock,
        on_counted: Callable[[str], None],
        files: Files = _no_files,
        keep: Keep = _keeps_nothing,
        callback_url: str = "",
    ) -> None:
        self.name = name
        self.core = Core(name, app, limits, http, clock, on_counted)
        self._files = files
        self._keep = keep
        self._callback_url = callback_url
        self._uploads = media.Uploads(self.core)
        self._registering = asyncio.Lock()
        self._registered = app.receive == "stream"
        self._refused_cards: dict[str, float] = {}

    @override
    def __repr__(self) -> str:
        return f"DingTalk({self.name!r})"

    async def send(self, command: AnyCommand) -> Outcome:
        """Make the call and say what came of it. Raises nothing the network does."""
        match command:
            case Command():
                return await self._say(command)
            case UpdateCard():
                return await cards.update(self.core, command)
            case TakeBack():
                return await robot.take_back(self.core, command)
            case Fetch():
                return await media.fetch(self.core, command, self._keep)
            case AskRead():
                return await robot.ask_read(self.core, command)
            case Ring():
                return await ding.ring(self.core, command)
            case AskTask() | StopTask() | AskBook():
                return Refused("no_such_thing", "config")
            case _:
                assert_never(command)

    def idempotent(self, command: AnyCommand) -> bool:
        """Whether sending this very command again cannot be seen twice. Ask right before sending."""
        if isinstance(command, Command):
            return self._lane(command) == "card"
        return not isinstance(command, Ring)

    def api(self, command: AnyCommand) -> str:
        """The path :meth:`send` will try first; names the metric."""
        match command:
            case Command():
                return _PATHS[self._lane(command)]
            case UpdateCard():
                return cards.UPDATE
            case TakeBack(target=target):
                return robot.recall_path(target)
            case Fetch():
                return media.DOWNLOAD
            case AskRead(target=target):
                return robot.read_path(target)
            case Ring():
                return ding.SEND
            case AskTask() | StopTask() | AskBook():
                return "none"
            case _:
                assert_never(command)

    def bucket_names(self, command: AnyCommand) -> list[Bucket]:
        """The limits this command falls under, as (bucket, messages, window in seconds)."""
        if not isinstance(command, Command):
            return [self.core.bucket(self.api(command))]
        if isinstance(command.target, Webhook):
            return [webhook.bucket(self.core, command.target)]
        lane = self._lane(command)
        buckets = [] if lane in ("session", "none") else [self.core.bucket(_PATHS[lane])]
        if isinstance(command.target, Group):
            group = f"dingtalk:{self.name}:group:{command.target.conversation_id}"
            buckets.append((group, self.core.limits.group_per_minute, 60.0))
        return buckets

    async def old_token(self) -> str:
        """The separate token of the older API; the two are not documented to be interchangeable.

        Raises:
            bot.tokens.TokenRefused: The platform gives none.
        """
        return await self.core.old_token.get()

    async def register_route(self) -> Refused | Maybe | None:
        """Make sure the platform knows where presses go; asked once, None: it does."""
        async with self._registering:
            if self._registered:
                return None
            failed = await cards.register_route(self.core, self._callback_url)
            self._registered = failed is None
            return failed

    # -- lanes

    def _lane(self, command: Command) -> Lane:
        target, command = command.target, self._shown(command)
        if isinstance(target, Webhook):
            return "webhook"
        if isinstance(target, Page):
            return "none"
        if command.file is None:
            if command.card and self._card_goes(command):
                return "card"
            if not command.must and command.session and self._alive(command.session):
                return "session"
        return "private" if isinstance(target, Private) else "group"

    def _shown(self, command: Command) -> Command:
        """Where nobody would hear a press, what must arrive is a card all the same, its choices as words:
        a second copy of it is removed."""
        if command.must and command.buttons and not self._presses_come():
            return replace(command, text=command.plain, buttons=(), choices="")
        return command

    def _alive(self, session: Session) -> bool:
        return session.expires_at - SESSION_MARGIN > self.core.clock.now()

    def _template(self, command: Command) -> str:
        app = self.core.app
        chosen = app.digest_card_template if isinstance(command.target, Group) else app.message_card_template
        return chosen or ""

    def _card_goes(self, command: Command) -> bool:
        template = self._template(command)
        if not template or self._is_refused(template):
            return False
        if isinstance(command.target, Private) and not command.target.user_id:
            return False
        if command.buttons and not self._presses_come():
            return False
        return cards.card_data(command.title, command.text, command.buttons) is not None

    def _presses_come(self) -> bool:
        """A button nobody hears is worse than a number."""
        return self.core.app.receive == "stream" or (
            bool(self._callback_url) and not self._is_refused(_ROUTE)
        )

    def _is_refused(self, name: str) -> bool:
        return self.core.clock.monotonic() < self._refused_cards.get(name, 0.0)

    async def _say(self, command: Command) -> Outcome:
        command = self._shown(command)
        if robot.too_long(robot.words(command.title, command.plain)):
            return Refused("msgParam.tooLong", "content")
        lane = self._lane(command)
        if lane == "session" and command.session is not None:
            outcome = await webhook.by_session(self.core, command, command.session)
            if outcome is not None:
                return outcome
        if isinstance(command.target, Private) and not command.target.user_id:
            return Refused("no_user_id", "recipient")
        if lane == "card":
            return await self._send_card(command)
        if command.file is not None:
            return await self._send_file(command, command.file)
        return await self._send_words(command)

    async def _send_words(self, command: Command) -> Outcome:
        if isinstance(command.target, Webhook):
            body = _spoken(command)
            return await webhook.by_robot(self.core, command.target, body, command.outbox_id)
        outcome = await self._deliver(command.target, robot.words(command.title, command.plain))
        if isinstance(outcome, Refused) and notice.stands_in(outcome) and not command.choices:
            return await notice.instead(self.core, command, outcome)
        return outcome

    async def _deliver(self, target: Target, content: robot.Content) -> Outcome:
        match target:
            case Private(user_id):
                return await robot.send_private(self.core, user_id, content)
            case Group(conversation):
                return await robot.send_group(self.core, conversation, content)
            case _:
                return Refused("no_lane", "recipient")

    # -- files

    async def _send_file(self, command: Command, file: FileRef) -> Outcome:
        data = await media.bytes_of(file, self._files)
        if isinstance(data, Refused):
            return data
        if isinstance(command.target, Webhook):
            return await self._picture_by_robot(command, command.target, file, data)
        content = await self._uploads.content(file, data, command.title, command.plain)
        if not isinstance(content, tuple):
            return content
        outcome = await self._deliver(command.target, content)
        shows_words = content[0] in ("sampleMarkdown", "sampleImageMsg")
        if not isinstance(outcome, Sent) or shows_words or not command.plain:
            return outcome
        # Only a picture can carry a caption. The file is there: whatever becomes of the words is in doubt.
        said = await self._send_words(replace(command, file=None))
        return outcome if isinstance(said, Sent) else Maybe(f"caption.{said.code}")

    async def _picture_by_robot(
        self, command: Command, target: Webhook, file: FileRef, data: bytes
    ) -> Outcome:
        if file.kind != "picture":
            return Refused("file.noLane", "content")
        media_id = await self._uploads.media_id("picture", file.name, data)
        if not isinstance(media_id, str):
            return media_id
        body = webhook.picture(command.title or command.text or file.name, command.plain, media_id)
        return await webhook.by_robot(self.core, target, body, command.outbox_id)

    # -- cards

    async def _send_card(self, command: Command) -> Outcome:
        if command.buttons:
            failed = await self.register_route()
            if failed is not None:
                return self._no_presses(failed)
        template = self._template(command)
        request = cards.card_request(command, template, self.core)
        if request is None:
            return Refused("card.tooLong", "content")
        verdict = await self.core.call_new(CREATE_AND_DELIVER, request)
        if verdict.meaning == "exists":
            return Sent(command.outbox_id)
        if verdict.meaning != "ok":
            return self._without_card(template, verdict)
        good, carrier = cards.delivered(verdict.data)
        if good is None:
            return Maybe("card.noResult")
        return Sent(carrier or command.outbox_id) if good else Refused("card.notDelivered", "recipient")

    def _no_presses(self, failed: Refused | Maybe) -> Outcome:
        """Nothing was sent, and the address may be told again at any time."""
        if isinstance(failed, Maybe):
            return Refused(f"card.route.{failed.code}", "retry")
        ours = failed.code.startswith("token.")
        if not ours and failed.action in ("config", "content", "recipient"):
            self._refused_cards[_ROUTE] = self.core.clock.monotonic() + CARD_REFUSED_S
            return Refused(f"card.route.{failed.code}", "retry")
        return failed

    def _without_card(self, template: str, verdict: Verdict) -> Outcome:
        """Cards are refused here: forget them for an hour, so that the next try goes as markdown.

        Not in the same breath: whether a try may be repeated has to be known before it is made.
        """
        outcome = verdict.outcome()
        # Words that are not allowed say nothing about the template.
        words = "unsafe" in verdict.code.lower() or verdict.code.startswith("contain.")
        shape = verdict.meaning == "content" and not words
        ours = verdict.code.startswith("token.")  # the app's credentials, not its cards
        if isinstance(outcome, Refused) and not ours and (verdict.meaning == "config" or shape):
            self._refused_cards[template] = self.core.clock.monotonic() + CARD_REFUSED_S
            return Refused(f"card.{outcome.code}", "retry")
        return outcome


def _spoken(command: Command) -> dict[str, Any]:
    """What a custom robot says: with its one button where there is a page to open."""
    if command.link is None:
        return webhook.message(command.title, command.plain)
    return webhook.link_card(command.title or command.link[0], command.plain, [command.link])
