"""The parents' mobile pages: rendered here, no script, nothing from elsewhere, for the oldest phone."""

from __future__ import annotations
