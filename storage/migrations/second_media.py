"""Revision 0002: where fetched attachments lie."""

from __future__ import annotations


def create() -> None:
    """Make what is new."""


def drop() -> None:
    """Take it away again."""
