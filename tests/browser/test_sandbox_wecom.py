"""The sandbox on WeCom: a teacher confirms what the class reads, parents are on WeChat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.emulation.base import Emulated
from bot.sandbox.demo import opened
from tests.browser.test_sandbox import (
    GRANDMOTHER,
    GROUP,
    MOTHER,
    PHONE,
    TEACHER,
    WIDE,
    Table,
    _table,
)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulated]:
    """What ``classbridge demo --platform wecom`` starts."""
    async with opened(tmp_path, 0, "wecom") as running:
        yield running


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
async def table(request: pytest.FixtureRequest, browser: Browser, emulator: Emulated) -> AsyncIterator[Table]:
    async for one in _table(browser, emulator, request.param):
        yield one


async def test_a_stranger_publishes_and_answers(table: Table) -> None:
    ticks = table.page.locator("#guide li.done")
    await table.try_(TEACHER, "表扬小明今天主动扫了地")
    await table.sees(TEACHER, "小明主动扫了地")
    await table.try_(TEACHER, "看一下")
    await table.sees(TEACHER, "速递】")
    await table.try_(TEACHER, "发送")
    phone = await table.take(TEACHER)
    task = phone.locator(".talk", has_text="班级群群发").last.locator(".presses button")
    await expect(task).to_be_enabled()
    assert table.shown(GROUP, "扫了地") == 0
    await task.click()
    await table.sees(GROUP, "小明主动扫了地")
    group = await table.take(GROUP)
    await expect(group.locator(".talk .meta").last).to_contain_text("王老师")
    await table.take(TEACHER)
    await expect(task).to_be_disabled()
    await expect(ticks).to_have_count(2)
    await table.try_(MOTHER, "孩子今天有点不舒服，麻烦您多看一眼")
    await table.sees(TEACHER, "不舒服")
    await table.try_(TEACHER, "好的，我来看看")
    await table.sees(MOTHER, "好的，我来看看")
    mother = await table.take(MOTHER)
    await expect(mother.locator(".talk .meta").last).to_contain_text("学校客服")
    await expect(ticks).to_have_count(3)


async def test_a_parent_who_has_not_written_gets_a_notice_and_reads_the_page(table: Table) -> None:
    await table.say(TEACHER, "回复乐乐奶奶：乐乐的水壶在讲台上")
    notice = await table.sees(GRANDMOTHER, "留了一句话")
    assert "水壶" not in await notice.inner_text()
    await notice.locator(".open").click()
    await table.sees(GRANDMOTHER, "王老师：乐乐的水壶在讲台上")


async def test_in_the_group_nobody_hears(table: Table) -> None:
    await table.say(GROUP, "明天带什么")
    group = await table.take(GROUP)
    await expect(group.locator(".deaf")).to_be_visible()
    await expect(group.locator(".state.bad")).to_be_visible()
    await expect(group.locator(".at")).to_be_hidden()
