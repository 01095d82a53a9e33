"""The sandbox's routes, without a browser: what they show, to whom, and what they refuse."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.sandbox import texts
from bot.sandbox.product import free_pair

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """The platform alone: nobody receives what is said."""
    running = Emulator()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


async def test_the_page_lets_nothing_of_others_in(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{emulator.url}/") as answer:
        html = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert 'id="kill"' not in html  # the product is not ours
    assert all(phone in html for phone in ("三(2)班 家长群", "王老师", "小明妈妈", "乐乐奶奶", "林小满爸爸"))
    for name in ("sandbox.css", "sandbox.js", "phone.js"):
        async with http.get(f"{emulator.url}/_sandbox/{name}") as answer:
            assert answer.status == 200
            assert "http://" not in (await answer.text()).replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    "name", ["web.py", "..%2Fweb.py", "sandbox.html", "said/1", "said/0", "picture/" + "0" * 64]
)
async def test_what_is_no_file_of_the_page(
    emulator: Emulator, http: aiohttp.ClientSession, name: str
) -> None:
    async with http.get(f"{emulator.url}/_sandbox/{name}") as answer:
        assert answer.status == 404


async def test_what_is_said_is_told_while_it_is_under_way(
    emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    await emulator.say("王老师", "大家好", "三(2)班", at_bot=False)
    await emulator.say("t-302", kind="picture", file=PNG, file_name="a.png")
    async with http.get(f"{emulator.url}/_sandbox/events?wait_ms=5000") as answer:
        told = await answer.json()
    unheard, lost = told["entries"]
    assert (unheard["state"], unheard["text"], unheard["picture"]) == ("unheard", "大家好", False)
    assert (lost["state"], lost["picture"], lost["who"]) == ("lost", True, "王老师")
    async with http.get(f"{emulator.url}/_sandbox/said/{lost['n']}") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with http.get(f"{emulator.url}/_sandbox/events?said={told['said']}") as answer:
        assert (await answer.json())["entries"] == []


async def test_a_file_that_is_no_picture_is_never_shown_as_one(
    emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    await emulator.say("t-302", kind="picture", file=b"<script>alert(1)</script>")
    async with http.get(f"{emulator.url}/_sandbox/said/1") as answer:
        assert answer.content_type == "application/octet-stream"


async def test_what_the_product_uploaded_is_shown(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    emulator.platform.keep_medium("@lADx", "a.png", PNG)
    async with http.get(f"{emulator.url}/_sandbox/picture/{hashlib.sha256(PNG).hexdigest()}") as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", PNG)


async def test_nobody_is_killed_who_is_not_ours(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{emulator.url}/_sandbox/kill") as answer:
        assert answer.status == 404
    async with http.post(
        f"{emulator.url}/_sandbox/kill", headers={"Origin": "https://example.org"}
    ) as answer:
        assert answer.status == 403


async def test_without_a_product_there_is_no_trace(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    emulator.target = f"http://127.0.0.1:{free_pair()}"
    async with http.get(f"{emulator.url}/_sandbox/trace") as answer:
        assert await answer.json() == {"trace": None, "up": None, "child": None}


async def test_a_bad_cursor_is_refused(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{emulator.url}/_sandbox/events?seen=-1") as answer:
        assert answer.status == 400


def test_every_text_the_page_asks_for_is_there() -> None:
    """``t.name`` in script and shell; a missing one would be shown as nothing."""
    folder = Path(texts.__file__).parent
    code = "".join((folder / name).read_text("utf-8") for name in ("sandbox.js", "phone.js", "sandbox.html"))
    asked = set(re.findall(r"\b(?:t|texts)\.(?!py\b)([a-z_0-9]+)", code))
    asked |= {f"help_{name}" for name in re.findall(r'data-fault="(\w+)"', code)}
    assert asked - set(texts.PAGE) == set()
    states = {"pending", "delivered", "lost", "unheard"}
    unused = set(texts.PAGE) - asked - states
    assert unused == set()
