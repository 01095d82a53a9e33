"""What was sent and hangs somewhere: the outbox seen from the other side of the send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.engine import Db
from storage.outbox import SENT, find, outbox

LOOK = "look"
"""The subject of a card's new look; the id is the card's. A newer one makes those before it unwanted."""


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


_LOOKS = sa.select(outbox.c.id).where(
    outbox.c.subject_kind == LOOK, outbox.c.subject_id == sa.bindparam("card")
)


def last_look(db: Db, card: str, lane: str | None = None) -> Mapping[str, Any]:
    """What a card shows since it was last pressed, as far as it is kept; empty if nothing is.

    Args:
        db: The unit.
        card: The row that made it.
        lane: Only if it hangs there: who merely names a card is not told what it shows.
    """
    looks = _LOOKS if lane is None else _LOOKS.where(outbox.c.lane == lane)
    last = db.conn.execute(looks.order_by(outbox.c.id.desc()).limit(1), {"card": card}).scalar()
    row = find(db, last) if last is not None else None
    return row.payload if row is not None else {}
