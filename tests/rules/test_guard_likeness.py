"""The second opinion: learnt from the lines it says, small, and never alone against a number."""

from __future__ import annotations

import pytest

from handlers.guard import check
from handlers.guard.folding import fold
from handlers.guard.likeness import examples, opinions, score
from handlers.guard.likeness.pieces import pieces
from handlers.guard.naming import marked

LARGEST = 300_000


def test_the_weights_are_made_from_the_lines_as_they_are() -> None:
    assert f'"made_from": "{examples.digest()}"' in score.WEIGHTS.read_text(encoding="utf-8"), (
        "run: python -m handlers.guard.likeness.build"
    )


def test_the_weights_are_small() -> None:
    assert score.WEIGHTS.stat().st_size <= LARGEST


def test_there_are_enough_lines_of_both_halves_and_none_twice() -> None:
    lines = examples.read()
    own = [line.text for path in examples.files() for line in examples.of(path)]
    nothing = sum(line.rule == examples.NONE for line in lines)
    assert len(own) >= 1500
    assert len(set(own)) == len(own)
    assert 0.3 < nothing / len(lines) < 0.7


def test_shares_are_one_together() -> None:
    shares = score.shares(pieces(fold("明天带跳绳"), "teacher"))
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.__getitem__) == examples.NONE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zxm又没交作业", "N又没交作业"),
        ("小L今天发烧", "N今天发烧"),
        ("17号同学没带书", "N没带书"),
        ("数学课代表考了九十八", "N考了3"),
        ("坐第一排靠窗的那位，又迟到了", "N,又迟到了"),
        ("某李姓同学 在家休息", "N在家休息"),
        ("张 小 明 98分", "N2分"),
        ("接龙报名", "接龙报名"),
        ("班主任嗓子哑了", "班主任嗓子哑了"),
    ],
)
def test_names_and_numbers_become_marks(text: str, shown: str) -> None:
    assert marked(fold(text)).text == shown


@pytest.mark.parametrize("text", ["小明把桌子掀了，课本扔了一地", "zyf昨天在操场抽过去了，送医院了"])
def test_the_words_are_the_texts_own(text: str) -> None:
    verdict = check(text, "teacher")
    assert verdict.verdict == "block"
    assert verdict.words
    assert all(word in text for word in verdict.words)


def test_a_bad_sentence_is_found_in_a_long_letter() -> None:
    letter = "今天孩子们去了植物园，大家都很开心。" * 6
    assert check(f"{letter}小R中途又抢别人的零食，被我批评了。{letter}", "teacher").verdict == "block"


def test_any_length_is_looked_at_in_stretches() -> None:
    parts = [one.line.text for one in opinions(fold("天" * 1000), "teacher")]
    assert max(map(len, parts)) <= 120
    assert sum(map(len, parts)) >= 1000
