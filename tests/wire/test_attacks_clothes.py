"""One message in other clothes, over real sockets: events proved anew, addresses and bodies changed.

The proof of an event is malleable: time and nonce may change places and lend each other digits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.dingtalk.events import EventKeys
from config.settings import DingTalkApp
from tests.wire.test_attacks import _CHANGE, EXAMPLES, Still, door, mutated, raw, said, signed, whole
from tests.wire.test_intake import SECRET, Door

EVENT = "/dingtalk/school/event"
APP = DingTalkApp.model_validate({
    "client_id": "d", "client_secret": SECRET, "corp_id": "c",
    "event_token": "a-token", "event_aes_key": "a" * 43,
})  # fmt: skip
KEYS = EventKeys("school", APP)


@asynccontextmanager
async def hearing(tmp_path: Path) -> AsyncIterator[Door]:
    """A door that takes events, too."""
    async with door(tmp_path) as one:
        one.dingtalk._event_keys = {"school": KEYS}
        yield one


def now_ms() -> int:
    return int(Still.moment.timestamp() * 1000)


def sealed(**more: object) -> str:
    body = {"EventType": "user_add_org", "CorpId": "c", "UserId": ["p1"], **more}
    return KEYS.encrypt(orjson.dumps(body), secrets.token_bytes(16))


async def event(one: Door, timestamp: str, nonce: str, cipher: str, proof: str = "", **clothes: str) -> int:
    proof = proof or KEYS.prove(timestamp, nonce, cipher).decode()
    query = {"signature": proof, "timestamp": timestamp, "nonce": nonce, **clothes}
    url = URL(one.url + EVENT).with_query(query)
    async with one.http.post(url, data=orjson.dumps({"encrypt": cipher})) as answer:
        await answer.read()
        return answer.status


async def test_an_event_in_every_clothes_is_one_effect(tmp_path: Path) -> None:
    async with hearing(tmp_path) as one:
        stamp, cipher = str(now_ms()), sealed()
        nonce = str(int(stamp) + 7)  # as long and as fresh as the time itself
        proof = KEYS.prove(stamp, nonce, cipher).decode()
        both = "".join(sorted([stamp, nonce]))
        variants = {(both[:at], both[at:]) for at in range(1, len(both))}
        variants |= {(late, early) for early, late in variants} | {(stamp, nonce), (nonce, stamp)}
        statuses = [await event(one, *variant, cipher, proof) for variant in sorted(variants)]
        assert set(statuses) <= {200, 403}
        assert statuses.count(200) >= 2  # there are others than the genuine one that hold
        assert await one.kept() == 1
        assert {await event(one, stamp, nonce, cipher, msg_signature=proof, x="1") for _ in range(20)} == {
            200
        }
        assert await one.kept() == 1


async def test_the_same_event_sealed_and_proved_anew_is_one_effect(tmp_path: Path) -> None:
    async with hearing(tmp_path) as one:
        for at in range(100):
            assert await event(one, str(now_ms() + at), f"n{at}", sealed(eventId="e1")) == 200
        assert await one.kept() == 1
        assert await event(one, str(now_ms()), "n", sealed(eventId="e2")) == 200
        assert await one.kept() == 2


@pytest.mark.parametrize("far_s", [-3600, -301, 301, 3600])
async def test_an_event_of_another_time_is_refused(tmp_path: Path, far_s: int) -> None:
    async with hearing(tmp_path) as one:
        assert await event(one, str(now_ms() + far_s * 1000), "n", sealed()) == 403
        assert await one.kept() == 0


def _requests(genuine: bytes, start: int, end: int) -> list[bytes]:
    """A genuine request with changes between two places."""
    cases: list[bytes] = []

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(_CHANGE, min_size=1, max_size=3))
    def collect(changes: list[tuple[str, float, bytes]]) -> None:
        words = mutated(genuine[start:end], changes, end - start)
        if words != genuine[start:end]:
            cases.append(genuine[:start] + words + genuine[end:])

    collect()
    return cases


async def _all(one: Door, cases: list[bytes]) -> list[list[int]]:
    answers: list[list[int]] = []
    for batch in range(0, len(cases), 20):
        answers += await asyncio.gather(*(raw(one, case, 0.05) for case in cases[batch : batch + 20]))
    return answers


async def test_no_change_of_the_address_of_an_event_gets_in(tmp_path: Path) -> None:
    async with hearing(tmp_path) as one:
        stamp, nonce, cipher = str(now_ms()), "abcdefgh", sealed()
        proof = KEYS.prove(stamp, nonce, cipher).decode()
        path = f"{EVENT}?signature={proof}&timestamp={stamp}&nonce={nonce}"
        genuine = whole(1, orjson.dumps({"encrypt": cipher}), path, Connection="close")
        start = genuine.index(b"signature=")
        answers = await _all(one, _requests(genuine, start, genuine.index(b" HTTP/1.1")))
        assert not [status for statuses in answers for status in statuses if status >= 500]
        accepted = sum(statuses.count(200) for statuses in answers)
        # What was put behind the last value, or moves digits between values that say the same, is the same.
        assert await one.kept() == min(1, accepted)


async def test_a_changed_body_is_read_or_refused_and_never_two(tmp_path: Path) -> None:
    async with hearing(tmp_path) as one:
        cases = []
        for number, body in enumerate(_requests(said(1), 0, len(said(1)))):
            head = signed(number % 1000)
            cases.append(whole(number, body, Connection="close", **head))
        answers = await _all(one, cases)
        assert not [status for statuses in answers for status in statuses if status >= 500]
        assert {len(statuses) for statuses in answers} == {1}
        assert 0 < await one.kept() <= sum(statuses == [200] for statuses in answers)


async def test_a_changed_cipher_is_never_opened(tmp_path: Path) -> None:
    async with hearing(tmp_path) as one:
        stamp, cipher = str(now_ms()), sealed().encode()
        cases = []
        for changed in _requests(cipher, 0, len(cipher)):
            text = changed.decode("latin-1")
            proof = KEYS.prove(stamp, "n", text).decode()  # even with a proof that holds
            path = f"{EVENT}?signature={proof}&timestamp={stamp}&nonce=n"
            cases.append(whole(1, orjson.dumps({"encrypt": text}), path, Connection="close"))
        answers = await _all(one, cases)
        assert not [statuses for statuses in answers if len(statuses) != 1 or statuses[0] >= 500]
        assert {statuses[0] for statuses in answers} <= {200, 400, 403, 413}
        # CBC is malleable at its first block, which is salt: that is the same event again.
        assert await one.kept() <= 1 + sum(statuses == [200] for statuses in answers)
