"""Mobile pages for guardians: who is let in by a code, and the links teachers hand on."""

from __future__ import annotations
