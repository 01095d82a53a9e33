"""The browser itself: it shows Chinese from this machine and reaches nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Error, Page


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A server with one page."""

    async def hello(_: web.Request) -> web.Response:
        html = "<!doctype html><title>三(2)班</title><h1>家校桥</h1><a href='https://example.org/'>out</a>"
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def test_a_page_from_this_machine_is_shown(page: Page, address: str) -> None:
    await page.goto(address)
    assert await page.title() == "三(2)班"
    assert await page.inner_text("h1") == "家校桥"


async def test_no_other_machine_is_reached(page: Page, address: str) -> None:
    await page.goto(address)
    with pytest.raises(Error, match="ERR_FAILED"):
        await page.goto("https://example.org/")
