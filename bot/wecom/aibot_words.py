"""What the AI bot says, as the JSON of its answers. No input, no output.

Facts from developer.work.weixin.qq.com, paths 101031, 101032, 101138 and 101463. Its words are markdown, so
what looks like mark-up is shown as characters: no mention, link or heading comes out of what people wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.command import CardButton, Command
from bot.dingtalk.escape import escape_markdown, no_mentions
from bot.intake import Look
from handlers.anonymous.texts import answer
from handlers.relay.rules import sounds_dangerous

MOST_BYTES = 20_480
MOST_BUTTONS = 6
MOST_ON_CARD = 1_024
"""Bytes of words on a card; the vendor names no limit and recommends far less."""
_LABEL = 12
_DONE = CardButton("done", "✓", enabled=False)
"""An interactive card must have a button; this one stands for none."""


def content(text: str) -> str:
    """Plain words as the bot's markdown."""
    return escape_markdown(text)


def fits(text: str) -> bool:
    """Whether the words are short enough for one message."""
    return len(content(text).encode()) <= MOST_BYTES


def anonymous_answer(text: str) -> str:
    """What an anonymous message is told, from memory."""
    return answer(danger=sounds_dangerous(text))


def stream_body(stream_id: str, text: str) -> dict[str, Any]:
    """An answer to a message: whole at once, so that the platform never asks how it goes on."""
    return {"msgtype": "stream", "stream": {"id": stream_id, "finish": True, "content": content(text)}}


def markdown_body(text: str) -> dict[str, Any]:
    """A message that answers none, or by an address."""
    return {"msgtype": "markdown", "markdown": {"content": content(text)}}


def card_body(command: Command) -> dict[str, Any] | None:
    """Words with buttons; None where they do not fit on a card."""
    buttons, text = command.buttons, command.text
    if not buttons or len(buttons) > MOST_BUTTONS or len(text.encode()) > MOST_ON_CARD:
        return None
    card = _card(command.outbox_id, command.title, text, buttons)
    return {"msgtype": "template_card", "template_card": card}


def update_body(track: str, look: Look) -> dict[str, Any]:
    """A pressed card's new look, for everybody who sees it."""
    buttons = look.buttons or (_DONE,)
    card = _card(track, look.title, look.text, buttons[:MOST_BUTTONS])
    return {"response_type": "update_template_card", "template_card": card}


def _card(track: str, title: str, text: str, buttons: Sequence[CardButton]) -> dict[str, Any]:
    head, _, rest = no_mentions(text).strip().partition("\n")
    if title and head != title:
        head, rest = no_mentions(title), no_mentions(text)
    drawn = [
        {"text": no_mentions(one.label).strip()[:_LABEL], "style": 1 if one.enabled else 3, "key": one.id}
        for one in buttons
    ]
    return {
        "card_type": "button_interaction",
        "main_title": {"title": head},
        "sub_title_text": rest.strip(),
        "task_id": track,
        "button_list": drawn,
    }
