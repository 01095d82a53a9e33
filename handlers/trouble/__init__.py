"""What may or may not have been sent: told once, sent again only if somebody says so."""

from __future__ import annotations
