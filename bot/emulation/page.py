"""``GET /``: the class in the browser. What it shows is drawn by :mod:`bot.sandbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.web import Sandbox

if TYPE_CHECKING:
    from bot.emulation.base import Emulated
    from bot.sandbox.product import Product


class Page:
    """The door to the sandbox.

    Args:
        emulator: The platform whose people are shown.
    """

    def __init__(self, emulator: Emulated) -> None:
        self._sandbox = Sandbox(emulator)

    @property
    def product(self) -> Product | None:
        """The product's process, where the sandbox started it; it can then be killed from the page."""
        return self._sandbox.product

    @product.setter
    def product(self, product: Product | None) -> None:
        self._sandbox.product = product

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """``/`` and ``/_sandbox/…``."""
        self._sandbox.add_routes(router)
