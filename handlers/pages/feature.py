"""「小明妈妈的链接」: a teacher gets a link that lets one guardian into the own page, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.digest.desks import teaches
from handlers.feature import Check
from handlers.language import Reading
from handlers.message import Message
from handlers.pages import texts
from handlers.relay import families
from handlers.relay.families import Family
from handlers.reply import Asker, Choice, Outcome, Reply
from storage import classes, page_links
from storage.schedule import Occurrence


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose link; as the teacher said it."""

    child: str
    relation: str
    of: str


class Pages:
    """See the module."""

    name = "pages"
    checks: Mapping[str, Check] = {}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A teacher in private: the link is a key."""
        if reading.intent != "page_link" or message.chat.kind == "group" or not teaches(ctx):
            return None
        slots = reading.slots
        return Wanted(slots.get("child", ""), slots.get("relation", ""), slots.get("class", ""))

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Reply]:
        """Find the family; only one that is meant for sure gets a link."""
        if not isinstance(match, Wanted) or not match.child:
            return [Reply(Asker(), texts.WHOSE)]
        found = families.by_name(ctx, match.child, match.relation, _within(ctx, match.of))
        if not found:
            return [Reply(Asker(), texts.nobody(match.child, match.relation))]
        if len({family.guardian.id for family in found}) > 1:
            return [Reply(Asker(), texts.which(_told_apart(found)))]
        link = page_links.make(ctx.db, ctx.new_id, ctx.now, found[0].guardian.id)
        return [Reply(Asker(), texts.link_for(found[0].name, page_links.LIFE.days), link=link.id)]

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Reply]:
        """It offers no choices."""
        return []

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Reply]:
        """Nothing hangs on it: who got no link asks again."""
        return []

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Reply]:
        """Nothing is planned here."""
        return []


def _within(ctx: Ctx, named: str) -> list[str]:
    """The classes looked in: those the teacher named, else all of the teacher's."""
    mine = families.taught(ctx)
    if not named or named == "*":
        return mine
    meant = [classes.by_name(ctx.db, ctx.school.id, name) for name in named.split("|")]
    return [of.id for of in meant if of is not None and of.id in mine]


def _told_apart(found: Sequence[Family]) -> list[str]:
    """The families' names, with their classes where several are concerned."""
    if len({family.of.id for family in found}) == 1:
        return [family.name for family in found]
    return [texts.of_class(family.of.name, family.name) for family in found]


FEATURE = Pages()
