"""Events: decrypted only if they are the platform's, and once whatever clothes they come in."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dingtalk.events import (
    CHECK_URL,
    EventKeys,
    OpenedEvent,
    event_success,
    open_event,
    read_event,
)
from bot.dingtalk.gate import MAX_BODY, Reason, Rejected
from config.settings import DingTalkApp
from tests.wire.dingtalk_requests import make_robot

TOKEN = "testtoken123"
AES = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OWNER = "dingappkey0001"
STAMP = "1700000000000"
NONCE = "nonceABC"
SALT = b"0123456789abcdef"
NOW = datetime.fromtimestamp(int(STAMP) / 1000, UTC)
CIPHER = "Q3stYC6hdFzMh9T8HCvyDLV8JeomtQuxZLosYEI28mjzSD5UpK2hp0QUc4H6M/N5ly3jG17WwENxT2k9HIRGKg=="
PROOF = "fecaae7ace47b5685dc3d45584ae662879ffabd7"


def make_keys(**changes: Any) -> EventKeys:
    common = {"client_id": OWNER, "client_secret": "s", "corp_id": "corp1"}
    return EventKeys(
        "school",
        DingTalkApp.model_validate({**common, "event_token": TOKEN, "event_aes_key": AES, **changes}),
    )


KEYS = make_keys()


def query(proof: str = PROOF, stamp: str = STAMP, nonce: str = NONCE) -> dict[str, str]:
    return {"signature": proof, "timestamp": stamp, "nonce": nonce}


def envelope(cipher: str = CIPHER) -> bytes:
    return orjson.dumps({"encrypt": cipher})


def sealed(
    body: bytes | dict[str, Any], keys: EventKeys = KEYS, stamp: str = STAMP
) -> tuple[dict[str, str], bytes]:
    """A genuine request."""
    cipher = keys.encrypt(body if isinstance(body, bytes) else orjson.dumps(body), SALT)
    return query(keys.prove(stamp, NONCE, cipher).decode(), stamp), envelope(cipher)


def raw_cipher(plain: bytes, aes: str = AES) -> str:
    """Any plain text, encrypted as it is."""
    key = base64.b64decode(aes + "=")
    sealer = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(plain) + sealer.finalize()).decode()


def opened(request: tuple[dict[str, str], bytes], keys: EventKeys = KEYS) -> OpenedEvent:
    event = open_event(*request, keys, NOW)
    assert isinstance(event, OpenedEvent)
    return event


def refusal(given: dict[str, str], raw: bytes) -> tuple[int, Reason]:
    refused = open_event(given, raw, KEYS, NOW)
    assert isinstance(refused, Rejected)
    return refused.status, refused.reason


# -- the published examples


def test_the_first_request() -> None:
    event = open_event(query(), envelope(), KEYS, NOW)
    assert isinstance(event, OpenedEvent)
    assert event.kind == CHECK_URL
    assert KEYS.encrypt(b'{"EventType":"check_url"}', SALT) == CIPHER
    assert KEYS.prove(STAMP, NONCE, CIPHER) == PROOF.encode()


def test_the_answer() -> None:
    assert orjson.loads(event_success(KEYS, NOW, NONCE, SALT)) == {
        "msg_signature": "fb61d34bbaa930cdcf63bf46bdcccfcd18b4a52f",
        "timeStamp": STAMP,
        "nonce": NONCE,
        "encrypt": "Q3stYC6hdFzMh9T8HCvyDPAmVUAR9ZeRhlEwYP+nuEBRFhY5hPnJphiLrsk5JQ77nHTRPON2ndQ1W0dSzbphjg==",
    }


def test_an_answer_can_be_read_by_the_other_side_and_is_never_the_same() -> None:
    one, two = (orjson.loads(event_success(KEYS, NOW, NONCE)) for _ in range(2))
    assert one["encrypt"] != two["encrypt"]
    assert KEYS.decrypt(one["encrypt"]) == b"success"
    assert KEYS.prove(one["timeStamp"], one["nonce"], one["encrypt"]).decode() == one["msg_signature"]


@pytest.mark.parametrize("length", range(70))
def test_every_length_comes_back(length: int) -> None:
    words = b"x" * length
    assert KEYS.decrypt(KEYS.encrypt(words, SALT)) == words


# -- what an event becomes

BODY = {"EventType": "edu_user_insert", "eventId": "e-1", "CorpId": "corp1", "userid": ["u1"]}


def test_an_event() -> None:
    event = opened(sealed(BODY))
    assert event.message_key == "dingtalk:school:event:e-1"
    assert event.conversation == "dingtalk/school/event"
    assert event.kind == "edu_user_insert"
    assert orjson.loads(event.payload) == {
        "v": 1,
        "app": "school",
        "kind": "edu_user_insert",
        "corp": "corp1",
        "data": BODY,
    }


@pytest.mark.parametrize("name", ["signature", "msg_signature"])
def test_the_proof_has_two_names(name: str) -> None:
    given, raw = sealed(BODY)
    given[name] = given.pop("signature")
    opened((given, raw))


@pytest.mark.parametrize("owner", [OWNER, "corp1"])
def test_both_owners_are_known(owner: str) -> None:
    other = make_keys(client_id=owner)
    opened(sealed(BODY, other), KEYS)


def test_without_an_id_what_it_says_is_the_key() -> None:
    nameless = {key: value for key, value in BODY.items() if key != "eventId"}
    first = opened(sealed(nameless))
    plain = orjson.dumps(nameless)
    assert first.message_key == f"dingtalk:school:event:{hashlib.sha256(plain).hexdigest()}"
    later = sealed(nameless, stamp=str(int(STAMP) + 5))
    assert opened(later).message_key == first.message_key
    assert opened(sealed({**nameless, "n": 1})).message_key != first.message_key


def test_an_event_over_stream() -> None:
    headers = {"eventType": "edu_user_insert", "eventId": "e-1", "eventCorpId": "corp1"}
    event = read_event(headers, b'{"userId":["u1"]}', make_robot())
    assert isinstance(event, OpenedEvent)
    assert (event.message_key, event.kind) == ("dingtalk:school:event:e-1", "edu_user_insert")
    assert orjson.loads(event.payload)["data"] == {"userId": ["u1"]}
    assert read_event({}, b"{}", make_robot()) == Rejected(400, "no_kind")
    assert read_event(headers, b"[]", make_robot()) == Rejected(400, "not_json")
    assert read_event(headers, b" " * (MAX_BODY + 1), make_robot()) == Rejected(413, "too_large")
    assert read_event({"eventType": ["a"]}, b"{}", make_robot()) == Rejected(400, "no_kind")


# -- replays in new clothes


def clothes() -> list[tuple[str, str]]:
    """Other times and nonces whose joined text is the same as of a time and a nonce of digits."""
    found = []
    joined = "1600000000001" + STAMP
    for cut in range(len(joined) + 1):
        for one, two in ((joined[:cut], joined[cut:]), (joined[cut:], joined[:cut])):
            if "".join(sorted([one, two])) == joined:
                found.append((one, two))
    return found


def test_one_event_in_all_its_clothes_is_one_row() -> None:
    cipher = KEYS.encrypt(orjson.dumps(BODY), SALT)
    proof = KEYS.prove(STAMP, "1600000000001", cipher).decode()
    variants = clothes()
    assert len(variants) == 10
    came = [open_event(query(proof, one, two), envelope(cipher), KEYS, NOW) for one, two in variants]
    keys = {one.message_key for one in came if isinstance(one, OpenedEvent)}
    assert keys == {"dingtalk:school:event:e-1"}
    # What is no time, or an old one, does not come in at all.
    assert sum(isinstance(one, Rejected) for one in came) >= len(variants) - 2


def test_a_thousand_random_repetitions_are_one_row() -> None:
    chance = random.Random(5)
    keys = set()
    for _ in range(1000):
        stamp, nonce = str(int(STAMP) + chance.randrange(-9999, 9999)), str(chance.random())
        cipher = KEYS.encrypt(orjson.dumps(BODY), chance.randbytes(16))
        given = query(KEYS.prove(stamp, nonce, cipher).decode(), stamp, nonce)
        keys.add(opened((given, envelope(cipher))).message_key)
    assert len(keys) == 1


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_request_is_refused(seconds: int) -> None:
    given, raw = sealed(BODY)
    assert open_event(given, raw, KEYS, NOW + timedelta(seconds=seconds)) == Rejected(403, "stale")


# -- forged

FORGED: dict[str, dict[str, str]] = {
    "nothing": {},
    "no proof": {"timestamp": STAMP, "nonce": NONCE},
    "empty proof": query(""),
    "cut proof": query(PROOF[:-1]),
    "longer proof": query(PROOF + "0"),
    "very long proof": query("a" * 100_000),
    "upper": query(PROOF.upper()),
    "blank": query(PROOF + " "),
    "non-ascii": query("签" * 40),
    "surrogate": query(PROOF[:-1] + "\udcff"),
    "zeros": query("0" * 40),
    "another time": query(stamp=str(int(STAMP) + 1)),
    "no time": query(stamp=""),
    "seconds": query(stamp=STAMP[:10]),
    "full-width time": query(stamp="１７０００００００００００"),
    "another nonce": query(nonce="nonceABD"),
    "no nonce": query(nonce=""),
    "surrogate nonce": query(nonce="\udcff"),
    "very long nonce": query(nonce="n" * 100_000),
    "of another token": query(make_keys(event_token="testtoken124").prove(STAMP, NONCE, CIPHER).decode()),
}


@pytest.mark.parametrize("given", FORGED.values(), ids=FORGED.keys())
def test_a_forged_event_is_refused(given: dict[str, str]) -> None:
    assert refusal(given, envelope()) == (403, "bad_signature")


def test_a_proof_that_depends_on_a_long_nonce_is_refused() -> None:
    nonce = "n" * 300
    for length in (300, 256):
        proof = KEYS.prove(STAMP, nonce[:length], CIPHER).decode()
        assert refusal(query(proof, nonce=nonce), envelope()) == (403, "bad_signature")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", (400, "not_json")),
        (b"null", (400, "not_json")),
        (b"[]", (400, "not_json")),
        (b"{}", (400, "not_json")),
        (b'{"encrypt":5}', (400, "not_json")),
        (b'{"encrypt":["a"]}', (400, "not_json")),
        (b'{"encrypt":' + b"[" * 50_000, (400, "not_json")),
        (b"<xml><Encrypt>a</Encrypt></xml>", (400, "not_json")),
        (b'{"encrypt":"a","encrypt":"b"}', (403, "bad_signature")),
        (b" " * (MAX_BODY + 1), (413, "too_large")),
    ],
)
def test_what_is_no_envelope(raw: bytes, expected: tuple[int, Reason]) -> None:
    assert refusal(query(), raw) == expected


def plain(owner: bytes = OWNER.encode(), message: bytes = b'{"EventType":"a"}', length: int = -1) -> bytes:
    size = len(message) if length < 0 else length
    return SALT + size.to_bytes(4, "big") + message + owner


def padded(text: bytes, pad: int | None = None, fill: int | None = None) -> bytes:
    size = 32 - len(text) % 32
    return text + bytes([size if fill is None else fill]) * (size if pad is None else pad)


DAMAGED = {
    "not base64": "###",
    "not ascii": "密文",
    "empty": "",
    "no whole block": base64.b64encode(b"x" * 17).decode(),
    "rubbish": base64.b64encode(b"x" * 64).decode(),
    "another key": raw_cipher(padded(plain()), AES[::-1]),
    "another owner": raw_cipher(padded(plain(b"dingappkey0002"))),
    "no owner": raw_cipher(padded(plain(b""))),
    "longer owner": raw_cipher(padded(plain(OWNER.encode() + b"x"))),
    "pad of nought": raw_cipher(padded(plain(), fill=0)),
    "pad too long": raw_cipher(padded(plain(), fill=33)),
    "pad of 255": raw_cipher(padded(plain(), fill=255)),
    "pad unlike": raw_cipher(padded(plain())[:-2] + b"\x01\x02"),
    "length too long": raw_cipher(padded(plain(length=5000))),
    "length of all ones": raw_cipher(padded(plain(length=0xFFFFFFFF))),
    "length too short": raw_cipher(padded(plain(length=3))),
    "nothing but padding": raw_cipher(bytes([32]) * 32),
    "too short": raw_cipher(b"x" * 15 + b"\x01"),
}


@pytest.mark.parametrize("cipher", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_cipher_with_a_good_proof_is_refused(cipher: str) -> None:
    given = query(KEYS.prove(STAMP, NONCE, cipher).decode())
    assert refusal(given, envelope(cipher)) == (403, "bad_cipher")


@pytest.mark.parametrize("inner", [b"", b"success", b"[]", b"<xml/>", b"{", b"\xff\xfe"])
def test_a_genuine_envelope_may_hold_rubbish(inner: bytes) -> None:
    assert refusal(*sealed(inner)) == (400, "not_json")


@pytest.mark.parametrize("kind", [..., "", None, 5, ["a"], "a\0b", "a" * 129])
def test_an_event_needs_a_kind(kind: Any) -> None:
    body = {"EventType": kind} if kind is not ... else {}
    assert refusal(*sealed(body)) == (400, "no_kind")


@settings(max_examples=3000, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 2), st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_no_change_of_a_genuine_request_is_accepted(part: int, at: int, put: bytes) -> None:
    given, raw = dict(query()), envelope()
    if part == 0:
        changed = raw[: at % len(raw)] + put + raw[at % len(raw) + len(put) :]
        came = open_event(given, changed, KEYS, NOW)
        assert isinstance(came, Rejected) or orjson.loads(changed)["encrypt"] == CIPHER
        return
    name = ("signature", "nonce")[part - 1]
    was = given[name]
    at %= len(was)
    given[name] = was[:at] + put.decode("latin-1") + was[at + 1 :]
    came = open_event(given, raw, KEYS, NOW)
    assert isinstance(came, Rejected) or given[name] == was


# -- settings


@pytest.mark.parametrize(
    "changes",
    [
        {"event_token": None},
        {"event_aes_key": None},
        {"event_aes_key": "short"},
        {"event_aes_key": AES + "H"},
        {"event_aes_key": AES[:-1] + "!"},
        {"event_aes_key": "密" * 43},
    ],
)
def test_keys_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="event_"):
        make_keys(**changes)


def test_no_key_can_be_seen() -> None:
    assert repr(KEYS) == "EventKeys('school')"
