"""Binding: a one-time code joins a platform identity to a guardian or teacher."""

from __future__ import annotations
