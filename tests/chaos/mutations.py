"""A genuine WeCom callback, changed a little, many thousand times: none may get in.

    python -m tests.chaos.mutations --count 20000 --seed 1

Changed are the parts the proof covers, the envelope around them and, with a proof that holds, the cipher
text inside. Every answer must be a refusal, nothing decrypted may be read, nothing may be kept. A change that
happens to leave the proof right (digits moved between time and nonce) is set aside and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock
from urllib.parse import quote_from_bytes

from yarl import URL

from bot.wecom import wire
from tests.wire import wecom_requests as made
from tests.wire.wecom_stand import CALLBACK, Stand, message, now_s, standing

AT_ONCE = 16
PARTS = ("msg_signature", "timestamp", "nonce")
ALPHABET = b"0123456789abcdefABCDEF+/= %&<>]\x00\x7f\xff\xe5\xbc\x90_-."


@dataclass(frozen=True, slots=True)
class Case:
    """One changed request. ``holds``: the proof covers it all the same."""

    what: str
    query: tuple[tuple[str, bytes], ...]
    body: bytes
    holds: bool = False


@dataclass(slots=True)
class Found:
    """What came of them."""

    count: int = 0
    same: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    not_refused: list[str] = field(default_factory=list)
    read: int = 0
    kept: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    slowest_ms: float = 0.0
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Nothing got in."""
        return not (self.not_refused or self.read or self.kept)


def changed(words: bytes, luck: random.Random) -> bytes:
    """The bytes with one to three changes."""
    found = bytearray(words)
    for _change in range(luck.randint(1, 3)):
        at, how = luck.randrange(len(found) + 1), luck.randrange(6)
        if how == 0:
            found[at : at + 1] = bytes([luck.choice(ALPHABET)])
        elif how == 1:
            found[at:at] = bytes([luck.choice(ALPHABET)])
        elif how == 2:
            del found[at : at + luck.randint(1, 8)]
        elif how == 3:
            found[at : at + 1] = bytes([found[at] ^ 1 << luck.randrange(8)]) if at < len(found) else b"\n"
        elif how == 4:
            other = luck.randrange(len(found) + 1)
            found[at:at] = found[other : other + luck.randint(1, 16)]
        else:
            found.reverse()
    return bytes(found)


@dataclass(frozen=True, slots=True)
class _Genuine:
    query: dict[str, str]
    encrypt: str


def cases(seed: int) -> Iterator[Case]:
    """Changed requests without end; the same for the same seed, but for time and salt."""
    luck = random.Random(seed)
    kinds: tuple[Callable[[_Genuine, random.Random], Case], ...] = (
        _query,
        _cipher,
        _sealed,
        _envelope,
        _body,
    )
    for number in itertools.count():
        if number % 500 == 0:  # a fresh one, so that its time stays near
            encrypt = made.sealed(message(number + 1))
            genuine = _Genuine(made.query(encrypt, now_s(), str(luck.randrange(10**9, 10**10))), encrypt)
        yield kinds[number % len(kinds)](genuine, luck)


def _holds(query: dict[str, bytes], encrypt: bytes) -> bool:
    """Recomputed by hand: does the proof cover what it was changed into?"""
    try:
        words = [query[name].decode() for name in PARTS] + [encrypt.decode()]
    except (KeyError, UnicodeDecodeError):
        return False
    return made.proof(made.TOKEN, words[1], words[2], words[3]) == words[0]


def _case(what: str, query: dict[str, bytes], encrypt: bytes) -> Case:
    return Case(what, tuple(query.items()), _around(encrypt), _holds(query, encrypt))


def _around(encrypt: bytes) -> bytes:
    return made.envelope("#").replace(b"#", encrypt)


def _bytes(query: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in query.items()}


def _query(genuine: _Genuine, luck: random.Random) -> Case:
    """Proof, time or nonce."""
    query, name = _bytes(genuine.query), luck.choice(PARTS)
    if luck.random() < 0.1:
        del query[name]
        return _case(f"without {name}", query, genuine.encrypt.encode())
    before = query[name]
    while query[name] == before:
        query[name] = changed(before, luck)
    return _case(name, query, genuine.encrypt.encode())


def _cipher(genuine: _Genuine, luck: random.Random) -> Case:
    """The cipher text, under the old proof."""
    encrypt = genuine.encrypt.encode()
    while encrypt == genuine.encrypt.encode() or b"]]>" in encrypt:
        encrypt = changed(genuine.encrypt.encode(), luck)
    return _case("cipher", _bytes(genuine.query), encrypt)


def _sealed(genuine: _Genuine, luck: random.Random) -> Case:
    """Another owner, another token, a cut cipher text or one of chance; the proof is made for it."""
    encrypt, token = genuine.encrypt, made.TOKEN
    what = luck.choice(("owner", "token", "cut", "chance"))
    if what == "owner":
        owner = changed(made.CORP.encode(), luck).decode("utf-8", "ignore").replace(made.CORP, "x")
        encrypt = made.sealed(message(1), owner)
    elif what == "token":
        token = "x" + changed(made.TOKEN.encode(), luck).decode("utf-8", "ignore")
    elif what == "cut":
        encrypt = encrypt[: 4 * luck.randrange(len(encrypt) // 4)] or "AAAA"
    else:
        encrypt = base64.b64encode(luck.randbytes(16 * luck.randint(1, 30))).decode()
    query = made.query(encrypt, genuine.query["timestamp"], genuine.query["nonce"], token)
    return Case(f"sealed: {what}", tuple(_bytes(query).items()), _around(encrypt.encode()))


_SHELLS: tuple[str, ...] = (
    "<xml><Encrypt>{0}</Encrypt><Encrypt>{0}</Encrypt></xml>", "<xml><Encrypt><b>{0}</b></Encrypt></xml>",
    "<xml><Encrypt a='1'>{0}</Encrypt></xml>", "<XML><Encrypt>{0}</Encrypt></XML>", "<xml/>", "<xml></xml>",
    "<!DOCTYPE xml><xml><Encrypt>{0}</Encrypt></xml>",
    "<!DOCTYPE xml [<!ENTITY e '{0}'>]><xml><Encrypt>&e;</Encrypt></xml>",
    "<!DOCTYPE xml [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><xml><Encrypt>&e;</Encrypt></xml>",
    "<?xml-stylesheet href='x'?><xml><Encrypt>{0}</Encrypt></xml>", "<xml><Encrypt>{0}</Encrypt>",
    "<xml><Encrypt>{0}</Encrypt></xml><xml/>", "<xml><a><Encrypt>{0}</Encrypt></a></xml>", "{0}",
    '{{"Encrypt":["{0}"]}}', '{{"encrypt":{{"a":"{0}"}}}}', '{{"Encrypt":"{0}"', '["{0}"]', '{{"Encrypt":1}}',
    "<xml><ENCRYPT>{0}</ENCRYPT></xml>", "<xml><Encrypt>{0}\x00</Encrypt></xml>",
    "<xml><Encrypt>&nope;{0}</Encrypt></xml>", "<xml><Encrypt></Encrypt></xml>", "",
)  # fmt: skip


def _envelope(genuine: _Genuine, luck: random.Random) -> Case:
    """A genuine cipher text and proof in an envelope nobody sends."""
    body = luck.choice(_SHELLS).format(genuine.encrypt)
    return Case("envelope", tuple(_bytes(genuine.query).items()), body.encode())


def _body(genuine: _Genuine, luck: random.Random) -> Case:
    """Any place of the whole body; what is around the cipher text is not covered, so it may stay genuine."""
    body = changed(made.envelope(genuine.encrypt), luck)
    return Case("body", tuple(_bytes(genuine.query).items()), body, genuine.encrypt.encode() in body)


async def run(one: Stand, count: int, seed: int) -> Found:
    """Send them all; see the module."""
    found, began = Found(), time.perf_counter()
    statuses, kinds = Counter[int](), Counter[str]()

    async def send(case: Case) -> None:
        start = time.perf_counter()
        parts = (f"{name}={quote_from_bytes(value, safe='')}" for name, value in case.query)
        url = URL(f"{one.url}{CALLBACK}?{'&'.join(parts)}", encoded=True)
        async with one.http.post(url, data=case.body) as answer:
            said = await answer.read()
        found.slowest_ms = max(found.slowest_ms, (time.perf_counter() - start) * 1000)
        statuses[answer.status] += 1
        kinds[case.what] += 1
        if not 400 <= answer.status < 500 or said:
            found.not_refused.append(f"{case.what}: {answer.status} {case.query!r:.200} {case.body!r:.200}")

    with mock.patch.object(wire, "read", side_effect=wire.read) as read:
        endless = cases(seed)
        while (left := count - sum(statuses.values())) > 0:
            batch = list(itertools.islice(endless, min(left, AT_ONCE)))
            found.same += sum(case.holds for case in batch)
            await asyncio.gather(*(send(case) for case in batch if not case.holds))
        found.read = read.call_count
    found.count, found.kept = sum(statuses.values()), await one.kept()
    found.statuses, found.kinds = dict(sorted(statuses.items())), dict(sorted(kinds.items()))
    found.slowest_ms, found.seconds = round(found.slowest_ms, 1), round(time.perf_counter() - began, 1)
    return found


async def _main(count: int, seed: int) -> Found:
    with TemporaryDirectory(prefix="classbridge-mutations-") as folder:
        async with standing(Path(folder)) as one:
            return await run(one, count, seed)


def main() -> int:
    """Report as one line of JSON; 1 if anything got in."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutations")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = asyncio.run(_main(options.count, options.seed))
    found.not_refused = found.not_refused[:20]
    print(json.dumps(asdict(found)))
    return 0 if found.held else 1


if __name__ == "__main__":
    sys.exit(main())
