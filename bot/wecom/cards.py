"""Template cards for members: choices that are pressed.

Facts from developer.work.weixin.qq.com, path 90236 (template cards; the lengths are those its page
recommends, beyond them a client shows only the beginning) and path 94888 (changing a card: a code is good
once, for 72 hours).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.command import CardButton, Command, Outcome, Refused, Sent, UpdateCard
from bot.dingtalk.escape import clean
from bot.wecom.texts import CHOSEN

if TYPE_CHECKING:
    from bot.wecom.core import Core

UPDATE = "/cgi-bin/message/update_template_card"
MOST_TITLE, MOST_TEXT = 26, 112
"""Characters that are surely shown."""
MOST_BUTTONS = 6
_OVER = "over"
"""The key of the button that stands for what was chosen; it cannot be pressed."""


def fits(command: Command) -> bool:
    """Whether all the words of a command with choices stand wholly on a card."""
    return (
        0 < len(command.buttons) <= MOST_BUTTONS
        and len(command.title) <= MOST_TITLE
        and 0 < len(clean(command.text)) <= MOST_TEXT
    )


def card(title: str, text: str, buttons: Sequence[CardButton]) -> dict[str, Any]:
    """The card's look, as it is sent, changed, or answered with.

    Args:
        title: Its heading; empty for none.
        text: Its words; of words that are too long the newest part is shown.
        buttons: What can be pressed; with none left it says that the choice is made.
    """
    made: dict[str, Any] = {"card_type": "button_interaction", "sub_title_text": _short(clean(text))}
    if title:
        made["main_title"] = {"title": clean(title)[:MOST_TITLE]}
    open_ones = [{"text": one.label, "style": 1, "key": one.id} for one in buttons if one.enabled]
    for later in open_ones[1:]:
        later["style"] = 2
    if open_ones:
        return made | {"button_list": open_ones[:MOST_BUTTONS]}
    return made | {"button_list": [{"text": CHOSEN, "style": 2, "key": _OVER}], "replace_text": CHOSEN}


def _short(text: str) -> str:
    """The answer stands behind the words it answers: where both are too long, it stands alone."""
    if len(text) <= MOST_TEXT:
        return text
    answer = text.rpartition("\n\n")[2]
    return answer if len(answer) <= MOST_TEXT else f"{answer[: MOST_TEXT - 1]}…"


async def update(core: Core, command: UpdateCard, user_id: str, code: str) -> Outcome:
    """Change a card that hangs already.

    Args:
        user_id: Whose it is.
        code: The card's one-time code.
    """
    body = {
        "userids": [user_id],
        "agentid": core.app.agent_id,
        "response_code": code,
        "template_card": card(command.title, command.text, command.buttons) | {"task_id": command.track},
    }
    verdict = await core.call(UPDATE, body)
    if verdict.meaning == "ok":
        return Sent("")
    return verdict.outcome() if verdict.code != "60140" else Refused("card.code", "content")
