"""What each code of WeCom means for the sender: one table, read from the outside."""

from __future__ import annotations

import orjson
import pytest

from bot.command import Maybe, Refused
from bot.wecom.errors import classify


def answer(code: int, **more: object) -> bytes:
    return orjson.dumps({"errcode": code, "errmsg": "from ip: 192.0.2.9, hint: [1]", **more})


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        ((0,), "ok"),
        ((-1,), "maybe"),
        ((6000,), "retry"),
        ((40014, 42001, 42007, 42009), "token"),
        ((45009, 45033), "slow"),
        ((40001, 40013, 43012, 48002, 50001, 60011, 60020, 301002, 93000, 65014, 65022), "config"),
        ((40003, 60111, 81013, 40096, 95001, 95002, 95013, 95018, 86001, 93006, 90501), "recipient"),
        ((40008, 40058, 44004, 45002, 42031, 42039, 42052, 60140, 82001 + 1, 400301), "content"),
    ],
)
def test_the_table(codes: tuple[int, ...], meaning: str) -> None:
    assert {classify(200, answer(code)).meaning for code in codes} == {meaning}


def test_a_limit_says_how_long_to_wait() -> None:
    assert classify(200, answer(45009)).outcome() == Refused("45009", "slow", 60.0)


@pytest.mark.parametrize("code", [1, 99999, 2147483647])
def test_an_unknown_code_is_a_mistake_of_ours(code: int) -> None:
    assert classify(200, answer(code)).outcome() == Refused(str(code), "content")


@pytest.mark.parametrize(
    ("status", "body", "bytes_left", "came"),
    [
        (0, b"", False, Refused("connect", "retry")),
        (0, b"", True, Maybe("no_answer")),
        (502, b"<html>bad gateway</html>", True, Maybe("http502")),
        (200, b'{"errcode":0,"errm', True, Maybe("unreadable")),
        (200, b"", True, Maybe("unreadable")),
        (200, b"[]", True, Maybe("unreadable")),
        (200, b'{"errcode":"0"}', True, Maybe("unreadable")),
        (302, b"", True, Maybe("http302")),
        (502, b'{"message":"bad gateway"}', True, Maybe("http502")),
        (500, b"{}", True, Maybe("http500")),
        (429, b'{"errcode":0}', True, Maybe("http429")),
    ],
)
def test_what_is_no_answer(status: int, body: bytes, bytes_left: bool, came: object) -> None:
    assert classify(status, body, bytes_left=bytes_left).outcome() == came


def test_nothing_of_the_words_around_a_code_is_kept() -> None:
    outcome = classify(200, answer(60020)).outcome()
    assert "192.0.2.9" not in repr(outcome)


def test_an_answer_without_a_code_is_an_answer() -> None:
    verdict = classify(200, b'{"ticket":"t"}')
    assert (verdict.meaning, verdict.data) == ("ok", {"ticket": "t"})
