"""Help as a feature; the router also comes here when nothing else fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.feature import Check
from handlers.help import texts
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Asker, Choice, Outcome, Reply
from storage import access, people
from storage.schedule import Occurrence

_INTENTS = ("help", "greeting", "thanks", "ask_identity")


@dataclass(frozen=True, slots=True)
class Help:
    """What to say: an intent."""

    intent: str = "help"


class HelpFeature:
    """See the module."""

    name = "help"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """Help, a greeting, thanks, 「你是机器人吗」."""
        return Help(reading.intent) if reading.intent in _INTENTS else None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Reply]:
        """Answer for the role; 收到 in the group is left alone."""
        intent = match.intent if isinstance(match, Help) else "help"
        if message.chat.kind == "group":
            return _group(ctx, intent)
        if intent == "thanks":
            return [Reply(Asker(), texts.THANKS)]
        if intent == "ask_identity":
            return [Reply(Asker(), texts.WHO)]
        text = for_role(ctx)
        if intent == "greeting" and ctx.person is not None:
            text = texts.hello(ctx.person.name) + text
        return [Reply(Asker(), text)]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Reply]:
        """There are no choices here."""
        return [Reply(Asker(), for_role(ctx))]

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Reply]:
        """Nothing hangs on help."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Reply]:
        """Nothing is planned here."""
        return []


def _group(ctx: Ctx, intent: str) -> list[Reply]:
    if intent == "thanks":
        return []
    return [Reply(Asker(), texts.GROUP if ctx.person is not None else texts.GROUP_STRANGER)]


def for_role(ctx: Ctx) -> str:
    """The help text of whoever writes."""
    kinds = {role.kind for role in ctx.roles}
    if "teacher" in kinds:
        return texts.TEACHER
    if kinds & {"co_teacher", "deputy"}:
        class_id = next(role.class_id for role in ctx.roles if role.kind in ("co_teacher", "deputy"))
        teacher = people.class_teacher(ctx.db, class_id) if class_id else None
        return texts.co_teacher(teacher.name if teacher else texts.CLASS_TEACHER)
    if "guardian" in kinds:
        return texts.guardian(_teacher_of_first_child(ctx), ctx.school.duty_phone)
    return texts.ADMIN if "admin" in kinds else texts.stranger(ctx.school.name)


def _teacher_of_first_child(ctx: Ctx) -> str:
    children = access.children_of(ctx.db, ctx.person.id) if ctx.person else ()
    teacher = people.class_teacher(ctx.db, children[0].class_id) if children else None
    return teacher.name if teacher else texts.CLASS_TEACHER


FEATURE = HelpFeature()
