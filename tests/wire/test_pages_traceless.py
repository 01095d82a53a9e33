"""What an anonymous word leaves behind (nothing), and whose tries at codes are counted where."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot import log
from bot.access import AccessLog
from bot.pages.doorway import ALL_TRIES
from bot.pages.safety import address
from storage.engine import Store
from tests.wire.pages_served import Phone, Served, served
from tests.wire.test_intake import door

MOTHER = "g-1-0-m"
HERE = ("127.0.0.1", "::1")


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here."""
    return str(request.param)


@pytest.fixture
async def here(store: Store) -> AsyncIterator[Served]:
    """The pages, served."""
    async with served(store) as running:
        yield running


async def test_an_anonymous_word_does_not_even_leave_its_moment(here: Served) -> None:
    mother = await here.guardian(MOTHER)
    phone = Phone(here.url, await here.signed_in(mother))
    await phone.get()
    fields = {"form": phone.field("form"), "nonce": phone.field("nonce"), "text": "匿名：为什么拖堂"}
    here.clock.move_to(here.clock.now() + timedelta(hours=2))
    await here.say(mother.id, "刚来的话")  # not shown yet
    before = await here.state()
    await phone.post("/h5/say", fields)
    assert "匿名信箱还没有开通" in phone.html
    assert await here.state() == before
    await phone.get()  # a look is noted as ever
    assert await here.state() != before


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "preview"])
async def test_a_browser_that_looks_ahead_has_seen_nothing(here: Served, purpose: str) -> None:
    mother = await here.guardian(MOTHER)
    phone = Phone(here.url, await here.signed_in(mother, after=timedelta(hours=2)))
    await here.say(mother.id, "刚来的话")
    before = await here.state()
    await phone.get("/h5/", Sec_Purpose=purpose)
    await phone.get("/h5/", Purpose=purpose)
    await phone._ask("HEAD", "/h5/", None, {})
    assert phone.status == 200
    assert await here.state() == before
    await phone.get("/h5/")
    assert await here.state() != before


def test_the_access_log_has_no_line_for_it() -> None:
    out = io.StringIO()
    kept, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        log.setup("DEBUG", out)
        writer = AccessLog(logging.getLogger("access"), "")
        route = SimpleNamespace(resource=SimpleNamespace(canonical="/h5/say"))
        request = make_mocked_request("POST", "/h5/say")
        request._match_info = SimpleNamespace(route=route)  # type: ignore[assignment]
        for status in (200, 303, 403):
            writer.log(request, web.Response(status=status), 0.1)
    finally:
        logging.getLogger().handlers[:] = kept
        logging.getLogger().setLevel(level)
    assert [json.loads(line)["http_status"] for line in out.getvalue().splitlines()] == [303, 403]


async def test_the_metrics_do_not_count_it(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        counted = one.intake._metrics.acks._values
        assert (await one.say("m1", "匿名：为什么拖堂"))[0] == 200
        assert sum(counted.values()) == 0
        assert await one.kept() == 0
        assert (await one.say("m2"))[0] == 200
        assert sum(counted.values()) == 1


# -- whose tries


@pytest.mark.parametrize(
    ("remote", "forwarded", "counted"),
    [
        ("8.8.8.8", ["1.1.1.1"], "8.8.8.8"),  # no proxy of ours: its word is nobody's
        ("8.8.8.8", [], "8.8.8.8"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("127.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("127.0.0.1", ["6.6.6.6", "1.1.1.1"], "1.1.1.1"),  # a line of the visitor's, then the proxy's
        ("127.0.0.1", ["6.6.6.6, 7.7.7.7", "1.1.1.1"], "1.1.1.1"),
        ("::ffff:127.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("::ffff:8.8.8.8", ["1.1.1.1"], "8.8.8.8"),
        ("::1", ["::ffff:1.1.1.1"], "1.1.1.1"),
        ("::1", ["2001:db8:1:2::9"], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("127.0.0.1", ["nonsense"], "unknown"),
        ("127.0.0.1", ["1.1.1.1, "], "unknown"),
    ],
)
def test_the_right_address_is_counted(remote: str, forwarded: list[str], counted: str) -> None:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])
    request = cast(web.Request, SimpleNamespace(remote=remote, headers=headers))
    assert address(request, HERE) == counted


async def test_one_who_is_shut_out_shuts_out_nobody_else(here: Served) -> None:
    guesser = Phone(here.url)
    await guesser.get()
    form = guesser.field("form")
    for at in range(ALL_TRIES + 20):
        await guesser.post("/h5/code", {"form": form, "code": f"{at:08}"}, X_Forwarded_For="6.6.6.6")
    assert guesser.status == 429
    mother = Phone(here.url)
    await mother.get()
    fields = {"form": mother.field("form"), "code": "10310000"}
    assert "对吗？" in await mother.post("/h5/code", fields, X_Forwarded_For="1.1.1.1")


async def test_guessing_from_everywhere_ends(here: Served) -> None:
    guesser = Phone(here.url)
    await guesser.get()
    form = guesser.field("form")
    for at in range(ALL_TRIES):
        fields = {"form": form, "code": f"{at:08}"}
        await guesser.post("/h5/code", fields, X_Forwarded_For=f"6.6.{at // 250}.{at % 250}")
        assert guesser.status == 422
    await guesser.post("/h5/code", {"form": form, "code": "99999999"}, X_Forwarded_For="1.1.1.1")
    assert guesser.status == 429
