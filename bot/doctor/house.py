"""What can be looked at without calling anybody: settings, key, database, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.budget import RESERVE, month_of
from bot.doctor.finding import Finding, bad, good, note
from bot.lanes import MEMBER
from config.clock import real_now
from config.settings import Settings
from storage import buckets, classes, group_robots, people, schools
from storage.engine import Db, Refused, Store, open_store
from storage.schema import HEAD, revision
from storage.sealing import KeyFileError

MB = 1024 * 1024
LITTLE, TOO_LITTLE = 1024 * MB, 200 * MB
CLOCK_S = 60.0


@dataclass(slots=True)
class Known:
    """What the database told, for the lanes.

    Args:
        admins: Corp and user id of the schools' administrators.
        groups: Per app, class name and group conversation.
        webhooks: Per app, class name, token and secret of its custom robot.
    """

    admins: list[tuple[str, str]] = field(default_factory=list)
    groups: list[tuple[str, str, str]] = field(default_factory=list)
    webhooks: list[tuple[str, str, str, str]] = field(default_factory=list)


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Apps, templates, addresses."""
    if not settings.dingtalk and not settings.wecom:
        yield bad("no app: add a table [dingtalk.NAME] or [wecom.NAME] to the settings")
    for name, app in settings.dingtalk.items():
        for key in ("digest_card_template", "message_card_template"):
            if getattr(app, key) is None:
                yield bad(f"dingtalk.{name}.{key} is not set: {_WHY_CARDS}")
            else:
                yield good(f"dingtalk.{name}.{key} is named")
        if app.receive == "http" and app.event_token is None:
            yield note(f"dingtalk.{name}.event_token is not set: events (joining, leaving) are not received")
        pressed = app.receive == "http" and app.message_card_template is not None
        if settings.server.public_url is None and (pressed or app.guardians == "page"):
            what = "mobile pages" if app.guardians == "page" else "buttons over HTTP"
            yield bad(f"server.public_url is not set: {what} of dingtalk.{name} need it; write https://HOST")


_WHY_CARDS = (
    "without a card a send whose answer is lost cannot be repeated safely; "
    "publish the template and name it here"
)


def key_findings(settings: Settings) -> Iterator[Finding]:
    """The installation's key: whose it is. Its permissions are looked at when it is opened."""
    try:
        owner = settings.keys.file.stat().st_uid
    except OSError:
        return
    if owner != os.geteuid():
        yield note("key: belongs to another user than the one who asks; run doctor as the service's user")


def disk_findings(settings: Settings) -> Iterator[Finding]:
    """Room on the disk, and whether callbacks wait in the spool."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield note(f"disk: {folder} is not there yet; the first start makes it")
        return
    free = shutil.disk_usage(folder).free
    text = f"disk: {free // MB} MB free for {folder}"
    if free < TOO_LITTLE:
        yield bad(f"{text}; make room, or callbacks cannot be kept")
    else:
        yield note(f"{text}; make room soon") if free < LITTLE else good(text)
    if not os.access(folder, os.W_OK):
        yield bad(f"disk: {folder} cannot be written; correct its owner")
    spool = folder / "spool" / "inbox.spool"
    waiting = spool.stat().st_size if spool.exists() else 0
    if waiting:
        yield note(f"spool: {waiting} bytes wait for the database; a running service brings them in")


def open_database(settings: Settings) -> Store | Finding:
    """The open store, or why there is none. Makes neither key nor database."""
    url = settings.database.url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return bad("database: not there yet; start the service once, or run classbridge migrate")
    try:
        return open_store(url, settings.keys.file, create=False)
    except KeyFileError as error:
        return bad(f"key: {error}")


def database_findings(store: Store, settings: Settings) -> Iterator[Finding]:
    """Schema, writing, durability, clock, the month's calls."""
    yield good("key: readable by its owner only")
    try:
        found = store.read(lambda db: revision(db.conn)).result()
        if found != HEAD:
            yield bad(f"database: schema {found}, this version needs {HEAD}; run classbridge migrate")
            return
        yield good(f"database: schema {found}")
        yield from store.run(_written).result()
        yield from store.run(_durable).result()
        if store.dialect == "postgresql":
            yield clock_finding("the database", store.read(_its_clock).result(), real_now())
        for name, app in settings.dingtalk.items():
            yield _month(store, name, app.monthly_calls)
    except Refused:
        yield bad("database: cannot be opened or written; start it, or correct database.url")


def clock_finding(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Two clocks side by side; more than a minute apart, signatures are refused."""
    apart = abs((theirs - ours).total_seconds())
    text = f"clock: {apart:.0f} s from {whose}'s"
    return good(text) if apart <= CLOCK_S else bad(f"{text}; let the system keep it right (NTP)")


def _written(db: Db) -> list[Finding]:
    db.conn.exec_driver_sql("DELETE FROM outbox WHERE 1 = 0")
    return [good("database: can be written")]


def _durable(db: Db) -> list[Finding]:
    if db.dialect == "sqlite":
        full = int(db.conn.exec_driver_sql("PRAGMA synchronous").scalar_one()) >= 2
        return [
            good("database: commits reach the disk (FULL)")
            if full
            else bad("database: synchronous is not FULL")
        ]
    modes = {
        name: db.conn.exec_driver_sql(f"SHOW {name}").scalar_one() for name in ("fsync", "synchronous_commit")
    }
    off = [name for name, value in modes.items() if value == "off"]
    if off:
        return [bad(f"database: {' and '.join(off)} is off; a power cut would lose messages, turn it on")]
    return [good("database: commits reach the disk")]


def _its_clock(db: Db) -> datetime:
    found = db.conn.exec_driver_sql("SELECT now()").scalar_one()
    if not isinstance(found, datetime):
        raise TypeError("now() is no time")
    return found


def _month(store: Store, app: str, limit: int) -> Finding:
    month = month_of(real_now())
    used = store.read(lambda db: buckets.calls_in(db, month, app)).result()
    text = f"dingtalk.{app}: {used} of {limit} counted calls used in {month}"
    return note(f"{text}; only urgent matters go out now") if used >= limit * (1 - RESERVE) else good(text)


def know(db: Db) -> Known:
    """Whom the lanes can be tried with."""
    known = Known()
    for school in schools.all_schools(db):
        for person in people.admins(db, school.id):
            for kind in MEMBER.values():
                identity = people.identity_of(db, person.id, kind)
                if identity is not None:
                    known.admins.append((identity.corp, identity.id))
        for one in classes.of_school(db, school.id):
            _know_class(db, one, known)
    return known


def _know_class(db: Db, one: classes.SchoolClass, known: Known) -> None:
    parts = (one.group_chat or "").split("/", 3)
    if len(parts) == 4 and parts[2] == "group":
        known.groups.append((parts[1], one.name, parts[3]))
    robot = group_robots.of_class(db, one.id)
    if robot is not None and len(parts) == 4:
        known.webhooks.append((parts[1], one.name, robot.token, robot.secret))
