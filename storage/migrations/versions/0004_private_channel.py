"""The private channel: what waits for a reply window, urgent cases, who is away."""

from __future__ import annotations

from storage.migrations import fourth_cases, fourth_leave, fourth_outbox, fourth_waiting

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTS = (fourth_waiting, fourth_cases, fourth_leave, fourth_outbox)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
