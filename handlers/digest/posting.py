"""Preview, sending, skipping, and what becomes of a post."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import guard
from handlers.broadcast import NOT_TOLD, SKIPPED, TAKEN_OUT, Post, beside, post, take_out, waits
from handlers.context import Ctx
from handlers.digest import drawing, rules, texts
from handlers.digest.compose import Composed, compose, still_agreed
from handlers.digest.desks import Desk, Sheet, on_hold, sheet, teacher_name, times, today
from handlers.guard.texts import digest_stopped
from handlers.language.say import say_day, say_short_day, say_time
from handlers.photos import beside as photos
from handlers.photos.texts import remark
from handlers.reply import Act, Asker, Audience, Button, Outcome, Reply, Thing, ToPerson
from storage import classes, digests, numbers, people, preferences
from storage.classes import SchoolClass
from storage.digests import Digest, State

THING = "digest"
FEATURE = "digest"
_OPEN: tuple[State, ...] = ("draft", "approved", "skipped", "failed")
_LATE: dict[str, tuple[State, ...]] = {TAKEN_OUT: ("draft", "approved", "skipped")}


def spoken(sheet: Sheet) -> str:
    """「三(2)班 10月12日的速递」."""
    return texts.name_of(sheet.of.name, say_short_day(sheet.day))


def preview(ctx: Ctx, desk: Desk, sheet: Sheet, to: Audience) -> Reply:
    """The digest as it would be posted, with what there is to decide for who may."""
    if not sheet.notes or sheet.digest is None:
        return Reply(to, texts.nothing_yet(sheet.of.name))
    made = compose(ctx, sheet.of, sheet.day, sheet.notes)
    many = len(photos.of_digest(ctx, sheet.digest.id))
    remarks = [*([remark(many)] if many else []), *_remarks(made)]
    text = texts.preview(made.preview(), _when(ctx, sheet), remarks)
    if not desk.decides or sheet.state not in _OPEN or sheet.day != ctx.local.date():
        return Reply(to, text)
    buttons = (Button(texts.SEND, "send"), Button(texts.CHANGE, "change"), Button(texts.SKIP, "skip"))
    return Reply(to, text, buttons=buttons, thing=Thing(THING, sheet.digest.id))


def _remarks(made: Composed) -> list[str]:
    lines = []
    if made.hidden:
        lines.append(texts.hidden_names(made.hidden))
    if made.count > rules.HINT:
        lines.append(texts.getting_long(made.count))
    return lines


def _when(ctx: Ctx, sheet: Sheet) -> str:
    if sheet.state in ("queued", "published"):
        return texts.LIES_BEFORE_YOU if lies_before_teacher(ctx, sheet) else texts.ALREADY_PUBLISHED
    if sheet.day != ctx.local.date():
        return texts.goes_with(say_day(sheet.day))
    plan = times(ctx, sheet.of.id)
    by_itself = plan.auto and sheet.state == "draft" and not on_hold(ctx, sheet.of.id, sheet.day)
    if by_itself and ctx.local.time() < plan.send:
        return texts.goes_out(say_time(plan.send), classes.way(sheet.of.group_chat))
    return texts.NEEDS_BUTTON


def lies_before_teacher(ctx: Ctx, sheet: Sheet) -> bool:
    """Whether it has left us and still waits for the class teacher's tap."""
    return sheet.state == "queued" and waits(ctx, sheet.of.id, sheet.day)


def not_yet(ctx: Ctx, sheet: Sheet) -> str:
    """It has been sent off and is not in the group."""
    name = spoken(sheet)
    return texts.waits_for_you(name) if lies_before_teacher(ctx, sheet) else texts.being_sent(name)


def publish(ctx: Ctx, sheet: Sheet, *, again: bool = False) -> list[Act] | str:
    """Post a class's digest: what brings it to the group, or why it does not go there.

    Args:
        ctx: Whoever decides, or a job.
        sheet: The digest.
        again: It may be in the group already: the copy says so.
    """
    refusal = _refusal(ctx, sheet)
    if refusal or sheet.digest is None:
        return refusal or texts.nothing_to_send(sheet.of.name)
    made = compose(ctx, sheet.of, sheet.day, sheet.notes)
    if made.count > rules.MOST:
        return texts.too_long_to_send(made.count, rules.MOST)
    verdict = guard.look(ctx, sheet.of.id, made.text, now=True)
    if verdict.verdict == "block":
        return digest_stopped(verdict, spoken(sheet))
    if not digests.set_state(ctx.db, sheet.digest.id, _OPEN, "queued", ctx.now):
        return not_yet(ctx, sheet)
    digests.publish_text(ctx.db, sheet.digest.id, made.text, made.sections, ctx.now)
    return _post(ctx, sheet, made, again=again)


def _refusal(ctx: Ctx, sheet: Sheet) -> str | None:
    local = ctx.local
    if sheet.state == "published":
        return texts.already_sent(spoken(sheet))
    if sheet.state == "queued":
        return not_yet(ctx, sheet)
    if not ctx.calendar.is_school_day(sheet.day):
        following = ctx.calendar.next_school_day(sheet.day)
        return (
            texts.not_a_school_day(say_day(sheet.day), say_day(following))
            if following
            else texts.NO_SCHOOL_TODAY
        )
    if sheet.state == "dropped" or local.time() >= rules.CLOSING or local.date() != sheet.day:
        return texts.PAST_NINE
    return None if sheet.notes else texts.nothing_to_send(sheet.of.name)


def _post(ctx: Ctx, sheet: Sheet, made: Composed, *, again: bool) -> list[Act] | str:
    digest = digests.for_day(ctx.db, sheet.of.id, sheet.day)
    if digest is None:
        return texts.nothing_to_send(sheet.of.name)
    made_post = Post(
        class_id=sheet.of.id,
        day=sheet.day,
        feature=FEATURE,
        thing=Thing(THING, digest.id),
        version=digest.version,
        title=texts.title(sheet.of.name),
        text=texts.again(made.text) if again else made.text,
        deadline=ctx.calendar.at(sheet.day, rules.CLOSING),
        picture=drawing.drawn(ctx, sheet, made.sections),
        photos=photos.of_digest(ctx, digest.id),
    )
    numbers.close(ctx.db, THING, digest.id)
    return post(ctx, made_post) or texts.already_sent(spoken(sheet))


def _taken_back(ctx: Ctx, sheet: Sheet) -> list[Act] | None:
    """What takes a queued digest back, and what is said about it; None if there is nothing to take."""
    digest = sheet.digest
    if digest is None or digest.state != "queued":
        return []
    return take_out(ctx, sheet.of.id, sheet.day, FEATURE, Thing(THING, digest.id))


def skip(ctx: Ctx, sheet: Sheet) -> list[Act]:
    """Not today. What is in the outbox is withdrawn; what has left is said to have left."""
    digest = sheet.digest or digests.get_or_create(
        ctx.db, ctx.new_id, ctx.now, school_id=ctx.school.id, class_id=sheet.of.id, day=sheet.day
    )
    if digest.state == "published":
        return [Reply(Asker(), texts.already_sent(spoken(sheet)))]
    back = _taken_back(ctx, sheet)
    if back is None:
        return [Reply(Asker(), texts.being_sent(spoken(sheet)))]
    if not digests.set_state(ctx.db, digest.id, (*_OPEN, "queued"), "skipped", ctx.now):
        return [Reply(Asker(), texts.PAST_NINE)]
    numbers.close(ctx.db, THING, digest.id)
    return [Reply(Asker(), texts.skipped(sheet.of.name)), *back]


def hold(ctx: Ctx, desk: Desk, by: str) -> list[Act]:
    """Not by itself today; the class teacher will say when."""
    sheet = today(ctx, desk.of)
    if sheet.state == "published":
        return [Reply(Asker(), texts.already_sent(spoken(sheet)))]
    back = _taken_back(ctx, sheet)
    if back is None:
        return [Reply(Asker(), texts.being_sent(spoken(sheet)))]
    if sheet.digest is not None:
        digests.set_state(ctx.db, sheet.digest.id, ("queued",), "draft", ctx.now)
    day = ctx.local.date().isoformat()
    preferences.put(ctx.db, ctx.new_id, ctx.now, "class", desk.of.id, "digest.hold", day, by)
    return [Reply(Asker(), texts.held(desk.of.name)), *back]


def drop(ctx: Ctx, of: SchoolClass, digest: Digest | None) -> list[Reply]:
    """The day is over: what was not posted is dropped, and the class teacher told."""
    if digest is None:
        return []
    notes = digests.notes(ctx.db, digest.id)
    if not digests.set_state(ctx.db, digest.id, ("draft", "approved", "failed"), "dropped", ctx.now):
        return []
    numbers.close(ctx.db, THING, digest.id)
    name = texts.name_of(of.name, say_short_day(digest.day))
    if not notes:
        return []
    failed = digest.state == "failed"
    return tell_teacher(
        ctx, of.id, texts.never_confirmed(name) if failed else texts.dropped(name, len(notes))
    )


def tell_teacher(
    ctx: Ctx, class_id: str, text: str, *, buttons: Sequence[Button] = (), digest_id: str | None = None
) -> list[Reply]:
    """A word to the class teacher; nobody to tell is no error."""
    teacher = people.class_teacher(ctx.db, class_id)
    if teacher is None:
        return []
    thing = Thing(THING, digest_id) if digest_id else None
    return [Reply(ToPerson(teacher.id), text, buttons=tuple(buttons), thing=thing, arrival="must")]


def outcome(ctx: Ctx, result: Outcome) -> Sequence[Act]:
    """What became of the group post."""
    digest = digests.get(ctx.db, result.thing.id) if result.thing and result.to_class else None
    of = classes.get(ctx.db, digest.class_id) if digest else None
    if digest is None or of is None:
        return []
    if result.kind == "sent":
        # Taken back too late: whatever was decided since, the class has read it.
        if digests.set_state(
            ctx.db, digest.id, ("queued", "failed", *_LATE.get(result.code, ())), "published", ctx.now
        ):
            numbers.close(ctx.db, THING, digest.id)
            return _photos(ctx, of, digest)
        return []
    if result.kind == "withdrawn":
        if result.code == SKIPPED:
            digests.set_state(ctx.db, digest.id, ("queued",), "skipped", ctx.now)
            return []
        return _once_more(ctx, of, digest)
    return _failed(ctx, of, digest, result)


def _photos(ctx: Ctx, of: SchoolClass, digest: Digest) -> list[Act]:
    """The words are in the group: now what was to stand beside them."""
    deadline = ctx.calendar.at(digest.day, rules.CLOSING)
    return beside(ctx, of.id, photos.of_digest(ctx, digest.id), deadline)


def _once_more(ctx: Ctx, of: SchoolClass, digest: Digest) -> list[Act]:
    """A family took its word back while the post waited: it goes out without that child's name."""
    if digest.state != "queued" or still_agreed(ctx.db, digest.id):
        return []
    digests.set_state(ctx.db, digest.id, ("queued",), "draft", ctx.now)
    made = publish(ctx, sheet(ctx, of, digest.day))
    return [*tell_teacher(ctx, of.id, made)] if isinstance(made, str) else made


def _failed(ctx: Ctx, of: SchoolClass, digest: Digest, result: Outcome) -> list[Reply]:
    name = texts.name_of(of.name, say_short_day(digest.day))
    if result.kind == "expired":
        changed = digests.set_state(ctx.db, digest.id, ("queued",), "dropped", ctx.now)
        words = texts.not_told(name) if result.code == NOT_TOLD else texts.expired(name)
        return tell_teacher(ctx, of.id, words) if changed else []
    if not digests.set_state(ctx.db, digest.id, ("queued",), "failed", ctx.now):
        return []
    if result.kind == "unknown":
        buttons = (Button(texts.RESEND, "again"), Button(texts.ARRIVED, "arrived"))
        return tell_teacher(ctx, of.id, texts.maybe_sent(name), buttons=buttons, digest_id=digest.id)
    # Left out by us, it may be put up by hand: then it counts as posted.
    by_hand = (Button(texts.ARRIVED, "arrived"),) if result.code == texts.MONTH_RESERVE else ()
    buttons = (Button(texts.RESEND, "send"), *by_hand, Button(texts.SKIP, "skip"))
    why = texts.not_sent(name, texts.why(result.code))
    return tell_teacher(ctx, of.id, why, buttons=buttons, digest_id=digest.id)


def arrived(ctx: Ctx, sheet: Sheet) -> str:
    """The teacher has seen the doubtful post in the group."""
    if sheet.digest is not None:
        digests.set_state(ctx.db, sheet.digest.id, ("failed", "queued"), "published", ctx.now)
        numbers.close(ctx.db, THING, sheet.digest.id)
    return texts.marked_arrived(spoken(sheet))


def decide_refused(ctx: Ctx, of: SchoolClass) -> Reply:
    """A co-teacher wants to decide."""
    return Reply(Asker(), texts.only_class_teacher(teacher_name(ctx, of.id)))
