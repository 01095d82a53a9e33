"""The books themselves: what is lost, doubled or untold must show."""

from __future__ import annotations

import pytest

from tests.chaos.ledger import Books, Seen, effects_of, told


@pytest.fixture
def books() -> Books:
    found = Books()
    for kind, sender, reader in (("relay", "g1", "t1"), ("answer", "t1", "g1"), ("note", "t1", "group")):
        found.say(kind, sender, [reader]).acknowledged = True  # type: ignore[arg-type]
    return found


ALL = [Seen("t1", "小明妈妈：K00000Z"), Seen("g1", "王老师：K00001Z"), Seen("group", "速递 K00002Z")]


def test_balanced_books(books: Books) -> None:
    assert books.lost(ALL, []) == []
    assert books.doubled_messages(ALL) == []
    assert books.too_many_receipts([*ALL, Seen("g1", "已转给王老师")]) == 0


@pytest.mark.parametrize("missing", range(3))
def test_a_lost_message_shows(books: Books, missing: int) -> None:
    seen = ALL[:missing] + ALL[missing + 1 :]
    assert [entry.mark for entry in books.lost(seen, [])] == [f"K0000{missing}Z"]


def test_a_message_that_reached_the_wrong_reader_is_lost(books: Books) -> None:
    assert len(books.lost([Seen("t2", ALL[0].text), *ALL[1:]], [])) == 1


def test_what_was_never_acknowledged_is_not_lost(books: Books) -> None:
    books.entries["K00000Z"].acknowledged = False
    assert books.lost(ALL[1:], []) == []


def test_a_doubtful_send_that_was_told_is_not_lost(books: Books) -> None:
    assert books.lost(ALL[1:], ["小明妈妈：K00000Z"]) == []


def test_the_same_words_twice_show(books: Books) -> None:
    assert books.doubled_messages([*ALL, ALL[0], ALL[0]]) == [ALL[0], ALL[0]]


def test_a_labelled_copy_is_no_double(books: Books) -> None:
    assert books.doubled_messages([*ALL, Seen("t1", "补发，如已收到请忽略：\n小明妈妈：K00000Z")]) == []


def test_a_second_receipt_shows(books: Books) -> None:
    seen = [*ALL, Seen("g1", "已转给王老师"), Seen("g1", "已转给王老师")]
    assert books.too_many_receipts(seen) == 1


def test_an_effect_twice_shows(books: Books) -> None:
    effects = effects_of(["说了 K00000Z", "K00000Z 又说 K00000Z", "K00001Z"])
    assert effects == {"K00000Z": 2, "K00001Z": 1}
    assert books.doubled_effects(effects) == ["K00000Z"]


def test_a_doubtful_send_is_told_only_by_words_about_it() -> None:
    row = "王老师：好的 K00001Z"
    assert told([row], ["1 条不确定有没有发出去：K00001Z"]) == [True]
    assert told([row], ["1 条不确定有没有发出去：K00002Z", "小明妈妈：K00001Z"]) == [False]


def test_a_doubtful_digest_is_told_by_its_heading() -> None:
    row = "【三(2)班 10月12日速递】\n要闻：第K00001Z组今天完成了手抄报。"
    assert told([row], ["三(2)班 10月12日的速递不确定有没有发出去"]) == [True]
    assert told([row], ["三(2)班 10月13日的速递不确定有没有发出去"]) == [False]


def test_equal_words_need_as_many_mentions() -> None:
    row = "已转给王老师，回复会发到这里。"
    assert told([row, row], [f"不确定：① 给小明妈妈：“{row}”"]) == [True, False]
    assert told([row, row], [f"不确定：① “{row}” ② “{row}”"]) == [True, True]


def test_a_send_shown_since_is_told() -> None:
    assert told(["", ""], ["可能没给您显示，补在这里：\n① 记下了（表扬）：K00001Z"]) == [True, False]


def test_a_summary_in_doubt_has_told_if_a_copy_was_seen() -> None:
    summary = "重启时有 1 条不确定有没有发出去：\n① 给小明妈妈：“好的”"
    again = f"补发，如已收到请忽略：\n{summary}"
    assert told([again], [summary]) == [True]
    assert told([again], ["别的"]) == [False]
