"""What a decision asks for beside words: take back, fetch, ask, ring; each becomes a row of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.budget import Level
from bot.command import AnyCommand, AskTask, Broadcast, Platform, StopTask
from bot.command import AskBook as AskBookOf
from bot.command import Fetch as FetchBytes
from bot.command import Ring as RingPhone
from bot.lanes import Lanes, Origin
from bot.payloads import payload_of, put_outcome, unqueued
from bot.recalls import taking_back
from config.ids import new_id
from handlers.context import Ctx
from handlers.reply import AskBook, AskSent, Fetch, Reply, Ring, StopSend, TakeBack, Thing, ToClass
from storage import hanging, inbox, media, outbox
from storage.outbox import Item

CHAT_LIFE = timedelta(hours=12)
"""A private answer nobody could deliver for so long is given up and its writer told."""
RING_AFTER, RING_LIFE = timedelta(seconds=2), timedelta(minutes=10)
"""Who looks finds the words already there; a phone that rings much later only frightens."""

Errand = TakeBack | Fetch | AskSent | StopSend | AskBook | Ring


def item_of(
    ctx: Ctx,
    feature: str,
    command: AnyCommand,
    platform: Platform,
    lane: str,
    sealed_for: str,
    thing: Thing | None,
) -> Item:
    """A command as a row of the outbox, with what every row has; its life is a chat's."""
    return Item(
        id=command.outbox_id,
        school_id=ctx.school.id,
        lane=lane,
        feature=feature,
        payload=payload_of(command),
        limits=tuple(platform.bucket_names(command)),
        safe=platform.idempotent(command),
        sealed_for=sealed_for,
        thing_kind=thing.kind if thing else None,
        thing_id=thing.id if thing else None,
        deadline=ctx.now + CHAT_LIFE,
    )


class Errands:
    """Makes their rows.

    Args:
        platforms: A client per ``platform/app``.
        lanes: Finds who is reached where.
    """

    def __init__(self, platforms: Mapping[str, Platform], lanes: Lanes) -> None:
        self._platforms = platforms
        self._lanes = lanes

    def items(
        self, ctx: Ctx, feature: str, act: Errand, origin: Origin | None
    ) -> list[tuple[Item, datetime | None]]:
        """The rows, each with the moment (UTC) it is due, None for now."""
        match act:
            case TakeBack(thing):
                return [(item, None) for item in self._recall(ctx, feature, thing)]
            case Ring():
                ringing = self._ring(ctx, act.owner or feature, act)
                return [(ringing, ctx.now + RING_AFTER)] if ringing is not None else []
            case Fetch():
                item = self._fetch(ctx, feature, act, origin)
            case AskSent() | StopSend() | AskBook():
                owner = "" if isinstance(act, AskBook) else act.owner
                item = self._question(ctx, owner or feature, act)
        return [(item, None)] if item is not None else []

    def _recall(self, ctx: Ctx, feature: str, thing: Thing) -> list[Item]:
        """A row for each message of a thing; if none can be taken back, the feature hears so at once."""
        items = []
        for sent in hanging.of_thing(ctx.db, thing.kind, thing.id):
            command = taking_back(sent, new_id())
            platform = self._platforms.get(command.app) if command is not None else None
            if command is None or platform is None:
                continue
            item = item_of(ctx, feature, command, platform, sent.lane, sent.sealed_for, thing)
            items.append(
                replace(
                    item,
                    payload=item.payload | {"act": "recall", "of": sent.id},
                    to_person=sent.to_person,
                    to_class=sent.to_class,
                    wants_outcome=True,
                )
            )
        if not items:
            _lost(ctx, feature, thing, "not_there", "recall")
        return items

    def _fetch(self, ctx: Ctx, feature: str, act: Fetch, origin: Origin | None) -> Item | None:
        medium = media.get(ctx.db, act.medium_id)
        app = self._app_of(ctx, origin)
        platform = self._platforms.get(app)
        if medium is None or platform is None:
            code = "no_medium" if medium is None else "no_lane"
            _lost(ctx, feature, act.thing, code, "fetch")
            return None
        command = FetchBytes(new_id(), app, medium.id, medium.ticket)
        sealed_for = f"person:{medium.person_id}" if medium.person_id else inbox.MAIL
        item = item_of(ctx, feature, command, platform, f"fetch/{medium.id}", sealed_for, act.thing)
        return replace(item, wants_outcome=True, deadline=medium.deadline or ctx.now + media.LIFE)

    def _ring(self, ctx: Ctx, feature: str, act: Ring) -> Item | None:
        """Beside the words, in a lane of its own: neither waits for the other."""
        found = self._lanes.ring_of(ctx, act.person_id)
        platform = self._platforms.get(found[0]) if found is not None else None
        if found is None or platform is None:
            return None
        command = RingPhone(new_id(), *found, act.text)
        lane = f"{command.app}/ring/{command.user_id}"
        item = item_of(ctx, feature, command, platform, lane, f"person:{act.person_id}", act.thing)
        return replace(
            item,
            to_person=act.person_id,
            subject_kind=act.subject.kind,
            subject_id=act.subject.id,
            subject_version=act.subject.version,
            deadline=ctx.now + RING_LIFE,
            rank=outbox.FIRST,
        )

    # -- questions

    def _question(self, ctx: Ctx, feature: str, act: AskSent | StopSend | AskBook) -> Item | None:
        """A row that asks the platform something; what comes of it the feature hears as an outcome."""
        app = self._lanes.home_of(ctx)
        platform = self._platforms.get(app)
        command = self._asked(ctx, act, app)
        if platform is None or command is None:
            _lost(ctx, feature, act.thing, "no_lane", _ASKED[type(act)])
            return None
        lane = f"ask/{act.thing.kind}/{act.thing.id}"
        item = item_of(ctx, feature, command, platform, lane, inbox.MAIL, act.thing)
        to_class = None if isinstance(act, AskBook) else act.class_id
        return replace(item, to_class=to_class, wants_outcome=True)

    def _asked(self, ctx: Ctx, act: AskSent | StopSend | AskBook, app: str) -> AnyCommand | None:
        match act:
            case AskBook(what, which):
                return AskBookOf(new_id(), app, what, which)
            case StopSend(task_id=task_id):
                return StopTask(new_id(), app, task_id)
            case AskSent(class_id, task_id):
                lane = self._lanes.of(ctx, Reply(ToClass(class_id), ""), None, Level.FULL)
                target = lane.target if lane is not None else None
                return AskTask(new_id(), app, task_id, target) if isinstance(target, Broadcast) else None

    def _app_of(self, ctx: Ctx, origin: Origin | None) -> str:
        """The app an attachment came through: only that one's token opens its ticket."""
        if origin is not None:
            return f"{origin.message.chat.platform}/{origin.message.chat.app}"
        return self._lanes.home_of(ctx)


_ASKED: dict[type, str] = {AskSent: "ask_task", StopSend: "stop_task", AskBook: "book"}


def _lost(ctx: Ctx, feature: str, thing: Thing, code: str, act: str) -> None:
    """What could not even be asked: the feature hears so at once."""
    put_outcome(ctx.db, unqueued(ctx.school.id, feature, thing, new_id(), code, act), ctx.now, 0)
