"""Faulty sends in short: every promise kept, and two controls that must break theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dingtalk.client import DingTalk
from bot.tokens import TokenKeeper
from tests.chaos.faulty_sends import PRIVATE, run
from tests.chaos.obeyed import Try, against

SENDS, SHARE = 80, 0.02


@pytest.mark.parametrize("cards", [True, False])
async def test_every_answer_leads_to_what_the_table_says(tmp_path: Path, cards: bool) -> None:
    report = await run(tmp_path, SENDS, SHARE, 1, cards=cards)
    assert report.good, report
    assert sum(struck for struck, _share in report.faults.values()) > SENDS // 2, "the faults did come"
    assert bool(report.labelled) is not cards


async def test_without_the_minute_the_token_is_renewed_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenKeeper, "_mind_the_minute", lambda _self: None)
    report = await run(tmp_path, 80, 0.2, 1, plans={PRIVATE: (("expire_token", None),)})
    assert report.renewals_a_minute > 1


async def test_where_all_lanes_are_taken_for_safe_people_see_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DingTalk, "idempotent", lambda _self, _command: True)
    report = await run(tmp_path, 60, SHARE, 1, cards=False)
    assert report.doubled > 0
    assert "came again unlabelled" in report.against_the_table


@pytest.mark.parametrize(
    ("tries", "end", "wrong"),
    [
        ((Try(0, True, False, "done"),), "sent", False),
        ((Try(0, True, False, "done"), Try(1, True, False, "done")), "sent", True),
        ((Try(0, False, False, "unsure"),), "unknown", False),
        ((Try(0, False, False, "unsure"),), "refused", True),
        ((Try(0, True, False, "unsure"),), "unknown", True),
        ((Try(0, False, False, "wait", 300), Try(299_000, False, False, "done")), "sent", True),
        ((Try(0, False, False, "wait", 1),), "refused", True),
        ((Try(0, False, False, "stop"),), "refused", False),
        ((Try(0, True, False, "unsure"), Try(1, True, False, "stop")), "refused", True),
        ((Try(0, False, False, "token"),), "refused", True),
        ((Try(0, False, False, "token"), Try(1, False, False, "token")), "refused", False),
        ((), "sent", True),
    ],
)
def test_the_judge_sees_what_is_against_the_table(tries: tuple[Try, ...], end: str, wrong: bool) -> None:
    assert bool(against(tries, end, must=False)) is wrong
