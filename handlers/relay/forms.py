"""How a family's words or file lie before the teacher: with a number to answer by."""

from __future__ import annotations

from handlers.relay import texts
from handlers.relay.families import Family, Listener
from handlers.reply import Button, Kept, Reply, Thing, ToPerson

THING = "relay"
"""What waits for a teacher's answer; the id is the guardian's."""


def sender(family: Family, to: Listener) -> str:
    """「小明妈妈（小明）」, with the class for somebody who teaches several."""
    return texts.sender(family.name, family.child, family.of.name if to.several else "")


def for_teacher(family: Family, to: Listener, text: str, file: Kept | None = None) -> Reply:
    """Something of a family's for whoever listens in its class."""
    button = Button(texts.reply_label(family.name), f"reply:{family.role.id}")
    thing = Thing(THING, family.guardian.id)
    return Reply(ToPerson(to.person.id), text, buttons=(button,), thing=thing, file=file)
