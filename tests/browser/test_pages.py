"""The pages in a real browser: what they look like, and what they do not let happen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, Page

from config.ids import new_id
from storage.engine import Store
from tests.browser.payloads import PAYLOADS
from tests.wire.pages_served import Served, served

OURS = ("http://127.0.0.1:", "http://localhost:")
MOTHER, FATHER = "g-1-0-m", "g-1-0-f"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
async def here(store: Store) -> AsyncIterator[Served]:
    """The pages, served."""
    async with served(store) as running:
        yield running


DIGEST = """【三(1)班 10月12日速递】
要闻：今天开了班会，讲了秋游的安排。
表扬：小明主动扫了地。
明天：带水彩笔和一张全家照片。"""


async def _sign_in(here: Served, context: BrowserContext, ext_id: str = MOTHER) -> None:
    value = await here.signed_in(await here.guardian(ext_id))
    await context.add_cookies(
        [
            {
                "name": "__Host-cb_page",
                "value": value,
                "url": here.url.replace("http:", "https:"),
                "httpOnly": True,
                "secure": True,
                "sameSite": "Strict",
            }
        ]
    )


async def _fill(here: Served) -> None:
    """An ordinary afternoon."""
    mother = await here.guardian(MOTHER)
    await here.say(
        mother.id,
        "绑好了，您是三(1)班 小明 的妈妈。\n有话直接写，我转给王老师；想问要带什么，说「明天带什么」。",
    )
    await here.say(mother.id, DIGEST)
    await here.say(
        mother.id, "下面这项您同意我们才做，选哪个都不影响孩子，随时能改：群里点名表扬。", "同意", "不同意"
    )


ACROSS = """() => [...document.querySelectorAll(
  'button:not([hidden]), a, input:not([type=hidden]), textarea')].map(
  e => { const r = e.getBoundingClientRect(); return [e.tagName, r.width, r.height, r.left, r.right] })"""
SIZES = """() => [...document.querySelectorAll('body *')].filter(
  e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => [e.textContent.slice(0, 12), parseFloat(getComputedStyle(e).fontSize)])"""
CONTRAST = """() => {
  const rgb = s => s.match(/[0-9.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  return [...document.querySelectorAll('body *')].filter(
    e => e.tagName !== 'STYLE' && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
      const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
      return [e.textContent.slice(0, 12), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)] }) }"""


async def _readable(page: Page, width: int) -> None:
    """Large, high in contrast, easy to hit, nothing over the edge."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    small = [found for found in await page.evaluate(SIZES) if found[1] < 17]
    assert small == []
    pale = [found for found in await page.evaluate(CONTRAST) if found[1] < 7]
    assert pale == []
    tight = [f for f in await page.evaluate(ACROSS) if f[2] < 44 or f[1] < 44 or f[3] < 0 or f[4] > width]
    assert tight == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568)])
async def test_every_page_can_be_read_and_hit(
    here: Served, page: Page, width: int, height: int, tmp_path: Any
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    father = await here.guardian(FATHER)
    link = await here.link(father)
    await here.code(father, "20261012")

    async def look(name: str) -> None:
        await page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
        await _readable(page, width)

    await page.goto(f"{here.url}/h5/")
    await look("enter")
    await page.fill("#code", "12345678")
    await page.click("form button")
    await look("wrong")
    await page.goto(f"{here.url}{link}")
    await look("link")
    await page.goto(f"{here.url}/h5/nothing")
    await look("missing")
    await page.goto(f"{here.url}/h5/")
    await page.fill("#code", "2026 1012")
    await page.click("form button")
    await look("confirm")
    await page.context.clear_cookies()
    await _sign_in(here, page.context)
    await page.goto(f"{here.url}/h5/")
    await look("empty")
    await _fill(here)
    await page.fill("#text", "老师好，小明今天有点咳嗽，体育课能不能先不跑步？")
    await page.click("#write button")
    await look("talk")
    assert await page.inner_text("h1") == "三(1)班 小明"
    assert "咳嗽" in await page.inner_text(".own")
    await page.click("text=不同意")
    await look("pressed")
    await page.click("text=不在这部手机上用了")
    await look("out")
    await page.click("form button")
    await look("left")


async def test_no_payload_becomes_anything_but_words(here: Served, page: Page) -> None:
    """Two hundred of them in every stored field: no dialog, no request."""
    dialogs: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    mother = await here.guardian(MOTHER)
    await _rename(here, PAYLOADS[0])
    for at in range(0, len(PAYLOADS), 40):
        await here.clear()
        batch = PAYLOADS[at : at + 40]
        for payload in batch:
            await here.say(mother.id, payload, payload)
        await _rename(here, batch[0])
        await page.context.clear_cookies()
        await _sign_in(here, page.context)
        await page.goto(f"{here.url}/h5/")
        for payload in (batch[0], batch[-1]):  # in the own words, too
            await page.fill("#text", payload)
            await page.click("#write button")
        await page.goto(f"{here.url}/h5/?all=1")
        shown = await page.eval_on_selector_all(".words", "all => all.map(e => e.textContent)")
        assert all(payload in shown for payload in batch)
        await page.evaluate("document.querySelectorAll('a').forEach(a => a.focus())")
    assert len(PAYLOADS) >= 200
    assert dialogs == []
    assert {url.split("?")[0].split("#")[0] for url in asked} <= {f"{here.url}/h5/", f"{here.url}/h5/say"}
    assert await page.evaluate("typeof window.hit") == "undefined"


async def _rename(here: Served, name: str) -> None:
    """The school's own words can be bad, too: the class's name and the child's."""

    def unit(db: Any) -> None:
        import sqlalchemy as sa

        from storage import pupils
        from storage.tables import metadata

        for row in db.conn.execute(sa.select(metadata.tables["pupils"])).all():
            sealed = db.seal(pupils.subject(row.id), pupils.NAME, row.id, name)
            table = metadata.tables["pupils"]
            db.conn.execute(sa.update(table).where(table.c.id == row.id).values(name=sealed))
        table = metadata.tables["classes"]
        for row in db.conn.execute(sa.select(table)).all():
            db.conn.execute(
                sa.update(table).where(table.c.id == row.id).values(name=f"{name[:40]}{row.id[-8:]}")
            )

    await here.run(unit)


async def test_another_site_can_post_nothing(here: Served, page: Page) -> None:
    """Twenty tries from a page of another origin, with the guardian signed in: nothing happens."""
    mother = await here.guardian(MOTHER)
    token, _other = await here.say(mother.id, "可以吗？", "可以", "不可以")
    await _sign_in(here, page.context)
    await page.goto(f"{here.url}/h5/")
    form = await page.get_attribute("#write input[name=form]", "value")
    link = await here.link(await here.guardian(FATHER))
    aimed = [
        ("/h5/say", {"form": form, "nonce": new_id(), "text": "我要退学"}),
        ("/h5/press", {"form": form, "nonce": new_id(), "press": token}),
        ("/h5/out", {"form": form}),
        (link, {"form": form}),
        ("/h5/code", {"form": form, "code": "10310000"}),
    ]
    # Two names of this machine are two sites; nothing else is reached.
    await page.context.unroute_all()
    await page.context.route(lambda url: not url.startswith(OURS), lambda route: route.abort())
    async with _elsewhere() as evil:
        before = await here.state()
        for path, fields in aimed:
            for how in ("form", "fetch", "beacon", "frame"):
                await page.goto(evil)
                await page.evaluate(ATTACK, [f"{here.url}{path}", fields, how])
                await page.wait_for_load_state("networkidle")
        assert await here.state() == before
        assert here.kept == []
        await page.goto(evil)
        await page.evaluate(FRAME, f"{here.url}/h5/")
        await page.wait_for_load_state("networkidle")
        framed = [frame for frame in page.frames if frame != page.main_frame]
        assert framed
        for frame in framed:
            assert "小明" not in await frame.content()


FRAME = "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }"
ATTACK = """async ([url, fields, how]) => {
  const body = new URLSearchParams(fields);
  if (how === 'fetch') {
    await fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body}).catch(() => 0); return }
  if (how === 'beacon') { navigator.sendBeacon(url, body); return }
  const form = document.createElement('form'); form.method = 'post'; form.action = url;
  if (how === 'frame') {
    const f = document.createElement('iframe'); f.name = 'f'; document.body.append(f); form.target = 'f' }
  for (const [name, value] of body) {
    const i = document.createElement('input'); i.name = name; i.value = value; form.append(i) }
  document.body.append(form); form.submit() }"""


@asynccontextmanager
async def _elsewhere() -> AsyncIterator[str]:
    """A page of another origin: the same machine under another name is another site."""

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
