"""Where a reply goes: "the class", "a guardian", "the teacher" become a chat of a platform.

A lane says what it can; how a reply is put into words follows from that, not from the platform's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.budget import Level
from bot.command import Group, Page, Private, Session, Target, Webhook
from handlers.context import Ctx
from handlers.message import Chat, Message
from handlers.reply import Asker, Reply, ToClass, ToPerson
from storage import classes, group_robots, inbox, people

USER, PAGE = "dingtalk_user", "page"
"""Kinds of identity: a member of the organisation, a phone that was bound on a mobile page."""

Can = Literal["auto_post", "group_hears", "buttons", "recall", "dialogue", "pictures", "counted"]
"""What a lane can: post unasked to a group · hear the group (when @-ed) · show buttons · take back what
it sent · be answered · show pictures and files · its sends count in the platform's month."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The message being answered, with its reply address; absent for jobs and outcomes."""

    message: Message
    session: Session | None


@dataclass(frozen=True, slots=True)
class Home:
    """The app that reaches a school's people when nobody has just written.

    Args:
        platform: ``dingtalk``.
        app: The app's name in the settings.
        guardians: ``page`` where the robot may not write to guardians one to one.
        group_cards: Whether a card template for the class group is configured.
        cards: Whether one for single persons is.
    """

    platform: str
    app: str
    guardians: Literal["robot", "page"] = "robot"
    group_cards: bool = False
    cards: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One recipient chat.

    Args:
        key: Order is kept in it.
        who: Under whose name numbers are given there; None in a group.
        sealed_for: The subject whose key seals what goes there.
        can: What it offers.
    """

    key: str
    platform: str
    app: str
    target: Target
    session: Session | None
    who: str | None
    sealed_for: str
    can: frozenset[Can]
    to_person: str | None = None
    to_class: str | None = None


class Lanes:
    """Finds the lane of a reply.

    Args:
        homes: Per organisation, the app that reaches its people.
    """

    def __init__(self, homes: Mapping[str, Home]) -> None:
        self._homes = homes

    def of(self, ctx: Ctx, reply: Reply, origin: Origin | None, level: Level) -> Lane | None:
        """The lane of a reply; None if nobody can be reached there."""
        match reply.to:
            case Asker() if origin is not None:
                return self._asker(ctx, origin)
            case ToPerson(person_id):
                return self._person(ctx, person_id, origin)
            case ToClass(class_id):
                return self._class(ctx, class_id, level)
            case _:
                return None

    def app_of(self, ctx: Ctx) -> str:
        """The name of the app whose month pays for what a school sends."""
        home = self._homes.get(ctx.school.corp)
        return home.app if home else ""

    def home_of(self, ctx: Ctx) -> str:
        """``platform/app`` of the same."""
        home = self._homes.get(ctx.school.corp)
        return f"{home.platform}/{home.app}" if home else ""

    def _asker(self, ctx: Ctx, origin: Origin) -> Lane:
        chat, sender = origin.message.chat, origin.message.sender
        person_id = ctx.person.id if ctx.person else None
        if chat.kind == "group":
            return self._group_that_asked(ctx, chat, origin.session)
        sealed_for = f"person:{person_id}" if person_id else inbox.MAIL
        if chat.platform == PAGE:
            return _page(chat.app, person_id or chat.id, sealed_for)
        user_id = sender.id if sender.kind == USER else ""
        key = f"{chat.platform}/{chat.app}/user/{sender.id}"
        target = Private(user_id, chat.id or None)
        can = self._private_can(ctx)
        return Lane(
            key, chat.platform, chat.app, target, origin.session, person_id, sealed_for, can, person_id
        )

    def _group_that_asked(self, ctx: Ctx, chat: Chat, session: Session | None) -> Lane:
        key = f"{chat.platform}/{chat.app}/group/{chat.id}"
        of = classes.by_group(ctx.db, chat.key)
        sealed_for = classes.subject(of.id) if of else inbox.MAIL
        return Lane(
            key, chat.platform, chat.app, Group(chat.id), session, None, sealed_for, self._group_can(ctx)
        )

    def _person(self, ctx: Ctx, person_id: str, origin: Origin | None) -> Lane | None:
        mine = origin is not None and ctx.person is not None and ctx.person.id == person_id
        if mine and origin is not None and origin.message.chat.kind == "private":
            return self._asker(ctx, origin)
        home = self._homes.get(ctx.school.corp)
        if home is None:
            return None
        sealed_for = f"person:{person_id}"
        user = people.identity_of(ctx.db, person_id, USER)
        if user is not None and (home.guardians == "robot" or _works_here(ctx, person_id)):
            key, target = f"{home.platform}/{home.app}/user/{user.id}", Private(user.id, None)
            can = self._private_can(ctx)
            return Lane(key, home.platform, home.app, target, None, person_id, sealed_for, can, person_id)
        if people.identity_of(ctx.db, person_id, PAGE) is not None:
            return _page(home.app, person_id, sealed_for)
        return None

    def _class(self, ctx: Ctx, class_id: str, level: Level) -> Lane | None:
        of = classes.get(ctx.db, class_id)
        if of is None or of.group_chat is None:
            return None
        platform, app, kind, chat_id = of.group_chat.split("/", 3)
        key, sealed_for = f"{platform}/{app}/{kind}/{chat_id}", classes.subject(class_id)
        if kind == "webhook" or level >= Level.ONE_POST:
            robot = group_robots.of_class(ctx.db, class_id)
            if robot is not None:
                target = Webhook(robot.token, robot.secret)
                return Lane(key, platform, app, target, None, None, sealed_for, _WEBHOOK, to_class=class_id)
        if kind == "webhook":
            return None
        can = self._group_can(ctx)
        return Lane(key, platform, app, Group(chat_id), None, None, sealed_for, can, to_class=class_id)

    def _private_can(self, ctx: Ctx) -> frozenset[Can]:
        home = self._homes.get(ctx.school.corp)
        return _ROBOT | {"buttons"} if home is not None and home.cards else _ROBOT

    def _group_can(self, ctx: Ctx) -> frozenset[Can]:
        home = self._homes.get(ctx.school.corp)
        return _GROUP | {"buttons"} if home is not None and home.group_cards else _GROUP


_ROBOT: frozenset[Can] = frozenset(("recall", "dialogue", "pictures", "counted"))
_GROUP: frozenset[Can] = frozenset(("auto_post", "group_hears", "recall", "pictures", "counted"))
_WEBHOOK: frozenset[Can] = frozenset(("auto_post",))
_PAGE: frozenset[Can] = frozenset(("buttons", "recall", "dialogue"))


def _page(app: str, person_id: str, sealed_for: str) -> Lane:
    key = f"{PAGE}/{app}/user/{person_id}"
    return Lane(key, PAGE, app, Page(person_id), None, person_id, sealed_for, _PAGE, person_id)


def _works_here(ctx: Ctx, person_id: str) -> bool:
    """Teachers and administrators are members of the organisation: the robot reaches them."""
    return any(role.kind != "guardian" for role in people.roles(ctx.db, person_id))
