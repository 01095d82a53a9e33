"""Tokens: one fetch for all who wait, and no storm whatever the platform says about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.command import Refused, Sent
from bot.dingtalk.client import PRIVATE, TOKEN
from bot.tokens import Fetched, TokenKeeper, TokenRefused
from tests.wire.dingtalk_fake import Answer, Bench, HeldClock, command, serving

STALE = Answer(400, {"code": "InvalidAuthentication"})


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(platform, http)


class Source:
    """Hands out tokens and counts."""

    def __init__(self, lives_s: float = 7200, *refusals: Refused) -> None:
        self.lives_s = lives_s
        self.refusals = list(refusals)
        self.asked = 0

    async def __call__(self) -> Fetched | Refused:
        self.asked += 1
        return self.refusals.pop(0) if self.refusals else Fetched(f"t{self.asked}", self.lives_s)


async def test_every_token_called_stale_is_one_renewal_a_minute(bench: Bench) -> None:
    bench.platform.will(PRIVATE, *[STALE] * 10_000)
    refused: set[tuple[str, str]] = set()
    for _second in range(600):
        outcome = await bench.send(command())
        assert isinstance(outcome, Refused)
        refused.add((outcome.code, outcome.action))
        bench.clock.pass_by(1)
    assert refused == {("InvalidAuthentication", "config"), ("token.stale", "slow")}
    assert bench.platform.tokens <= 11  # the first, and one a minute


async def test_many_at_once_are_one_renewal(bench: Bench) -> None:
    bench.platform.will(PRIVATE, *[STALE] * 500)
    await asyncio.gather(*(bench.send(command(outbox_id=str(n))) for n in range(50)))
    assert bench.platform.tokens == 2


async def test_after_a_minute_it_is_renewed_again(bench: Bench) -> None:
    bench.platform.will(PRIVATE, STALE)
    assert await bench.send(command()) == Sent("key-1")
    bench.platform.will(PRIVATE, STALE)
    assert await bench.send(command()) == Refused("token.stale", "slow", 60.0), "it can wait so long"
    bench.clock.pass_by(61)
    bench.platform.will(PRIVATE, STALE)
    assert await bench.send(command()) == Sent("key-1")
    assert bench.platform.tokens == 3


@pytest.mark.parametrize("lives_s", [-5, 0, 1, 59, 300, 301])
async def test_a_life_of_seconds_is_no_storm(lives_s: float) -> None:
    clock, source = HeldClock(), Source(lives_s)
    keeper = TokenKeeper(source, clock)
    for _second in range(300):
        await keeper.get()
        clock.pass_by(1)
    assert source.asked <= 6


async def test_at_its_very_end_the_next_one_is_there_at_once() -> None:
    """While it is good the platform hands out the same one: with ten seconds left, for ten seconds."""
    clock = HeldClock()
    begun = clock.moment

    async def platform() -> Fetched:
        passed = (clock.moment - begun).total_seconds()
        return Fetched(f"t{int(passed // 7200)}", 7200 - passed % 7200)

    keeper = TokenKeeper(platform, clock)
    await keeper.get()
    clock.pass_by(7190)
    assert await keeper.get() == "t0"
    clock.pass_by(9.9)
    assert await keeper.get() == "t0"
    clock.pass_by(0.2)
    assert await keeper.get() == "t1"


async def test_wrong_credentials_are_asked_about_once_a_minute() -> None:
    wrong = Refused("invalidClientIdOrSecret", "config")
    clock, source = HeldClock(), Source(7200, *[wrong] * 5)
    keeper = TokenKeeper(source, clock)
    for _second in range(120):
        with pytest.raises(TokenRefused) as caught:
            await keeper.get()
        assert caught.value.refused == wrong
        clock.pass_by(1)
    assert source.asked == 2


async def test_an_address_that_is_asked_too_often_is_left_alone() -> None:
    often = Refused("45009", "slow", 60.0)
    clock, source = HeldClock(), Source(7200, *[often] * 600)
    keeper = TokenKeeper(source, clock)
    for _second in range(120):
        with pytest.raises(TokenRefused) as caught:
            await keeper.get()
        assert caught.value.refused == often
        clock.pass_by(1)
    assert source.asked == 2


async def test_a_lost_request_may_be_asked_again_at_once() -> None:
    keeper = TokenKeeper(Source(7200, Refused("no_answer", "retry")), HeldClock())
    with pytest.raises(TokenRefused):
        await keeper.get()
    assert await keeper.get() == "t2"


async def test_a_clock_set_back_does_not_lengthen_the_minute() -> None:
    clock, source = HeldClock(), Source()
    keeper = TokenKeeper(source, clock)
    first = await keeper.get()
    second = await keeper.get(first)
    clock.moment -= timedelta(hours=5)
    assert await keeper.get(second) == "t3"


async def test_an_early_end_is_renewed_unseen(bench: Bench) -> None:
    for _ in range(5):
        assert await bench.send(command()) == Sent("key-1")
        bench.clock.pass_by(300)
        bench.platform.will(PRIVATE, STALE)
        assert await bench.send(command()) == Sent("key-1")
        bench.clock.pass_by(300)
    assert len(bench.platform.calls(TOKEN)) <= 6
