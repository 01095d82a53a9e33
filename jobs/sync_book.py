"""Reads the platform's address book every night, where there is one."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.roster.feature import plan


def run(ctx: Ctx) -> None:
    """Plan a look at the whole book, now: what it brings is a decision of the roster's."""
    plan(ctx)
