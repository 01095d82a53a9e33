"""From notes to the words in the group: names by consent, dates in full, sections in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.context import Ctx
from handlers.digest import rules, texts
from handlers.digest_style.rules import of_class as style_of
from handlers.digest_style.texts import lines as by_lines
from handlers.language.say import say_short_day
from storage import access, consent, digests
from storage.access import Denied, System
from storage.classes import SchoolClass
from storage.digests import Kind, Note
from storage.engine import Db

SELF = System("digest")


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest ready to be shown.

    Args:
        sections: What the group reads, by kind and in order.
        text: The whole post.
        hidden: Names that were taken out.
        count: Characters of the notes.
        ending: The last line every digest of the class has, or empty.
    """

    sections: dict[Kind, list[str]]
    text: str
    hidden: list[str]
    count: int
    ending: str = ""

    def preview(self) -> list[str]:
        """The post with every note numbered (with one note there is nothing to number)."""
        lines, number = [self.text.split("\n", 1)[0]], 0
        if sum(len(items) for items in self.sections.values()) == 1:
            return self.text.split("\n")
        for kind, items in self.sections.items():
            lines.append(texts.numbered(kind, list(enumerate(items, number + 1))))
            number += len(items)
        return [*lines, self.ending] if self.ending else lines


def roster(ctx: Ctx, class_id: str) -> list[tuple[str, str]]:
    """Ids and names of a class's children, for the digest's own work."""
    pupils = access.access_class_pupils(ctx.db, SELF, class_id, "digest", now=ctx.now)
    return [] if isinstance(pupils, Denied) else [(pupil.id, pupil.name) for pupil in pupils]


def mentioned(ctx: Ctx, class_id: str, kind: str, text: str) -> list[rules.Mention]:
    """Children of the class named in a note."""
    return rules.mentions(text, roster(ctx, class_id), given_names=kind == "praise")


def agreed(ctx: Ctx, found: Sequence[rules.Mention]) -> dict[str, bool]:
    """Whose family agreed to praise by name; no word means no."""
    ids = [pupil_id for hit in found for pupil_id in hit.pupil_ids]
    states = consent.states(ctx.db, ids, "praise_name") if ids else {}
    return {pupil_id: state == "given" for pupil_id, state in states.items()}


def compose(ctx: Ctx, school_class: SchoolClass, day: date, notes: Sequence[Note]) -> Composed:
    """Make the post of a class and day from its notes."""
    children, allowed = _named_in(ctx, notes)
    sections: dict[Kind, list[str]] = {kind: [] for kind in rules.kinds_in(notes)}
    hidden: list[str] = []
    for note in rules.in_order(notes):
        found = rules.mentions(note.text, children, given_names=note.kind == "praise")
        hidden += rules.hidden_names(note.text, found, allowed)
        sections[note.kind].append(rules.hide_names(note.text, found, allowed))
    if "reminder" in sections:
        sections["reminder"] = rules.dated_reminders(sections["reminder"], day)
    lines = [texts.heading(school_class.name, say_short_day(day))]
    written = style_of(ctx, school_class.id)
    block = by_lines if written.lines else texts.section
    lines += [block(texts.KIND[kind] if written.lines else kind, items) for kind, items in sections.items()]
    lines += [written.ending] if written.ending else []
    count = rules.length([note.text for note in notes])
    return Composed(sections, "\n".join(lines), list(dict.fromkeys(hidden)), count, written.ending)


def still_named(
    ctx: Ctx, notes: Sequence[Note], sections: Mapping[Kind, Sequence[str]]
) -> dict[Kind, list[str]]:
    """What was published, without the names of children whose family has taken its word back since."""
    children, allowed = _named_in(ctx, notes)
    shown: dict[Kind, list[str]] = {}
    for kind, items in sections.items():
        found = [rules.mentions(item, children, given_names=kind == "praise") for item in items]
        shown[kind] = [rules.hide_names(item, hits, allowed) for item, hits in zip(items, found, strict=True)]
    return shown


def still_agreed(db: Db, digest_id: str) -> bool:
    """Whether every child that stands in what is to be posted may still be named."""
    shown = digests.published_text(db, digest_id)
    ids = list(dict.fromkeys(one for note in digests.notes(db, digest_id) for one in note.pupil_ids))
    pupils = access.access_pupils(db, SELF, ids, "digest") if ids and shown is not None else ()
    if shown is None or isinstance(pupils, Denied):
        return True
    states = consent.states(db, ids, "praise_name") if ids else {}
    without = [(pupil.id, pupil.name) for pupil in pupils if states[pupil.id] != "given"]
    return not any(
        rules.mentions(item, without, given_names=kind == "praise")
        for kind, items in shown.sections.items()
        for item in items
    )


def _named_in(ctx: Ctx, notes: Sequence[Note]) -> tuple[list[tuple[str, str]], dict[str, bool]]:
    """The children the notes name (found when each was written) and whose family agreed, as of now."""
    ids = list(dict.fromkeys(pupil_id for note in notes for pupil_id in note.pupil_ids))
    pupils = access.access_pupils(ctx.db, SELF, ids, "digest", now=ctx.now) if ids else ()
    if isinstance(pupils, Denied):
        return [], {}
    states = consent.states(ctx.db, ids, "praise_name") if ids else {}
    return [(pupil.id, pupil.name) for pupil in pupils], {one: states[one] == "given" for one in states}
