"""The doctor looks at a WeCom app: with real calls, and words that say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.doctor import examine
from bot.wecom.emulator.emulator import WeComEmulator


class Ward:
    """An emulated school and the doctor's words about it."""

    def __init__(self, emulator: WeComEmulator, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.emulator = emulator
        self.config = config
        self._capsys = capsys

    async def says(self, *, to: str = "t-302", groups: bool = False) -> str:
        await asyncio.to_thread(examine, self.config, {}, to=to, groups=groups)
        return self._capsys.readouterr().out


@pytest.fixture
async def ward(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Ward]:
    emulator = WeComEmulator()
    await emulator.start()
    emulator.write_config(tmp_path / "a.toml", 8080)
    yield Ward(emulator, tmp_path / "a.toml", capsys)
    await emulator.stop()


async def test_a_school_where_all_is_allowed(ward: Ward) -> None:
    said = await ward.says()
    for what in (
        "a token was given", "a message to a member was taken", "the app itself may be used",
        "the school's address book may be used", "notices to parents may be used",
        "class groups of parents may be used", "customer service may be used",
        "the organisation's ticket of toolbar pages may be used",
        "the app's ticket of toolbar pages may be used",
    ):  # fmt: skip
        assert f"✓ wecom.school: {what}" in said
    assert [item.to for item in ward.emulator.seen()] == ["t-302"]


async def test_each_missing_right_is_named(ward: Ward) -> None:
    ward.emulator.platform.parents_may_use = False
    ward.emulator.platform.groups.broadcast_refused = 48002
    ward.emulator.faults.set({"rules": [
        {"api": "/cgi-bin/externalcontact/groupchat/list", "kind": "code", "value": 84074},
        {"api": "/cgi-bin/ticket/get", "kind": "code", "value": 60011},
    ]})  # fmt: skip
    said = await ward.says()
    assert "✗ wecom.school: notices to parents was refused (48002)" in said
    assert "✗ wecom.school: class groups of parents was refused (84074)" in said
    assert "✗ wecom.school: the app's ticket of toolbar pages was refused (60011)" in said


async def test_another_secret(ward: Ward) -> None:
    text = ward.config.read_text().replace(ward.emulator.platform.app.secret, "s3cr3tword")
    ward.config.write_text(text)
    said = await ward.says()
    assert "✗ wecom.school: no token (40001)" in said
    assert "s3cr3tword" not in said


async def test_an_account_that_is_not_the_apps(ward: Ward) -> None:
    account = ward.emulator.platform.kf.account
    ward.config.write_text(ward.config.read_text().replace(account, "wkOTHER"))
    assert "✗ wecom.school: kf_id is none of the app's accounts" in await ward.says()


async def test_nobody_of_that_id(ward: Ward) -> None:
    assert "✗ wecom.school: a message to a member was refused (81013)" in await ward.says(to="nobody")
