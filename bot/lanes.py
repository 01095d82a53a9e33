"""Where a reply goes: "the class", "a guardian", "the teacher" become a chat of a platform.

A lane says what it can; how a reply is put into words follows from that, not from the platform's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.budget import Level
from bot.command import Broadcast, Group, Page, Parent, Private, Session, Target, Webhook
from handlers.context import Ctx
from handlers.message import Chat, Message
from handlers.reply import Asker, Reply, ToClass, ToPerson
from storage import classes, group_robots, inbox, people
from storage.classes import SchoolClass

PAGE = "page"
MEMBER = {"dingtalk": "dingtalk_user", "wecom": "wecom_member"}
"""Kinds of identity of a member of the organisation, by platform; ``page`` is a phone on the mobile pages."""
KF, BOOK_PARENT = "wecom_kf", "wecom_parent"
"""A guardian on WeChat: as a customer of the school's service, as a parent in its address book."""

Can = Literal["auto_post", "confirmed", "group_hears", "buttons", "recall", "dialogue", "pictures", "counted"]
"""What a lane can: post unasked to a group · post once its owner has confirmed · hear the group (when @-ed) ·
show buttons · take back what it sent · be answered · show pictures and files · its sends count in the
platform's month."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The message being answered, with its reply address; absent for jobs and outcomes."""

    message: Message
    session: Session | None


@dataclass(frozen=True, slots=True)
class Home:
    """The app that reaches a school's people when nobody has just written.

    Args:
        platform: ``dingtalk`` or ``wecom``.
        app: The app's name in the settings.
        guardians: ``page`` where the robot may not write to guardians one to one.
        group_cards: Whether a card template for the class group is configured.
        cards: Whether one for single persons is.
        kf_id: The customer service account guardians on WeChat write to, or empty.
        rings: Whether it can make a member's phone ring.
    """

    platform: str
    app: str
    guardians: Literal["robot", "page"] = "robot"
    group_cards: bool = False
    cards: bool = False
    kf_id: str = ""
    rings: bool = False


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

    def ring_of(self, ctx: Ctx, person_id: str) -> tuple[str, str] | None:
        """``platform/app`` and the member whose phone it can make ring; None where that cannot be."""
        home = self._homes.get(ctx.school.corp)
        if home is None or not home.rings:
            return None
        user = people.identity_of(ctx.db, person_id, MEMBER[home.platform])
        return None if user is None else (f"{home.platform}/{home.app}", user.id)

    def _asker(self, ctx: Ctx, origin: Origin) -> Lane | None:
        chat, sender = origin.message.chat, origin.message.sender
        person_id = ctx.person.id if ctx.person else None
        if chat.kind == "group":
            return self._group_that_asked(ctx, chat, origin.session)
        sealed_for = f"person:{person_id}" if person_id else inbox.MAIL
        if chat.platform == PAGE:
            return _page(chat.app, person_id or chat.id, sealed_for)
        if sender.kind == KF:
            return self._parent(ctx, chat.app, person_id or "", sender.id, chat.id, origin.session)
        user_id = sender.id if sender.kind == MEMBER.get(chat.platform) else ""
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
        user = people.identity_of(ctx.db, person_id, MEMBER[home.platform])
        if user is not None and (home.guardians == "robot" or _works_here(ctx, person_id)):
            key, target = f"{home.platform}/{home.app}/user/{user.id}", Private(user.id, None)
            can = self._private_can(ctx)
            return Lane(key, home.platform, home.app, target, None, person_id, sealed_for, can, person_id)
        if home.platform == "wecom":
            return self._parent(ctx, home.app, person_id, "", home.kf_id, None)
        if people.identity_of(ctx.db, person_id, PAGE) is not None:
            return _page(home.app, person_id, sealed_for)
        return None

    def _parent(
        self, ctx: Ctx, app: str, person_id: str, external_id: str, kf_id: str, session: Session | None
    ) -> Lane | None:
        """A guardian on WeChat; which of the rungs it is, is decided right before sending."""
        known = [
            people.identity_of(ctx.db, person_id, kind) if person_id else None
            for kind in (KF, BOOK_PARENT, PAGE)
        ]
        kf, parent, page = (identity.id if identity else "" for identity in known)
        external_id = external_id or kf
        if not (external_id or parent or page):
            return None
        target = Parent(person_id, external_id, kf_id if external_id else "", parent)
        key = f"wecom/{app}/parent/{person_id or external_id}"
        sealed_for = f"person:{person_id}" if person_id else inbox.MAIL
        who = person_id or None
        return Lane(key, "wecom", app, target, session, who, sealed_for, _PARENT, who)

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
        if kind == "broadcast":
            return self._owner(ctx, of, key, sealed_for)
        if kind != "group":
            return None
        can = self._group_can(ctx)
        return Lane(key, platform, app, Group(chat_id), None, None, sealed_for, can, to_class=class_id)

    def _owner(self, ctx: Ctx, of: SchoolClass, key: str, sealed_for: str) -> Lane | None:
        """A class group that belongs to its teacher, who confirms each post."""
        platform, app, _kind, chat_id = key.split("/", 3)
        teacher = people.class_teacher(ctx.db, of.id)
        owner = people.identity_of(ctx.db, teacher.id, MEMBER[platform]) if teacher else None
        if owner is None:
            return None
        target = Broadcast(chat_id, owner.id)
        return Lane(key, platform, app, target, None, None, sealed_for, _OWNER, to_class=of.id)

    def _private_can(self, ctx: Ctx) -> frozenset[Can]:
        home = self._homes.get(ctx.school.corp)
        return _ROBOT | {"buttons"} if home is not None and home.cards else _ROBOT

    def _group_can(self, ctx: Ctx) -> frozenset[Can]:
        home = self._homes.get(ctx.school.corp)
        return _GROUP | {"buttons"} if home is not None and home.group_cards else _GROUP


_ROBOT: frozenset[Can] = frozenset(("recall", "dialogue", "pictures", "counted"))
_GROUP: frozenset[Can] = frozenset(("auto_post", "group_hears", "recall", "pictures", "counted"))
_WEBHOOK: frozenset[Can] = frozenset(("auto_post",))
_OWNER: frozenset[Can] = frozenset(("confirmed", "pictures"))
_PARENT: frozenset[Can] = frozenset(("buttons", "dialogue", "pictures"))
_PAGE: frozenset[Can] = frozenset(("buttons", "recall", "dialogue"))


def _page(app: str, person_id: str, sealed_for: str) -> Lane:
    key = f"{PAGE}/{app}/user/{person_id}"
    return Lane(key, PAGE, app, Page(person_id), None, person_id, sealed_for, _PAGE, person_id)


def _works_here(ctx: Ctx, person_id: str) -> bool:
    """Teachers and administrators are members of the organisation: the robot reaches them."""
    return any(role.kind != "guardian" for role in people.roles(ctx.db, person_id))
