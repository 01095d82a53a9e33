"""Changing and deleting notes by plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.digest import rules, texts
from handlers.digest.compose import agreed, mentioned
from handlers.digest.desks import Desk, Sheet, current, today, who
from handlers.digest.noting import refused
from handlers.digest.posting import lies_before_teacher
from handlers.language.notes import note_of
from storage import digests, people
from storage.digests import Kind, Note


@dataclass(frozen=True, slots=True)
class Place:
    """A note where it was found."""

    desk: Desk
    sheet: Sheet
    number: int
    note: Note


def _places(ctx: Ctx, chosen: Sequence[Desk]) -> list[Place]:
    found = []
    for desk in chosen:
        its = current(ctx, desk.of)
        found += [Place(desk, its, number, note) for number, note in enumerate(rules.in_order(its.notes), 1)]
    return found


def with_notes(ctx: Ctx, mine: Sequence[Desk]) -> list[Desk]:
    """The classes whose present digest has anything in it."""
    return [desk for desk in mine if current(ctx, desk.of).notes]


def find(ctx: Ctx, chosen: Sequence[Desk], slots: dict[str, str]) -> Place | str:
    """The note that is meant, or what to say when it is none or several."""
    places = _places(ctx, chosen)
    if not places:
        sheets = [today(ctx, desk.of) for desk in chosen]
        if any(lies_before_teacher(ctx, its) for its in sheets):
            return texts.ALREADY_LAID
        out = any(its.state in ("published", "queued") for its in sheets)
        return texts.ALREADY_OUT if out else texts.no_such_note(0)
    if "last" in slots:
        return _last(ctx, places, slots["last"])
    if "index" in slots:
        hits = [place for place in places if place.number == int(slots["index"])]
    else:
        hits = [place for place in places if slots.get("keyword", "\0") in place.note.text]
    if not hits:
        return texts.no_such_note(len(places))
    if len(hits) > 1:
        return _which(hits)
    return hits[0]


def _which(hits: Sequence[Place]) -> str:
    return texts.which_note([f"{place.number}) {place.note.text}" for place in hits[:8]])


def _last(ctx: Ctx, places: Sequence[Place], words: str) -> Place | str:
    """「刚才那条」 is the newest; 「最后一条」 may be the one that stands last: asked if they differ."""
    mine = [place for place in places if place.note.author_id == who(ctx)]
    newest = max(mine or places, key=lambda place: (place.note.at, place.note.position))
    if texts.AT_THE_END not in words or newest is places[-1]:
        return newest
    return _which([newest, places[-1]])


def _foreign(ctx: Ctx, place: Place) -> str | None:
    """Co-teachers change what they wrote; the class teacher changes everything."""
    if place.desk.decides or place.note.author_id == who(ctx):
        return None
    author = people.get(ctx.db, place.note.author_id)
    return texts.not_yours(author.name if author else texts.CLASS_TEACHER)


def remove(ctx: Ctx, place: Place) -> str:
    """Delete a note; the echo says what it was."""
    foreign = _foreign(ctx, place)
    if foreign:
        return foreign
    digests.remove_note(ctx.db, ctx.now, place.note.id)
    return texts.removed(place.note.kind, place.note.text, len(place.sheet.notes) - 1)


def several(ctx: Ctx, desk: Desk, slots: dict[str, str]) -> str:
    """Delete the numbered ones or a whole section, all or none; the echo says what they were."""
    places = _places(ctx, [desk])
    if "section" in slots:
        meant = [place for place in places if place.note.kind == slots["section"]]
    else:
        wanted = {int(number) for number in slots["indexes"].split()}
        meant = [place for place in places if place.number in wanted]
        if len(meant) < len(wanted):
            meant = []
    if not meant:
        return texts.no_such_note(len(places))
    if foreign := next((said for place in meant if (said := _foreign(ctx, place))), None):
        return foreign
    for place in meant:
        digests.remove_note(ctx.db, ctx.now, place.note.id)
    return texts.removed_all([place.note.text for place in meant], len(places) - len(meant))


def _sorted(ctx: Ctx, place: Place, words: str) -> tuple[Kind, str]:
    """The section the new words belong to (「改成提醒明天带伞」), else the note's own; and the bare words."""
    kind, bare = note_of(words)
    kind = kind or place.note.kind
    today_praise = kind == "praise" and place.sheet.day == ctx.local.date()
    return kind, rules.without_today(bare) if today_praise else bare


def edit(ctx: Ctx, place: Place, words: str) -> str:
    """Change a note's words; guard, length and consent are looked at as for a new one."""
    foreign = _foreign(ctx, place)
    if foreign:
        return foreign
    kind, words = _sorted(ctx, place, words)
    stopped = refused(ctx, [place.desk], kind, words)
    if stopped:
        return stopped
    others = [note.text for note in place.sheet.notes if note.id != place.note.id]
    count = rules.length([*others, words])
    if count > rules.MOST:
        return texts.too_long(count, rules.MOST)
    found = mentioned(ctx, place.desk.of.id, kind, words)
    ids = list(dict.fromkeys(pupil_id for hit in found for pupil_id in hit.pupil_ids))
    digests.edit_note(ctx.db, ctx.now, place.note.id, text=words, kind=kind, pupil_ids=ids)
    moved = next(there.number for there in _places(ctx, [place.desk]) if there.note.id == place.note.id)
    lines = [texts.edited(moved, kind, words)]
    hidden = rules.hidden_names(words, found, agreed(ctx, found))
    if hidden:
        lines.append(texts.hidden_names(hidden))
    if count > rules.HINT:
        lines.append(texts.getting_long(count))
    return "\n".join(lines)
