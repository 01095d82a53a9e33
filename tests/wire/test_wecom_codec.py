"""What seals and opens WeCom's callbacks: known answers, other people's packages, and everything damaged."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wecom.codec import Codec, Rejected, is_fresh
from tests.wire.wecom_requests import CORP, KEY, TOKEN, VECTORS, Other, Vector, others, proof, query

TIME = "1750000000"
OTHERS = others()
OTHER = pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
TEXTS = ["", "x", "明天放假吗？", "😀👨‍👩‍👧", "<![CDATA[a]]>", "x" * 12, "x" * 11, "x" * 13, "长" * 5000]


def codec(owner: str = CORP, previous: tuple[str, str] | None = None) -> Codec:
    return Codec(TOKEN, KEY, owner, previous)


def raw(message: bytes, owner: str = CORP, *, length: int | None = None, pad: bytes | None = None) -> str:
    """A cipher text with whatever length and padding."""
    whole = bytes(16) + (len(message) if length is None else length).to_bytes(4, "big")
    return encrypted(whole + message + owner.encode(), pad)


def encrypted(whole: bytes, pad: bytes | None = None) -> str:
    key = base64.b64decode(KEY + "=")
    size = 32 - len(whole) % 32
    sealer = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    words = whole + (bytes([size]) * size if pad is None else pad)
    return base64.b64encode(sealer.update(words) + sealer.finalize()).decode()


def opened(encrypt: str, owner: str = CORP) -> bytes | Rejected:
    return codec(owner).open(query(encrypt, TIME), encrypt)


# -- what is known


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_known_answer(vector: Vector) -> None:
    mine = Codec(vector.token, vector.key, vector.owner)
    assert mine.open(vector.query, vector.encrypt) == vector.plain.encode()
    if vector.salt:
        made = mine.seal(vector.plain.encode(), vector.nonce, vector.time, salt=vector.salt.encode())
        assert (made.encrypt, made.signature) == (vector.encrypt, vector.proof)
        assert (made.timestamp, made.nonce) == (vector.time, vector.nonce)


@OTHER
@pytest.mark.parametrize("text", TEXTS)
def test_what_others_seal_is_opened(other: Other, text: str) -> None:
    encrypt = other.seal(text, CORP)
    assert opened(encrypt) == text.encode()


@OTHER
@pytest.mark.parametrize("text", TEXTS)
def test_others_open_what_is_sealed(other: Other, text: str) -> None:
    made = codec().seal(text.encode(), "abc", TIME)
    assert other.open(made.encrypt, CORP) == text
    assert made.signature == proof(TOKEN, TIME, "abc", made.encrypt)


def test_two_seals_of_the_same_differ() -> None:
    assert codec().seal(b"x", "n", TIME).encrypt != codec().seal(b"x", "n", TIME).encrypt


# -- keys


@pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "-" * 43, "长" * 43, "a" * 42 + "="])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        Codec(TOKEN, key, CORP)
    with pytest.raises(ValueError, match="43"):
        Codec(TOKEN, KEY, CORP, (TOKEN, key))


def test_the_previous_keys_are_accepted_and_never_used() -> None:
    old = Codec("oldtoken", "a" * 43, CORP)
    both = codec(previous=("oldtoken", "a" * 43))
    made = old.seal("旧".encode(), "n", TIME)
    asked = {"msg_signature": made.signature, "timestamp": TIME, "nonce": "n"}
    assert both.open(asked, made.encrypt) == "旧".encode()
    assert codec().open(asked, made.encrypt) == Rejected(403, "bad_signature")
    fresh = both.seal(b"x", "n", TIME)
    assert opened(fresh.encrypt) == b"x"
    # A token goes with its own key only.
    crossed = query(made.encrypt, TIME, token=TOKEN)
    assert isinstance(both.open(crossed, made.encrypt), Rejected)


def test_keys_are_not_shown() -> None:
    assert TOKEN not in repr(codec())
    assert KEY not in repr(codec())


# -- what is turned away


def test_another_owner_with_a_proof_that_holds() -> None:
    assert opened(raw(b"x", "wwother")) == Rejected(403, "bad_owner")
    assert opened(raw(b"x", "")) == Rejected(403, "bad_owner")
    assert opened(raw(b"x", CORP + "x")) == Rejected(403, "bad_owner")
    assert opened(raw(b"x", CORP), owner="") == Rejected(403, "bad_owner")


def test_one_changed_byte_of_the_cipher_fails_the_proof() -> None:
    encrypt = raw(b"hello")
    asked = query(encrypt, TIME)
    for at in range(len(encrypt)):
        changed = encrypt[:at] + ("A" if encrypt[at] != "A" else "B") + encrypt[at + 1 :]
        assert codec().open(asked, changed) == Rejected(403, "bad_signature")


BODY = b"x" * 7
"""With it the plain text is 44 bytes long; a proper padding has 20."""

PADDINGS = {
    "none": b"\x01" * 3 + b"\x00",
    "0": bytes(20),
    "33": bytes([33]) * 20,
    "36, all of them": bytes([36]) * 36,
    "255": bytes([255]) * 20,
    "more than there is": bytes([21]) * 20,
    "not all the same": bytes([19]) + bytes([20]) * 19,
    "only the last": bytes(19) + bytes([20]),
}


@pytest.mark.parametrize("pad", PADDINGS.values(), ids=PADDINGS)
def test_a_padding_that_is_none(pad: bytes) -> None:
    assert opened(raw(BODY)) == BODY
    assert isinstance(opened(raw(BODY, pad=pad)), Rejected)


@pytest.mark.parametrize("length", [8, 24, 25, 1 << 16, (1 << 31) - 1, (1 << 32) - 1])
def test_a_length_that_does_not_fit(length: int) -> None:
    assert isinstance(opened(raw(BODY, length=length)), Rejected)
    # Nobody's owner is the end of anything: there the length alone says where the words end.
    assert isinstance(opened(raw(BODY, "", length=length), ""), Rejected)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 19])
def test_too_short_for_a_length(size: int) -> None:
    assert opened(encrypted(bytes(size))) == Rejected(400, "bad_cipher")


ODD = ["", "=", "====", "AAAA", "A" * 21, "A" * 22 + "=", "长", "\x00", "A" * 44, " " * 44, raw(b"x") + "\n"]


@pytest.mark.parametrize("encrypt", [*ODD, raw(b"x")[:-4], raw(b"x").replace("=", ""), "-" + raw(b"x")[1:]])
def test_a_cipher_text_that_is_none_with_a_proof_that_holds(encrypt: str) -> None:
    assert opened(encrypt) == Rejected(400, "bad_cipher")


ENCRYPT = raw(b"hello")
GOOD = query(ENCRYPT, TIME)
QUERIES: dict[str, dict[str, str]] = {
    "empty": {},
    "no proof": {**GOOD, "msg_signature": ""},
    "short proof": {**GOOD, "msg_signature": GOOD["msg_signature"][:-1]},
    "long proof": {**GOOD, "msg_signature": GOOD["msg_signature"] + "0"},
    "proof in capitals": {**GOOD, "msg_signature": GOOD["msg_signature"].upper()},
    "proof with a line break": {**GOOD, "msg_signature": GOOD["msg_signature"] + "\n"},
    "full-width proof": {**GOOD, "msg_signature": "０" * 40},
    "surrogates": {**GOOD, "msg_signature": "\ud800" * 40},
    "huge proof": {**GOOD, "msg_signature": "0" * 100_000},
    "no proof at all, by another name": {"signature": GOOD["msg_signature"], "timestamp": TIME, "nonce": "n"},
    **{
        f"time {time[:12]!r}": query(ENCRYPT, time)
        for time in (
            "",
            "0",
            TIME[:-1],
            TIME + "0",
            "1_50000000",
            "+750000000",
            "１７５０００００００",
            " 750000000",
        )
    },
    **{
        f"nonce {nonce[:8]!r}": query(ENCRYPT, TIME, nonce)
        for nonce in ("", " ", "a b", "n" * 65, "长", "a\nb", "a\x00", "n\x7f")
    },
    "surrogate nonce": {**GOOD, "nonce": "\ud800"},
    "time and nonce swapped": {**GOOD, "timestamp": GOOD["nonce"], "nonce": TIME},
}


@pytest.mark.parametrize("asked", QUERIES.values(), ids=QUERIES)
def test_a_query_that_is_none(asked: dict[str, str]) -> None:
    assert codec().open(GOOD, ENCRYPT) == b"hello"
    assert codec().open(asked, ENCRYPT) == Rejected(403, "bad_signature")


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_there_and_back(message: bytes) -> None:
    made = codec().seal(message, secrets.token_hex(4), TIME)
    assert opened(made.encrypt) == message


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=160))
def test_any_plain_text_is_opened_or_refused(whole: bytes) -> None:
    found = opened(encrypted(whole))
    assert isinstance(found, Rejected)
    assert found.reason in ("bad_cipher", "bad_owner")


@pytest.mark.parametrize(
    ("far_s", "fresh"), [(0, True), (299, True), (-300, True), (301, False), (-301, False)]
)
def test_the_time_of_an_address(far_s: int, fresh: bool) -> None:
    now = datetime.fromtimestamp(int(TIME), UTC)
    assert is_fresh({"timestamp": TIME}, now + timedelta(seconds=far_s), 300) is fresh
    assert not is_fresh({}, now, 300)


def test_an_answer_is_sealed_with_the_keys_its_request_came_with() -> None:
    """Else a platform still on the old keys throws away what a press or an anonymous word was answered."""
    old, both = Codec("oldtoken", "a" * 43, CORP), codec(previous=("oldtoken", "a" * 43))
    for asker in (old, codec()):
        sealed = asker.seal(b"asked", "nonce12345", "1750000000")
        query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
        assert both.open(query, sealed.encrypt) == b"asked"
        said = both.answering(query, sealed.encrypt).seal(b"answer", "n", "1750000000")
        back = {"msg_signature": said.signature, "timestamp": said.timestamp, "nonce": said.nonce}
        assert asker.open(back, said.encrypt) == b"answer"
