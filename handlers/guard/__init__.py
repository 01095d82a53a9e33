"""What must not be posted to a class group: privacy and the rules on scores and ranks."""

from __future__ import annotations

from handlers.guard.private import concern_in, kind_deed_end
from handlers.guard.rules import Verdict, check

__all__ = ["Verdict", "check", "concern_in", "kind_deed_end"]
