"""Writes down what is due today for each class: the rows decide, so they have to be there."""

from __future__ import annotations

from handlers.context import Ctx
from handlers.digest import plan_day
from handlers.reports.feature import plan_day as plan_reports
from handlers.stars.feature import plan_day as plan_stars
from handlers.tone.balance import plan_day as plan_balance
from storage import classes


def run(ctx: Ctx) -> None:
    """Plan today's occurrences of every class; what is planned already stays as it is."""
    today = ctx.local.date()
    for school_class in classes.of_school(ctx.db, ctx.school.id):
        plan_day(ctx, school_class, today)
        plan_stars(ctx, school_class, today)
        plan_reports(ctx, school_class, today)
        plan_balance(ctx, school_class)
