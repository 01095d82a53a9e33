"""``classbridge doctor``: is this installation ready, and if not, what is to be done?

One line a finding: ✓ as it should be, ✗ to be repaired, ! worth knowing or not tried.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.budget import month_of
from bot.doctor import house
from bot.doctor.checklist import CHECKLIST
from bot.doctor.finding import Finding
from bot.doctor.house import Known
from bot.doctor.lanes import Asked, try_lanes
from config.clock import real_now
from config.settings import Settings, SettingsError, load_settings
from storage import buckets
from storage.engine import Db, Refused, Store


def examine(
    config: Path,
    env: Mapping[str, str],
    *,
    checklist: bool = False,
    to: str | None = None,
    groups: bool = False,
    guardian: str | None = None,
) -> int:
    """Print a line for each check; returns 0 if nothing needs doing, else 1.

    Args:
        checklist: Print only what a person has to look at; nothing is tried.
        to: The platform's user id of whoever gets the test messages; else the administrator's.
        groups: Send a test message to each class group, too.
        guardian: The user id of a guardian who gets one.
    """
    if checklist:
        print(CHECKLIST)
        return 0
    try:
        settings = load_settings(config, env)
    except SettingsError as error:
        print(f"✗ settings: {error}")
        return 1
    found = [Finding("✓", f"settings: {config}"), *house.settings_findings(settings)]
    if settings.wecom:
        from bot.doctor import wecom

        found += wecom.settings_findings(settings)
    found += [*house.key_findings(settings), *house.disk_findings(settings)]
    opened = house.open_database(settings)
    if isinstance(opened, Finding):
        found.append(opened)
        found += _lanes(settings, None, Asked(to, groups, guardian))
        return _told(found)
    try:
        found += house.database_findings(opened, settings)
        found += _lanes(settings, opened, Asked(to, groups, guardian))
    finally:
        opened.close()
    return _told(found)


def _lanes(settings: Settings, store: Store | None, asked: Asked) -> list[Finding]:
    """Try them, and write down what counts in the month."""
    spent: Counter[tuple[str, str]] = Counter()
    try:
        known = Known() if store is None else store.read(house.know).result()
    except Refused:
        known, store = Known(), None
    found = asyncio.run(try_lanes(settings, known, asked, spent))

    def unit(db: Db) -> None:
        for (app, api), count in spent.items():
            buckets.count_calls(db, month_of(real_now()), app, api, count)

    if store is not None and spent:
        try:
            store.run(unit).result()
        except Refused:
            found.append(Finding("!", f"database: {spent.total()} counted calls could not be written down"))
    return found


def _told(found: Iterable[Finding]) -> int:
    marks = set()
    for finding in found:
        print(f"{finding.mark} {finding.text}")
        marks.add(finding.mark)
    return int("✗" in marks)
