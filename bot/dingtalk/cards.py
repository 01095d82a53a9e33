"""Interactive cards: what we put into a template, and the two requests that deliver one.

For the person who builds the template in DingTalk's card builder (open.dingtalk.com, 'Interactive
cards'): a template of ClassBridge has these variables, all of type *text*:

* ``title`` – the heading, one line;
* ``body`` – the words; then ``more1`` … ``more5`` – their continuation, each empty if not needed. A
  variable holds at most 1 KB, so long words go on in the next one. Put six text blocks below each other
  and show a ``more`` block only if it is not empty.

Bind them to plain text blocks, not to markdown: the words are shown as they are. Publish the template and
name its id (``….schema``) in the settings: ``digest_card_template`` for the class group,
``message_card_template`` for one person. Without a template, or where cards are refused, the same words go as
markdown.
"""

from __future__ import annotations

from typing import Any

from bot.command import Command, Group
from bot.dingtalk.escape import no_mentions

PARAMS = ("title", "body", "more1", "more2", "more3", "more4", "more5")
MAX_VALUE = 1000
"""Bytes of UTF-8 in one variable; the documented limit is 1 KB, of which some is left."""

CREATE_AND_DELIVER = "/v1.0/card/instances/createAndDeliver"


def card_params(title: str, text: str) -> dict[str, str] | None:
    """The words spread over the template's variables; None if they do not fit.

    Args:
        title: The heading; if the text begins with the same line, it is not shown twice.
        text: The whole text.
    """
    title, text = no_mentions(title).strip(), no_mentions(text).strip()
    if title and text.startswith(title + "\n"):
        text = text[len(title) + 1 :].lstrip("\n")
    parts = _split(text)
    if len(parts) > len(PARAMS) - 1 or len(title.encode()) > MAX_VALUE:
        return None
    parts += [""] * (len(PARAMS) - 1 - len(parts))
    return dict(zip(PARAMS, [title, *parts], strict=True))


def _split(text: str) -> list[str]:
    """Pieces of at most :data:`MAX_VALUE` bytes, cut at line breaks where there are any."""
    parts: list[str] = []
    while len(text.encode()) > MAX_VALUE:
        head = text.encode()[: MAX_VALUE + 1].decode("utf-8", "ignore")
        cut = head.rfind("\n")
        if cut > 0:
            parts.append(text[:cut])
            text = text[cut + 1 :]
        else:
            head = text.encode()[:MAX_VALUE].decode("utf-8", "ignore")
            parts.append(head)
            text = text[len(head) :]
    return [*parts, text]


def card_request(command: Command, template: str, robot_code: str) -> dict[str, Any] | None:
    """The body of one ``createAndDeliver``, or None if the words do not fit a card.

    ``outTrackId`` is the outbox id: the same row sent twice is refused as already existing: seen once.
    """
    params = card_params(command.title, command.text)
    if params is None:
        return None
    preview = (params["title"] or params["body"]).replace("\n", " ")[:60]
    space = {
        "supportForward": False,
        "lastMessageI18n": {"ZH_CN": preview},
        "notification": {"alertContent": preview},
    }
    request: dict[str, Any] = {
        "cardTemplateId": template,
        "outTrackId": command.outbox_id,
        "cardData": {"cardParamMap": params},
        "userIdType": 1,
    }
    target = command.target
    if isinstance(target, Group):
        request["openSpaceId"] = f"dtv1.card//IM_GROUP.{target.conversation_id}"
        request["imGroupOpenSpaceModel"] = space
        request["imGroupOpenDeliverModel"] = {"robotCode": robot_code}
    else:
        request["openSpaceId"] = f"dtv1.card//IM_ROBOT.{target.user_id}"
        request["imRobotOpenSpaceModel"] = space
        request["imRobotOpenDeliverModel"] = {"spaceType": "IM_ROBOT", "robotCode": robot_code}
    return request


def delivered(data: dict[str, Any]) -> tuple[bool | None, str]:
    """Whether every space took the card (None: it does not say), and its carrier id."""
    result = data.get("result")
    rows = result.get("deliverResults") if isinstance(result, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return None, ""
    return all(row.get("success") is True for row in rows), str(rows[0].get("carrierId") or "")
