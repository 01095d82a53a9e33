"""Faulty sends to WeCom in short: every promise kept on every lane, and controls that must break theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.command import Broadcast, Command, Outcome
from bot.tokens import TokenKeeper
from bot.wecom import app, groupmsg, kf
from bot.wecom.client import WeCom
from bot.wecom.core import Core
from bot.wecom.media import Uploads
from config.ids import new_id
from tests.chaos.wecom_faulty import run
from tests.chaos.wecom_obeyed import KF, LAY, MEMBER

SHARE = 0.02
LOST_ANSWER = (("reset", None),)


@pytest.mark.parametrize(("profile", "sends"), [("full", 100), ("internal", 40)])
async def test_every_answer_leads_to_what_the_table_says(tmp_path: Path, profile: str, sends: int) -> None:
    report = await run(tmp_path, sends, SHARE, 2, profile=profile)
    assert report.good, report
    assert sum(report.faults.values()) > sends // 4, "the faults did come"
    assert len(report.ends) > 1


async def test_without_the_duplicate_check_members_see_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body_of = app.body_of

    def unchecked(agent_id: int, user_id: str, kind: str, content: dict[str, object]) -> bytes:
        body = body_of(agent_id, user_id, kind, content)
        return body.replace(b'"enable_duplicate_check":1', b'"enable_duplicate_check":0')

    monkeypatch.setattr(app, "body_of", unchecked)
    report = await run(tmp_path, 40, 0.3, 1, plans={MEMBER: LOST_ANSWER})
    assert report.doubled > 0


async def test_without_its_own_id_a_guardian_sees_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kf, "msg_id", lambda _outbox_id, _part=0: new_id())
    report = await run(tmp_path, 40, 0.3, 1, plans={KF: LOST_ANSWER})
    assert report.doubled > 0


async def test_without_their_mark_equal_words_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "mark_of", lambda _outbox_id: "")
    report = await run(tmp_path, 20, SHARE, 1, plans={})
    assert report.lost == 2, "the twins"


async def test_a_card_in_doubt_whose_lane_changes_would_be_seen_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WeCom, "_removed", lambda _self, _command: True)
    plan = (("reset", None), ("code", "43012"))
    report = await run(tmp_path, 240, 0.3, 1, plans={MEMBER: plan})
    assert report.doubled > 0


async def test_a_task_that_is_not_looked_for_would_be_laid_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for safe, a task whose answer was lost would lie there twice."""

    lay = groupmsg.lay

    async def never(*_given: object) -> str:
        return ""

    async def anew(core: Core, command: Command, target: Broadcast, uploads: Uploads) -> Outcome:
        return await lay(core, replace(command, tried=None), target, uploads)

    monkeypatch.setattr(groupmsg, "_find", never)
    monkeypatch.setattr(groupmsg, "lay", anew)
    report = await run(tmp_path, 60, 0.5, 1, plans={LAY: LOST_ANSWER})
    assert report.doubled > 0


async def test_without_the_minute_the_token_is_renewed_too_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenKeeper, "_mind_the_minute", lambda _self: None)
    report = await run(tmp_path, 60, 0.3, 1, plans={MEMBER: (("expire_token", None),)})
    assert report.renewals_a_minute > 1


async def test_without_our_limits_those_of_the_platform_are_exceeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "buckets", lambda _core, _user_id: [])
    report = await run(tmp_path, 60, SHARE, 1, plans={}, limits={"member_minute": 3})
    assert report.over_limits > 0
    assert report.lost > 0, "the platform drops it in silence"
