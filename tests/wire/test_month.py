"""When the month's calls run short: what is left out, in which order, and what always goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.app import App, build
from bot.budget import Level, month_of
from bot.dingtalk.emulator.emulator import Emulator
from bot.supervisor import bind
from config.settings import load_settings
from storage import buckets

CARD = "/v1.0/card/instances/createAndDeliver"
TEACHER, MOTHER = "三(2)班/王老师", "三(2)班/小明妈妈"
# The 12th of a month of 31 days: 20 of them are left.
USED = {Level.FULL: 0, Level.AS_TEXT: 2_200, Level.ONE_POST: 3_000, Level.URGENT: 4_000}


class Month:
    """The whole bot with so much of the month used up."""

    def __init__(self, app: App, emulator: Emulator) -> None:
        self.app, self.emulator = app, emulator

    def use(self, level: Level) -> None:
        now = self.app.clock.now()
        self.app.budget.known("school", month_of(now), USED[level])
        assert self.app.budget.level("school", now) is level

    async def say(self, who: str, text: str) -> None:
        await self.emulator.say(who, text)
        await self.app.settle()

    async def until(self, clock: str) -> None:
        await self.emulator.walk(datetime.fromisoformat(f"2026-10-12T{clock}:00+08:00"))

    def seen(self, to: str | None) -> list[str]:
        return [item.content.text for item in self.emulator.seen() if item.to == to]

    def cards(self) -> int:
        return sum(call.api == CARD for call in self.emulator.calls())


@pytest.fixture
async def month(tmp_path: Path) -> AsyncIterator[Month]:
    emulator = Emulator(start=datetime.fromisoformat("2026-10-12T16:05+08:00"))
    await emulator.start()
    public = bind("127.0.0.1", 0)
    emulator.write_config(tmp_path / "c.toml", public.getsockname()[1])
    app = build(load_settings(tmp_path / "c.toml", {}))
    await app.start(public, bind("127.0.0.1", 0))
    yield Month(app, emulator)
    await app.stop()
    await emulator.stop()


@pytest.mark.parametrize(("level", "cards"), [(Level.FULL, 1), (Level.AS_TEXT, 0)])
async def test_first_questions_become_text_and_cost_nothing(month: Month, level: Level, cards: int) -> None:
    month.use(level)
    await month.say(TEACHER, "合唱比赛")
    assert month.cards() == cards
    assert ("回复 1 要闻" in month.seen("t-302")[-1]) is (cards == 0)
    assert sum(call.counted for call in month.emulator.calls() if "register" not in call.api) == cards


async def test_at_last_only_who_has_written_and_who_has_to_know_is_told(month: Month) -> None:
    await month.say(TEACHER, "表扬小明主动扫了地")
    month.use(Level.URGENT)
    await month.say(MOTHER, "老师，小明的水壶在教室吗")
    assert "水壶" in month.seen("t-302")[-1]
    before = len(month.emulator.calls())
    await month.until("16:55")
    assert month.seen(None) == [], "no post to any group"
    told = [text for text in month.seen("t-302") if "没发出去" in text]
    assert len(told) == 1, "the teacher hears why the group is silent"
    assert len(month.emulator.calls()) > before


async def test_a_picture_reaches_the_teacher_as_the_words_beside_it_do(month: Month) -> None:
    """It is handed on when it has been fetched, and so answers no message any more."""
    month.use(Level.URGENT)
    await month.emulator.say(MOTHER, "", kind="picture")
    await month.app.settle()
    assert any("发来图片" in text for text in month.seen("t-302"))


async def test_what_waited_for_a_window_goes_to_the_last(month: Month) -> None:
    await month.until("19:00")
    month.use(Level.URGENT)
    await month.say(MOTHER, "老师，小明的水壶在教室吗")
    assert not any("水壶" in text for text in month.seen("t-302"))
    await month.emulator.walk(datetime.fromisoformat("2026-10-13T08:00:00+08:00"))
    assert any("水壶" in text for text in month.seen("t-302"))


async def test_the_next_month_everything_goes_again(month: Month) -> None:
    month.use(Level.URGENT)
    await month.emulator.jump(datetime.fromisoformat("2026-11-02T10:00+08:00"))
    await month.say(TEACHER, "合唱比赛")
    assert month.cards() == 1


async def test_what_was_used_before_a_start_counts(tmp_path: Path) -> None:
    emulator = Emulator(start=datetime.fromisoformat("2026-10-12T15:00+08:00"))
    await emulator.start()
    emulator.write_config(tmp_path / "c.toml", 0)
    for first in (True, False):
        app = build(load_settings(tmp_path / "c.toml", {}))
        await app.start()
        now = app.clock.now()
        if first:
            app.store.run(lambda db: buckets.count_calls(db, "2026-10", "school", "a", 4_100)).result()
        else:
            assert app.budget.level("school", now) is Level.URGENT
        await app.stop()
    await emulator.stop()
