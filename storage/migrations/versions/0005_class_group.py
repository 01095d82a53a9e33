"""The class group: notices that must reach every family, weekly stars."""

from __future__ import annotations

from storage.migrations import fifth_notices, fifth_stars

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PARTS = (fifth_notices, fifth_stars)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
