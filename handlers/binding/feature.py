"""Binding as a feature: code → question → bound; in doubt nothing is bound and the code stays good."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from handlers.binding import texts
from handlers.context import Ctx
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Identity, Message
from handlers.reply import Asker, Choice, Outcome, Reply
from handlers.talking import begin
from storage import access, classes, codes, people, talks
from storage.codes import Found
from storage.schedule import Occurrence
from storage.talks import Talk

_OPEN_DOOR = "wecom_kf"
"""Customer service, where anybody on WeChat may write: five tries each would be no limit for many."""
ALL_STRANGERS = 200
"""Wrong codes from there within an hour: more is no school day but somebody guessing."""
_LIFE = timedelta(minutes=15)
_BINDABLE = ("dingtalk_user", "wecom_member", "wecom_kf")
_YES, _NO = "confirm_yes", "confirm_no"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as typed; empty when somebody wants to bind and has named none."""

    digits: str


class Binding:
    """See the module."""

    name = "binding"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A code, in private only: a code shown in the group is used up for nobody."""
        if reading.intent != "bind_child" or message.chat.kind == "group":
            return None
        return Code(reading.slots.get("code", ""))

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Reply]:
        """Look the code up and ask; nothing is bound yet."""
        code = match.digits if isinstance(match, Code) else ""
        if not code:
            return [Reply(Asker(), texts.NO_CODE if ctx.person is None else texts.already(_names(ctx)))]
        sender = message.sender
        open_door, everybody = sender.kind == _OPEN_DOOR, (f"{_OPEN_DOOR} all", sender.corp, "")
        if not codes.attempt(ctx.db, ctx.new_id, ctx.now, sender.kind, sender.corp, sender.id):
            return [Reply(Asker(), texts.TOO_MANY)]
        if open_door and codes.tried(ctx.db, ctx.now, *everybody) >= ALL_STRANGERS:
            return [Reply(Asker(), texts.TOO_MANY)]
        found = codes.look(ctx.db, code) if len(code) == 8 and code.isdigit() else None
        if found is None or found.person.school_id != ctx.school.id:
            if open_door:
                codes.attempt(ctx.db, ctx.new_id, ctx.now, *everybody, ALL_STRANGERS)
            return [Reply(Asker(), texts.WRONG)]
        return [Reply(Asker(), _answer(ctx, message, code, found))]

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Reply] | None:
        """是 or 不是."""
        if talk.feature != self.name or reading.intent not in (_YES, _NO):
            return None
        talks.close(ctx.db, talk.id)
        if reading.intent == _NO:
            return [Reply(Asker(), texts.NOT_ME)]
        return [Reply(Asker(), _bind(ctx, message.sender, json.loads(talk.state)["code"]))]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Reply]:
        """A stranger has no numbers: 是 and 不是 are words of the talk."""
        return [Reply(Asker(), texts.TALK_OVER)]

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Reply]:
        """Nothing hangs on it."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Reply]:
        """Nothing is planned here."""
        return []


def who_key(ctx: Ctx, sender: Identity) -> str:
    """Under what name a talk is kept: the person, or a stranger's identity."""
    return ctx.person.id if ctx.person else f"{sender.kind}:{sender.corp}:{sender.id}"


def _answer(ctx: Ctx, message: Message, code: str, found: Found) -> str:
    if ctx.person is not None:
        mine = found.person.id == ctx.person.id
        return texts.already(_names(ctx)) if mine else texts.other_code(_names(ctx))
    if found.used:
        return texts.USED
    if message.sender.kind not in _BINDABLE:
        return texts.ONLY_MEMBERS
    begin(ctx, message, "binding", {"code": code}, who_key(ctx, message.sender), _LIFE)
    return texts.confirm(_who(ctx, found))


def _who(ctx: Ctx, found: Found) -> str:
    class_name = found.school_class.name if found.school_class else ""
    if found.pupil is None:
        return texts.teacher_of(class_name, found.person.name)
    children = access.children_of(ctx.db, found.person.id)
    names = "、".join(child.name for child in children) or found.pupil.name
    return texts.guardian_of(class_name, names, found.relation)


def _bind(ctx: Ctx, sender: Identity, code: str) -> str:
    found = codes.look(ctx.db, code)
    if found is None or found.used:
        return texts.USED
    if people.identity_of(ctx.db, found.person.id, sender.kind) is not None:
        return texts.TAKEN
    if not codes.use(ctx.db, code, ctx.now):
        return texts.USED
    attached = people.attach_identity(
        ctx.db, ctx.new_id, person_id=found.person.id, kind=sender.kind, corp=sender.corp, ext_id=sender.id
    )
    if not attached:
        return texts.TAKEN
    if found.pupil is None or found.school_class is None:
        return texts.bound_teacher(found.person.name)
    teacher = people.class_teacher(ctx.db, found.school_class.id)
    return texts.bound_guardian(_who(ctx, found), teacher.name if teacher else texts.CLASS_TEACHER)


def _names(ctx: Ctx) -> list[str]:
    if ctx.person is None:
        return []
    names = []
    for child in access.children_of(ctx.db, ctx.person.id):
        of = classes.get(ctx.db, child.class_id)
        relation = next((role.relation for role in ctx.roles if role.pupil_id == child.id), "")
        names.append(texts.guardian_of(of.name if of else "", child.name, relation))
    return names or [ctx.person.name]


FEATURE = Binding()
