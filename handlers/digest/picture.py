"""The digest as a picture, for a teacher who forwards it to a group that takes no robot.

Only on demand, and only what the class has read or would read now: the same names, the same guard.
"""

from __future__ import annotations

from handlers import guard
from handlers.context import Ctx
from handlers.digest import picture_texts, rules, texts
from handlers.digest.compose import compose, still_named
from handlers.digest.desks import Sheet, current, today
from handlers.digest.drawing import drawn
from handlers.digest.posting import spoken
from handlers.guard.texts import digest_stopped
from handlers.language.say import say_short_day
from handlers.reply import Asker, Outcome, Reply, Thing, ToPerson
from storage import classes, digests
from storage.classes import SchoolClass
from storage.digests import Kind

THING = "digest_picture"
"""A picture on its way; the id is the digest's."""
_OUT = ("queued", "published")


def picture(ctx: Ctx, of: SchoolClass) -> Reply:
    """The picture of today's digest, or of the one that is being written; else why there is none."""
    sheet = today(ctx, of)
    if not sheet.notes:
        sheet = current(ctx, of)
    if sheet.digest is None or not sheet.notes:
        return Reply(Asker(), texts.nothing_yet(of.name))
    sections = _published(ctx, sheet)
    if sections is None:
        made = compose(ctx, of, sheet.day, sheet.notes)
        if made.count > rules.MOST:
            return Reply(Asker(), texts.too_long_to_send(made.count, rules.MOST))
        verdict = guard.look(ctx, of.id, made.text)
        if verdict.verdict == "block":
            return Reply(Asker(), digest_stopped(verdict, spoken(sheet)))
        sections = made.sections
    caption = picture_texts.caption(spoken(sheet), posted=sheet.state == "published")
    return Reply(Asker(), caption, thing=Thing(THING, sheet.digest.id), file=drawn(ctx, sheet, sections))


def _published(ctx: Ctx, sheet: Sheet) -> dict[Kind, list[str]] | None:
    """What went to the group; a family's word that was taken back since holds here too."""
    if sheet.digest is None or sheet.state not in _OUT:
        return None
    held = digests.published_text(ctx.db, sheet.digest.id)
    return None if held is None else still_named(ctx, sheet.notes, held.sections)


def outcome(ctx: Ctx, result: Outcome) -> list[Reply]:
    """A picture that did not arrive is told to whoever asked for it."""
    digest = digests.get(ctx.db, result.thing.id) if result.thing else None
    of = classes.get(ctx.db, digest.class_id) if digest else None
    if digest is None or of is None or result.to_person is None or result.kind in ("sent", "withdrawn"):
        return []
    name = texts.name_of(of.name, say_short_day(digest.day))
    make = picture_texts.maybe_sent if result.kind == "unknown" else picture_texts.not_drawn
    return [Reply(ToPerson(result.to_person), make(name))]
