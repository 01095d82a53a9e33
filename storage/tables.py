"""Every table in one MetaData: importing this module makes it complete."""

from __future__ import annotations

from storage import (
    access_log,
    broadcast,
    buckets,
    classes,
    codes,
    consent,
    contact_log,
    digests,
    generation,
    group_robots,
    inbox,
    media,
    numbers,
    outbox,
    people,
    preferences,
    pupils,
    schedule,
    schools,
    sealing,
    talks,
)
from storage.metadata import metadata

__all__ = [
    "access_log",
    "broadcast",
    "buckets",
    "classes",
    "codes",
    "consent",
    "contact_log",
    "digests",
    "generation",
    "group_robots",
    "inbox",
    "media",
    "metadata",
    "numbers",
    "outbox",
    "people",
    "preferences",
    "pupils",
    "schedule",
    "schools",
    "sealing",
    "talks",
]
