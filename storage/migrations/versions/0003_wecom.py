"""Customer service, template cards, confirmed broadcasts, the school's address book."""

from __future__ import annotations

from storage.migrations import third_book, third_cards, third_kf, third_tasks

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PARTS = (third_kf, third_cards, third_tasks, third_book)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
