"""What must not be posted to a class group: privacy, and the rules on marks, blame, homework and money."""

from __future__ import annotations

from handlers.guard.gate import look
from handlers.guard.packs import PACKS, Pack, chosen
from handlers.guard.private import concern_in, kind_deed_end
from handlers.guard.rules import Verdict, check

OF_ONE_CHILD = frozenset({"medical_fact", "no_public_criticism", "names_individual_problem"})
"""Rules about one child by name: who has a roster knows more of it."""

__all__ = [
    "OF_ONE_CHILD",
    "PACKS",
    "Pack",
    "Verdict",
    "check",
    "chosen",
    "concern_in",
    "kind_deed_end",
    "look",
]
