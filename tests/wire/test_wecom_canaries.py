"""A day over WeCom's every lane with all written down that can be: no word, name, number or secret is found.

And of an anonymous word not even the moment: no row, no line, no count, no note, no changed time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.engine import Db
from storage.tables import metadata
from tests.wire.aibot_stand import until
from tests.wire.canaries import all_written, files, found
from tests.wire.wecom_day import Day, day

TEACHER, MOTHER, FATHER, ADMIN = "t-302", "g-302-01-1", "g-302-01-2", "a-100"
GROUP = "三(2)班"
NOTE, SAID, ANSWERED, NOTICED, PAGED = (
    "扫了操场边",
    "小榕树那边的事",
    "桂花糕咳嗽",
    "水杯忘在窗台",
    "蓝色雨鞋",
)
ANONYMOUS, NAME = "匿名：石榴花为什么拖堂", "海棠成绩单.png"
PNG = b"\x89PNG\r\n\x1a\n" + b"hibiscus" * 40
UNDATED = ("leases", "kf_cursors")
"""Rows that change by the clock; of the cursors the moment is looked at all the same."""


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, other libraries included."""
    with all_written() as out:
        yield out


async def _parents(one: Day) -> None:
    """Customer service, the page and the notice."""
    await one.emulator.enter_kf(MOTHER, "")
    await one.say(MOTHER, SAID)
    await one.say(MOTHER, ANONYMOUS)
    await one.say(MOTHER, kind="picture", file=PNG, file_name=NAME)
    await one.say(TEACHER, f"回复小明妈妈：{ANSWERED}")
    await one.later(days=3)
    await one.say(TEACHER, f"回复小明妈妈：{NOTICED}")
    assert "school_notice" in {item.lane for item in one.emulator.seen()}
    phone = await one.logged_in(MOTHER)
    assert NOTICED in phone.html
    await phone.say(PAGED)
    await phone.say(ANONYMOUS)
    await one.app.settle()
    one.secrets |= {"page": phone.jar["cb_page"], "nonce": phone.field("nonce"), "form": phone.field("form")}
    stranger = await one.logged_in("outsider:路人")
    form = {"form": stranger.field("form"), "code": "00000000"}
    await stranger.post("/h5/code", form)
    for wrong in ("/h5/back?code=abcabcabc&state=abcabcabc", "/wecom/x?msg_signature=abcabcabc"):
        await stranger.get(wrong)


async def _play(one: Day) -> dict[str, str]:
    """Every lane of a school whose parents are on WeChat; returns what must be found nowhere."""
    await one.say(TEACHER, f"表扬小明主动{NOTE}")
    await one.say(TEACHER, "看一下")
    await one.press("发送", TEACHER)
    for item in [item for item in one.emulator.seen() if item.content.kind == "task"]:
        await one.emulator.confirm(item.message, TEACHER)
    await one.say(TEACHER, ANONYMOUS)
    await _parents(one)
    await one.say(ADMIN, "同步通讯录")
    await one.later(minutes=12)
    await one.say(MOTHER, kind="picture", file=PNG, file_name=NAME)  # what is kept for three days only
    app, world = one.emulator.platform.app, one.emulator.world
    phones = {f"phone {who}": world.mobile(world.person(who)) for who in (MOTHER, FATHER)}
    words = {
        "note": NOTE, "said": SAID, "answered": ANSWERED, "noticed": NOTICED, "paged": PAGED, "file": NAME,
        "anonymous": "石榴花", "picture": "hibiscus", "child": "小明", "teacher": "王老师",
        "typed": "abcabcabc",
    }  # fmt: skip
    return words | phones | one.secrets | {"secret": app.secret, "key": app.aes_key}


async def test_a_day_is_written_nowhere_in_the_clear(
    tmp_path: Path, written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with day(tmp_path) as one:
        canaries = await _play(one)
        shown = await one.shown()
        open_files = files(tmp_path)
        rows = one.app.store.read(_rows).result()
    assert {"token", "login", "kf-token", "kf-welcome", "response"} <= {name.split()[0] for name in canaries}
    assert all(rows[name] for name in ("kf_turns", "uploads", "book", "tasks", "media")), rows
    out, err = capfd.readouterr()
    told = {**shown, "log": written.getvalue(), "out": out, "err": err}
    assert {name: found(canaries, text.encode()) for name, text in told.items()} == {
        name: [] for name in told
    }
    assert any(name.endswith("-wal") for name in open_files)
    assert any("media" in name for name in open_files), list(open_files)
    assert found({"class": GROUP}, b"".join(open_files.values()))  # what is not sealed is seen
    for kept in (open_files, files(tmp_path)):
        assert {name: found(canaries, data) for name, data in kept.items()} == {name: [] for name in kept}
    notices = [call for call in one.emulator.calls() if "externalcontact/message/send" in call.api]
    assert notices
    for call in notices:
        assert not found({**canaries, "class": GROUP}, call.raw)


def _rows(db: Db) -> dict[str, list[Any]]:
    return {
        table.name: [tuple(row) for row in db.conn.execute(sa.select(table))]
        for table in metadata.sorted_tables
    }


async def _traces(one: Day, written: io.StringIO) -> dict[str, Any]:
    """Everything that could tell that, or when, something came in."""
    rows = one.app.store.read(_rows).result()
    moments = [row[-1] for row in rows["kf_cursors"]]
    counts = [
        line
        for line in (await one.admin("/metrics")).splitlines()
        if not re.match(r"#|classbridge_(unit_seconds|connections|loop_lag)", line)
    ]
    kept = {name: table for name, table in rows.items() if name not in UNDATED}
    return kept | {
        "moments": moments, "counts": counts, "lines": written.getvalue(),
        "notes": await one.admin("/trace"),
        "spool": {name: data for name, data in files(one.folder).items() if "spool" in name},
    }  # fmt: skip


async def test_an_anonymous_word_through_each_door_changes_nothing(
    tmp_path: Path, written: io.StringIO
) -> None:
    async with day(tmp_path) as one:
        await one.say(MOTHER, SAID)
        phone = await one.logged_in(MOTHER)
        await one.later(seconds=90)
        await phone.get()

        async def by_page() -> None:
            fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "text": ANONYMOUS}
            await phone.post("/h5/say", fields)

        ways = {
            "app": lambda: one.say(TEACHER, ANONYMOUS),
            "kf": lambda: one.say(MOTHER, ANONYMOUS),
            "kf by somebody new": lambda: one.say(FATHER, "我想匿名问：石榴花为什么拖堂"),
            "page": by_page,
        }
        for name, way in ways.items():
            before = await _traces(one, written)
            await one.later(seconds=7)
            await way()
            after = await _traces(one, written)
            assert {key: after[key] for key in after if after[key] != before[key]} == {}, name


async def _answered(one: Day, text: str) -> None:
    """Said in the group, and answered: over the long connection nobody hears when a word was taken."""
    since = len(one.emulator.seen())
    await one.say(TEACHER, text, chat=GROUP)
    assert await one.emulator.wait_seen(since, 30.0)
    await one.app.settle()


@pytest.mark.parametrize("receive", ["http", "stream"])
async def test_the_groups_robot_writes_nothing_in_the_clear(
    tmp_path: Path, written: io.StringIO, receive: str
) -> None:
    async with day(tmp_path, profile="internal", receive=receive) as one:
        await _answered(one, f"@小助手 表扬小明主动{NOTE}")
        before = await _traces(one, written)
        await _answered(one, f"@小助手 {ANONYMOUS}")
        after = await _traces(one, written)
        assert {key: after[key] for key in after if after[key] != before[key]} == {}
        shown, open_files = await one.shown(), files(tmp_path)
        canaries = one.secrets | {"note": NOTE, "anonymous": "石榴花", "child": "小明"}
    told = {**shown, "log": written.getvalue()}
    assert {name: found(canaries, text.encode()) for name, text in told.items()} == {
        name: [] for name in told
    }
    for kept in (open_files, files(tmp_path)):
        assert {name: found(canaries, data) for name, data in kept.items()} == {name: [] for name in kept}


async def test_a_ring_for_another_account_of_the_school_asks_nobody(tmp_path: Path) -> None:
    async with day(tmp_path) as one:

        async def rung(account: str) -> int:
            before = len(one.emulator.calls())
            token = one.emulator.platform.kf.ring()
            delivered, _why = await one.emulator.event(
                "kf_msg_or_event", {"Token": token, "OpenKfId": account}
            )
            assert delivered
            await one.app.settle()
            return len([call for call in one.emulator.calls()[before:] if call.api.endswith("sync_msg")])

        # What came while nobody listened is read first, whoever rings.
        await until(lambda: any(call.api.endswith("sync_msg") for call in one.emulator.calls()))
        await one.app.settle()
        assert await rung("wk-of-the-admissions-office") == 0
        assert await rung(one.emulator.platform.kf.account) > 0
