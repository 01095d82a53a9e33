"""DING over the wire: what is asked for, what comes of it, and both ends together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.command import Maybe, Outcome, Refused, Ring, Sent
from bot.dingtalk.client import DingTalk
from bot.dingtalk.ding import SEND
from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.limits import Limits
from config.settings import load_settings
from tests.wire.dingtalk_fake import Answer, Bench, serving

WORDS = "有一件紧急的事在等您"


def ring(user_id: str = "u1") -> Ring:
    return Ring("o1", "dingtalk/school", user_id, WORDS)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(platform, http, ding="phone")


async def test_one_person_by_the_means_of_the_settings(bench: Bench) -> None:
    bench.platform.will(SEND, Answer(body={"openDingId": "d1", "failedList": {}}))
    assert await bench.send(ring()) == Sent("d1")
    body = bench.platform.body(SEND)
    asked = {"robotCode": "dingapp", "remindType": 3, "receiverUserIdList": ["u1"], "content": WORDS}
    assert body == asked
    assert bench.counted == [SEND]


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (
            Answer(body={"failedList": {"any": ["u1"]}}),
            Refused("ding.failed", "recipient"),
        ),
        (Answer(body={"openDingId": "d", "failedList": {"any": ["u2"]}}), Sent("d")),
        (Answer(body={"openDingId": "d", "failedList": None}), Sent("d")),
        (
            Answer(400, {"code": "ding.serverquota.insufficient"}),
            Refused("ding.serverquota.insufficient", "config"),
        ),
        (Answer(400, {"code": "ding.receivercount.limit"}), Refused("ding.receivercount.limit", "content")),
        (Answer(400, {"code": "toomuch.msg"}), Refused("toomuch.msg", "slow", 1.0)),
        (Answer(how="reset"), Maybe("no_answer")),
    ],
    ids=["not to them", "not to others", "nobody failed", "no quota", "too many", "too fast", "no answer"],
)
async def test_what_comes_of_it(bench: Bench, answer: Answer, came: Outcome) -> None:
    bench.platform.will(SEND, answer)
    assert await bench.send(ring()) == came


async def test_a_second_one_would_be_seen(bench: Bench) -> None:
    assert not bench.client.idempotent(ring())


async def test_where_it_is_off_nobody_is_rung() -> None:
    async with serving() as (platform, http):
        assert await Bench(platform, http).send(ring()) == Refused("ding.off", "config")
        assert not platform.calls(SEND)


# -- both ends


async def _send(
    tmp_path: Path, profile: str, ding: str, user_id: str | None = None, **limits: Any
) -> tuple[Outcome, list[tuple[str, str]]]:
    """What comes of ringing the first teacher of an emulated school, and who saw what by which lane."""
    emulator = Emulator(profile=profile, limits=Limits(**limits))
    await emulator.start()
    path = tmp_path / "classbridge.toml"
    emulator.write_config(path, 1)
    settings = load_settings(path, {})
    app = settings.dingtalk["school"].model_copy(update={"ding": ding})
    teacher = next(one.id for one in emulator.world.people.values() if one.roles[0].kind == "teacher")
    async with aiohttp.ClientSession() as http:
        client = DingTalk("school", app, settings.limits, http, emulator.clock, lambda _path: None)
        came = await client.send(ring(user_id or teacher))
    seen = [(item.lane, item.content.text) for item in emulator.seen()]
    await emulator.stop()
    return came, seen


@pytest.mark.parametrize(("means", "lane"), [("app", "ding"), ("sms", "ding_sms"), ("phone", "ding_phone")])
async def test_the_platform_takes_it(tmp_path: Path, means: str, lane: str) -> None:
    came, seen = await _send(tmp_path, "professional", means)
    assert isinstance(came, Sent)
    assert came.platform_id
    assert seen == [(lane, WORDS)]


async def test_a_usual_edition_has_none(tmp_path: Path) -> None:
    came, seen = await _send(tmp_path, "full", "app")
    assert came == Refused("Forbidden.AccessDenied.AccessTokenPermissionDenied", "config")
    assert not seen


async def test_a_used_up_quota_stops_calls_and_nothing_else(tmp_path: Path) -> None:
    came, seen = await _send(tmp_path, "professional", "phone", dings=0)
    assert (came, seen) == (Refused("ding.serverquota.insufficient", "config"), [])
    came, seen = await _send(tmp_path, "professional", "app", dings=0)
    assert isinstance(came, Sent)


async def test_somebody_unknown_is_named_by_the_platform(tmp_path: Path) -> None:
    came, seen = await _send(tmp_path, "professional", "app", "nobody")
    assert (came, seen) == (Refused("ding.failed", "recipient"), [])
