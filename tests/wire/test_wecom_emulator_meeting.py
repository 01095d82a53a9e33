"""The emulated meetings and calendar: strict fields, the same meeting not twice within five minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.wire.wecom_school import School, school

CREATE = "meeting/create"


@pytest.fixture
async def wecom() -> AsyncIterator[School]:
    async with school() as stand:
        yield stand


def meeting(stand: School, **more: Any) -> dict[str, Any]:
    return {
        "admin_userid": "t-301", "title": "家访", "meeting_duration": 1200,
        "meeting_start": stand.platform.now_ms() // 1000 // 600 * 600 + 3600,
        "invitees": {"userid": ["d-301"]}, **more,
    }  # fmt: skip


async def test_made_told_and_cancelled(wecom: School) -> None:
    made = await wecom.post(CREATE, meeting(wecom))
    assert made["meeting_link"].startswith("http")
    told = await wecom.post("meeting/get_info", {"meetingid": made["meetingid"]})
    assert (told["title"], told["attendees"]["member"][0]["userid"]) == ("家访", "d-301")
    assert await wecom.code("meeting/cancel", {"meetingid": made["meetingid"]}) == 0
    assert await wecom.code(CREATE, meeting(wecom)) == 0
    assert await wecom.code("meeting/cancel", {"meetingid": "none"}) == 40058
    assert await wecom.code("meeting/get_info", {"meetingid": "none"}) == 40058


async def test_the_same_not_twice_in_five_minutes(wecom: School) -> None:
    body = meeting(wecom)
    assert [await wecom.code(CREATE, body) for _ in range(2)] == [0, 400302]
    assert await wecom.code(CREATE, {**body, "skip_duplicate_check": 1}) == 0
    assert await wecom.code(CREATE, {**body, "title": "另一次"}) == 0
    wecom.pass_s(300)
    assert await wecom.code(CREATE, body) == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"title": "a" * 20}, 0),
        ({"title": "a" * 21}, 40058),
        ({"title": "好" * 13}, 0),
        ({"title": "好" * 14}, 40058),
        ({"title": ""}, 40058),
        ({"meeting_duration": 300}, 0),
        ({"meeting_duration": 299}, 40058),
        ({"meeting_duration": 86_399}, 0),
        ({"meeting_duration": 86_400}, 40058),
        ({"meeting_start": 1}, 400222),
        ({"meeting_start": "soon"}, 40058),
        ({"description": "a" * 500}, 0),
        ({"description": "a" * 501}, 40058),
        ({"location": "a" * 129}, 40058),
        ({"admin_userid": "g-301-01-1"}, 40058),
        ({"invitees": {"userid": ["wm-parent"]}}, 40058),
        ({"settings": {"enable_cloud_record": True}}, 400226),
        ({"agentid": 7}, 301002),
        ({"dance": 1}, 40058),
    ],
)
async def test_what_a_meeting_may_be(wecom: School, more: dict[str, Any], code: int) -> None:
    assert await wecom.code(CREATE, meeting(wecom, **more)) == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 0),
        ({"admins": []}, 90456),
        ({"end_time": 1}, 40058),
        ({"attendees": [{"userid": "t-301"}] * 1000}, 0),
        ({"attendees": [{"userid": "t-301"}] * 1001}, 90464),
        ({"attendees": [{"userid": "g-301-01-1"}]}, 40058),
    ],
)
async def test_the_calendar_is_for_members(wecom: School, more: dict[str, Any], code: int) -> None:
    entry = {"admins": ["t-301"], "start_time": 100, "end_time": 200, "summary": "a", **more}
    assert await wecom.code("oa/schedule/add", {"schedule": entry}) == code
