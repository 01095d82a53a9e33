"""The process dies between the commit of a press and its answer: the card is updated all the same, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.gate import callback_secret
from config.settings import load_settings
from tests.chaos.service import Service
from tests.wire.pressing import TEACHER, UPDATE, USER, callback


@pytest.mark.parametrize("point", ["intake.after_commit", "worker.before_commit", "worker.after_commit"])
async def test_a_press_survives_the_process_that_took_it(tmp_path: Path, point: str) -> None:
    emulator = Emulator()
    await emulator.start()
    config, crash_dir = tmp_path / "c.toml", tmp_path / "crash"
    crash_dir.mkdir()
    emulator.write_config(config, 0)
    # The presses of this test are made here; the address only has to be one.
    served = config.read_text("utf-8").replace("[server]\n", '[server]\npublic_url = "http://127.0.0.1:9"\n')
    config.write_text(served, "utf-8")
    app = load_settings(config, {}).dingtalk["school"]
    service = Service(config, crash_dir, {})
    await service.start()
    try:
        emulator.target = f"http://127.0.0.1:{service.public_port}"
        await emulator.say(TEACHER, "表扬小明主动扫了地")
        await emulator.say(TEACHER, "看一下")
        while not (cards := [item for item in emulator.seen() if item.content.buttons]):
            await emulator.wait_seen(emulator.seen()[-1].n if emulator.seen() else 0)
        token = next(button.id for button in cards[0].content.buttons if button.label == "发送")
        service.plant(point)
        now = emulator.clock.now()
        body, headers = callback(cards[0].message, token, USER, callback_secret(app), app.corp_id, now)
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientError):
                await http.post(f"{emulator.target}/dingtalk/school/card", data=body, headers=headers)
        await service.back()
        await emulator.walk(emulator.clock.now() + timedelta(minutes=2))
    finally:
        await service.stop()
        await emulator.stop()
    assert service.deaths == 1
    updated = [item for item in emulator.seen() if item.change == "updated"]
    assert [(item.message, item.content.buttons) for item in updated] == [(cards[0].message, ())]
    assert updated[0].content.text.endswith("已选：发送")
    assert len([call for call in emulator.calls() if call.api == UPDATE]) == 1
    assert len([item for item in emulator.seen() if item.to is None]) == 1
