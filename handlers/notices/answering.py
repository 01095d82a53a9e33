"""A guardian answers: in words or by a button, with a name where a signature is wanted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.context import Ctx
from handlers.language.say import say_day, say_time
from handlers.message import Message
from handlers.notices import rules, standing, texts
from handlers.notices.rules import Said
from handlers.notices.standing import NAME
from handlers.relay.families import Family, mine
from handlers.reply import Act, Asker, Button, Reply, Thing
from handlers.talking import begin
from storage import access_log, notices, numbers, people, talks
from storage.notices import Answer, Notice, Word
from storage.talks import Talk

ASK = "notice_ask"
_IN_GROUP: tuple[notices.State, ...] = ("queued", "published")
"""Where the class teacher confirms a post, a family may have read it before we hear of that."""
_BUTTONS = 4
_OWN = 30
"""Characters beside an answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A guardian's line that answers notices.

    Args:
        said: The answer.
        open: The notices it may answer, newest first.
    """

    said: Said
    open: tuple[Notice, ...]


def open_for(ctx: Ctx, *, answered: bool = False) -> list[Notice]:
    """What the writer's families have been sent and not answered (or have), newest first."""
    found: dict[str, Notice] = {}
    since = ctx.now - rules.OPEN_FOR
    for family in mine(ctx):
        for row in notices.of_class(ctx.db, family.of.id, _IN_GROUP, since):
            given = notices.answers(ctx.db, row)
            if ((family.pupil_id, family.guardian.id) in given) == answered:
                found.setdefault(row.id, row)
    return sorted(found.values(), key=lambda row: row.created_at, reverse=True)


def match(ctx: Ctx, line: str) -> Answered | None:
    """What a guardian's line answers; None where there is nothing open that it could be about."""
    said = rules.answer_in(line)
    if said is None:
        return None
    # What is told at length is for the teacher to read, unless an opinion was asked for.
    wanted = _LEVELS[said.word] if len(said.own) <= _OWN else ("opinion",)
    rows = tuple(row for row in open_for(ctx) if row.level in wanted)
    if not rows and said.word == "confirmed":  # 收到 on what wants a signature is told so
        rows = tuple(row for row in open_for(ctx) if row.level == "sign")
    # Their own mind may be changed as long as it is asked for.
    if not rows and said.word != "confirmed":
        rows = tuple(row for row in open_for(ctx, answered=True) if row.level in wanted)
    return Answered(said, rows) if rows else None


_LEVELS: dict[Word, tuple[notices.Level, ...]] = {
    "confirmed": ("seen", "confirm"),
    "agreed": ("sign", "opinion"),
    "disagreed": ("sign", "opinion"),
    "said": ("opinion",),
}


def handle(ctx: Ctx, message: Message, found: Answered) -> list[Act]:
    """One open notice is meant; of several it is asked which."""
    rows = found.open
    if found.said.word == "confirmed":
        asking = [row for row in rows if row.level != "seen"]
        for row in rows:
            if row.level == "seen":
                _keep(ctx, row, found.said)
        if not asking:
            return [Reply(Asker(), texts.SEEN)]
        rows = tuple(asking)
    if len(rows) > 1:
        return [_which(ctx, message, found.said, rows[:_BUTTONS])]
    return answer(ctx, message, rows[0], found.said)


def count(ctx: Ctx, line: str) -> bool:
    """Take a guardian's 「收到」 in the group as one in private; whether there was a notice it answers."""
    found = match(ctx, line) if any(role.kind == "guardian" for role in ctx.roles) else None
    if found is None or found.said.word != "confirmed":
        return False
    rows = [row for row in found.open if row.level in ("seen", "confirm")]
    for row in rows:
        _keep(ctx, row, found.said)
    return bool(rows)


def _which(ctx: Ctx, message: Message, said: Said, rows: Sequence[Notice]) -> Reply:
    state = {
        "op": "which",
        "notices": [row.id for row in rows],
        "said": [said.word, said.signer, said.own],
        "labels": [rules.heading(row.text, 12) for row in rows],
    }
    talk = begin(ctx, message, NAME, state)
    buttons = tuple(Button(rules.heading(row.text, 12), str(at)) for at, row in enumerate(rows))
    return Reply(Asker(), texts.WHICH, buttons=buttons, thing=Thing(ASK, talk.id))


def answer(ctx: Ctx, message: Message, notice: Notice, said: Said) -> list[Act]:
    """Take one answer to one notice; without a name there is no signature."""
    head = rules.heading(notice.text)
    if notice.state not in _IN_GROUP or not _families(ctx, notice):
        return [Reply(Asker(), texts.NOT_YOURS)]
    if notice.level == "sign":
        if said.word not in ("agreed", "disagreed"):
            return [Reply(Asker(), texts.agreed_or_not(head))]
        if not rules.name_in(said.signer):
            state = {
                "op": "sign",
                "notice": notice.id,
                "version": notice.version,
                "said": [said.word, "", said.own],
            }
            begin(ctx, message, NAME, state)
            numbers.close(ctx.db, standing.THING, notice.id, ctx.person.id if ctx.person else "")
            return [Reply(Asker(), texts.ask_name(said.word, head))]
        return _sign(ctx, notice, said)
    _keep(ctx, notice, said)
    numbers.close(ctx.db, standing.THING, notice.id, ctx.person.id if ctx.person else "")
    if notice.level == "opinion":
        teacher = people.get(ctx.db, notice.author_id)
        return [Reply(Asker(), texts.opinion_kept(teacher.name if teacher else texts.TEACHER))]
    return [Reply(Asker(), texts.confirmed(head) if notice.level == "confirm" else texts.SEEN)]


def _sign(ctx: Ctx, notice: Notice, said: Said) -> list[Act]:
    """Name, child, the words' fingerprint and the time, in the chain that shows any change."""
    kept = _keep(ctx, notice, said)
    numbers.close(ctx.db, standing.THING, notice.id, ctx.person.id if ctx.person else "")
    for family in kept:
        access_log.append(
            ctx.db,
            school_id=ctx.school.id,
            actor_id=family.guardian.id,
            action="sign",
            object_kind="notice",
            object_id=notice.id,
            reason=f"{said.word} {family.pupil_id} {said.signer} {rules.fingerprint(notice.text)}",
            at=ctx.now,
        )
    children = texts.children([family.child for family in kept])
    when = f"{say_day(ctx.local.date())}{say_time(ctx.local)}"
    return [Reply(Asker(), texts.signed(said.word, rules.heading(notice.text), children, said.signer, when))]


def _families(ctx: Ctx, notice: Notice) -> list[Family]:
    return [family for family in mine(ctx) if family.of.id == notice.class_id]


def _keep(ctx: Ctx, notice: Notice, said: Said) -> list[Family]:
    """Write the answer down for each of the guardian's children in the class."""
    families = _families(ctx, notice)
    word: Word = "seen" if notice.level == "seen" else said.word
    print_of = rules.fingerprint(notice.text) if notice.level == "sign" else ""
    for family in families:
        given = Answer(
            notice.id,
            notice.version,
            family.pupil_id,
            family.guardian.id,
            word,
            said.signer,
            said.own,
            print_of,
            ctx.now,
        )
        notices.answer(ctx.db, ctx.new_id, ctx.school.id, given)
    return families


# Questions


def resume(ctx: Ctx, message: Message, talk: Talk) -> list[Act] | None:
    """A name as a signature; None if the words are something else."""
    state = json.loads(talk.state)
    if state["op"] != "sign":
        return None
    name = rules.name_in(message.text)
    word, _, own = state["said"]
    if not name:
        return [Reply(Asker(), texts.NOT_A_NAME)] if rules.is_relation(message.text) else None
    talks.close(ctx.db, talk.id)
    notice = notices.get(ctx.db, state["notice"])
    if notice is None:
        return [Reply(Asker(), texts.NOT_YOURS)]
    if notice.version != state["version"]:
        return [Reply(Asker(), texts.CHANGED)]
    return answer(ctx, message, notice, Said(word, name, own))


def chosen(ctx: Ctx, message: Message, talk: Talk, at: int) -> list[Act]:
    """Which of several was meant."""
    state = json.loads(talk.state)
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, ASK, talk.id)
    notice = notices.get(ctx.db, state["notices"][at])
    word, signer, own = state["said"]
    return answer(ctx, message, notice, Said(word, signer, own)) if notice else []


def amend(ctx: Ctx) -> list[Act]:
    """「签错了」: the last one that was signed is asked again; what was signed stays written down."""
    signed = [row for row in open_for(ctx, answered=True) if row.level == "sign"]
    if not signed:
        return [Reply(Asker(), texts.NOTHING_SIGNED)]
    choices = standing.buttons(signed[0])
    text = texts.sign_again(rules.heading(signed[0].text))
    return [Reply(Asker(), text, buttons=choices, thing=Thing(standing.THING, signed[0].id))]
