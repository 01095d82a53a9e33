"""Attacks on the public listener, over real sockets: one answer a request, never two effects, never a 500.

What the signatures stop is tried in the tests beside; here it is the whole door: HTTP, codec, inbox.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import gzip
import hmac
import json
import os
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

import bot
from config.clock import SystemClock, real_now
from tests.wire.test_intake import SECRET, Door
from tests.wire.test_intake import door as any_door

EXAMPLES = int(os.environ.get("CLASSBRIDGE_MUTATIONS", "500"))
ROBOT = "/dingtalk/school/robot"
NONE = 0
"""The connection was ended without an answer."""


class Still(SystemClock):
    """A clock that stands where it was when the requests below were signed: none of them grows old."""

    moment = real_now() - timedelta(hours=3)  # whoever asks the host instead sees it at once

    @override
    def now(self) -> datetime:
        return self.moment


def door(tmp_path: Path) -> AbstractAsyncContextManager[Door]:
    """The door at that moment."""
    return any_door(tmp_path, Still())


def signed(number: int) -> dict[str, str]:
    """A genuine pair of headers; each number has its own millisecond."""
    stamp = str(int(Still.moment.timestamp() * 1000) + number % 1000)
    mac = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(mac).decode()}


def said(number: int, **more: object) -> bytes:
    """A genuine body."""
    whole = {
        "msgId": f"m{number}",
        "msgtype": "text",
        "text": {"content": "hello"},
        "conversationId": f"cid{number}",
        "conversationType": "1",
        "senderId": "$:LWCP_v1:$x",
        "senderStaffId": "p1",
    }
    return json.dumps(whole | more).encode()


def whole(number: int, body: bytes | None = None, path: str = ROBOT, **headers: str) -> bytes:
    """A genuine request."""
    body = said(number) if body is None else body
    lines = signed(number) | {"Host": "a", "Content-Length": str(len(body))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def raw(one: Door, words: bytes, wait_s: float = 0.5) -> list[int]:
    """The statuses of all answers; the other side ends it, or is silent for so long after the first."""
    port = int(one.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    got = b""
    try:
        while True:
            async with asyncio.timeout(wait_s if got else 20):
                part = await reader.read(1 << 16)
            if not part:
                break
            got += part
    except (TimeoutError, ConnectionError):
        pass
    finally:  # gone before the next one begins: a busy machine would find it open when the loop ends
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] ([0-9]{3})", got)]


# -- requests that two parsers might read differently

BODY = said(1)
SIZE = len(BODY)
PAIR = "".join(f"{name}: {value}\r\n" for name, value in signed(1).items()).encode()
HEAD = b"POST " + ROBOT.encode() + b" HTTP/1.1\r\nHost: a\r\n" + PAIR
SECOND = whole(2)
LENGTH = b"Content-Length: %d\r\n" % SIZE
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (SIZE, BODY)
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"

SMUGGLED = {
    "length and chunks": HEAD + LENGTH + CHUNKED + b"\r\n" + CHUNKS + SECOND,
    "chunks and length": HEAD + CHUNKED + LENGTH + b"\r\n" + CHUNKS + SECOND,
    "length 0 and chunks": HEAD + b"Content-Length: 0\r\n" + CHUNKED + b"\r\n" + CHUNKS,
    "two lengths, different": HEAD + LENGTH + b"Content-Length: 5\r\n\r\n" + BODY + SECOND,
    "two lengths, equal": HEAD + LENGTH + LENGTH + b"\r\n" + BODY,
    "length list": HEAD + b"Content-Length: %d, %d\r\n\r\n" % (SIZE, SIZE) + BODY,
    "length with plus": HEAD + b"Content-Length: +%d\r\n\r\n" % SIZE + BODY,
    "length negative": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "length hex": HEAD + b"Content-Length: 0x10\r\n\r\n" + BODY,
    "length with underscore": HEAD + b"Content-Length: 1_0\r\n\r\n" + BODY,
    "length full-width": HEAD + "Content-Length: １０\r\n\r\n".encode() + BODY,
    "length huge": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "length empty": HEAD + b"Content-Length:\r\n\r\n" + BODY,
    "blank before colon": HEAD + b"Content-Length : %d\r\n\r\n" % SIZE + BODY,
    "encoding with blank before colon": HEAD + LENGTH + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS,
    "encoding xchunked": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS,
    "encoding chunked twice": HEAD + CHUNKED + CHUNKED + b"\r\n" + CHUNKS,
    "encoding chunked, identity": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "encoding identity and length": HEAD + b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\n" + BODY,
    "encoding gzip, chunked": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "encoding with tab": HEAD + b"Transfer-Encoding:\tchunked\r\n" + LENGTH + b"\r\n" + CHUNKS,
    "encoding with vertical tab": HEAD + b"Transfer-Encoding: \x0bchunked\r\n" + LENGTH + b"\r\n" + CHUNKS,
    "encoding quoted": HEAD + b'Transfer-Encoding: "chunked"\r\n' + LENGTH + b"\r\n" + CHUNKS,
    "encoding folded": HEAD + b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH + b"\r\n" + CHUNKS,
    "header folded": HEAD + b"X: a\r\n b\r\n" + LENGTH + b"\r\n" + BODY,
    "first header folded": b"POST / HTTP/1.1\r\n X: a\r\n\r\n",
    "chunk size with plus": HEAD + CHUNKED + b"\r\n+5\r\nhello\r\n0\r\n\r\n",
    "chunk size with 0x": HEAD + CHUNKED + b"\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size negative": HEAD + CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n",
    "chunk size with blank": HEAD + CHUNKED + b"\r\n5 5\r\nhello\r\n0\r\n\r\n",
    "chunk size huge": HEAD + CHUNKED + b"\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "chunk size a word": HEAD + CHUNKED + b"\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "chunk longer than said": HEAD + CHUNKED + b"\r\n3\r\nhello\r\n0\r\n\r\n",
    "chunk without line end": HEAD + CHUNKED + b"\r\n5\r\nhelloXX0\r\n\r\n",
    "chunk with LF only": HEAD + CHUNKED + b"\r\n5\nhello\n0\n\n",
    "chunk extension with LF": HEAD + CHUNKED + b"\r\n5;a\nb\r\nhello\r\n0\r\n\r\n",
    "chunk trailer with a length": HEAD + CHUNKED + b"\r\n" + CHUNKS[:-2] + b"Content-Length: 9\r\n\r\n",
    "LF instead of CRLF": HEAD.replace(b"\r\n", b"\n") + LENGTH.replace(b"\r\n", b"\n") + b"\n" + BODY,
    "CR instead of CRLF": HEAD.replace(b"\r\n", b"\r") + b"\r\r" + BODY,
    "CR in a value": HEAD + b"X: a\rContent-Length: 0\r\n" + LENGTH + b"\r\n" + BODY,
    "NUL in a value": HEAD + b"X: a\x00b\r\n" + LENGTH + b"\r\n" + BODY,
    "NUL in a name": HEAD + b"X\x00: a\r\n" + LENGTH + b"\r\n" + BODY,
    "name with blank": HEAD + b"X Y: a\r\n" + LENGTH + b"\r\n" + BODY,
    "name empty": HEAD + b": a\r\n" + LENGTH + b"\r\n" + BODY,
    "line without colon": HEAD + b"abc\r\n" + LENGTH + b"\r\n" + BODY,
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/0.9 post": b"POST " + ROBOT.encode() + b"\r\n\r\n" + BODY,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.1 with blanks": GET.replace(b" HTTP", b"  HTTP") + b"\r\n",
    "HTTP/1.10": GET.replace(b"1.1", b"1.10") + b"\r\n",
    "HTTP/ full-width": GET.replace(b"1.1", "１.１".encode()) + b"\r\n",
    "http small": GET.replace(b"HTTP", b"http") + b"\r\n",
    "method small": GET.replace(b"GET", b"get") + b"\r\n",
    "method with NUL": GET.replace(b"GET", b"G\x00T") + b"\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00" * 9,
    "absolute address": GET.replace(b"/healthz", b"http://evil.test/healthz") + b"\r\n",
    "absolute address to a callback": HEAD.replace(b" /", b" http://evil.test/") + LENGTH + b"\r\n" + BODY,
    "authority only": b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "path with ..": GET.replace(b"/healthz", b"/dingtalk/../metrics") + b"\r\n",
    "path with %2e": GET.replace(b"/healthz", b"/%2e%2e/metrics") + b"\r\n",
    "path with //": GET.replace(b"/healthz", b"//evil.test/healthz") + b"\r\n",
    "path with NUL": GET.replace(b"/healthz", b"/h5/%00") + b"\r\n",
    "path not UTF-8": GET.replace(b"/healthz", b"/h5/%ff%fe") + b"\r\n",
    "path with blank": GET.replace(b"/healthz", b"/h5/a b") + b"\r\n",
    "upgrade to h2c": GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    "expect something": HEAD + b"Expect: a-miracle\r\n" + LENGTH + b"\r\n" + BODY,
    "body of a GET": GET + LENGTH + b"\r\n" + BODY,
}  # fmt: skip


def test_there_are_enough_cases() -> None:
    assert len(SMUGGLED) >= 60


@pytest.mark.parametrize("name", SMUGGLED)
async def test_one_answer_a_request_and_at_most_one_effect(tmp_path: Path, name: str) -> None:
    async with door(tmp_path) as one:
        statuses = await raw(one, SMUGGLED[name])
        kept = await one.kept()
        genuine = SMUGGLED[name].count(b"HTTP/1.1\r\n") or 1
        assert len([status for status in statuses if status >= 200]) <= genuine
        assert not [status for status in statuses if status >= 500]
        # What stands behind an ambiguous request is never taken for a request of its own.
        assert kept <= min(1, statuses.count(200))
        assert (await one.say("m77"))[0] == 200  # and the door is as it was


# -- replay


async def test_the_same_request_again_and_again_is_one_effect(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        request = whole(1)
        assert [await raw(one, request, 0.05) for _ in range(20)] == [[200]] * 20
        assert await raw(one, request * 10) == [200] * 10
        assert await one.kept() == 1


async def test_one_pair_with_a_hundred_bodies_has_three_effects(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        pair = signed(1)
        answers = [
            await raw(one, whole(1, said(number, isAdmin=True), **pair, Connection="close"))
            for number in range(100)
        ]
        assert answers == [[200]] * 3 + [[403]] * 97
        assert await one.kept() == 3


# -- sizes and encodings


@pytest.mark.parametrize(
    ("name", "packed"),
    [("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("br", BODY), ("zstd", BODY),
     ("gzip, gzip", gzip.compress(gzip.compress(BODY))), ("GZIP", gzip.compress(BODY))],
)  # fmt: skip
async def test_an_encoded_callback_is_refused(tmp_path: Path, name: str, packed: bytes) -> None:
    async with door(tmp_path) as one:
        assert await raw(one, whole(1, packed, **{"Content-Encoding": name})) == [415]
        assert await one.kept() == 0


@pytest.mark.parametrize("path", [ROBOT, "/dingtalk/school/card", "/dingtalk/school/event"])
async def test_bombs_are_not_unpacked(tmp_path: Path, path: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    async with door(tmp_path) as one:
        began = time.monotonic()
        requests = [whole(n, bomb, path, **{"Content-Encoding": "gzip"}) for n in range(8)]
        answers = await asyncio.gather(*(raw(one, request, 0.05) for request in requests))
        assert all(status and 400 <= status[0] < 500 for status in answers)
        assert time.monotonic() - began < 10
        assert await one.kept() == 0


LARGE = {
    "a long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {400, 414, 431}),
    "a long header": (GET + b"X: " + b"a" * 9000 + b"\r\n\r\n", {400, 431}),
    "a long name": (GET + b"X" * 9000 + b": a\r\n\r\n", {400, 431}),
    "many headers": (GET + b"".join(b"X%d: a\r\n" % n for n in range(1000)) + b"\r\n", {400, 431}),
    "many query keys": (GET.replace(b" HTTP", b"?" + b"&".join(b"k%d=1" % n for n in range(1000)) + b" HTTP")
                        + b"\r\n", {200, 400}),
    "a large body": (whole(1, b"a" * 70_000), {413}),
    "a large body in chunks": (HEAD + CHUNKED + b"\r\n" + (b"2000\r\n" + b"a" * 8192 + b"\r\n") * 11
                               + b"0\r\n\r\n", {413}),
    "many parts": (whole(1, b"--b\r\n\r\na\r\n" * 6000,
                         **{"Content-Type": "multipart/form-data; boundary=b"}), {400, 413}),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
async def test_what_is_too_large(tmp_path: Path, name: str) -> None:
    words, allowed = LARGE[name]
    async with door(tmp_path) as one:
        statuses = await raw(one, words)
        assert len(statuses) == 1
        assert set(statuses) <= allowed
        assert await one.kept() == 0


BOMBS = {
    "deep lists": b"[" * 60_000,
    "deep maps": b'{"a":' * 12_000,
    "deep and closed": b"[" * 30_000 + b"]" * 30_000,
    "deep in a genuine message": said(1, content="X").replace(b'"X"', b"[" * 20_000 + b"]" * 20_000),
    "very many keys": b"{" + b",".join(b'"%x":1' % n for n in range(6_500)) + b"}",
    "very many keys in a genuine message": said(1, **{f"{n:x}": 1 for n in range(5_000)}),
    "a long number": b'{"msgId":' + b"9" * 60_000 + b"}",
    "one key many times": b"{" + b",".join([b'"msgId":"a"'] * 5_000) + b"}",
    "UTF-16": said(1).decode().encode("utf-16"),
    "UTF-7": b"+AHsAIg-msgId+ACI-:1}",
    "NUL": said(1).replace(b"hello", b"\x00\x00"),
    "lone surrogate": said(1).replace(b"hello", b"\\ud800"),
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "a list": b"[]",
    "a word": b"true",
    "nothing": b"",
    "NaN": b'{"msgId":NaN}',
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
async def test_a_signed_body_of_any_shape_is_answered_quickly(tmp_path: Path, name: str) -> None:
    async with door(tmp_path) as one:
        began = time.monotonic()
        (status,) = await raw(one, whole(1, BOMBS[name], Connection="close"))
        assert status in (200, 400)
        assert time.monotonic() - began < 5
        assert (await one.say("m77"))[0] == 200


def test_a_quarter_million_keys_do_not_even_get_to_the_parser() -> None:
    assert len(b"{" + b",".join(b'"%x":1' % n for n in range(250_000)) + b"}") > 64 * 1024


# -- mutations of a genuine request


_PLACE = st.floats(0, 1, exclude_max=True)
_CHANGE = st.tuples(st.sampled_from("-+~"), _PLACE, st.binary(min_size=1, max_size=3))


def mutated(request: bytes, changes: list[tuple[str, float, bytes]], until: int) -> bytes:
    """Bytes taken out, put in or replaced before ``until``."""
    for how, where, what in changes:
        at = int(where * until)
        request = request[:at] + (b"" if how == "-" else what) + request[at + (how != "+") * len(what) :]
    return request


async def test_no_mutation_of_a_genuine_head_gets_in_unless_it_says_the_same(tmp_path: Path) -> None:
    async with door(tmp_path) as one:
        genuine = whole(1)
        start, end = genuine.index(b"timestamp"), genuine.index(b"Host")
        rest = genuine[end:].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        cases: list[bytes] = []

        @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(st.lists(_CHANGE, min_size=1, max_size=3))
        def collect(changes: list[tuple[str, float, bytes]]) -> None:
            words = mutated(genuine[start:end], changes, end - start)
            if not _same_pair(words, genuine[start:end]):
                cases.append(genuine[:start] + words + rest)

        collect()
        assert len(cases) > EXAMPLES * 0.8
        for batch in range(0, len(cases), 20):
            answers = await asyncio.gather(*(raw(one, case, 0.05) for case in cases[batch : batch + 20]))
            for case, statuses in zip(cases[batch : batch + 20], answers, strict=True):
                assert not [one for one in statuses if one == 200 or one >= 500], case
        assert await one.kept() == 0


def _same_pair(words: bytes, genuine: bytes) -> bool:
    """Whether the two headers still say the same: names in another case, blanks around a value."""

    def read(text: bytes) -> dict[bytes, bytes]:
        lines = (line.partition(b":") for line in text.split(b"\r\n"))
        pairs: dict[bytes, bytes] = {}
        for name, _colon, value in lines:
            pairs.setdefault(name.lower(), value.strip(b" \t"))
        return {name: pairs.get(name, b"") for name in (b"timestamp", b"sign")}

    return read(words) == read(genuine)


# -- comparing what is secret

SECRETIVE = re.compile(r"sign|mac\b|_mac|token|digest\b|hmac", re.IGNORECASE)
NOT_SECRET = re.compile(r"^(digest|digests|digest_id|digest_.*|.*_digest|.*design.*|signed_at|assign.*)$")


OPENLY = {"pages/pages.py": "a button is looked for among those of one's own page"}


def _names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr


def compared_openly(code: str) -> list[int]:
    """Lines where something named like a secret is compared with == or !=."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        for name in {name for side in (node.left, *node.comparators) for name in _names(side)}
        if SECRETIVE.search(name) and not NOT_SECRET.match(name)
    ]


def test_secrets_are_compared_in_constant_time() -> None:
    root = Path(bot.__file__).parent
    wrong = [
        f"{path.relative_to(root)}:{line}"
        for path in sorted(root.rglob("*.py"))
        if "emulator" not in path.parts and str(path.relative_to(root)) not in OPENLY
        for line in compared_openly(path.read_text("utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "code", ["if sign == other: ...", "x.token != y", "if got == self.hmac: ...", "a == b == mac"]
)
def test_an_open_comparison_is_noticed(code: str) -> None:
    assert compared_openly(code) == [1]


def test_compare_digest_gets_bytes() -> None:
    """On text it raises for a character beyond ASCII: a 500 for whoever sends one."""
    calls = [
        (path, call)
        for path in Path(bot.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "compare_digest"
    ]
    assert calls
    texts = [
        f"{path.name}:{call.lineno}"
        for path, call in calls
        for argument in call.args
        if isinstance(argument, ast.JoinedStr)
        or (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
    ]
    assert texts == []
