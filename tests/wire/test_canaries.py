"""A whole play with all written down that can be: no word, name, key or address is found."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import log
from tests.wire.pages_served import Phone
from tests.wire.pressing import USER, Hands, pressing

SAID = "小榕树那边的事"
ASKED = "桂花糕咳嗽"
ANONYMOUS = "匿名：石榴花为什么拖堂"
MOTHER = "三(2)班/小明妈妈"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, other libraries included."""
    out, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.setup("DEBUG", out)
    yield out
    root.handlers[:], root.level = handlers, level


def forms(canary: str) -> list[bytes]:
    """As it could be written: plain, as JSON, in hex, in base64."""
    plain = canary.encode()
    escaped = json.dumps(canary)[1:-1].encode()
    return [plain, escaped, plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1]]


def found(canaries: dict[str, str], where: bytes) -> list[str]:
    return [name for name, canary in canaries.items() if any(form in where for form in forms(canary))]


async def play(one: Hands) -> dict[str, str]:
    """Notes, words, presses, a link, a phone that is signed in; returns what must be found nowhere."""
    item = await one.preview()
    await one.post(item.message, one.button(item, "发送"), USER)
    await one.say(SAID, MOTHER)
    await one.say(ANONYMOUS, MOTHER)
    await one.say("小明妈妈的链接")
    path = next(
        hit[0]
        for item in reversed(one.emulator.seen())
        if (hit := re.search(r"/h5/l/[0-9a-f]{64}", item.content.text))
    )
    base = f"http://127.0.0.1:{one.app.public_port}"
    phone = Phone(base)
    await phone.get(path)
    visit = phone.jar["cb_visit"]
    await phone.post(path, {"form": phone.field("form")})
    assert "小明" in phone.html
    form = phone.field("form")
    await phone.say(ASKED)
    await phone.say(ANONYMOUS)
    await one.app.settle()
    for wrong in ("/h5/l/" + "ab" * 32, "/nothing/abcabcabc", "/h5/?code=abcabcabc"):
        await phone.get(wrong)
    nonce, cookie = phone.field("nonce"), phone.jar["cb_page"]
    secret = one.app.settings.dingtalk["school"].client_secret.get_secret_value()
    return {
        "link": path.rpartition("/")[2], "visit": visit, "cookie": cookie, "form": form, "nonce": nonce,
        "said": SAID, "asked": ASKED, "anonymous": "石榴花", "child": "小明", "note": "扫了地",
        "secret": secret, "typed": "abcabcabc", "teacher": "王老师",
    }  # fmt: skip


async def test_nothing_is_written_in_the_clear(
    tmp_path: Path, written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async with pressing(tmp_path) as one:
        canaries = await play(one)
        metrics = one.app.metrics.render()
        lines = written.getvalue()
        open_files = _files(tmp_path)
    out, err = capfd.readouterr()
    told = {"log": lines + written.getvalue(), "metrics": str(metrics), "out": out, "err": err}
    assert {name: found(canaries, text.encode()) for name, text in told.items()} == {
        name: [] for name in told
    }
    assert '"level":"debug"' in lines
    assert any(name.endswith("-wal") for name in open_files)
    assert found({"class": "三(2)班"}, b"".join(open_files.values()))  # what is not sealed is seen
    for files in (open_files, _files(tmp_path)):
        assert {name: found(canaries, data) for name, data in files.items()} == {name: [] for name in files}


def _files(folder: Path) -> dict[str, bytes]:
    """What the bot has written: not its configuration, nor the document it was set up from."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".toml", ".json")
    }


def test_a_canary_would_be_found() -> None:
    canaries = {"a": "桂花糕咳嗽"}
    for form in forms("桂花糕咳嗽"):
        assert found(canaries, b"x" + form + b"x") == ["a"]
    assert found(canaries, b"nothing") == []
