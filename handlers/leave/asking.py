"""What is not clear is asked once: which child, which day, which leave; the answer goes on from there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from handlers.context import Ctx
from handlers.language import names
from handlers.leave import rules
from handlers.message import Message
from handlers.relay import rules as relay_rules
from handlers.relay.families import Family, mine
from handlers.reply import Asker, Button, Reply, Thing
from handlers.talking import begin
from storage import access, numbers, talks
from storage.access import Denied, System
from storage.talks import Talk

FEATURE, THING = "leave", "leave_ask"
_BUTTONS = 4


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wants, as far as it is known.

    Args:
        intent: The fine meaning.
        words: As they came.
        slots: What they name.
        pupils: The children that are meant, once that was asked.
        day: The day that is meant (ISO), once that was asked.
    """

    intent: str
    words: str
    slots: Mapping[str, str] = field(default_factory=dict)
    pupils: tuple[str, ...] = ()
    day: str = ""


def ask(
    ctx: Ctx, message: Message, text: str, op: str, labels: Sequence[str], state: Mapping[str, object]
) -> Reply:
    """A question back with its choices; it takes the place of the one before."""
    who = ctx.person.id if ctx.person else ""
    before = talks.current(ctx.db, message.talk, who, ctx.now)
    if before is not None and before.feature == FEATURE:
        numbers.close(ctx.db, THING, before.id)
    talk = begin(ctx, message, FEATURE, {**state, "op": op, "labels": list(labels)})
    if not labels:
        return Reply(Asker(), text)
    buttons = tuple(Button(label, str(at)) for at, label in enumerate(labels[:_BUTTONS]))
    return Reply(Asker(), text, buttons=buttons, thing=Thing(THING, talk.id))


def kept(said: Said, **more: object) -> dict[str, object]:
    """A request as it stands in a talk."""
    return {"said": {**asdict(said), "slots": dict(said.slots)}, **more}


def said_in(state: Mapping[str, object]) -> Said:
    """What :func:`kept` kept."""
    held = state.get("said")
    fields = dict(held) if isinstance(held, dict) else {}
    fields["pupils"] = tuple(fields.get("pupils", ()))
    return Said(**fields)


def state_of(talk: Talk) -> dict[str, object]:
    """A talk's state."""
    return dict(json.loads(talk.state))


def close(ctx: Ctx, talk: Talk) -> None:
    """The question is answered."""
    talks.close(ctx.db, talk.id)
    numbers.close(ctx.db, THING, talk.id)


def meant(ctx: Ctx, said: Said) -> list[Family] | None:
    """The writer's children that are meant; [] if it has to be asked, None if a classmate is named."""
    children = mine(ctx)
    if said.pupils:
        return [family for family in children if family.pupil_id in said.pupils]
    named = [family for family in children if _is_named(family.child, said)]
    if named:
        return named
    if len(children) == 1:
        return None if _is_others(ctx, children[0], said) else children
    return children if rules.means_all(said.words) else []


def _is_named(child: str, said: Said) -> bool:
    return relay_rules.named_child(said.words, [child]) is not None


def _is_others(ctx: Ctx, family: Family, said: Said) -> bool:
    """Whether a classmate is named: then nothing is written down for the own child."""
    child = said.slots.get("child", "")
    pupils = access.access_class_pupils(ctx.db, System("leave"), family.of.id, "leave", now=ctx.now)
    if not child or isinstance(pupils, Denied):
        return False
    return any(relay_rules.same_child(child, pupil.name) for pupil in pupils)


def near(child: str, pupils: Sequence[access.Pupil]) -> list[access.Pupil]:
    """The pupils a teacher means by a name; by its sound only if it fits exactly one."""
    exact = [pupil for pupil in pupils if relay_rules.same_child(child, pupil.name)]
    if exact:
        return exact
    hits = names.match(child, [pupil.name for pupil in pupils]).hits
    return [pupils[at] for at in hits] if len(hits) == 1 else []


def for_one(said: Said, family: Family) -> Said:
    """The same for a child that was chosen."""
    return replace(said, pupils=(family.pupil_id,))
