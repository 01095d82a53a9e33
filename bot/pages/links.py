"""Addresses of pages, built from what the installation says it is called, never from a request."""

from __future__ import annotations

from config.settings import ServerSettings
from storage import page_links
from storage.engine import Db


def base(server: ServerSettings) -> str:
    """``https://school.example``; without a public address this machine's own, for trying out."""
    return server.public_url or f"http://127.0.0.1:{server.port}"


def home(server: ServerSettings) -> str:
    """Where a guardian's page is."""
    return f"{base(server)}/h5/"


def address(db: Db, server: ServerSettings, link_id: str) -> str:
    """The address of a single-person link. It is a key: it goes to its person and into no log."""
    return f"{base(server)}/h5/l/{page_links.token(db, link_id)}"
