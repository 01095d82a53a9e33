"""The doctor: what it finds, and that its test messages really arrive at the emulated platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import build
from bot.budget import month_of
from bot.dingtalk.emulator.emulator import Emulator
from bot.doctor import examine, house, texts
from config.clock import MovableClock
from config.settings import load_settings
from storage import buckets
from storage.engine import open_store
from tests.wire.test_service_files import write_config

START = datetime(2026, 10, 12, 7, tzinfo=UTC)


@dataclass
class School:
    """An installation beside an emulator; both are at rest unless called."""

    config: Path
    emulator: Emulator

    async def examined(self, capsys: pytest.CaptureFixture[str], **asked: object) -> tuple[int, str]:
        code = await asyncio.to_thread(lambda: examine(self.config, {}, **asked))  # type: ignore[arg-type]
        return code, capsys.readouterr().out


@asynccontextmanager
async def school(tmp_path: Path, more: str = "") -> AsyncIterator[School]:
    emulator = Emulator(start=START)
    await emulator.start()
    try:
        config = tmp_path / "c.toml"
        emulator.write_config(config, 0, None)
        text = config.read_text("utf-8").replace(
            "[server]\n", '[server]\npublic_url = "http://127.0.0.1:1"\n'
        )
        config.write_text(text + more, "utf-8")
        settings = load_settings(config, {})
        app = build(settings, clock=MovableClock(START))
        await asyncio.to_thread(app._enter)  # the school is read in
        await asyncio.to_thread(app.store.close)
        yield School(config, emulator)
    finally:
        await emulator.stop()


async def test_all_lanes_of_a_school_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with school(tmp_path) as one:
        teacher, guardian = _ids(one.emulator)
        code, said = await one.examined(capsys, to=teacher, groups=True, guardian=guardian)
        assert "✗" not in said
        assert code == 0
        for text in ("a token was given", "robot to a person was taken", "robot to a guardian was taken"):
            assert text in said
        assert said.count("robot to the group of") == 3
        assert said.count("card template") == 2
        settings = load_settings(one.config, {})
        store = open_store(settings.database.url, settings.keys.file, create=False)
        name, month = next(iter(settings.dingtalk)), month_of(datetime.now(UTC))
        assert store.read(lambda db: buckets.calls_in(db, month, name)).result() >= 7
        store.close()


def _ids(emulator: Emulator) -> tuple[str, str]:
    people = emulator.world.people.values()
    teacher = next(one.id for one in people if "teacher" in str(one.roles))
    guardian = next(one.id for one in people if "guardian" in str(one.roles))
    return teacher, guardian


async def test_a_wrong_secret_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with school(tmp_path) as one:
        text = one.config.read_text("utf-8")
        secret = one.emulator.platform.app.client_secret
        one.config.write_text(text.replace(secret, "not-the-secret-of-the-app"), "utf-8")
        code, said = await one.examined(capsys, to="x")
        assert code == 1
        assert "no token" in said
        assert "not-the-secret-of-the-app" not in said
        assert "robot to a person" not in said


async def test_a_person_nobody_knows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with school(tmp_path) as one:
        code, said = await one.examined(capsys, to="nobody-of-this-school", guardian="nobody-either")
        assert code == 1
        assert "✗ dingtalk." in said
        assert 'set guardians = "page"' in said


def test_the_list_for_people_tries_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(tmp_path / "none.toml", {}, checklist=True) == 0
    assert "[ ]" in capsys.readouterr().out


def test_settings_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(tmp_path / "none.toml", {}) == 1
    assert capsys.readouterr().out.startswith("✗ settings: ")


def test_what_stands_in_the_settings(tmp_path: Path) -> None:
    config = write_config(tmp_path, 1, 2)
    found = [finding.text for finding in house.settings_findings(load_settings(config, {}))]
    assert any("digest_card_template is not set" in text for text in found)
    assert not any("public_url" in text for text in found)
    config.write_text(config.read_text() + 'guardians = "page"\nmessage_card_template = "a.schema"\n')
    found = [finding.text for finding in house.settings_findings(load_settings(config, {}))]
    assert any(text.startswith("server.public_url is not set: mobile pages") for text in found)


def test_clocks_side_by_side() -> None:
    now = datetime(2026, 10, 12, tzinfo=UTC)
    assert house.clock_finding("the platform", now + timedelta(seconds=59), now).mark == "✓"
    late = house.clock_finding("the platform", now - timedelta(seconds=61), now)
    assert late.mark == "✗"
    assert "61 s" in late.text


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path, 1, 2)
    settings = load_settings(config, {})
    assert getattr(house.open_database(settings), "mark", "") == "✗"
    assert not (tmp_path / "data").exists()


def test_little_room_and_waiting_mail_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(write_config(tmp_path, 1, 2), {})
    (tmp_path / "data" / "spool").mkdir(parents=True)
    (tmp_path / "data" / "spool" / "inbox.spool").write_bytes(b"x" * 10)
    monkeypatch.setattr(house, "TOO_LITTLE", 1 << 60)
    found = {finding.mark: finding.text for finding in house.disk_findings(settings)}
    assert "make room" in found["✗"]
    assert found["!"].startswith("spool: 10 bytes")


def test_the_words_are_for_people() -> None:
    for text in (texts.PRIVATE, texts.CARD, texts.GUARDIAN, texts.GROUP):
        assert "测试" in text
