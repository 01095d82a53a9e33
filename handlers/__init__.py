"""What we decide: synchronous and pure. ``FEATURES`` is the only list of features, in the order asked."""

from __future__ import annotations

from handlers.agenda.feature import FEATURE as AGENDA
from handlers.binding.feature import FEATURE as BINDING
from handlers.broadcast.feature import FEATURE as BROADCAST
from handlers.contact_cards.feature import FEATURE as CONTACT_CARDS
from handlers.digest.feature import FEATURE as DIGEST
from handlers.digest_style.feature import FEATURE as DIGEST_STYLE
from handlers.feature import Feature
from handlers.help.feature import FEATURE as HELP
from handlers.hours.feature import FEATURE as HOURS
from handlers.leave.feature import FEATURE as LEAVE
from handlers.notices.feature import FEATURE as NOTICES
from handlers.pages.feature import FEATURE as PAGES
from handlers.photos.feature import FEATURE as PHOTOS
from handlers.relay.feature import FEATURE as RELAY
from handlers.reports.feature import FEATURE as REPORTS
from handlers.roster.feature import FEATURE as ROSTER
from handlers.stars.feature import FEATURE as STARS
from handlers.tone.feature import FEATURE as TONE
from handlers.trouble.feature import FEATURE as TROUBLE
from handlers.urgent.feature import FEATURE as URGENT

FEATURES: tuple[Feature, ...] = (
    URGENT,
    BINDING,
    PAGES,
    ROSTER,
    BROADCAST,
    AGENDA,
    TONE,
    CONTACT_CARDS,
    NOTICES,
    STARS,
    REPORTS,
    DIGEST_STYLE,
    PHOTOS,
    DIGEST,
    HOURS,
    LEAVE,
    RELAY,
    TROUBLE,
    HELP,
)
"""Danger comes before everything; a code is a code for everybody;
a teacher's commands come before words for a family; help is asked last."""
