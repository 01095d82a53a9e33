"""Help, greetings and nonsense: something useful for each role."""

from __future__ import annotations
