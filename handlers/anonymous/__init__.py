"""The anonymous box; for now only its door: the word is known, nothing is kept."""

from __future__ import annotations
