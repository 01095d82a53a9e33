"""The day that ``classbridge demo --story`` plays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.story import play_story


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    lines: list[str] = []
    assert play_story(json=True, say=lines.append) == 0
    return [json.loads(line) for line in lines]


def test_the_digest_is_in_the_group_once(seen: list[dict[str, Any]]) -> None:
    digests = [item for item in seen if item["to"] is None and item["at"][11:16] == "16:50"]
    assert len(digests) == 1
    assert "10月12日速递" in digests[0]["text"]
    assert "小明主动扫了地" in digests[0]["text"]
    assert "乐乐" not in digests[0]["text"]  # that family has not agreed


def test_a_parent_is_answered(seen: list[dict[str, Any]]) -> None:
    assert any("王老师：在音乐教室找到了" in item["text"] and item["to"] for item in seen)


def test_each_line_is_what_the_control_api_says(seen: list[dict[str, Any]]) -> None:
    fields = {
        "n",
        "at",
        "to",
        "chat",
        "lane",
        "message",
        "kind",
        "text",
        "buttons",
        "url",
        "sha256",
        "change",
        "of",
    }
    assert all(set(item) == fields for item in seen)
    assert [item["n"] for item in seen] == list(range(1, len(seen) + 1))


def test_the_readable_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert play_story() == 0
    told = capsys.readouterr().out
    assert "07:40  小明妈妈：老师早" in told
    assert "▌三(2)班 群  小助手：" in told


# --- the same day on WeCom ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen_on_wecom() -> list[dict[str, Any]]:
    lines: list[str] = []
    assert play_story(json=True, platform="wecom", say=lines.append) == 0
    return [json.loads(line) for line in lines]


def test_on_wecom_the_group_shows_only_what_its_owner_confirmed(seen_on_wecom: list[dict[str, Any]]) -> None:
    tasks = [item["n"] for item in seen_on_wecom if item["kind"] == "task" and item["change"] == "new"]
    posts = [item for item in seen_on_wecom if item["to"] is None]
    assert len(tasks) == len(posts) == 1
    assert tasks[0] < posts[0]["n"]
    assert "10月12日速递" in posts[0]["text"]
    assert "乐乐" not in posts[0]["text"]  # that family has not agreed


def test_on_wecom_parents_are_reached_on_wechat(seen_on_wecom: list[dict[str, Any]]) -> None:
    lanes = {item["lane"] for item in seen_on_wecom if str(item["to"]).startswith("g-")}
    assert lanes == {"kf", "school_notice", "page"}
    notices = [item["text"] for item in seen_on_wecom if item["lane"] == "school_notice"]
    assert notices
    assert not any("乐乐" in text for text in notices)  # the child stands behind the link only


def test_on_wecom_the_readable_form_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert play_story(platform="wecom") == 0
    told = capsys.readouterr().out
    assert "模拟的企业微信" in told
    assert "▌三(2)班 群  小助手：" in told
