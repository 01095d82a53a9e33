"""wechatpy's API methods over our own connection: its paths, our transport, never its own."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.wecom.client import WeCom
from bot.wecom.emulator.emulator import WeComEmulator
from bot.wecom.vendor import asked
from config.settings import LimitSettings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[WeCom, WeComEmulator]]:
    def never(*_given: Any, **_more: Any) -> None:
        raise AssertionError("requests was used")

    monkeypatch.setattr("requests.Session.request", never)
    emulator = WeComEmulator()
    await emulator.start()
    emulator.write_config(tmp_path / "a.toml", 1)
    settings = load_settings(tmp_path / "a.toml", {})
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield WeCom("school", settings.wecom["school"], LimitSettings(), http, emulator.clock), emulator
    await emulator.stop()


async def test_its_methods_bring_our_verdicts(ends: tuple[WeCom, WeComEmulator]) -> None:
    client, emulator = ends
    vendor = client.core.vendor
    accounts = await asked(vendor.kf.get_account_list())
    assert accounts.data["account_list"][0]["open_kfid"] == emulator.platform.kf.account
    person = await asked(vendor.user.get("t-302"))
    assert person.data["userid"] == "t-302"
    app = await asked(vendor.agent.get(emulator.platform.app.agent_id))
    assert app.meaning == "ok"
    sent = await asked(vendor.message.send_text(emulator.platform.app.agent_id, "t-302", "你好"))
    assert sent.meaning == "ok"
    assert [item.content.text for item in emulator.seen()] == ["你好"]


async def test_a_refusal_is_a_value_and_a_stale_token_is_renewed_by_us(
    ends: tuple[WeCom, WeComEmulator],
) -> None:
    client, emulator = ends
    vendor = client.core.vendor
    assert (await asked(vendor.user.get("nobody"))).code == "60111"
    emulator.platform.expire_tokens()
    assert (await asked(vendor.user.get("t-302"))).meaning == "ok"
    tokens = [call for call in emulator.calls() if call.api == "/cgi-bin/gettoken"]
    assert len(tokens) == 2


async def test_the_token_is_in_the_address_once(ends: tuple[WeCom, WeComEmulator]) -> None:
    client, _emulator = ends
    seen: list[str] = []
    request = client.core.call_bytes

    async def watched(path: str, raw: Any, query: Any = None, method: str = "POST") -> Any:
        seen.append(f"{path} {query}")
        return await request(path, raw, query, method)

    client.core.call_bytes = watched  # type: ignore[method-assign]
    await asked(client.core.vendor.user.get("t-302"))
    assert seen == ["/cgi-bin/user/get {'userid': 't-302'}"]


async def test_what_it_cannot_do_it_says_and_sends_nothing(ends: tuple[WeCom, WeComEmulator]) -> None:
    client, emulator = ends
    with pytest.raises(TypeError, match="files go by"):
        await asked(client.core.vendor.media.upload("file", io.BytesIO(b"0123456789")))
    with pytest.raises(AttributeError, match="the token is kept"):
        client.core.vendor.media.get_url("media-1")
    assert emulator.calls() == []


def test_a_service_loads_neither_of_them() -> None:
    code = (
        "import sys; import bot.app, bot.wecom.joined; "
        "sys.exit(bool({'wechatpy', 'requests', 'xmltodict'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
