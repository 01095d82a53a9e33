"""A whole play with all written down that can be: no word, name, key or address is found."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.canaries import all_written, files, forms, found
from tests.wire.pages_served import Phone
from tests.wire.pressing import USER, Hands, pressing

SAID = "小榕树那边的事"
ASKED = "桂花糕咳嗽"
ANONYMOUS = "匿名：石榴花为什么拖堂"
MOTHER = "三(2)班/小明妈妈"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, other libraries included."""
    with all_written() as out:
        yield out


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
        open_files = files(tmp_path)
    out, err = capfd.readouterr()
    told = {"log": lines + written.getvalue(), "metrics": str(metrics), "out": out, "err": err}
    assert {name: found(canaries, text.encode()) for name, text in told.items()} == {
        name: [] for name in told
    }
    assert '"level":"debug"' in lines
    assert any(name.endswith("-wal") for name in open_files)
    assert found({"class": "三(2)班"}, b"".join(open_files.values()))  # what is not sealed is seen
    for kept in (open_files, files(tmp_path)):
        assert {name: found(canaries, data) for name, data in kept.items()} == {name: [] for name in kept}


def test_a_canary_would_be_found() -> None:
    canaries = {"a": "桂花糕咳嗽"}
    for form in forms("桂花糕咳嗽"):
        assert found(canaries, b"x" + form + b"x") == ["a"]
    assert found(canaries, b"nothing") == []
