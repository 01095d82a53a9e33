"""Revision 0002: leases."""

from __future__ import annotations


def create() -> None:
    """Make what is new."""


def drop() -> None:
    """Take it away again."""
