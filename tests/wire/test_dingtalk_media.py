"""Files that come and go: only from where the platform keeps them, only as large as it takes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.command import Fetch, FileRef, Maybe, Outcome, Refused, Sent
from bot.dingtalk.client import GROUP, PRIVATE, DingTalk
from bot.dingtalk.media import COVER, DOWNLOAD, MB, UPLOAD, allowed
from bot.dingtalk.wire import pinned
from bot.media import NotKept
from bot.render import NotDrawn
from config.settings import DingTalkApp, LimitSettings
from storage.engine import Refused as StoreRefused
from tests.wire.dingtalk_fake import TO_GROUP, Answer, Bench, HeldClock, command, serving
from tests.wire.dingtalk_requests import make_robot

CODE = "code-1"
FETCH = Fetch("o1", "dingtalk/school", "m1", CODE)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        bench = Bench(platform, http)
        bench.files |= {"a.png": b"png", "a.amr": b"amr", "a.mp4": b"mp4", "a.pdf": b"pdf"}
        yield bench


def linked(bench: Bench, path: str = "/_files/x") -> None:
    bench.platform.will(DOWNLOAD, Answer(body={"downloadUrl": bench.platform.base + path}))


# -- fetching


async def test_an_attachment_is_fetched_and_kept(bench: Bench) -> None:
    linked(bench, "/_files/x?sign=a%2Bb")
    bench.platform.will("/_files/x", Answer(body=b"\x89PNG", content_type="image/png"))
    assert await bench.send(FETCH) == Sent("", {"bytes": 4})
    assert bench.kept == {"m1": b"\x89PNG"}
    assert bench.platform.body(DOWNLOAD) == {"downloadCode": CODE, "robotCode": "dingapp"}
    ((_, headers, _),) = bench.platform.calls("/_files/x")
    assert "x-acs-dingtalk-access-token" not in {name.lower() for name in headers}
    assert {"authorization", "cookie"}.isdisjoint(name.lower() for name in headers)
    assert bench.platform.queries[-1] == "sign=a%2Bb"
    assert bench.counted == [DOWNLOAD]
    assert bench.client.idempotent(FETCH)
    assert bench.client.bucket_names(FETCH) == [(f"dingtalk:school:api:{DOWNLOAD}", 18, 1.0)]
    assert CODE not in repr(FETCH)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(400, {"code": "invalidParameter.robotCode.downloadCode"}),
         Refused("invalidParameter.robotCode.downloadCode", "content")),
        (Answer(400, {"code": "invalidParameter.robotCode.auth"}),
         Refused("invalidParameter.robotCode.auth", "config")),
        (Answer(body={}), Refused("link.notAllowed", "content")),
        (Answer(body={"downloadUrl": ["x"]}), Refused("link.notAllowed", "content")),
        (Answer(body={"downloadUrl": "http://169.254.169.254/"}), Refused("link.notAllowed", "content")),
        (Answer(500, {"code": "system.busy"}), Maybe("system.busy")),
    ],
)  # fmt: skip
async def test_no_link(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(DOWNLOAD, answer)
    assert await bench.send(FETCH) == outcome
    assert bench.kept == {}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(302, {}), Refused("link.http302", "retry")),
        (Answer(404, b""), Refused("link.http404", "retry")),
        (Answer(503, b""), Refused("link.http503", "retry")),
        (Answer(body=b"x" * 100, how="cut"), Refused("link.no_answer", "retry")),
        (Answer(body=b"x" * (20 * MB + 1)), Refused("link.tooLarge", "content")),
    ],
)
async def test_a_link_that_brings_nothing(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    linked(bench)
    bench.platform.will("/_files/x", answer)
    assert await bench.send(FETCH) == outcome
    assert bench.kept == {}
    assert len(bench.platform.calls("/_files/x")) == 1


async def test_no_more_than_the_limit_is_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dingtalk.media.MOST_BYTES", 1000)
    for size, outcome in ((1000, Sent("", {"bytes": 1000})), (1001, Refused("link.tooLarge", "content"))):
        linked(bench)
        bench.platform.will("/_files/x", Answer(body=b"x" * size))
        assert await bench.send(FETCH) == outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotKept("no_row"), Refused("file.no_row", "content")),
        (StoreRefused("locked"), Refused("file.notKept", "retry")),
        (OSError("full"), Refused("file.notKept", "retry")),
    ],
)
async def test_bytes_that_are_not_taken_in(bench: Bench, error: Exception, outcome: Outcome) -> None:
    async def refuse(medium_id: str, data: bytes) -> None:
        raise error

    bench.client._keep = refuse
    linked(bench)
    assert await bench.send(FETCH) == outcome


# -- where a link may lead

GOOD = [
    "https://api.dingtalk.com/x",
    "https://oapi.dingtalk.com/media/downloadFile?access=1",
    "https://static.dingtalk.com/media/a_b.png",
    "https://down-cdn.dingtalk.com/a?b=c%2Fd&e=f",
    "https://zjk-im-file.oss-cn-zhangjiakou.aliyuncs.com/a/b?Expires=1&Signature=a%2Bb%3D",
    "https://api.dingtalk.com/",
]
_HOSTS = [
    "evil.cn", "dingtalk.com", "aliyuncs.com", "dingtalk.com.evil.cn", "evildingtalk.com",
    "evil-dingtalk.com", "api.dingtalk.com.evil.cn", "api.dingtalk.com@evil.cn", "user@api.dingtalk.com",
    "user:pw@api.dingtalk.com", "api.dingtalk.com:443", "api.dingtalk.com:8443", "api.dingtalk.com:",
    "api.dingtalk.com:80@evil.cn", "api.dingtalk.com.", ".dingtalk.com", "..dingtalk.com",
    "a..dingtalk.com", "-.dingtalk.com", "a-.dingtalk.com", "API.DINGTALK.COM", "a.DingTalk.com",
    "а.dingtalk.cоm", "dingtaIk.com", "a.dingtalk。com", "a。dingtalk.com", "ａ.dingtalk.com",
    "a.dingtalk.com%00", "a.dingtalk.com%2eevil.cn", "evil.cn%23.dingtalk.com", "evil.cn#.dingtalk.com",
    "evil.cn?.dingtalk.com", "evil.cn/.dingtalk.com", "evil.cn\\.dingtalk.com", "evil.cn;.dingtalk.com",
    "a.dingtalk.com\\@evil.cn", "a.dingtalk.com#@evil.cn", "a_b.dingtalk.com", "*.dingtalk.com",
    "a b.dingtalk.com", "a\t.dingtalk.com", "a\n.dingtalk.com", "a\r\nHost:evil.cn\r\n.dingtalk.com",
    "a\0.dingtalk.com", "a.oss-cn-hangzhou-internal.aliyuncs.com", "localhost", "127.0.0.1", "127.1", "0",
    "0.0.0.0", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.dingtalk.com:80", "169.254.169.254",
    "100.100.100.200", "10.0.0.1", "192.168.1.1", "172.16.0.1", "2852039166", "0xA9FEA9FE",
    "0251.0376.0251.0376", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]",
    "[fe80::1%25eth0]", "[64:ff9b::7f00:1]", "[fd00:ec2::254]", "metadata", "metadata.google.internal",
    "instance-data", "0.0.0.0.nip.io", "127.0.0.1.nip.io", "xn--a.dingtalk.com.cn", "com", "dingtalk",
    "a.dingtalk.com.aliyuncs.com.evil.cn", "a.aliyuncs.com.cn", "a.aliyuncs.como", "a.notaliyuncs.com",
    "a" * 64 + ".dingtalk.com", "①②⑦.⓪.⓪.①", "ⓔⓥⓘⓛ.ⓒⓝ",
]  # fmt: skip
BAD = [f"https://{host}/x" for host in _HOSTS if host != "evil.cn"] + [
    "https://evil.cn/x",
    "",
    " ",
    "x",
    "/x",
    "//api.dingtalk.com/x",
    "http://api.dingtalk.com/x",
    "http://a.aliyuncs.com/x",
    "HTTPS://a.dingtalk.com/x",
    "https:/a.dingtalk.com/x",
    "https:a.dingtalk.com/x",
    "https:///a.dingtalk.com/x",
    "https://a.dingtalk.com",
    "https://a.dingtalk.com?x",
    "https://a.dingtalk.com#x",
    " https://a.dingtalk.com/x",
    "https://a.dingtalk.com/x ",
    "https://a.dingtalk.com/x\n",
    "https://a.dingtalk.com/x\r\nX: y",
    "https://a.dingtalk.com/x\0",
    "https://a.dingtalk.com/文",
    "https://a.dingtalk.com/x#y",
    "https://a.dingtalk.com/\\x",
    "https://a.dingtalk.com/" + "x" * 5000,
    "https://api.dingtalk.com.evil.cn/x",
    "https://api.dingtalk.comx/x",
    "https://api.dingtalk.com\\x",
    "ftp://a.dingtalk.com/x",
    "file:///etc/passwd",
    "file://a.dingtalk.com/etc/passwd",
    "gopher://a.dingtalk.com/x",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "dtmd://a.dingtalk.com/x",
    "ws://a.dingtalk.com/x",
    "jar:https://a.dingtalk.com/x!/y",
    "view-source:https://a.dingtalk.com/x",
    "https://a.dingtalk.com/x y",
    "https://a.dingtalk.com/\u202ex",
    "blob:https://a.dingtalk.com/x",
    "http://127.0.0.1:18080/x",
    "https://127.0.0.1:18080/x",
    "http://localhost:18080/x",
]


async def client_of(http: aiohttp.ClientSession, **bases: str) -> DingTalk:
    common = {"client_id": "a", "client_secret": "s", "corp_id": "c", **bases}
    return DingTalk(
        "school", DingTalkApp.model_validate(common), LimitSettings(), http, HeldClock(), lambda path: None
    )


async def test_where_a_link_may_lead() -> None:
    assert len(BAD) >= 120
    async with aiohttp.ClientSession() as http:
        core = (await client_of(http)).core
        assert [url for url in GOOD if not allowed(url, core)] == []
        assert [url for url in BAD if allowed(url, core)] == []


def test_a_reply_address_is_none_of_them_either() -> None:
    bot = make_robot()
    path = "robot/sendBySession?session=a"
    assert pinned(f"https://oapi.dingtalk.com/{path}", bot)
    hosts = [*_HOSTS, *(host.replace("a.", "oapi.", 1) for host in _HOSTS)]
    assert [host for host in hosts if pinned(f"https://{host}/{path}", bot)] == []
    assert [url for url in BAD if pinned(url, bot) or pinned(f"{url}?session=a", bot)] == []


async def test_an_emulated_platforms_links() -> None:
    base = "http://127.0.0.1:18080"
    async with aiohttp.ClientSession() as http:
        core = (await client_of(http, api_base=base, oapi_base=base)).core
        assert allowed(f"{base}/_files/x?y=z", core)
        others = ["http://127.0.0.1:18081/x", "http://127.0.0.1:180800/x", "http://127.0.0.2:18080/x"]
        for bad in [*others, base, *(base + end for end in ("@evil.cn/x", ".evil.cn/x", "/x\\y", "/x\n"))]:
            assert not allowed(bad, core), bad


# -- sending


def uploaded(bench: Bench, *ids: str) -> None:
    bench.platform.will(UPLOAD, *(Answer(body={"errcode": 0, "media_id": one}) for one in ids))


def file(kind: Any, name: str, **data: Any) -> FileRef:
    return FileRef(kind, name, data=data)


async def test_an_upload(bench: Bench) -> None:
    uploaded(bench, "@lAD1")
    assert await bench.send(command(text="", file=file("picture", "a.png"))) == Sent("key-1")
    ((_, headers, raw),) = bench.platform.calls(UPLOAD)
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="media"; filename="classbridge.png"' in raw
    assert b"\r\n\r\npng\r\n" in raw
    assert "access_token=old-1&type=image" in bench.platform.queries
    body = bench.platform.body(PRIVATE)
    assert (body["msgKey"], json.loads(body["msgParam"])) == ("sampleImageMsg", {"photoURL": "@lAD1"})
    assert bench.counted == [UPLOAD, PRIVATE]


async def test_a_picture_carries_its_caption(bench: Bench) -> None:
    uploaded(bench, "@lAD1")
    asked = command(target=TO_GROUP, text="春游 [x](y) @所有人", file=file("picture", "a.png"))
    assert await bench.send(asked) == Sent("key-1")
    body = bench.platform.body(GROUP)
    assert body["msgKey"] == "sampleMarkdown"
    assert json.loads(body["msgParam"]) == {
        "title": "春游 [x](y) ＠所有人",
        "text": "春游 ［x］(y) ＠所有人\n\n![](@lAD1)",
    }
    assert not bench.client.idempotent(asked)
    assert bench.client.api(asked) == GROUP


@pytest.mark.parametrize(
    ("sent", "word", "msg_key", "param"),
    [
        (file("voice", "a.amr", duration=4000), "voice", "sampleAudio",
         {"mediaId": "@m", "duration": "4000"}),
        (file("voice", "a.amr"), "voice", "sampleAudio", {"mediaId": "@m", "duration": "1000"}),
        (file("file", "a.pdf"), "file", "sampleFile",
         {"mediaId": "@m", "fileName": "a.pdf", "fileType": "pdf"}),
        (file("file", "a.png"), "image", "sampleImageMsg", {"photoURL": "@m"}),
    ],
)  # fmt: skip
async def test_every_kind(
    bench: Bench, sent: FileRef, word: str, msg_key: str, param: dict[str, str]
) -> None:
    uploaded(bench, "@m")
    assert await bench.send(command(text="", file=sent)) == Sent("key-1")
    assert any(query.endswith(f"type={word}") for query in bench.platform.queries)
    body = bench.platform.body(PRIVATE)
    assert (body["msgKey"], json.loads(body["msgParam"])) == (msg_key, param)


async def test_a_video_has_a_cover(bench: Bench) -> None:
    uploaded(bench, "@video", "@cover")
    assert await bench.send(command(text="", file=file("video", "a.mp4", duration=5))) == Sent("key-1")
    assert json.loads(bench.platform.body(PRIVATE)["msgParam"]) == {
        "videoMediaId": "@video",
        "videoType": "mp4",
        "picMediaId": "@cover",
        "duration": "5",
    }
    assert COVER.startswith(b"\x89PNG")
    assert COVER in bench.platform.calls(UPLOAD)[1][2]


async def test_the_words_of_a_file_follow_it(bench: Bench) -> None:
    uploaded(bench, "@m")
    bench.platform.will(PRIVATE, Answer(body={"processQueryKey": "file"}))
    assert await bench.send(command(text="请看附件。", file=file("file", "a.pdf"))) == Sent("file")
    keys = [body["msgKey"] for _, _, body in bench.platform.calls(PRIVATE)]
    assert keys == ["sampleFile", "sampleText"]


async def test_words_that_did_not_follow_are_in_doubt(bench: Bench) -> None:
    uploaded(bench, "@m")
    bench.platform.will(PRIVATE, Answer(body={"processQueryKey": "file"}), Answer(429, {"code": "x"}))
    asked = command(text="请看附件。", file=file("file", "a.pdf"))
    assert await bench.send(asked) == Maybe("caption.x")


async def test_the_same_bytes_go_up_once(bench: Bench) -> None:
    uploaded(bench, "@m")
    for number in range(3):
        await bench.send(command(outbox_id=str(number), text="", file=file("picture", "a.png")))
    assert len(bench.platform.calls(UPLOAD)) == 1
    assert len(bench.platform.calls(PRIVATE)) == 3


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(body={"errcode": 0}), Refused("file.noMediaId", "retry")),
        (Answer(body={"errcode": 0, "media_id": "a)![](x"}), Refused("file.noMediaId", "retry")),
        (Answer(how="reset"), Refused("no_answer", "retry")),
        (Answer(body={"errcode": 40005}), Refused("40005", "content")),
        (Answer(body={"errcode": 90018}), Refused("90018", "slow", 1.0)),
    ],
)
async def test_an_upload_that_fails_sends_nothing(bench: Bench, answer: Answer, outcome: Outcome) -> None:
    bench.platform.will(UPLOAD, answer)
    assert await bench.send(command(file=file("picture", "a.png"))) == outcome
    assert bench.platform.calls(PRIVATE) == []


async def test_a_stale_token_is_renewed_for_an_upload(bench: Bench) -> None:
    bench.platform.will(UPLOAD, Answer(body={"errcode": 88, "sub_code": "40014"}))
    uploaded(bench, "@m")
    assert await bench.send(command(text="", file=file("picture", "a.png"))) == Sent("key-1")
    assert len(bench.platform.calls(UPLOAD)) == 2


async def test_a_file_that_takes_too_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.dingtalk.media.PATIENCE_S", 0.01)
    never = asyncio.Event()

    async def wait(wanted: FileRef) -> bytes:
        await never.wait()
        return b""

    bench.client._files = wait
    late = Refused("file.late", "retry")
    assert await bench.send(command(file=file("picture", "a.png"))) == late
    assert bench.platform.requests == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotDrawn("late"), Refused("file.late", "retry")),
        (NotDrawn("fault"), Refused("file.fault", "content")),
        (StoreRefused("locked"), Refused("file.notOpened", "retry")),
    ],
)
async def test_a_file_that_cannot_be_had(bench: Bench, error: Exception, outcome: Outcome) -> None:
    async def refuse(wanted: FileRef) -> bytes:
        raise error

    bench.client._files = refuse
    assert await bench.send(command(file=file("picture", "a.png"))) == outcome


@pytest.mark.parametrize(
    ("sent", "size", "outcome"),
    [
        (file("picture", "gone.png"), 0, Refused("file.gone", "content")),
        (file("picture", "b.png"), 0, Refused("file.size", "content")),
        (file("picture", "b.png"), 20 * MB + 1, Refused("file.size", "content")),
        (file("voice", "b.amr"), 2 * MB + 1, Refused("file.size", "content")),
        (file("picture", "b.exe"), 5, Refused("file.kind", "content")),
        (file("voice", "b.ogg"), 5, Refused("file.kind", "content")),
        (file("file", "b"), 5, Refused("file.kind", "content")),
    ],
)
async def test_what_the_platform_would_not_take(
    bench: Bench, sent: FileRef, size: int, outcome: Outcome
) -> None:
    if sent.name.startswith("b"):
        bench.files[sent.name] = b"x" * size
    assert await bench.send(command(file=sent)) == outcome
    assert bench.platform.requests == []


async def test_without_a_keeper_nothing_is_lost_silently() -> None:
    async with serving() as (platform, http):
        bases = {"api_base": platform.base, "oapi_base": platform.base}
        client = await client_of(http, **bases)
        platform.will(DOWNLOAD, Answer(body={"downloadUrl": f"{platform.base}/_files/x"}))
        assert await client.send(FETCH) == Refused("file.notKept", "retry")
        assert await client.send(command(file=file("picture", "a.png"))) == Refused("file.gone", "content")
