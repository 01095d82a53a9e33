"""Revision 0002: numbers with an opaque id for buttons; custom robots of groups."""

from __future__ import annotations


def create() -> None:
    """Make what is new."""


def drop() -> None:
    """Take it away again."""
