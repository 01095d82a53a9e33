"""The toolbar's page in WeCom's client, on the narrowest phone still about: one tap, and the class has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from bot.pages import texts
from handlers.broadcast import texts as said
from tests.browser.test_pages import _readable
from tests.wire.toolbar_stand import DEPUTY, TEACHER, Stand, standing

WIDTH, HEIGHT = 360, 740
XSS = "提醒明天带水彩笔<img src=x onerror=document.title='x'><script>document.title='x'</script>"
Opened = Callable[..., Awaitable[Page]]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as running:
        running.emulator.platform.toolbar.group = running.group
        yield running


@pytest.fixture
async def opened(stand: Stand, browser: Browser) -> AsyncIterator[Opened]:
    """Opens the page as a member; whatever its scripts complain of fails the test."""
    complaints: list[str] = []
    size = ViewportSize(width=WIDTH, height=HEIGHT)

    async def open_page(who: str = TEACHER) -> Page:
        context = await browser.new_context(viewport=size, locale="zh-CN")
        phone = await stand.phone(who)
        name, value = phone.cookie
        await context.add_cookies([{"name": name, "value": value, "url": stand.url, "httpOnly": True}])
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await page.goto(f"{stand.url}/h5/toolbar")
        return page

    yield open_page
    assert complaints == []


@asynccontextmanager
async def _looks(page: Page, path: Path) -> AsyncIterator[None]:
    yield
    await page.screenshot(path=path, full_page=True)
    await _readable(page, WIDTH)


async def test_one_tap_and_the_class_has_it(stand: Stand, opened: Opened, tmp_path: Path) -> None:
    await stand.publish(XSS)
    page = await opened()
    async with _looks(page, tmp_path / "ready.png"):
        await page.wait_for_selector("#send:visible")
    shown = await page.inner_text("#words")
    assert "onerror" in shown, "words are words"
    assert await page.title() == texts.BAR_TITLE
    await page.dblclick("#send")
    async with _looks(page, tmp_path / "sent.png"):
        await page.wait_for_selector(f"#say:has-text('{said.bar_sent('三(2)班')}')")
    assert not await page.locator("#send").is_visible()
    (posted,) = await stand.in_group()
    assert posted == shown
    assert (await stand.task()).state == "sent"
    await stand.walk(10)
    assert len(await stand.in_group()) == 1


async def test_nothing_waits_and_then_something_does(stand: Stand, opened: Opened, tmp_path: Path) -> None:
    page = await opened()
    async with _looks(page, tmp_path / "nothing.png"):
        await page.wait_for_selector(f"#say:has-text('{said.BAR_NOTHING}')")
    assert not await page.locator("#send").is_visible()


async def test_somebody_else_reads_whose_it_is(stand: Stand, opened: Opened, tmp_path: Path) -> None:
    await stand.publish()
    page = await opened(DEPUTY)
    async with _looks(page, tmp_path / "deputy.png"):
        await page.wait_for_selector(f"#say:has-text('{said.BAR_NOT_YOURS}')")
    assert "水彩笔" not in await page.content()


async def test_the_client_does_not_send(stand: Stand, opened: Opened, tmp_path: Path) -> None:
    await stand.publish()
    page = await opened()
    async with _looks(page, tmp_path / "words.png"):
        await page.wait_for_selector("#send:visible")
    stand.emulator.platform.toolbar.group = ""
    await page.click("#send")
    async with _looks(page, tmp_path / "failed.png"):
        await page.wait_for_selector(f"#say:has-text('{said.BAR_BY_HAND}')")
    assert await stand.in_group() == []
    assert (await stand.task()).state == "by_hand"
    assert "带水彩笔" in await page.inner_text("#words"), "the words stay"
    await page.click("#copy")
    # By selector: a script handed over as text may not be looked at twice under the page's policy.
    await page.wait_for_selector("#copied:not(:empty)")
    stand.emulator.platform.toolbar.group = stand.group
    await page.click("#again")
    await page.wait_for_selector("#send:visible")
    await page.click("#send")
    await page.wait_for_selector(f"#say:has-text('{said.bar_sent('三(2)班')}')")
    assert len(await stand.in_group()) == 1


async def test_outside_a_group_it_says_where_to_open_it(stand: Stand, opened: Opened, tmp_path: Path) -> None:
    await stand.publish()
    stand.emulator.platform.toolbar.group = ""
    page = await opened()
    async with _looks(page, tmp_path / "outside.png"):
        await page.wait_for_selector(f"#help:has-text('{texts.BAR_HELP}')")
        await page.wait_for_selector("#copy:visible")
    assert "带水彩笔" in await page.inner_text("#words")
    assert not await page.locator("#send").is_visible()


async def test_without_the_platforms_script_it_says_so_too(
    stand: Stand, opened: Opened, tmp_path: Path
) -> None:
    await stand.control.faults(1, [{"api": "/cgi-bin/ticket/get", "kind": "code", "value": 45009}])
    page = await opened()
    async with _looks(page, tmp_path / "plain.png"):
        assert texts.BAR_HELP in await page.inner_text("#help")
