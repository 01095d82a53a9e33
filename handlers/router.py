"""Which feature answers. One function, a fixed order; nothing acts on a guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from handlers import FEATURES, texts
from handlers.binding import feature as binding
from handlers.broadcast import feature as broadcast
from handlers.context import Ctx
from handlers.digest import asking, pending
from handlers.digest import feature as digest
from handlers.digest.desks import teaches
from handlers.digest.restored import hold_today
from handlers.hours import feature as hours
from handlers.language import Reading
from handlers.language.clean import fold
from handlers.language.typed import typed_number, typed_numbers
from handlers.leave import feature as leave
from handlers.message import Event, Message
from handlers.notices import answering as notice_answers
from handlers.notices import feature as notices
from handlers.relay import feature as relay
from handlers.reply import Act, Asker, Button, Choice, Outcome, Reply, Subject, Thing, ToPerson
from handlers.roster import feature as roster
from handlers.roster import phones
from handlers.trouble import feature as trouble
from handlers.urgent import feature as urgent
from storage import classes, digests, numbers, people, preferences, talks
from storage.engine import Db
from storage.numbers import Given
from storage.schedule import Occurrence
from storage.talks import Talk

Decided = list[tuple[str, Act]]


class _Talker(Protocol):
    """A feature that asks back and hears the answer in plain words; None means: not about that."""

    def resume(self, ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Sequence[Act] | None: ...


_BY_NAME = {feature.name: feature for feature in FEATURES}
_TALKERS: dict[str, _Talker] = {
    talker.name: talker
    for talker in (
        binding.FEATURE,
        digest.FEATURE,
        hours.FEATURE,
        leave.FEATURE,
        notices.FEATURE,
        relay.FEATURE,
    )
}


def route(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    """Decide one message.

    Args:
        ctx: With the person and roles of the sender, if we know them.
        message: What came.
        reading: What it means, see :func:`handlers.language.read`.

    Returns:
        Replies, each with the feature that will hear its outcome.
    """
    if message.chat.kind == "group":
        return _group(ctx, message, reading)
    # Strangers first: of their words nothing is kept or passed on, only a code counts.
    if ctx.person is None:
        return _stranger(ctx, message, reading)
    # Numbers before everything else: whoever types one means what was offered under it.
    answered = _numbered(ctx, message) or _labelled(ctx, message, reading)
    if answered is not None:
        return answered
    # An open talk has asked something; words that do not answer it go on as if it were not there.
    talk = talks.current(ctx.db, message.talk, ctx.person.id, ctx.now)
    if talk is not None:
        resumed = _resumed(ctx, message, reading, talk)
        if resumed is not None:
            return resumed
    for feature in FEATURES:
        found = feature.match(ctx, message, reading)
        if found is not None:
            return _from(feature.name, feature.handle(ctx, message, found))
    return _fall_through(ctx, message, reading)


def outcome(ctx: Ctx, feature: str, result: Outcome) -> Decided:
    """Tell the feature what became of its reply.

    A send nobody knows the end of is always told to a teacher: by the feature, else by trouble.
    """
    phones.note(ctx, result)
    known = _BY_NAME.get(feature)
    told = _from(feature, known.outcome(ctx, result)) if known else []
    if result.act != "say":  # nobody waits for words that were not said
        return told
    # Not for trouble's own words: on a bad line one doubt would bring the next for ever.
    alone = feature == trouble.FEATURE.name or keeps_its_doubts(feature)
    if told or result.kind != "unknown" or result.to_class or alone:
        return told
    return summary(ctx, [result])


def event(ctx: Ctx, happened: Event) -> Decided:
    """Tell the features of something that happened on the platform; most of it is nobody's business."""
    told = _from(broadcast.FEATURE.name, broadcast.FEATURE.event(ctx, happened))
    return told + _from(roster.NAME, roster.FEATURE.event(ctx, happened))


def due(ctx: Ctx, occurrence: Occurrence) -> Decided:
    """Let the feature act on what has become due."""
    known = _BY_NAME.get(occurrence.feature)
    return _from(occurrence.feature, known.due(ctx, occurrence)) if known else []


def withheld(ctx: Ctx) -> Decided:
    """A message came without its words: its writer is told, and once a day the school's administrators."""
    told = _say(texts.withheld(ctx.school.duty_phone))
    today = ctx.local.date().isoformat()
    if preferences.get(ctx.db, "school", ctx.school.id, _QUOTA) == today:
        return told
    preferences.put(ctx.db, ctx.new_id, ctx.now, "school", ctx.school.id, _QUOTA, today, by=None)
    admins = people.admins(ctx.db, ctx.school.id)
    return [*told, *(("help", Reply(ToPerson(admin.id), texts.QUOTA_USED_UP)) for admin in admins)]


def keeps_its_doubts(feature: str) -> bool:
    """Whether nobody but those it tells itself may read what it sent.

    Words of a case may point at the very teacher who is told of every other doubt.
    """
    return feature == urgent.FEATURE.name


_QUOTA = "quota.told"
_ASKED = ("pending", "question", "which", "hours", "leave_ask")
"""What a number stands for when it answers a question back."""


def restored(ctx: Ctx, rows: Iterable[Outcome]) -> Decided:
    """The database was put back from a copy: the teachers decide about everything it had queued."""
    private = [row for row in rows if not row.to_class]  # of a digest hold_today speaks
    return [*summary(ctx, private), *_from(digest.FEATURE.name, hold_today(ctx))]


def summary(ctx: Ctx, rows: Iterable[Outcome]) -> Decided:
    """Tell the teachers of doubtful sends, see :mod:`handlers.trouble`."""
    return _from(trouble.FEATURE.name, trouble.summary(ctx, rows))


def wanted(db: Db, feature: str, subject: Subject) -> bool:
    """Right before sending: is what an outbox row depends on still as it was?"""
    known = _BY_NAME.get(feature)
    check = known.checks.get(subject.kind) if known else None
    return check is None or check(db, subject)


def _from(name: str, acts: Sequence[Act]) -> Decided:
    return [(name, act) for act in acts]


def _say(text: str) -> Decided:
    return [("help", Reply(Asker(), text))]


def _stranger(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    found = binding.FEATURE.match(ctx, message, reading)
    if found is not None:
        return _from("binding", binding.FEATURE.handle(ctx, message, found))
    talk = talks.current(ctx.db, message.talk, binding.who_key(ctx, message.sender), ctx.now)
    if talk is not None:
        resumed = _resumed(ctx, message, reading, talk)
        if resumed is not None:
            return resumed
    helped = _from("help", _BY_NAME["help"].handle(ctx, message, None))
    if reading.danger is not None:
        return [*_say(relay.urgent(ctx.school.duty_phone)), *helped]
    return helped


# Numbers and words that stand for buttons


def _numbered(ctx: Ctx, message: Message) -> Decided | None:
    line = fold(message.text)
    several = typed_numbers(line)
    if several is not None and ctx.person is not None:
        held = [numbers.find(ctx.db, ctx.person.id, ctx.local.date(), n) for n in several.numbers]
        families = [given for given in held if given is not None and given.thing_kind == relay.THING]
        if len(families) == len(several.numbers):
            return _from("relay", relay.answer_several(ctx, message, families, several.rest))
        if families:
            missing = [n for n, given in zip(several.numbers, held, strict=True) if given not in families]
            return _say(texts.not_families(missing))
    typed = typed_number(line)
    if typed is None or ctx.person is None:
        return None
    given = numbers.find(ctx.db, ctx.person.id, ctx.local.date(), typed.number)
    if given is None:
        # With words behind it a number nobody was given is just how a sentence begins.
        if not typed.sure:
            return None
        return _say(texts.no_number(typed.number) if teaches(ctx) else texts.no_choice(typed.number))
    # A family's number stays the family's for the day, also when it was answered before.
    if given.thing_kind != relay.THING:
        if typed.rest and not _picks(typed.rest, given):
            # Words behind another choice's number are no yes to it.
            return _say(texts.only_a_choice(typed.number, given.label)) if teaches(ctx) else None
        if given.closed:
            over = texts.over_number if given.thing_kind in _ASKED else texts.closed_number
            return _say(over(typed.number))
    elif digest.edits_a_note(ctx, typed.rest):
        # 「2 不要」 may mean the second note as well: words for nobody in doubt go to nobody.
        return _say(texts.note_or_family(typed.number, _name_of(ctx, given)))
    return _choose(ctx, message, given, typed.rest, typed.number)


def _picks(rest: str, given: Given) -> bool:
    """Whether the words behind a number only confirm its choice: 「2 发送」, 「2 吧」."""
    return rest.strip("「」。！!,， ").removeprefix(given.label) in texts.CONFIRMING


def _labelled(ctx: Ctx, message: Message, reading: Reading) -> Decided | None:
    """The bare word of an open button."""
    word = reading.clean.strip("「」[]【】。！! ")
    if ctx.person is None or not word or len(word) > 20:
        return None
    hits = [given for given in numbers.open_of(ctx.db, ctx.person.id) if given.label == word]
    hits = [given for given in hits if _alive(ctx, message, given)]
    if not hits:
        return None
    if len({(given.thing_kind, given.thing_id, given.action) for given in hits}) > 1:
        return _say(texts.which_number(word, [(given.n, _name_of(ctx, given)) for given in hits]))
    return _choose(ctx, message, hits[-1], "", hits[-1].n)


def _alive(ctx: Ctx, message: Message, given: Given) -> bool:
    """Questions of a talk that is over are not meant by a word, only by their number."""
    if given.thing_kind not in _ASKED or ctx.person is None:
        return True
    talk = talks.current(ctx.db, message.talk, ctx.person.id, ctx.now)
    return talk is not None and talk.id == given.thing_id


def _name_of(ctx: Ctx, given: Given) -> str:
    """What an open number is about, for the question which one was meant."""
    if given.thing_kind == "digest":
        meant = digests.get(ctx.db, given.thing_id)
        of = classes.get(ctx.db, meant.class_id) if meant else None
        return of.name if of else given.label
    if given.feature == "relay":
        person = people.get(ctx.db, given.thing_id)
        return person.name if person else given.label
    return given.label


def _choose(ctx: Ctx, message: Message, given: Given, rest: str, number: int) -> Decided:
    choice = Choice(Thing(given.thing_kind, given.thing_id), given.action, rest, number)
    return route_choice(ctx, message, given.feature, choice)


def route_choice(ctx: Ctx, message: Message, feature: str, choice: Choice) -> Decided:
    """Decide a button, or the number or word that stood for it."""
    if choice.thing.kind == pending.QUESTION:
        return _hand_over(ctx, message, choice)
    known = _BY_NAME.get(feature)
    return _from(feature, known.choose(ctx, message, choice)) if known else []


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed by the person it was made for.

    Args:
        given: What it stood for, as it was before the press.
        acts: What was decided, each with the feature that will hear its outcome.
    """

    given: Given
    acts: Decided


def route_press(ctx: Ctx, message: Message, token: str) -> Press | None:
    """Decide a pressed button.

    Args:
        ctx: With whoever pressed.
        message: The press as a message without words, in private.
        token: What the button carried.

    Returns:
        None where there is nothing such for this person: whether the token was never given or is
        somebody else's cannot be told from the answer.
    """
    given = numbers.by_token(ctx.db, token)
    if given is None or ctx.person is None or given.person_id != ctx.person.id:
        return None
    if given.closed:
        return Press(given, [(given.feature, Reply(Asker(), texts.CARD_OVER))])
    return Press(given, _choose(ctx, message, given, "", given.n))


def _hand_over(ctx: Ctx, message: Message, choice: Choice) -> Decided:
    """A question nothing published answers becomes a message to the teacher: the parent said so."""
    talk = pending.current(ctx, message)
    held = pending.load(talk)
    if talk is None or held is None or talk.id != choice.thing.id:
        return _from("digest", _BY_NAME["digest"].choose(ctx, message, choice))
    pending.close(ctx, talk)
    words = "\n".join(str(item[1]) for item in held.items)
    return _from("relay", _BY_NAME["relay"].handle(ctx, message, relay.FreeText(words)))


def _resumed(ctx: Ctx, message: Message, reading: Reading, talk: Talk) -> Decided | None:
    # 「回复小明妈妈」 after 「还是发给哪位家长？」 sends the words that were asked about.
    if reading.intent == "reply_parent" and "child" in reading.slots and "content" not in reading.slots:
        words = pending.unsorted_text(pending.load(talk))
        if words is not None:
            pending.close(ctx, talk)
            slots = reading.slots
            wish = relay.ToFamily(slots["child"], slots.get("relation", ""), words)
            return _from("relay", _BY_NAME["relay"].handle(ctx, message, wish))
    held = pending.load(talk)
    if held is not None and held.op == pending.QUESTION and reading.intent == "confirm_yes":
        return _hand_over(ctx, message, Choice(Thing(pending.QUESTION, talk.id), "ask"))
    feature = _TALKERS.get(talk.feature)
    replies = feature.resume(ctx, message, reading, talk) if feature else None
    return None if replies is None else _from(talk.feature, replies)


def _fall_through(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    """No clear command: a teacher is asked back, a parent's words go to the teacher."""
    if not relay.has_words(reading.clean) and message.kind in ("text", "richtext"):
        return _from("help", _BY_NAME["help"].handle(ctx, message, None))
    if teaches(ctx):
        return _from("digest", _BY_NAME["digest"].handle(ctx, message, digest.Unsorted(reading)))
    if any(role.kind == "guardian" for role in ctx.roles):
        if relay.wants_no_name(reading.clean):
            return _named_or_not(ctx, message, reading)
        return _from("relay", _BY_NAME["relay"].handle(ctx, message, relay.FreeText(like=reading.like)))
    return _from("help", _BY_NAME["help"].handle(ctx, message, None))


def _named_or_not(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    """A parent does not want to be known: nothing is passed on until he or she agrees to the name."""
    talk = pending.keep(ctx, message, pending.Pending("question", items=[[None, reading.raw]]))
    teacher = asking.asked_teacher(ctx, asking.own_classes(ctx))
    text = relay.not_without_name(teacher, ctx.school.duty_phone, reading.raw)
    button = Button(relay.WITH_NAME, "ask")
    return [("relay", Reply(Asker(), text, buttons=(button,), thing=Thing(pending.QUESTION, talk.id)))]


# In the group


def _group(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    """Only what everybody may read: published digests and help; the rest is for a private word."""
    of = classes.by_group(ctx.db, message.chat.key)
    if of is not None and reading.intent in digest.IN_GROUP:
        if not asking.names_a_child(ctx, of, message.text):
            return _from("digest", [Reply(Asker(), _group_answer(ctx, of, reading))])
        return [*_say(texts.GROUP_PRIVATE), *_private_answer(ctx, message, reading)]
    if ctx.person is not None and reading.red:
        passed = urgent.report_from_group(ctx, message, reading.like)
        if passed:
            return [*_say(texts.GROUP_PRIVATE), *_from("urgent", passed)]
    if ctx.person is not None and notice_answers.count(ctx, reading.clean):
        return []  # who answers a notice before everybody is not answered before everybody
    helping = _BY_NAME["help"]
    found = helping.match(ctx, message, reading)
    if found is not None or ctx.person is None or not reading.clean:
        return _from("help", helping.handle(ctx, message, found))
    follow = texts.GROUP_FOLLOW_TEACHER if teaches(ctx) else texts.GROUP_FOLLOW_GUARDIAN
    return [*_say(texts.GROUP_PRIVATE), ("help", Reply(ToPerson(ctx.person.id), follow))]


def _group_answer(ctx: Ctx, of: classes.SchoolClass, reading: Reading) -> str:
    found = asking.answer(ctx, [of], reading)
    return f"{found.text}{texts.GROUP_ASK_PRIVATE}" if found.open else found.text


def _private_answer(ctx: Ctx, message: Message, reading: Reading) -> Decided:
    if ctx.person is None:
        return []
    mine = asking.own_classes(ctx)
    if not mine:
        return [("help", Reply(ToPerson(ctx.person.id), texts.GROUP_FOLLOW_TEACHER))]
    found = asking.answer(ctx, mine, reading)
    text = f"{found.text}{texts.ASK_HERE}" if found.open else found.text
    return [("digest", Reply(ToPerson(ctx.person.id), text))]
