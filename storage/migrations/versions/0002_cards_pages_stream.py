"""Buttons, custom robots, leases, mobile pages, fetched media."""

from __future__ import annotations

from storage.migrations import second_choices, second_media, second_pages, second_robots, second_stream

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PARTS = (second_choices, second_robots, second_stream, second_pages, second_media)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
