"""What we decide: synchronous and pure. ``FEATURES`` is the only list of features, in the order asked."""

from __future__ import annotations

from handlers.binding.feature import FEATURE as BINDING
from handlers.broadcast.feature import FEATURE as BROADCAST
from handlers.digest.feature import FEATURE as DIGEST
from handlers.feature import Feature
from handlers.help.feature import FEATURE as HELP
from handlers.pages.feature import FEATURE as PAGES
from handlers.relay.feature import FEATURE as RELAY
from handlers.roster.feature import FEATURE as ROSTER
from handlers.trouble.feature import FEATURE as TROUBLE

FEATURES: tuple[Feature, ...] = (BINDING, PAGES, ROSTER, BROADCAST, DIGEST, RELAY, TROUBLE, HELP)
"""A code is a code for everybody; a teacher's commands come before words for a family; help is asked last."""
