"""The distribution's own Chromium, driven over its debugging pipe; nothing is ever downloaded."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A fresh Chromium without a window."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "no Chromium here: `make test-browser` installs it"
    async with async_playwright() as play:
        # Tests may run as root in a container, where the sandbox cannot.
        running = await play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of a phone's size that reaches this machine only."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    await context.route(
        lambda url: not url.startswith("http://127.0.0.1:"),
        lambda route: route.abort(),
    )
    yield await context.new_page()
    await context.close()
