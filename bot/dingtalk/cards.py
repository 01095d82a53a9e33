"""Interactive cards: what we put into a template, and the requests that deliver and change one.

For the person who builds the template in DingTalk's card builder (open.dingtalk.com, 'Interactive
cards'): a template of ClassBridge has these variables, all of type *text*:

* ``title`` – the heading, one line;
* ``body`` – the words; then ``more1`` … ``more5`` – their continuation, each empty if not needed. A
  variable holds at most 1 KB, so long words go on in the next one. Put six text blocks below each other
  and show a ``more`` block only if it is not empty;
* ``buttons`` – JSON text, ``[{"id", "label", "enabled"}]``, at most four. Draw one button each,
  disabled where ``enabled`` is false, whose press calls back with the parameter ``id`` set to the button's.

Bind the words to plain text blocks, not to markdown: they are shown as they are. Publish the template and
name its id (``….schema``) in the settings: ``digest_card_template`` for the class group,
``message_card_template`` for one person. Without a template, or where cards are refused, the same words go as
markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from bot.command import CardButton, Command, Group, Outcome, Private, Refused, Sent, UpdateCard
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.escape import no_mentions
from bot.dingtalk.gate import callback_secret

PARAMS = ("title", "body", "more1", "more2", "more3", "more4", "more5")
_HEADING = "\u3010\u3011"
MAX_VALUE = 1000
"""Bytes of UTF-8 in one variable; the documented limit is 1 KB, of which some is left."""

BUTTONS = "buttons"
MAX_BUTTONS = 4
MAX_LABEL = 12
"""Characters on a button; a longer word is cut."""

CREATE_AND_DELIVER = "/v1.0/card/instances/createAndDeliver"
UPDATE = "/v1.0/card/instances"
REGISTER = "/v1.0/card/callbacks/register"
_BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
"""Without them everything that is not named is wiped off the card."""


def card_data(title: str, text: str, buttons: Sequence[CardButton]) -> dict[str, str] | None:
    """All of a card's variables; None if words or buttons do not fit.

    Args:
        title: The heading; if the text begins with the same line, it is not shown twice.
        text: The whole text.
        buttons: At most :data:`MAX_BUTTONS`; none takes away those that hang there.
    """
    params = card_params(title, text)
    drawn = [
        {"id": one.id, "label": no_mentions(one.label).strip()[:MAX_LABEL], "enabled": one.enabled}
        for one in buttons
    ]
    listed = orjson.dumps(drawn).decode()
    if params is None or len(drawn) > MAX_BUTTONS or len(listed.encode()) > MAX_VALUE:
        return None
    return {**params, BUTTONS: listed}


def answer_body(title: str, text: str, buttons: Sequence[CardButton]) -> dict[str, Any]:
    """A card's new look as the answer to a press; what does not fit takes only the buttons away."""
    data = card_data(title, text, buttons) or {BUTTONS: "[]"}
    return {"cardUpdateOptions": dict(_BY_KEY), "cardData": {"cardParamMap": data}}


def card_params(title: str, text: str) -> dict[str, str] | None:
    """The words spread over the template's variables; None if they do not fit.

    Args:
        title: The heading; if the text brings its own (the same line, or one in heavy brackets), that is
            the heading, and nothing is shown twice.
        text: The whole text.
    """
    title, text = no_mentions(title).strip(), no_mentions(text).strip()
    first, _, rest = text.partition("\n")
    if rest and ((title and first == title) or (first[0] == _HEADING[0] and first[-1] == _HEADING[1])):
        title, text = first, rest.lstrip("\n")
    parts = _split(text)
    if len(parts) > len(PARAMS) - 1:  # long lines leave much room unused
        parts = _split(text, at_lines=False)
    if len(parts) > len(PARAMS) - 1 or len(title.encode()) > MAX_VALUE:
        return None
    parts += [""] * (len(PARAMS) - 1 - len(parts))
    return dict(zip(PARAMS, [title, *parts], strict=True))


def _split(text: str, *, at_lines: bool = True) -> list[str]:
    """Pieces of at most :data:`MAX_VALUE` bytes, cut at line breaks where there are any, or anywhere."""
    parts: list[str] = []
    while len(text.encode()) > MAX_VALUE:
        head = text.encode()[: MAX_VALUE + 1].decode("utf-8", "ignore")
        cut = head.rfind("\n") if at_lines else -1
        if cut > 0:
            parts.append(text[:cut])
            text = text[cut + 1 :]
        else:
            head = text.encode()[:MAX_VALUE].decode("utf-8", "ignore")
            parts.append(head)
            text = text[len(head) :]
    return [*parts, text]


def card_request(command: Command, template: str, core: Core) -> dict[str, Any] | None:
    """The body of one ``createAndDeliver``, or None if the words do not fit a card.

    ``outTrackId`` is the outbox id: the same row sent twice is refused as already existing: seen once.
    """
    params = card_data(command.title, command.text, command.buttons)
    if params is None:
        return None
    robot_code = core.robot_code
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
    if command.buttons:
        request |= _callback(core)
    target = command.target
    if isinstance(target, Group):
        request["openSpaceId"] = f"dtv1.card//IM_GROUP.{target.conversation_id}"
        request["imGroupOpenSpaceModel"] = space
        request["imGroupOpenDeliverModel"] = {"robotCode": robot_code}
    elif isinstance(target, Private):
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


# -- presses


def route_key(core: Core) -> str:
    """The name our callback address is registered under."""
    return f"classbridge-{core.name}"


def _callback(core: Core) -> dict[str, str]:
    if core.app.receive == "stream":
        return {"callbackType": "STREAM"}
    return {"callbackType": "HTTP", "callbackRouteKey": route_key(core)}


async def register_route(core: Core, callback_url: str) -> Failed | None:
    """Tell the platform where presses go, HTTP receivers only; again and again is allowed. None: done."""
    body = {
        "callbackRouteKey": route_key(core),
        "callbackUrl": callback_url,
        "apiSecret": callback_secret(core.app),
        "forceUpdate": True,
    }
    verdict = await core.call_new(REGISTER, body)
    return None if verdict.meaning in ("ok", "exists") else verdict.outcome()


# -- updates


async def update(core: Core, command: UpdateCard) -> Outcome:
    """Give a card its new look. Never from inside a callback: there the answer is the new look."""
    data = card_data(command.title, command.text, command.buttons) or {BUTTONS: "[]"}
    body = {
        "outTrackId": command.track,
        "cardData": {"cardParamMap": data},
        "cardUpdateOptions": dict(_BY_KEY),
        "userIdType": 1,
    }
    verdict = await core.call_new(UPDATE, body, "PUT")
    if verdict.meaning in ("ok", "exists"):
        return Sent(command.track)
    if verdict.code == "param.cardNotExist":
        return Refused(verdict.code, "recipient")
    return verdict.outcome()
