"""Template cards: what WeCom takes, how they look (developer.work.weixin.qq.com, paths 101032, 90236)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from bot.emulation.records import Button, Content
from bot.wecom.emulator.endpoint import ApiError

TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
_TASK = re.compile(r"[0-9A-Za-z_\-@]{1,128}", re.ASCII)
_MOST = {
    "horizontal_content_list": (6, 42035),
    "vertical_content_list": (4, 42036),
    "jump_list": (3, 42042),
    "select_list": (3, 42047),
}


def check_card(card: dict[str, Any], taken: Collection[str]) -> None:
    """Whether the platform takes this card.

    Args:
        taken: Task ids the app has used.

    Raises:
        ApiError: With the code of the field that is wrong.
    """
    kind = card.get("card_type")
    if kind not in TYPES:
        raise ApiError(42031, "invalid card_type")
    title = card.get("main_title") or {}
    if not (title.get("title") or title.get("desc") or card.get("sub_title_text")):
        raise ApiError(42033, "main_title missing")
    for name, (most, code) in _MOST.items():
        if not isinstance(card.get(name, []), list) or len(card.get(name, [])) > most:
            raise ApiError(code, f"invalid {name} size")
    _lines(card.get("horizontal_content_list", []))
    if kind.endswith("_notice"):
        action = card.get("card_action")
        if not isinstance(action, dict) or action.get("type") not in (1, 2):
            raise ApiError(42045, "invalid card_action")
        return
    task = card.get("task_id")
    if not isinstance(task, str) or not _TASK.fullmatch(task):
        raise ApiError(40058, "invalid task_id")
    if task in taken:
        raise ApiError(40058, "task_id exists")
    if kind == "button_interaction":
        _buttons(card.get("button_list"))
    else:
        _choices(card)


def _lines(given: list[dict[str, Any]]) -> None:
    needed = {1: ("url", 42028), 2: ("media_id", 42029), 3: ("userid", 42050)}
    for line in given:
        if not line.get("keyname"):
            raise ApiError(42027, "invalid horizontal keyname")
        name, code = needed.get(line.get("type", 0), ("keyname", 0))
        if not line.get(name):
            raise ApiError(code, f"invalid horizontal {name}")


def _choices(card: dict[str, Any]) -> None:
    """The questions and the button of a card to vote or to choose on."""
    vote = card["card_type"] == "vote_interaction"
    questions = [card.get("checkbox")] if vote else card.get("select_list") or []
    for question in questions or [None]:
        if not isinstance(question, dict) or not question.get("question_key"):
            raise ApiError(42043, "invalid question_key")
        options = question.get("option_list")
        if not isinstance(options, list) or not 1 <= len(options) <= (20 if vote else 10):
            raise ApiError(42037, "invalid option_list size")
        for option in options:
            if not 0 < len(str(option.get("id", "")).encode()) <= 128:
                raise ApiError(42040, "invalid option id")
            if not option.get("text"):
                raise ApiError(42041, "invalid option text")
    submit = card.get("submit_button") or {}
    if not submit.get("key"):
        raise ApiError(42046, "invalid submit_button key")
    if not submit.get("text"):
        raise ApiError(42049, "invalid submit_button text")


def _buttons(given: Any) -> None:
    if not isinstance(given, list) or not 1 <= len(given) <= 6:
        raise ApiError(42038, "invalid button_list size")
    for button in given:
        if not isinstance(button, dict) or not button.get("text"):
            raise ApiError(42038, "invalid button text")
        key = button.get("key")
        if button.get("type", 0) == 0 and (not isinstance(key, str) or not 0 < len(key.encode()) <= 1024):
            raise ApiError(42039, "invalid button key")


def shown_card(card: dict[str, Any]) -> Content:
    """The card as somebody sees it: its words from top to bottom, its buttons."""
    title = card.get("main_title") or {}
    quote = card.get("quote_area") or {}
    lines = [title.get("title"), title.get("desc"), quote.get("title"), quote.get("quote_text")]
    lines.append(card.get("sub_title_text"))
    for one in card.get("horizontal_content_list", []):
        lines.append(f"{one.get('keyname', '')} {one.get('value', '')}".strip())
    for one in card.get("vertical_content_list", []):
        lines += [one.get("title"), one.get("desc")]
    text = "\n".join(line for line in lines if line)
    buttons = tuple(Button(str(one.get("key", "")), one["text"]) for one in card.get("button_list", []))
    url = (card.get("card_action") or {}).get("url")
    return Content("card", text, buttons, url=url)
