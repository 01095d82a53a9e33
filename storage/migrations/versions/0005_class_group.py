"""The class group: notices that must reach every family."""

from __future__ import annotations

from storage.migrations import fifth_notices

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PARTS = (fifth_notices,)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
