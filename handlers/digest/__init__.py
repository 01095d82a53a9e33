"""每日速递: the teacher's notes of the day, posted to the class group after school (A1)."""

from __future__ import annotations

from handlers.digest.planning import plan_day

__all__ = ["plan_day"]
