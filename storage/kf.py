"""WeChat customer service: how far it was read, and how many answers each conversation still takes.

The platform takes five messages after each of the customer's, within 48 hours
(developer.work.weixin.qq.com, path 94677); what was sent is counted before it is sent.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint

from storage.columns import Id, UtcDateTime
from storage.metadata import metadata

kf_cursors = Table(
    "kf_cursors",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("kf_id", String(64), nullable=False),
    Column("cursor", String(255), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("app", "kf_id"),
)

kf_turns = Table(
    "kf_turns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("app", String(64), nullable=False),
    Column("external_id", String(64), nullable=False),
    Column("kf_id", String(64), nullable=False),
    Column("last_at", UtcDateTime, nullable=False, comment="when the customer last wrote"),
    Column("used", Integer, nullable=False, comment="messages of ours since then"),
    UniqueConstraint("app", "external_id", "kf_id"),
    Index(None, "last_at"),
)
