"""The sandbox as a stranger meets it: five phones, a clock, faults; nothing explained but by the page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bot.emulation.base import Emulated
from bot.sandbox.demo import opened

WIDE: ViewportSize = {"width": 1600, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
GROUP, TEACHER, MOTHER, GRANDMOTHER, FATHER = "group", "t-302", "g-302-01-1", "g-302-02-3", "g-302-03-2"
SLOW_MS = 20_000
"""For what waits for a back-off or a restart in real time."""


class Table:
    """The page, used as a person uses it: on a narrow screen a phone is first taken up by its tab."""

    def __init__(self, page: Page, emulator: Emulated) -> None:
        self.page = page
        self.emulator = emulator

    async def take(self, key: str) -> Locator:
        phone = self.page.locator(f"#phone-{key}")
        if not await phone.is_visible():
            await self.page.locator(f"#tabs button[data-tab='{key}']").click()
        await expect(phone).to_be_visible()
        return phone

    async def controls(self) -> None:
        if not await self.page.locator("#moves").is_visible():
            await self.page.locator("#tabs button[data-tab='controls']").click()

    async def say(self, key: str, text: str) -> None:
        phone = await self.take(key)
        await phone.locator("textarea").fill(text)
        await phone.locator("textarea").press("Enter")

    async def try_(self, key: str, words: str) -> None:
        """Tap a suggestion."""
        phone = await self.take(key)
        await phone.locator(".tries button", has_text=words).first.click()

    async def choose(self, key: str, label: str) -> None:
        """Press the newest button of that name; where cards are refused, the same as a suggestion."""
        phone = await self.take(key)
        exact = re.compile(f"^{re.escape(label)}$")
        buttons = phone.locator(".presses button:enabled").filter(has_text=exact)
        await expect(buttons.or_(phone.locator(".tries .next").filter(has_text=exact)).last).to_be_visible()
        newest = (
            buttons.last if await buttons.count() else phone.locator(".tries .next").filter(has_text=exact)
        )
        await newest.click()

    async def sees(self, key: str, words: str) -> Locator:
        phone = await self.take(key)
        bubble = phone.locator(".talk:not(.mine) .bubble", has_text=words).last
        await expect(bubble).to_be_visible()
        return bubble

    def shown(self, key: str, words: str) -> int:
        """How often somebody was shown something, as the platform knows it."""
        to = None if key == GROUP else key
        items = self.emulator.seen()
        return sum(item.to == to and words in item.content.text and item.change == "new" for item in items)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulated]:
    """What ``classbridge demo`` starts."""
    async with opened(tmp_path) as running:
        yield running


async def _table(browser: Browser, emulator: Emulated, size: ViewportSize) -> AsyncIterator[Table]:
    context = await browser.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")
    page = await context.new_page()
    wrong: list[str] = []
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda asked: wrong.append(asked.url) if not asked.url.startswith(("data:", emulator.url)) else None,
    )
    await page.goto(f"{emulator.url}/")
    await expect(page.locator("body[data-ready]")).to_be_attached()
    yield Table(page, emulator)
    assert wrong == []
    await context.close()


@pytest.fixture
async def wide(browser: Browser, emulator: Emulated) -> AsyncIterator[Table]:
    async for table in _table(browser, emulator, WIDE):
        yield table


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
async def table(request: pytest.FixtureRequest, browser: Browser, emulator: Emulated) -> AsyncIterator[Table]:
    async for one in _table(browser, emulator, request.param):
        yield one


async def test_a_stranger_publishes_and_answers_in_three_steps(table: Table) -> None:
    ticks = table.page.locator("#guide li.done")
    await expect(ticks).to_have_count(0)
    await table.try_(TEACHER, "表扬小明今天主动扫了地")
    await table.sees(TEACHER, "小明主动扫了地")
    await expect(ticks).to_have_count(1)
    await table.try_(TEACHER, "看一下")
    await table.sees(TEACHER, "速递】")
    await table.choose(TEACHER, "发送")
    await table.sees(GROUP, "小明主动扫了地")
    await expect(ticks).to_have_count(2)
    await table.try_(MOTHER, "孩子今天有点不舒服")
    await table.sees(TEACHER, "孩子今天有点不舒服")
    await table.try_(TEACHER, "好的，我来看看")
    await table.sees(MOTHER, "王老师：好的，我来看看，您放心")
    await expect(ticks).to_have_count(3)
    assert table.shown(GROUP, "速递") == 1
    assert await table.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_clock_goes_and_what_is_due_happens(table: Table) -> None:
    await table.say(TEACHER, "表扬小明今天主动扫了地")
    await table.sees(TEACHER, "记下了")
    await table.controls()
    await expect(table.page.locator("#now")).to_have_text("10月12日（周一）16:10")
    await table.page.locator("[data-move=dismissal]").click()
    await expect(table.page.locator("#now")).to_have_text("10月12日（周一）16:30")
    await table.sees(TEACHER, "速递】")
    await table.controls()
    await table.page.locator("[data-move=digest]").click()
    await expect(table.page.locator("#clock-note")).to_contain_text("16:50")
    await table.sees(GROUP, "小明主动扫了地")
    await table.controls()
    await table.page.get_by_text("直接跳", exact=True).click()
    await table.page.locator("[data-move=friday]").click()
    await expect(table.page.locator("#now")).to_have_text("10月16日（周五）16:00")
    assert table.shown(GROUP, "小明主动扫了地") == 1


async def test_without_its_name_the_robot_hears_nothing(table: Table) -> None:
    group = await table.take(GROUP)
    await group.locator(".at").click()
    await table.say(GROUP, "明天带什么")
    said = group.locator(".talk.mine").last
    await expect(said).to_contain_text("机器人听不到这句")
    await group.locator(".at").click()
    await table.say(GROUP, "明天带什么")
    await expect(group.locator(".talk.mine").last).to_contain_text("已送达")
    await expect(group.locator(".talk:not(.mine)")).to_have_count(1)
    await group.locator(".who select").select_option(label="乐乐奶奶")
    await expect(group.locator(".talk.mine")).to_have_count(0)


async def test_a_killed_process_loses_nothing_and_doubles_nothing(wide: Table) -> None:
    await wide.say(TEACHER, "表扬小明今天主动扫了地")
    await wide.say(TEACHER, "提醒大家明天带彩笔")
    await wide.page.locator("#kill").click()
    await wide.say(MOTHER, "请问几点放学")
    await wide.say(FATHER, "老师，小满最近上课怎么样")
    note = wide.page.locator("#fault-note")
    await expect(note).to_contain_text("进程回来了", timeout=SLOW_MS)
    for words in ("请问几点放学", "小满最近上课怎么样", "明天带彩笔", "小明主动扫了地"):
        heard = wide.page.locator(f"#phone-{TEACHER} .talk:not(.mine) .bubble", has_text=words).first
        await expect(heard).to_be_visible(timeout=SLOW_MS)
        assert wide.shown(TEACHER, words) == 1
    await expect(wide.page.locator(".state", has_text="已送达")).to_have_count(4)


async def test_a_cut_line_is_waited_for(wide: Table) -> None:
    await wide.page.locator("[data-fault=net]").click()
    await wide.say(MOTHER, "请问几点放学")
    note = wide.page.locator("#fault-note")
    await expect(note).to_contain_text("已挡下", timeout=SLOW_MS)
    assert wide.shown(TEACHER, "请问几点放学") == 0
    await wide.page.locator("[data-fault=net]").click()
    heard = wide.page.locator(f"#phone-{TEACHER} .bubble", has_text="请问几点放学").first
    await expect(heard).to_be_visible(timeout=SLOW_MS)
    await expect(note).to_have_text("一切正常。")
    assert wide.shown(TEACHER, "请问几点放学") == 1


async def test_what_the_platform_pushes_twice_is_done_once(wide: Table) -> None:
    await wide.page.locator("[data-fault=double]").click()
    await expect(wide.page.locator("[data-fault=double]")).to_have_attribute("aria-pressed", "true")
    await wide.say(TEACHER, "表扬小明今天主动扫了地")
    await expect(wide.page.locator(f"#phone-{TEACHER} .state").first).to_have_text("平台推了 2 遍，只办一次")
    await wide.sees(TEACHER, "记下了")
    await wide.say(TEACHER, "看一下")
    await wide.sees(TEACHER, "速递】")
    assert wide.shown(TEACHER, "记下了") == 1


async def test_words_are_shown_as_words(table: Table) -> None:
    evil = "<img src=x onerror=document.title='bad'> <b>粗</b> {{7*7}} 👨‍👩‍👧‍👦🌈 &amp;"
    await table.say(MOTHER, evil)
    phone = await table.take(MOTHER)
    await expect(phone.locator(".mine .bubble").last).to_have_text(evil)
    await table.sees(TEACHER, "onerror=document.title")
    long = "很长" * 600 + "https://example.org/" + "a" * 300
    await table.say(FATHER, long)
    phone = await table.take(FATHER)
    await expect(phone.locator(".mine .bubble").last).to_have_text(long)
    assert await phone.locator(".log").evaluate("log => log.scrollWidth <= log.clientWidth")
    assert await table.page.title() == "家校桥 · 一个班的沙盒"
    assert await table.page.locator(".log img").count() == 0


async def test_a_picture_and_a_voice_go_out(table: Table) -> None:
    phone = await table.take(GRANDMOTHER)
    await phone.locator(".tool.picture").click()
    picture = phone.locator(".mine img")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 360)
    await expect(phone.locator(".mine .state").last).to_have_text("已送达")
    await phone.locator(".tool.voice").click()
    await table.say(GRANDMOTHER, "明天要带跳绳吗")
    await expect(phone.locator(".mine .bubble").last).to_contain_text("4″明天要带跳绳吗")
    assert (await phone.locator("textarea").get_attribute("placeholder")) == "说点什么"


async def test_a_message_is_followed_through_the_eight_steps(wide: Table) -> None:
    await wide.say(MOTHER, "明天带什么")
    await expect(wide.page.locator("#steps li.past")).to_have_count(8)
    await expect(wide.page.locator("#steps-of")).to_contain_text("「明天带什么」 · 从到门口到发出")
    group = await wide.take(GROUP)
    await group.locator(".at").click()
    await wide.say(GROUP, "谢谢老师")
    await expect(wide.page.locator("#steps-of")).to_contain_text("没有 @小助手")
    await expect(wide.page.locator("#steps li.past")).to_have_count(0)
    await wide.page.locator(f"#phone-{MOTHER} .mine .bubble").click()
    await expect(wide.page.locator("#steps li.past")).to_have_count(8)


async def test_a_press_is_followed_like_a_message(wide: Table) -> None:
    await wide.say(TEACHER, "表扬小明今天主动扫了地")
    await wide.sees(TEACHER, "记下了")
    await wide.say(TEACHER, "看一下")
    await wide.sees(TEACHER, "速递】")
    await wide.choose(TEACHER, "发送")
    await expect(wide.page.locator("#steps-of")).to_contain_text("「[发送]」 · 从到门口到发出")
    await expect(wide.page.locator("#steps li.past")).to_have_count(8)
    await expect(wide.page.locator(f"#phone-{TEACHER} .presses")).to_have_count(0)


async def test_a_press_answered_on_its_card_has_come_through_all_steps(wide: Table) -> None:
    await wide.say(TEACHER, "表扬小明今天主动扫了地")
    await wide.sees(TEACHER, "记下了")
    await wide.say(TEACHER, "看一下")
    await wide.sees(TEACHER, "速递】")
    await wide.choose(TEACHER, "今天不发")
    await wide.sees(TEACHER, "今天的速递不发")
    await expect(wide.page.locator("#steps-of")).to_have_text("「[今天不发]」 · 答在卡片上，没有另发")
    await expect(wide.page.locator("#steps li.past")).to_have_count(8)


async def test_a_reload_shows_the_same(wide: Table) -> None:
    await wide.say(TEACHER, "表扬小明今天主动扫了地")
    await wide.sees(TEACHER, "记下了")
    before = await wide.page.locator(f"#phone-{TEACHER} .bubble").all_inner_texts()
    await wide.page.reload()
    await expect(wide.page.locator(f"#phone-{TEACHER} .bubble")).to_have_count(len(before))
    assert await wide.page.locator(f"#phone-{TEACHER} .bubble").all_inner_texts() == before
    await expect(wide.page.locator("#guide li.done")).to_have_count(1)


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.body.querySelectorAll("*")) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!own || !node.checkVisibility() || node.matches("script, option, .hidden, .skip, .done b")) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${node.textContent.slice(0, 12)} ${ratio}`);
  }
  return poor;
}"""


async def test_everything_can_be_read_and_named(table: Table) -> None:
    await table.try_(TEACHER, "表扬小明今天主动扫了地")
    await table.sees(TEACHER, "记下了")
    await table.try_(TEACHER, "看一下")
    await table.sees(TEACHER, "速递】")
    assert await table.page.evaluate(CONTRAST) == []
    unnamed = """() => [...document.querySelectorAll('button, textarea, select, input')]
      .filter((one) => one.checkVisibility() && !(one.getAttribute('aria-label') || one.textContent.trim()
        || (one.labels || []).length)).map((one) => one.outerHTML)"""
    assert await table.page.evaluate(unnamed) == []
    await table.controls()
    assert await table.page.evaluate(CONTRAST) == []
