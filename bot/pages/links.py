"""Addresses of pages, built from what the installation says it is called, never from a request."""

from __future__ import annotations

from bot.pages.texts import WAY_IN
from config.settings import ServerSettings
from storage import page_links
from storage.engine import Db


class Links:
    """The addresses of one installation.

    Args:
        server: Without a public address there, links are this machine's own, for trying out.
    """

    def __init__(self, server: ServerSettings) -> None:
        self._base = server.public_url or f"http://127.0.0.1:{server.port}"
        self._public = server.public_url is not None

    @property
    def way_in(self) -> tuple[str, str] | None:
        """Where every guardian finds the own page, as a button's label and address; None without a public
        address."""
        return (WAY_IN, f"{self._base}/h5/") if self._public else None

    def of(self, db: Db, link_id: str) -> str:
        """The address of a single-person link. It is a key: it goes to its person and into no log."""
        return f"{self._base}/h5/l/{page_links.token(db, link_id)}"
