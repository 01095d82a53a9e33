"""Attacks on WeCom's door over real sockets: nothing forged gets in, and nothing genuine gets in twice.

The proof is malleable: time and nonce may change places and lend each other digits.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from bot.wecom import codec, wire, xml
from bot.wecom.codec import Codec
from bot.wecom.envelope import encrypted
from config.clock import MovableClock
from tests.chaos import mutations
from tests.wire import wecom_requests as made
from tests.wire.wecom_stand import event, message, now_s, press, standing

# -- one message in other clothes


def clothes(stamp: str, nonce: str, encrypt: str) -> list[tuple[str, str]]:
    """Every other pair of time and nonce that has the same proof."""
    proof, both = made.proof(made.TOKEN, stamp, nonce, encrypt), "".join(sorted([stamp, nonce]))
    pairs = {(both[:at], both[at:]) for at in range(len(both) + 1)}
    pairs |= {(late, early) for early, late in pairs}
    return sorted(pair for pair in pairs if made.proof(made.TOKEN, *pair, encrypt) == proof)


def test_the_manuals_example_has_36_clothes_of_which_two_are_cut_right() -> None:
    vector = made.VECTORS["official message"]
    found = clothes(vector.time, vector.nonce, vector.encrypt)
    assert len(found) == 36
    mine = Codec(vector.token, vector.key, vector.owner)
    opened = []
    for stamp, nonce in found:
        asked = {**vector.query, "timestamp": stamp, "nonce": nonce}
        if isinstance(mine.open(asked, vector.encrypt), bytes):
            opened.append((stamp, nonce))
    assert sorted(opened) == sorted([(vector.time, vector.nonce), (vector.nonce, vector.time)])


@pytest.mark.parametrize("plain", [message, partial(event, "enter_agent"), press])
async def test_one_message_in_every_clothes_is_one_row(tmp_path: Path, plain: Callable[..., str]) -> None:
    # A time without noughts, and a nonce as long and as fresh: all splits are sorted like the genuine one.
    stamp, nonce = "1422222222", "1422222299"
    clock = MovableClock(datetime.fromtimestamp(int(stamp), UTC))
    async with standing(tmp_path, clock=clock) as one:
        words = plain(CreateTime=int(stamp))
        # Sorted behind all digits, too.
        encrypt = next(each for each in (made.sealed(words) for _try in range(1000)) if each[0].isalpha())
        pairs = clothes(stamp, nonce, encrypt)
        assert len(pairs) == 40
        proof = made.proof(made.TOKEN, *pairs[0], encrypt)
        answers = []
        for early, late in pairs * 2:
            query = {"msg_signature": proof, "timestamp": early, "nonce": late}
            answers.append((await one.post(query, made.envelope(encrypt)))[0])
        assert set(answers) == {200, 403}
        assert answers.count(200) >= 4, "there are others than the genuine one that hold"
        assert await one.kept() == 1


async def test_the_same_words_sealed_and_proved_anew_are_one_row(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        for plain in (message(7), event("change_contact", ChangeType="create_user", UserID="x"), press()):
            assert [(await one.say(plain))[0] for _again in range(40)] == [200] * 40
        assert await one.kept() == 3


# -- XML nobody sends

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
BAD_XML = {
    "billion laughs": f"<?xml version='1.0'?><!DOCTYPE xml [{LAUGHS}]><xml><Encrypt>&l9;</Encrypt></xml>",
    "quadratic": f"<!DOCTYPE xml [<!ENTITY a '{'x' * 20_000}'>]><xml><a>{'&a;' * 4_000}</a></xml>",
    "document type": "<!DOCTYPE xml><xml><Encrypt>x</Encrypt></xml>",
    "outside entity": "<!DOCTYPE xml [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><xml><a>&e;</a></xml>",
    "parameter entity": "<!DOCTYPE xml [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><xml><a>x</a></xml>",
    "unknown entity": "<xml><Encrypt>&nope;</Encrypt></xml>",
    "deep": "<xml>" + "<a>" * 8_000 + "</a>" * 8_000 + "</xml>",
    "nine deep": "<xml>" + "<a>" * 8 + "x" + "</a>" * 8 + "</xml>",
    "never closed": "<xml>" + "<a>" * 20_000,
    "large": f"<xml><Encrypt>{'x' * 65_536}</Encrypt></xml>",
    "attribute": "<xml a='1'><Encrypt>x</Encrypt></xml>",
    "name space": "<xml xmlns='a'><Encrypt>x</Encrypt></xml>",
    "many attributes": "<xml " + " ".join(f"a{n}='1'" for n in range(5_000)) + "><Encrypt>x</Encrypt></xml>",
    "instruction": "<xml><?php x?><Encrypt>x</Encrypt></xml>",
    "another root": "<root><Encrypt>x</Encrypt></root>",
    "two roots": "<xml><a>x</a></xml><xml><a>x</a></xml>",
    "empty": "<xml/>",
    "nothing": "",
    "blanks": "  \n ",
    "words": "hello",
    "an open section": "<xml><Encrypt><![CDATA[x</Encrypt></xml>",
    "crossed": "<xml><a><b>x</a></b></xml>",
}
WORDS = {name: words.encode() for name, words in BAD_XML.items()} | {
    "UTF-16": "<xml><Encrypt>x</Encrypt></xml>".encode("utf-16"),
    "UTF-16 without a mark": "<xml><Encrypt>x</Encrypt></xml>".encode("utf-16-be"),
    "UTF-7": b"+ADw-xml+AD4-x+ADw-/xml+AD4-",
    "latin-1": b"<?xml version='1.0' encoding='latin-1'?><xml><Encrypt>\xe9</Encrypt></xml>",
    "overlong": b"<xml><Encrypt>\xc0\xbc</Encrypt></xml>",
    "nought": b"<xml><Encrypt>a\x00b</Encrypt></xml>",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_such_a_document_is_not_read_and_soon_given_up(words: bytes) -> None:
    began = time.process_time()
    assert xml.parse(words) is None
    assert not isinstance(encrypted(words), str)
    assert time.process_time() - began < 0.5


async def test_outside_they_are_refused_before_any_proof(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        with mock.patch.object(Codec, "open") as opening:
            for name, words in WORDS.items():
                status, body = await one.post(made.query("x", now_s()), words)
                assert (status, body) == (400, b"") or status == 413, name
        assert opening.call_count == 0
        assert await one.kept() == 0


async def test_inside_they_are_refused_with_a_proof_that_holds(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        for name, words in WORDS.items():
            if len(words) > 40_000:  # the envelope around it is too large already
                continue
            encrypt = Codec(made.TOKEN, made.KEY, made.CORP).seal(words, "n", now_s()).encrypt
            status, body = await one.post(made.query(encrypt, now_s()), made.envelope(encrypt))
            assert (status in (400, 413), body) == (True, b""), name
        assert await one.kept() == 0


@pytest.mark.parametrize("times", [2, 3, 1000])
async def test_two_cipher_texts_are_none(tmp_path: Path, times: int) -> None:
    async with standing(tmp_path) as one:
        encrypt = made.sealed("<xml><MsgType>text</MsgType><MsgId>1</MsgId></xml>")
        body = f"<xml>{f'<Encrypt>{encrypt[:20]}</Encrypt>' * (times - 1)}<Encrypt>{encrypt}</Encrypt></xml>"
        assert await one.post(made.query(encrypt, now_s()), body.encode()) == (400, b"")


@pytest.mark.parametrize(
    "words", ["x]]>y", "]]>", "]]", "]]]]>>", "<![CDATA[x]]>", "&amp;<b a='1'>", "😀", "\r\n x \t"]
)
def test_what_is_written_is_what_is_read(words: str) -> None:
    built = xml.build({"Content": words, "Number": 5, "Item": [{"A": words}, {"A": "b"}]})
    # A line break of Windows is one line break to every reader of XML.
    said = words.replace("\r\n", "\n")
    assert xml.parse(built) == {"Content": said, "Number": "5", "Item": [{"A": said}, {"A": "b"}]}
    assert xml.build({"Content": "a\x00\x1b\ud800b"}) == b"<xml><Content><![CDATA[ab]]></Content></xml>"


# -- nothing is opened or read before the proof has held


async def test_without_a_proof_nothing_is_decrypted_or_read(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        encrypt = made.sealed(message())
        query = made.query(encrypt, now_s(), token="another")
        with mock.patch.object(codec, "_decrypted") as decrypted, mock.patch.object(wire, "read") as read:
            assert await one.post(query, made.envelope(encrypt)) == (403, b"")
        assert decrypted.call_count == read.call_count == 0
        assert one.metrics.refused.value("wecom", "bad_signature") == 1


async def test_ours_with_another_owner_is_decrypted_but_not_read(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        for owner in ("", "wwother", made.CORP.upper(), made.CORP + "0"):
            encrypt = made.sealed(message(), owner)
            with mock.patch.object(wire, "read") as read:
                assert await one.post(made.query(encrypt, now_s()), made.envelope(encrypt)) == (403, b"")
            assert read.call_count == 0
        assert one.metrics.refused.value("wecom", "bad_owner") == 4
        assert await one.kept() == 0


@pytest.mark.parametrize("block", range(16))
async def test_a_changed_first_block_is_salt_and_the_same_message(tmp_path: Path, block: int) -> None:
    """The cipher lets its first block be changed; a stranger has no proof for it, and it changes nothing."""
    async with standing(tmp_path) as one:
        genuine = made.sealed(message(5))
        raw = bytearray(base64.b64decode(genuine))
        raw[block + 16] ^= 1
        other = base64.b64encode(raw).decode()
        assert (await one.post(made.query(genuine, now_s()), made.envelope(other)))[0] == 403
        assert await one.post(made.query(genuine, now_s()), made.envelope(genuine)) == (200, b"")
        assert await one.kept() == 1


# -- many small changes


async def test_no_change_of_a_genuine_callback_gets_in(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        found = await mutations.run(one, 500, seed=7)
        assert found.held, found
        assert found.count == 500
        assert set(found.statuses) == {400, 403}
        assert {"msg_signature", "timestamp", "nonce", "cipher", "envelope", "body"} < set(found.kinds)
        # The door itself is sound: what was not changed comes in.
        assert await one.say(message(99)) == (200, b"")
        assert await one.kept() == 1


async def test_the_changes_get_into_a_door_that_does_not_compare(tmp_path: Path) -> None:
    async with standing(tmp_path) as one:
        with mock.patch("bot.wecom.codec.hmac.compare_digest", return_value=True):
            found = await mutations.run(one, 500, seed=7)
        assert not found.held
        assert found.not_refused
        assert found.read > 0
        assert found.kept > 0
