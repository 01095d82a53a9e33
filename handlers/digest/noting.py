"""Taking notes: sorted, guarded, put into the right day's digest, and echoed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from handlers import guard
from handlers.broadcast import waits
from handlers.context import Ctx
from handlers.digest import rules, texts
from handlers.digest.compose import agreed, mentioned
from handlers.digest.desks import Desk, Sheet, on_hold, sheet, times, today, who
from handlers.guard.texts import note_stopped, note_warned
from handlers.language.say import say_day
from storage import digests
from storage.digests import Kind


@dataclass(frozen=True, slots=True)
class Item:
    """One note as said; ``kind`` is None until somebody says which."""

    kind: Kind | None
    text: str


def take(ctx: Ctx, chosen: Sequence[Desk], items: Sequence[tuple[Kind, str]], *, several: bool) -> str:
    """Put sorted notes that nothing has stopped into the digests of the chosen classes.

    Args:
        ctx: The writer's.
        chosen: Whose digests.
        items: Kind and words.
        several: Whether the writer has several classes, so that the echo names the class.

    Returns:
        The echo, or why nothing was taken. All or nothing.
    """
    sheets = []
    for desk in chosen:
        now_sheet = today(ctx, desk.of)
        target = rules.target_day(ctx.calendar, ctx.local, now_sheet.state)
        if target is None:
            return texts.NO_TERM
        its = now_sheet if target.day == now_sheet.day else sheet(ctx, desk.of, target.day)
        count = rules.length([note.text for note in its.notes] + [text for _kind, text in items])
        if count > rules.MOST:
            return texts.too_long(count, rules.MOST)
        sheets.append((its, target, count))
    kept = [_write(ctx, its, items) for its, _target, _count in sheets]
    place = "、".join(its.of.name for its, _target, _count in sheets) if several else ""
    echo = _echo(ctx, kept[0], sheets[0][0], sheets[0][1], sheets[0][2], place)
    warning = _warning(ctx, chosen, items)
    return f"{echo}\n{warning}" if warning else echo


def _warning(ctx: Ctx, chosen: Sequence[Desk], items: Sequence[tuple[Kind, str]]) -> str:
    """What the writer should look at once more; it is for the writer to decide."""
    for _kind, text in items:
        verdict = guard.look(ctx, chosen[0].of.id, text)
        if verdict.verdict == "warn":
            return note_warned(verdict)
    return ""


def stopped(ctx: Ctx, chosen: Sequence[Desk], items: Sequence[tuple[Kind, str]]) -> str:
    """Why the first of some notes must not stand in the digest, or an empty string."""
    return next((said for kind, text in items if (said := refused(ctx, chosen, kind, text))), "")


def kind_of(value: str | None) -> Kind:
    """The section a word of ours names; the reminders are the harmless ones."""
    return "praise" if value == "praise" else "news" if value == "news" else "reminder"


def refused(ctx: Ctx, chosen: Sequence[Desk], kind: Kind, text: str) -> str | None:
    """Why a note must not stand in the digest: the guard's rules, or a matter of one child."""
    verdict = guard.look(ctx, chosen[0].of.id if chosen else None, text)
    for desk in chosen if verdict.rule in guard.OF_ONE_CHILD else ():
        # What the roster knows is said better than what only looks like a name.
        if named := of_one_child(ctx, desk, text, praise=kind == "praise"):
            return texts.one_childs_matter(named)
        if kind == "reminder" and (named := reminded(ctx, desk, text)):
            return texts.names_a_child(named)
    if verdict.verdict == "block":
        return note_stopped(verdict)
    for desk in chosen:
        if kind == "praise" and rules.only_names(text, mentioned(ctx, desk.of.id, kind, text)):
            return texts.praise_what(text)
        # Nothing about one child goes to the group but praise and good news.
        if kind == "reminder" and (named := reminded(ctx, desk, text)):
            return texts.names_a_child(named)
        if named := of_one_child(ctx, desk, text, praise=kind == "praise"):
            return texts.one_childs_matter(named)
    return None


def of_one_child(ctx: Ctx, desk: Desk, text: str, *, praise: bool = False) -> list[str]:
    """The children named beside words of health, absence or trouble; empty when it is no such note."""
    if not guard.concern_in(text):
        return []
    # 「小明照顾生病的同学」 is praise, 「小明照顾生病的林小满」 tells of her illness.
    begin = guard.kind_deed_end(text) if praise else 0
    found = [hit for hit in mentioned(ctx, desk.of.id, "praise", text) if hit.start >= begin]
    return list(dict.fromkeys(text[hit.start : hit.end] for hit in found))


def reminded(ctx: Ctx, desk: Desk, text: str) -> list[str]:
    """The children one reminder names in full."""
    return [text[hit.start : hit.end] for hit in mentioned(ctx, desk.of.id, "reminder", text)]


@dataclass(frozen=True, slots=True)
class _Kept:
    items: list[tuple[str, str]]
    hidden: list[str]
    late: bool
    twice: bool


def _write(ctx: Ctx, its: Sheet, items: Sequence[tuple[Kind, str]]) -> _Kept:
    digest = digests.get_or_create(
        ctx.db, ctx.new_id, ctx.now, school_id=ctx.school.id, class_id=its.of.id, day=its.day
    )
    today_date = ctx.local.date()
    kept, hidden, late, twice = [], [], False, False
    there = {(note.kind, note.text) for note in its.notes}
    for kind, said in items:
        text = said
        if its.day != today_date and texts.TOMORROW in text:
            text = rules.absolute_tomorrow(text, today_date)
            late = late or its.day >= today_date + timedelta(days=1)
        elif its.day == today_date and kind == "praise":
            text = rules.without_today(text)
        kept.append((str(kind), text))
        if (kind, text) in there:
            twice = True
            continue
        there.add((kind, text))
        found = mentioned(ctx, its.of.id, kind, text)
        hidden += rules.hidden_names(text, found, agreed(ctx, found))
        ids = list(dict.fromkeys(pupil_id for hit in found for pupil_id in hit.pupil_ids))
        digests.add_note(
            ctx.db,
            ctx.new_id,
            ctx.now,
            digest=digest,
            kind=kind,
            text=text,
            pupil_ids=ids,
            author_id=who(ctx),
        )
    return _Kept(kept, list(dict.fromkeys(hidden)), late, twice)


def _echo(ctx: Ctx, kept: _Kept, its: Sheet, target: rules.Target, count: int, place: str) -> str:
    lines = [texts.noted(kept.items, place, _when(ctx, its, target))]
    if kept.twice:
        lines.append(texts.ALREADY_NOTED)
    if kept.late:
        lines.append(texts.TOO_LATE_FOR_IT)
    if kept.hidden:
        lines.append(texts.hidden_names(kept.hidden))
    if count > rules.HINT:
        lines.append(texts.getting_long(count))
    return "\n".join(lines)


def _when(ctx: Ctx, its: Sheet, target: rules.Target) -> str:
    day = say_day(target.day)
    late = {
        "free": texts.with_day,
        "published": texts.after_published,
        "skipped": texts.after_skipped,
        "closed": texts.after_closing,
    }
    if target.why == "published" and waits(ctx, its.of.id, ctx.local.date()):
        return texts.after_laid(day)
    if target.why:
        return late[target.why](day)
    plan = times(ctx, its.of.id)
    if on_hold(ctx, its.of.id, its.day):
        return texts.ON_HOLD
    if ctx.local.time() >= (plan.send if plan.auto else plan.preview) or its.state == "failed":
        return texts.NEEDS_SEND
    return texts.WITH_TODAY
