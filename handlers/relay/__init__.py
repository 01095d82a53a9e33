"""转达: what a parent writes reaches the teacher, the answer goes back (B3, first form)."""

from __future__ import annotations
