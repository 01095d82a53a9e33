"""The one-time codes by which a WeCom template card can be changed (developer.work.weixin.qq.com, path 94888).

Each is good once, within 72 hours; sending a card brings one, and every press brings a new one.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from storage.columns import Id, Sealed, UtcDateTime
from storage.metadata import metadata

card_codes = Table(
    "card_codes",
    metadata,
    Column("id", Id, primary_key=True, comment="the outbox row that made the card"),
    Column("code", Sealed, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)
