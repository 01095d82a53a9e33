"""Taking a posted digest back: asked first, done by the platform, and the words stay to be mended."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.context import Ctx
from handlers.digest import posting, recall_texts, texts
from handlers.digest.desks import Desk, Sheet
from handlers.language.say import say_short_day
from handlers.photos import beside as photos
from handlers.reply import Act, Asker, Button, Outcome, Reply, TakeBack, Thing
from storage import classes, digests, numbers

RECALL, KEEP = "recall", "keep"


def offer(ctx: Ctx, desk: Desk, sheet: Sheet) -> Reply:
    """It hangs in the group: shall it be taken back?"""
    if sheet.digest is None or sheet.state != "published":
        return Reply(Asker(), texts.HOW_TO_UNDO)
    if not desk.decides:
        return posting.decide_refused(ctx, desk.of)
    if classes.way(desk.of.group_chat) != "by_itself":  # a person has posted it: only a person takes it back
        return Reply(Asker(), recall_texts.yours(posting.spoken(sheet)))
    buttons = (Button(recall_texts.RECALL, RECALL), Button(recall_texts.LET_IT_HANG, KEEP))
    thing = Thing(posting.THING, sheet.digest.id)
    return Reply(Asker(), recall_texts.offer_recall(posting.spoken(sheet)), buttons=buttons, thing=thing)


def decide(ctx: Ctx, sheet: Sheet, action: str) -> Sequence[Act]:
    """Yes or no. Nothing is changed before the platform has done it."""
    if sheet.digest is not None:
        numbers.close(ctx.db, posting.THING, sheet.digest.id)
    if action == KEEP:
        return [Reply(Asker(), recall_texts.hangs(posting.spoken(sheet)))]
    if sheet.digest is None or sheet.state != "published":
        return [Reply(Asker(), recall_texts.NOTHING_HANGS)]
    if classes.way(sheet.of.group_chat) != "by_itself":
        return [Reply(Asker(), recall_texts.yours(posting.spoken(sheet)))]
    said = Reply(Asker(), recall_texts.recalling(posting.spoken(sheet)))
    hanging = [photo.thing for photo in photos.of_digest(ctx, sheet.digest.id)]
    return [said, *(TakeBack(thing) for thing in (Thing(posting.THING, sheet.digest.id), *hanging))]


def outcome(ctx: Ctx, result: Outcome) -> Sequence[Reply]:
    """It is gone, and may be mended and posted again; or it hangs, and the teacher has to do it by hand."""
    digest = digests.get(ctx.db, result.thing.id) if result.thing else None
    of = classes.get(ctx.db, digest.class_id) if digest else None
    if digest is None or of is None or digest.state != "published":
        return []  # an earlier recall of the same has done it
    name = texts.name_of(of.name, say_short_day(digest.day))
    if result.kind != "sent":
        return posting.tell_teacher(ctx, of.id, recall_texts.not_recalled(name))
    if not digests.set_state(ctx.db, digest.id, ("published",), "draft", ctx.now):
        return []
    buttons = (Button(texts.SEND, "send"), Button(texts.CHANGE, "change"), Button(texts.SKIP, "skip"))
    return posting.tell_teacher(ctx, of.id, recall_texts.recalled(name), buttons=buttons, digest_id=digest.id)
