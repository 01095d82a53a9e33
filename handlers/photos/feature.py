"""A teacher's picture, sent in private: asked about, kept with the day's digest, posted after its words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from handlers.context import Ctx
from handlers.digest.compose import roster
from handlers.digest.desks import Desk, current, desks, named, teaches, who
from handlers.digest.feature import FEATURE as DIGEST
from handlers.feature import Check
from handlers.language import Reading
from handlers.language.say import say_short_day
from handlers.message import Message
from handlers.photos import texts, words
from handlers.photos.beside import NAME, THING
from handlers.reply import Act, Asker, Button, Choice, Fetch, Outcome, Reply, Subject, Thing, ToPerson
from handlers.talking import begin
from storage import classes, consent, digest_photos, digests, media, numbers, people, talks
from storage.classes import SchoolClass
from storage.engine import Db
from storage.schedule import Occurrence
from storage.talks import Talk

ASK = "digest_photo_ask"
MOST = 3
_NAMES, _CLASSES = 8, 3


@dataclass(frozen=True, slots=True)
class Came:
    """Pictures of a teacher, the classes they may be for, and what the words beside them mean."""

    desks: tuple[Desk, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Remove:
    """The photos are to go."""


class Photos:
    """See the module."""

    name = NAME
    checks: Mapping[str, Check] = {}

    def __init__(self) -> None:
        self.checks = {THING: _wanted}

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None:
        """A picture without words, or words that take one out again."""
        if message.chat.kind != "private" or not teaches(ctx) or reading.danger is not None:
            return None
        if any(one.kind == "picture" for one in message.attachments):
            mine = desks(ctx)
            meant = named(ctx, reading.slots["class"], mine) if "class" in reading.slots else mine
            return Came(tuple(desk for desk in meant if isinstance(desk, Desk)) or tuple(mine), reading)
        return Remove() if words.REMOVE.fullmatch(reading.raw.strip()) else None

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]:
        """Fetch and ask; or take out."""
        if isinstance(match, Came):
            said = _with_words(ctx, message, match.reading) if match.reading.clean else []
            return [*said, *_ask(ctx, message, match.desks)]
        return [Reply(Asker(), _remove(ctx))]

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None:
        """The words of a button; another picture is asked about by itself."""
        state = json.loads(talk.state) if talk.feature == NAME else {}
        said = message.text.strip()
        if said not in state.get("labels", ()):
            return None
        return _decided(ctx, talk, state["labels"].index(said))

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]:
        """Into the digest of a class, or not."""
        talk = talks.current(ctx.db, message.talk, who(ctx), ctx.now)
        if talk is None or talk.id != choice.thing.id:
            return [Reply(Asker(), texts.ASK_AGAIN)]
        return _decided(ctx, talk, int(choice.action))

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]:
        """Fetched or not; posted or not."""
        if outcome.thing is None or outcome.kind in ("sent", "withdrawn"):
            return []
        if outcome.act == "fetch":
            return _not_fetched(ctx, outcome)
        photo = digest_photos.get(ctx.db, outcome.thing.id)
        of = classes.get(ctx.db, photo.class_id) if photo else None
        teacher = people.class_teacher(ctx.db, of.id) if of else None
        if of is None or teacher is None:
            return []
        return [Reply(ToPerson(teacher.id), texts.not_posted(of.name), arrival="must")]

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]:
        """Nothing is planned here."""
        return []


def _wanted(db: Db, subject: Subject) -> bool:
    """The words are on their way or there; a digest that was held back takes its photos along."""
    photo = digest_photos.get(db, subject.id)
    digest = digests.get(db, photo.digest_id) if photo else None
    return digest is not None and digest.state in ("queued", "published")


def _with_words(ctx: Ctx, message: Message, reading: Reading) -> Sequence[Act]:
    """A note that came with a picture is a note; what would have to be asked about is to be said alone."""
    words_alone = replace(message, kind="text", attachments=())
    found = DIGEST.match(ctx, words_alone, reading)
    acts = DIGEST.handle(ctx, words_alone, found) if found is not None else []
    plain = acts and all(isinstance(act, Reply) and not act.buttons for act in acts)
    return acts if plain else [Reply(Asker(), texts.WORDS_ALONE)]


def _ask(ctx: Ctx, message: Message, mine: Sequence[Desk]) -> list[Act]:
    pictures = [one for one in message.attachments if one.kind == "picture"]
    ids = [
        media.remember(
            ctx.db,
            ctx.new_id,
            ctx.now,
            school_id=ctx.school.id,
            message_id=message.id,
            person_id=who(ctx) or None,
            kind=one.kind,
            ticket=one.ticket,
            name=one.name,
        )
        for one in pictures
    ]
    labels, state = _choices(mine)
    talk = begin(ctx, message, NAME, {"media": ids, "labels": labels, "classes": state})
    buttons = tuple(Button(label, str(at)) for at, label in enumerate(labels))
    whom = _who_may_be_seen(ctx, [desk.of for desk in mine[:_CLASSES]])
    text = texts.ask(len(ids), whom)
    fetches = [Fetch(one, Thing(THING, one)) for one in ids]
    return [*fetches, Reply(Asker(), text, buttons=buttons, thing=Thing(ASK, talk.id))]


def _choices(mine: Sequence[Desk]) -> tuple[list[str], list[str]]:
    """What the buttons say, and the class of each; the last has none."""
    if len(mine) == 1:
        return [texts.PUT, texts.DROP], [mine[0].of.id]
    near = mine[:_CLASSES]
    return [*(texts.put_into(desk.of.name) for desk in near), texts.DROP], [desk.of.id for desk in near]


def _who_may_be_seen(ctx: Ctx, of: Sequence[SchoolClass]) -> str:
    """Whose family has agreed to photos: no word means no."""
    pupils = [pupil for one in of for pupil in roster(ctx, one.id)]
    states = consent.states(ctx.db, [pupil_id for pupil_id, _ in pupils], consent.PHOTO) if pupils else {}
    agreed = [name for pupil_id, name in pupils if states.get(pupil_id) == "given"]
    others = [name for pupil_id, name in pupils if states.get(pupil_id) != "given"]
    if not agreed:
        return texts.NOBODY
    if not others:
        return texts.EVERYBODY
    if len(others) <= _NAMES:
        return texts.not_these(others)
    return texts.only_these(agreed) if len(agreed) <= _NAMES else texts.not_so_many(len(others))


def _decided(ctx: Ctx, talk: Talk, at: int) -> list[Act]:
    state = json.loads(talk.state)
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, ASK, talk.id)
    of = classes.get(ctx.db, state["classes"][at]) if at < len(state["classes"]) else None
    mine = {desk.of.id for desk in desks(ctx)}
    if of is None or of.id not in mine:
        return [Reply(Asker(), texts.LET_GO)]
    return [Reply(Asker(), _put(ctx, of, state["media"]))]


def _put(ctx: Ctx, of: SchoolClass, media_ids: Sequence[str]) -> str:
    sheet = current(ctx, of)
    if not ctx.calendar.is_school_day(sheet.day):
        return texts.NO_DAY
    digest = sheet.digest or digests.get_or_create(
        ctx.db, ctx.new_id, ctx.now, school_id=ctx.school.id, class_id=of.id, day=sheet.day
    )
    there = digest_photos.of_digest(ctx.db, digest.id)
    if classes.way(of.group_chat) == "confirmed" and len(there) + len(media_ids) > 1:
        return texts.one_only()
    if len(there) + len(media_ids) > MOST:
        return texts.too_many(MOST)
    for one in media_ids:
        made = digest_photos.new(ctx.new_id, ctx.school.id, of.id, digest.id, one, who(ctx), ctx.now)
        digest_photos.put(ctx.db, made)
    return texts.kept(say_short_day(sheet.day), len(there) + len(media_ids), words=bool(sheet.notes))


def _remove(ctx: Ctx) -> str:
    """Out of the digest notes go into now, in each of the writer's classes."""
    sheets = [current(ctx, desk.of) for desk in desks(ctx)]
    gone = sum(digest_photos.remove(ctx.db, one.digest.id) for one in sheets if one.digest is not None)
    return texts.REMOVED if gone else texts.NONE


def _not_fetched(ctx: Ctx, outcome: Outcome) -> list[Act]:
    medium_id = outcome.thing.id if outcome.thing else ""
    medium = media.get(ctx.db, medium_id)
    if medium is None or not media.given_up(ctx.db, medium_id, outcome.code or outcome.kind):
        return []
    digest_photos.remove_medium(ctx.db, medium_id)
    return [Reply(ToPerson(medium.person_id), texts.not_fetched())] if medium.person_id else []


FEATURE = Photos()
