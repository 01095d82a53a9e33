"""The first tables."""

from __future__ import annotations

from alembic import op

from storage.migrations import first_joints, first_nouns_a, first_nouns_b

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PARTS = (first_joints, first_nouns_a, first_nouns_b)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in _PARTS:
        for name in part.TABLES:
            op.drop_table(name)
