"""Each planned fault of a call does what its name says, to the effect and to the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.dingtalk.emulator.emulator import Emulator
from bot.dingtalk.emulator.platform import Limits
from bot.emulation.faults import BadPlan, FaultPlan
from tests.wire.emulated import GROUP, Client


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    emulator = Emulator(limits=Limits(None, None))
    await emulator.start()
    async with aiohttp.ClientSession() as session:
        yield Client(emulator, session)
    await emulator.stop()


def _plan(client: Client, **rule: Any) -> None:
    client.emulator.faults.set({"rules": [{"api": GROUP, "nth": 1, **rule}]})


@pytest.mark.parametrize(
    ("rule", "seen", "outcome"),
    [
        ({"kind": "refuse"}, 0, "refused"),
        ({"kind": "timeout_before", "value": 1}, 0, "refused"),
        ({"kind": "timeout_after", "value": 1}, 1, "done_unanswered"),
        ({"kind": "reset"}, 1, "done_unanswered"),
    ],
)
async def test_no_answer(client: Client, rule: dict[str, Any], seen: int, outcome: str) -> None:
    _plan(client, **rule)
    with pytest.raises(aiohttp.ClientError):
        await client.call(GROUP, client.group())
    assert len(client.emulator.seen()) == seen
    assert client.emulator.calls()[-1].outcome == outcome


async def test_http_error_is_a_page_and_does_nothing(client: Client) -> None:
    _plan(client, kind="http", value=504)
    got = await client.call(GROUP, client.group())
    assert got.status == 504
    assert b"<html>" in got.body
    assert client.emulator.seen() == []


@pytest.mark.parametrize(
    ("path", "code", "status", "body"),
    [
        (GROUP, "system.busy", 500, {"code": "system.busy"}),
        (
            GROUP,
            "Forbidden.AccessDenied.QpsLimitForApi",
            403,
            {"code": "Forbidden.AccessDenied.QpsLimitForApi"},
        ),
        (GROUP, "send.too.fast", 400, {"code": "send.too.fast"}),
        ("/gettoken", "40014", 200, {"errcode": 88, "sub_code": "40014"}),
        ("/gettoken", "90018", 200, {"errcode": 90018}),
        ("/robot/sendBySession", "300001", 200, {"errcode": 300001}),
    ],
)
async def test_planned_code_comes_in_the_apis_envelope(
    client: Client, path: str, code: str, status: int, body: dict[str, Any]
) -> None:
    client.emulator.faults.set({"rules": [{"api": path, "kind": "code", "value": code}]})
    got = await client.call(path, client.group(), token="any")
    assert got.status == status
    assert {key: got.body[key] for key in body} == body
    assert client.emulator.calls()[-1].outcome == "refused"


async def test_truncated_answer_is_no_json_but_it_is_done(client: Client) -> None:
    _plan(client, kind="truncate", value=5)
    got = await client.call(GROUP, client.group())
    assert (got.status, len(got.body)) == (200, 5)
    assert len(client.emulator.seen()) == 1


async def test_silent_drop_says_ok_and_shows_nothing(client: Client) -> None:
    _plan(client, kind="silent_drop")
    got = await client.call(GROUP, client.group())
    assert got.status == 200
    assert "processQueryKey" in got.body
    assert client.emulator.seen() == []


async def test_slow_answers_late_but_well(client: Client) -> None:
    _plan(client, kind="slow", value=1)
    assert (await client.call(GROUP, client.group())).status == 200
    assert len(client.emulator.seen()) == 1


async def test_expired_token_is_refused_until_asked_anew(client: Client) -> None:
    token = await client.token()
    _plan(client, kind="expire_token")
    assert (await client.call(GROUP, client.group(), token=token)).body["code"] == "InvalidAuthentication"
    assert (await client.call(GROUP, client.group(), token=token)).status == 400
    assert (await client.call(GROUP, client.group())).status == 200


def _hits(rule: dict[str, Any], calls: int, seed: int = 1) -> list[int]:
    plan = FaultPlan()
    plan.set({"seed": seed, "rules": [{"api": "/a", "kind": "refuse", **rule}]})
    return [i for i in range(1, calls + 1) if plan.pick("/a") is not None]


def test_which_calls_are_hit() -> None:
    assert _hits({"nth": 3}, 6) == [3]
    assert _hits({"nth": 3, "times": 2}, 6) == [3, 4]
    assert _hits({"times": 2}, 6) == [1, 2]
    assert _hits({}, 3) == [1, 2, 3]
    shared = _hits({"share": 0.12}, 1000)
    assert shared == _hits({"share": 0.12}, 1000)
    assert shared != _hits({"share": 0.12}, 1000, seed=2)
    assert 80 < len(shared) < 160


def test_star_stands_for_any_rest() -> None:
    plan = FaultPlan()
    plan.set({"rules": [{"api": "/v1.0/*", "kind": "refuse"}]})
    assert plan.pick("/v1.0/robot/x") is not None
    assert plan.pick("/gettoken") is None


@pytest.mark.parametrize(
    "rule",
    [
        {"api": "/a", "kind": "explode"},
        {"api": "a", "kind": "refuse"},
        {"api": "push:smoke", "kind": "refuse"},
        {"api": "/a", "kind": "duplicate"},
        {"api": "push:robot", "kind": "expire_token"},
        {"api": "/a", "kind": "refuse", "nth": 0},
        {"api": "/a", "kind": "refuse", "nth": 1, "share": 0.5},
        {"api": "/a", "kind": "refuse", "share": 2},
        {"api": "/a", "kind": "http", "value": 200},
        {"api": "/a", "kind": "code"},
        {"api": "/a", "kind": "refuse", "often": 1},
    ],
)
def test_senseless_rules_are_named_and_the_old_plan_stays(rule: dict[str, Any]) -> None:
    plan = FaultPlan()
    plan.set({"rules": [{"api": "/a", "kind": "refuse"}]})
    with pytest.raises(BadPlan, match="rule 1"):
        plan.set({"rules": [rule]})
    assert plan.pick("/a") is not None
