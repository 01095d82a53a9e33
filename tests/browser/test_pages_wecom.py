"""A parent's pages in WeChat's browser, on the narrowest phone still about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, ViewportSize

from bot.pages import texts
from bot.pages.oauth import Failed
from handlers.pages.joining import Who
from storage import people
from storage.engine import Db, Store
from tests.browser.test_pages import DIGEST, MOTHER, _readable
from tests.contract.invented import CORP
from tests.wire import pages_served
from tests.wire.pages_served import Served, served
from tests.wire.test_pages_oauth import WECHAT, Port

WIDTH, HEIGHT = 360, 740


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
def port() -> Port:
    """What the platform says about codes."""
    return Port()


@pytest.fixture
async def here(store: Store, port: Port, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """The pages, and the platform's login that sends everybody back at once."""
    back: list[str] = []
    async with _platform(back) as platform:
        monkeypatch.setattr(
            pages_served, "WECOM", pages_served.WECOM.model_copy(update={"login_base": platform})
        )
        async with served(store, exchange=port) as running:
            back.append(running.url)
            yield running


@asynccontextmanager
async def _platform(back: list[str]) -> AsyncIterator[str]:
    """The login on another site: the same machine under another name is one."""

    async def authorize(request: web.Request) -> web.Response:
        state = request.query["state"]
        raise web.HTTPFound(f"{back[0]}/h5/back?code=c1&state={state}")

    app = web.Application()
    app.router.add_get("/connect/oauth2/authorize", authorize)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def wechat(browser: Browser) -> AsyncIterator[Page]:
    """A phone of 360 px that opens what came in WeChat."""
    size = ViewportSize(width=WIDTH, height=HEIGHT)
    context = await browser.new_context(viewport=size, locale="zh-CN", user_agent=WECHAT)
    yield await context.new_page()
    await context.close()


async def _known(here: Served) -> str:
    """A mother of the school's address book with the day's words on her page; her id."""

    def unit(db: Db) -> str:
        person = people.by_identity(db, "dingtalk_user", CORP, MOTHER)
        assert person is not None
        fresh = iter(f"book{n:028d}" for n in range(1, 9))
        kind = "wecom_parent"
        assert people.attach_identity(
            db, lambda: next(fresh), person_id=person.id, kind=kind, corp=CORP, ext_id="p-1"
        )
        return person.id

    person_id: str = await here.run(unit)
    await here.guardian(MOTHER)
    await here.say(person_id, DIGEST)
    await here.say(person_id, "王老师可以家访，您看哪天方便？", "10月14日（周三）19:00", "看别的")
    return person_id


async def test_a_notice_opens_her_page_and_she_answers(
    here: Served, port: Port, wechat: Page, tmp_path: Path
) -> None:
    await _known(here)
    port.codes["c1"] = Who(parent_id="p-1")
    await wechat.goto(f"{here.url}/h5/")
    assert await wechat.inner_text("h1") == "三(1)班 小明"
    assert "code" not in wechat.url
    await wechat.screenshot(path=tmp_path / "page.png", full_page=True)
    await _readable(wechat, WIDTH)
    await wechat.click("text=看别的")
    await _readable(wechat, WIDTH)
    await wechat.fill("#text", "周三我要值班，周四晚上可以吗？")
    await wechat.click("#write button")
    assert "周四晚上" in await wechat.locator(".own").last.inner_text()
    assert [kept["kind"] for kept in here.kept] == ["page", "text"]
    await _readable(wechat, WIDTH)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (Who(external_id="wm-9"), texts.LOGIN_UNKNOWN),
        (Who(member_id="nobody"), texts.LOGIN_TEACHER),
        (Failed("used", "40029"), texts.LOGIN_OLD),
        (Failed("busy", "45009"), texts.LOGIN_BUSY),
    ],
    ids=["unknown", "member", "used", "busy"],
)
async def test_who_does_not_come_in_reads_why_and_what_to_do(
    here: Served, port: Port, wechat: Page, who: Who | Failed, words: str
) -> None:
    await _known(here)
    port.codes["c1"] = who
    await wechat.goto(f"{here.url}/h5/")
    shown = await wechat.inner_text("main")
    assert words in shown
    assert "小明" not in shown
    await _readable(wechat, WIDTH)


async def test_a_login_left_lying_leads_to_the_code(here: Served, wechat: Page) -> None:
    await wechat.goto(f"{here.url}/h5/back?code=c1&state={'0' * 74}")
    assert texts.LOGIN_BROKEN in await wechat.inner_text("main")
    await _readable(wechat, WIDTH)


async def test_another_browser_is_asked_for_the_code(here: Served, page: Page) -> None:
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await page.goto(f"{here.url}/h5/")
    assert await page.locator("#code").is_visible()
    await _readable(page, WIDTH)
