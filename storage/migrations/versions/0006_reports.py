"""What a week leaves behind: reports to the class, contact cards to each family, photos beside a digest."""

from __future__ import annotations

from storage.migrations import sixth_contact_cards, sixth_digest_photos, sixth_reports

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PARTS = (sixth_reports, sixth_contact_cards, sixth_digest_photos)


def upgrade() -> None:
    for part in _PARTS:
        part.create()


def downgrade() -> None:
    for part in reversed(_PARTS):
        part.drop()
