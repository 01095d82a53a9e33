"""Interactive cards: created and delivered once per ``outTrackId``, updated.

Facts from open.dingtalk.com, "Create and deliver a card" and "Update a card".
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import orjson

from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import CardState, Platform, Template
from bot.dingtalk.emulator.records import Button, Content

_SPACE = re.compile(r"dtv1\.card//(IM_GROUP|IM_ROBOT)\.(.+)")
_MODELS = {"IM_GROUP": "imGroupOpenDeliverModel", "IM_ROBOT": "imRobotOpenDeliverModel"}
_LANES = {"IM_GROUP": "robot_group", "IM_ROBOT": "robot_private"}
KEY_BYTES = 100
VALUE_BYTES = 1024
BUTTONS = "buttons"
"""The variable that holds a card's buttons: JSON text, ``[{"id", "label", "enabled"}]``."""


def create_and_deliver(platform: Platform, body: dict[str, Any]) -> Done:
    """``POST /v1.0/card/instances/createAndDeliver``."""
    if not body:
        raise ApiError("param.empty")
    template = _template(platform, body.get("cardTemplateId"))
    track = body.get("outTrackId")
    if not isinstance(track, str) or not track:
        raise ApiError("param.outTrackIdEmpty")
    spaces = _spaces(body.get("openSpaceId"))
    _check_models(platform, body, spaces)
    data = _params(body.get("cardData"), "param.cardPublicDataEmpty")
    private = _private(platform, body.get("privateData"))
    if track in platform.cards:
        raise ApiError("param.cardAlreadyExist")
    card = CardState(template, data, private, _callback(body))
    results = [
        _place(platform, card, track if len(spaces) == 1 else f"{track}:{i}", kind, target)
        for i, (kind, target) in enumerate(spaces)
    ]
    payload = {"success": True, "result": {"outTrackId": track, "deliverResults": results}}
    return Done(payload, partial(_show, platform, track, card))


def _template(platform: Platform, template_id: Any) -> Template:
    if not isinstance(template_id, str) or not template_id:
        raise ApiError("param.cardTemplateIdEmpty")
    template = platform.templates.get(template_id)
    if template is None:
        raise ApiError("param.templateNotExist")
    if not template.published:
        raise ApiError("param.templateUnpublished")
    return template


def _spaces(space_id: Any) -> list[tuple[str, str]]:
    if not isinstance(space_id, str) or not space_id:
        raise ApiError("param.openSpaceIdEmpty")
    spaces = []
    for part in space_id.split(";"):
        found = _SPACE.fullmatch(part)
        if found is None:
            raise ApiError("param.openSpaceIdInvalid")
        spaces.append((found[1], found[2]))
    return spaces


def _check_models(platform: Platform, body: dict[str, Any], spaces: list[tuple[str, str]]) -> None:
    for kind, _ in spaces:
        model = body.get(_MODELS[kind])
        if model is None:
            raise ApiError("param.openDeliverModelEmpty")
        if not isinstance(model, dict):
            raise ApiError("param.openDeliverModelError")
        robot = model.get("robotCode")
        # In a one-to-one chat the app's own robot is meant when none is named.
        if robot != platform.app.robot_code and not (kind == "IM_ROBOT" and robot is None):
            raise ApiError("param.openDeliverModelError")
        if kind == "IM_ROBOT" and model.get("spaceType") != "IM_ROBOT":
            raise ApiError("param.openDeliverModelError")


def _params(data: Any, empty_code: str) -> dict[str, str]:
    params = data.get("cardParamMap") if isinstance(data, dict) else None
    if not isinstance(params, dict) or not params:
        raise ApiError(empty_code)
    for key, value in params.items():
        if not isinstance(value, str):
            raise ApiError("param.invalid", message=f"cardParamMap.{key} is not a string")
        if len(key.encode()) > KEY_BYTES or len(value.encode()) > VALUE_BYTES:
            raise ApiError("param.invalid", message=f"cardParamMap.{key} is too long")
    return params


def _private(platform: Platform, data: Any) -> dict[str, dict[str, str]]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ApiError("param.invalid")
    for user in data:
        if user not in platform.world.people:
            raise ApiError("param.userIdNotExist")
    return {user: _params(value, "param.invalid") for user, value in data.items()}


def _callback(body: dict[str, Any]) -> str | None:
    kind = body.get("callbackType")
    if kind not in (None, "STREAM", "HTTP"):
        raise ApiError("param.invalid")
    if kind == "HTTP" and not body.get("callbackRouteKey"):
        raise ApiError("param.invalid")
    return kind


def _place(platform: Platform, card: CardState, message: str, kind: str, target: str) -> dict[str, Any]:
    """Where one delivery goes; a chat or person that does not exist fails in its own result only."""
    result: dict[str, Any] = {"spaceType": kind, "spaceId": target, "success": True}
    world = platform.world
    if kind == "IM_GROUP" and target in world.group_class:
        card.places.append((message, None, target, _LANES[kind]))
    elif kind == "IM_ROBOT" and target in world.people:
        card.places.append((message, target, world.people[target].chat, _LANES[kind]))
    else:
        code = "invalid.openConversationId" if kind == "IM_GROUP" else "staffId.notExisted"
        return {**result, "success": False, "errorMsg": code}
    return {**result, "carrierId": platform.new_id("query")}


def _show(platform: Platform, track: str, card: CardState) -> None:
    platform.cards[track] = card
    at = platform.now_ms()
    for message, to, chat, lane in card.places:
        platform.seen.add(at, to, chat, lane, message, _look(card, to))


def _look(card: CardState, to: str | None) -> Content:
    """The template shows its own variables only, in its own order."""
    values = {**card.data, **card.private.get(to or "", {})}
    lines = [values[name] for name in card.template.variables if values.get(name)]
    return Content("card", "\n".join(lines), _buttons(values.get(BUTTONS)))


def _buttons(text: str | None) -> tuple[Button, ...]:
    try:
        listed = orjson.loads(text) if text else []
        return tuple(Button(str(b["id"]), str(b["label"]), bool(b.get("enabled", True))) for b in listed)
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return ()  # a template draws nothing from a value it cannot read


def update(platform: Platform, body: dict[str, Any]) -> Done:
    """``PUT /v1.0/card/instances``: replaces all data unless the by-key options are set."""
    track = body.get("outTrackId")
    if not isinstance(track, str) or not track:
        raise ApiError("param.outTrackIdEmpty")
    card = platform.cards.get(track)
    if card is None:
        raise ApiError("param.cardNotExist")
    if not body.get("cardData") and not body.get("privateData"):
        raise ApiError("param.cardDataAndPrivateDataBothEmpty")
    data = _params(body["cardData"], "param.invalid") if body.get("cardData") else None
    private = _private(platform, body.get("privateData"))
    options = body.get("cardUpdateOptions") or {}
    if not isinstance(options, dict):
        raise ApiError("param.invalid")
    effect = partial(_change, platform, card, data, private, options)
    return Done({"success": True, "result": True}, effect)


def _change(
    platform: Platform, card: CardState, data: dict[str, str] | None,
    private: dict[str, dict[str, str]], options: dict[str, Any],
) -> None:  # fmt: skip
    before = [_look(card, to) for _, to, _, _ in card.places]
    if data is not None:
        card.data = {**card.data, **data} if options.get("updateCardDataByKey") else data
    for user, values in private.items():
        by_key = options.get("updatePrivateDataByKey")
        card.private[user] = {**card.private.get(user, {}), **values} if by_key else values
    at = platform.now_ms()
    for (message, to, chat, lane), old in zip(card.places, before, strict=True):
        new = _look(card, to)
        if new != old:
            platform.seen.add(at, to, chat, lane, message, new, "updated", message)
