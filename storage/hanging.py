"""What was sent and hangs somewhere: the outbox seen from the other side of the send."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from storage.engine import Db
from storage.outbox import SENT, outbox


@dataclass(frozen=True, slots=True)
class Hanging:
    """A message that was sent and that the platform gave a handle for.

    Args:
        id: The row that made it.
        lane: Where it hangs.
        platform_id: The platform's handle.
        safe: It went by a lane that removes duplicates.
    """

    id: str
    lane: str
    platform_id: str
    safe: bool
    sealed_for: str
    to_person: str | None
    to_class: str | None


def of_thing(db: Db, thing_kind: str, thing_id: str) -> list[Hanging]:
    """What hangs of a thing, oldest first: what its class got, or else what persons got.

    If it went to a class, what persons got about it are questions, not the thing.
    """
    about = (outbox.c.thing_kind == thing_kind, outbox.c.thing_id == thing_id)
    columns = [outbox.c[name] for name in Hanging.__dataclass_fields__]
    sent = sa.select(*columns).where(*about, outbox.c.state == SENT).order_by(outbox.c.id)
    found = [Hanging(**row._mapping) for row in db.conn.execute(sent)]
    of_class = [one for one in found if one.to_class]
    return [one for one in of_class or found if one.platform_id]


def taken_back(db: Db, outbox_id: str) -> None:
    """It hangs no more: there is nothing to take back a second time."""
    db.conn.execute(sa.update(outbox).where(outbox.c.id == outbox_id).values(platform_id=None))
