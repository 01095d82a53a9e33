"""Revision 0002: links, sessions and messages of mobile pages."""

from __future__ import annotations


def create() -> None:
    """Make what is new."""


def drop() -> None:
    """Take it away again."""
