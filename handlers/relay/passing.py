"""Passing words on, both ways, with a record in the contact log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.context import Ctx
from handlers.relay import attachments, holding, late, rules, texts
from handlers.relay.families import Family, Listener, alarmed, listener, reachable
from handlers.relay.forms import THING, for_teacher, sender
from handlers.relay.holding import Plan
from handlers.reply import Act, Asker, Outcome, Reply, Thing, ToPerson
from storage import contact_log, numbers, people, waiting
from storage.media import Medium

ANSWER = attachments.ANSWER
PLAIN = ("text", "richtext")


@dataclass(frozen=True, slots=True)
class Said:
    """What a parent said, and how it came.

    Args:
        words: The words, or empty for media alone.
        kind: The kind of the message they came in.
        message_id: That message.
        like: What the words are most like, see :class:`handlers.language.Reading`.
        came: What came with it and was kept: it follows when it has been fetched.
    """

    words: str
    kind: str
    message_id: str
    like: str = ""
    came: Sequence[Medium] = ()

    @property
    def kinds(self) -> list[str]:
        """The kinds of what came with it."""
        return [one.kind for one in self.came]

    @property
    def unreadable(self) -> bool:
        """Whether there is nothing that could be passed on."""
        return not self.words and not self.came and self.kind not in PLAIN

    @property
    def spoken(self) -> str:
        """The words, marked where they were a voice."""
        return texts.VOICE + self.words if self.words and self.kind == "voice" else self.words

    @property
    def logged(self) -> str:
        """Words, and what else there was."""
        return texts.logged(self.spoken, [self.kind] if self.unreadable else self.kinds)


def pass_on(ctx: Ctx, family: Family, said: Said, to: Listener | None = None) -> list[Act]:
    """A parent's words to the teacher of the child's class, now or when the window opens; and the receipt.

    Args:
        ctx: The parent's.
        family: The tie it is about.
        said: What was said.
        to: The teacher it concerns; whoever listens for the class if None, or if that one cannot be reached.
    """
    if to is None or not reachable(ctx, to.person.id):
        to = listener(ctx, family.of.id, said.words)
    if to is None:
        return [Reply(Asker(), texts.nobody(ctx.school.duty_phone))]
    plan = holding.plan(ctx, to.person.id, said.like, at_once=alarmed(ctx, family.guardian.id))
    if plan.held:
        first = holding.keep(ctx, family, to, said.message_id, said.logged, plan)
        return _waits(ctx, to, said, plan, first=first)
    _logged(ctx, family, to, said)
    if plan.need != waiting.LAST:
        holding.keep(ctx, family, to, said.message_id, said.logged, plan)
    receipt = Reply(Asker(), _receipt(ctx, to, said, plan))
    if not said.words and not said.unreadable and said.came:
        return [receipt]
    following = [one for one in said.kinds if one != "voice"]
    shown = texts.unreadable_to_teacher(said.kind) if said.unreadable else said.spoken
    told = texts.to_teacher(sender(family, to), texts.with_following(shown, following))
    return [receipt, for_teacher(family, to, told)]


def _logged(ctx: Ctx, family: Family, to: Listener, said: Said) -> None:
    contact_log.record(
        ctx.db,
        ctx.new_id,
        ctx.now,
        ctx.school.id,
        family.of.id,
        family.pupil_id,
        family.guardian.id,
        to.person.id,
        "message",
        "to_school",
        said.logged,
    )


def _waits(ctx: Ctx, to: Listener, said: Said, plan: Plan, *, first: bool) -> list[Act]:
    told = [texts.unreadable(said.kind, to.person.name, told=False)] if said.unreadable else []
    told += [holding.receipt(ctx, to, plan, first=first)]
    text = "\n".join(filter(None, told))
    return [Reply(Asker(), text)] if text else []


def _receipt(ctx: Ctx, to: Listener, said: Said, plan: Plan) -> str:
    if said.unreadable:
        return texts.unreadable(said.kind, to.person.name)
    following = [one for one in said.kinds if one != "voice"] if said.words else said.kinds
    by = holding.promise(ctx, plan)
    return texts.passed_on(to.person.name, following, by, words=bool(said.words), why=to.why)


def not_without_name(teacher: str, duty_phone: str, words: str) -> str:
    """A parent would rather not be known; words of danger still get the numbers first."""
    asked = texts.not_without_name(teacher)
    return f"{texts.urgent(duty_phone)}\n{asked}" if rules.sounds_dangerous(words) else asked


def answer(
    ctx: Ctx, families: Sequence[Family], words: str, *, not_before: datetime | None = None
) -> list[Reply]:
    """A teacher's words to guardians, each in private, and the echo that names the families.

    Args:
        ctx: The teacher's.
        families: To whom.
        words: What is said.
        not_before: When it may go out, UTC; at once if None.
    """
    if ctx.person is None:
        return []
    here = [family for family in families if reachable(ctx, family.guardian.id)]
    told = [texts.not_bound(family.name) for family in families if family not in here]
    sent = [_answer(ctx, ctx.person.name, family, words, not_before) for family in here]
    if here and not_before is None:
        told.insert(0, texts.sent_to([family.name for family in here]))
    elif here:
        told.insert(0, texts.in_the_morning([family.name for family in here], late.label(ctx)))
    return [Reply(Asker(), "\n".join(told)), *sent]


def log_files(ctx: Ctx, family: Family, kinds: Sequence[str]) -> None:
    """A teacher's picture or file for a family is an answer, too."""
    _done(ctx, family, texts.logged("", kinds))


def _answer(ctx: Ctx, teacher: str, family: Family, words: str, not_before: datetime | None) -> Reply:
    who = _done(ctx, family, words)
    return Reply(
        ToPerson(family.guardian.id),
        texts.to_family(teacher, words),
        thing=Thing(ANSWER, who),
        wants_outcome=True,
        not_before=not_before,
    )


def _done(ctx: Ctx, family: Family, words: str) -> str:
    """Record an answer, end what waited for it; returns who gave it."""
    who = ctx.person.id if ctx.person else ""
    contact_log.record(
        ctx.db,
        ctx.new_id,
        ctx.now,
        ctx.school.id,
        family.of.id,
        family.pupil_id,
        who,
        family.guardian.id,
        "message",
        "to_family",
        words,
    )
    waiting.answered(ctx.db, family.guardian.id, family.of.id, ctx.now)
    # Answered: the number is done and will not be given to another family today.
    numbers.close(ctx.db, THING, family.guardian.id, who)
    return who


def outcome(ctx: Ctx, result: Outcome) -> list[Act]:
    """Tell the one whose words did not arrive; hand on what has been fetched."""
    if result.act == "fetch":
        return attachments.fetched(ctx, result)
    unseen = result.kind == "sent" and "notice" in result.facts
    if result.thing is None or (result.kind in ("sent", "withdrawn") and not unseen):
        return []
    if result.thing.kind == ANSWER and result.to_person:
        return [Reply(ToPerson(result.thing.id), _not_surely_read(ctx, result, result.to_person))]
    if result.thing.kind == THING and result.code.startswith(attachments.REFUSED):
        return attachments.not_shown(result)
    if result.thing.kind == THING and result.kind in ("refused", "expired"):
        return [Reply(ToPerson(result.thing.id), texts.not_passed_on(ctx.school.duty_phone))]
    return []


def _not_surely_read(ctx: Ctx, result: Outcome, person_id: str) -> str:
    """What the teacher is told of an answer that did not arrive, or of which nobody knows."""
    person = people.get(ctx.db, person_id)
    name = person.name if person else texts.PARENT
    words = result.text.partition("：")[2] or result.text
    if result.kind == "unknown":
        return texts.maybe_delivered(name, words)
    if result.kind == "sent":
        return texts.only_on_page(name, words, str(result.facts["notice"]))
    return texts.not_delivered(name, words, result.code)
