"""Interactive cards: created, delivered, updated, and where their buttons lead.

Facts from open.dingtalk.com, "Create and deliver a card", "Update a card", "Register a card callback".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bot.dingtalk.emulator.card_state import CardState, Place, Template, change, look, show
from bot.dingtalk.emulator.endpoint import Request, Table, new_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import CardRoute, Platform
from bot.dingtalk.emulator.sent import SentMessage

_SPACE = re.compile(r"dtv1\.card//(IM_GROUP|IM_ROBOT)\.(.+)")
_MODELS = {"IM_GROUP": "imGroupOpenDeliverModel", "IM_ROBOT": "imRobotOpenDeliverModel"}
_LANES = {"IM_GROUP": "robot_group", "IM_ROBOT": "robot_private"}
KEY_BYTES = 100
VALUE_BYTES = 1024


def _create_and_deliver(platform: Platform, body: dict[str, Any]) -> Done:
    """``POST /v1.0/card/instances/createAndDeliver``."""
    template = _template(platform, body.get("cardTemplateId"))
    track = _track(body)
    spaces = _spaces(body.get("openSpaceId"))
    _check_models(platform, body, spaces)
    card = _card(platform, body, template, track)
    results, places = _place_all(platform, card, body, spaces)
    payload = {"success": True, "result": {"outTrackId": track, "deliverResults": results}}
    return Done(payload, partial(_deliver_now, platform, card, results, places))


def _create(platform: Platform, body: dict[str, Any]) -> Done:
    """``POST /v1.0/card/instances``: a card that nobody sees yet."""
    template = _template(platform, body.get("cardTemplateId"))
    track = _track(body)
    card = _card(platform, body, template, track)

    def keep() -> None:
        platform.cards[track] = card

    return Done({"success": True, "result": track}, keep)


def _deliver(platform: Platform, body: dict[str, Any]) -> Done:
    """``POST /v1.0/card/instances/deliver``: show a created card in one more place."""
    card = _known_card(platform, body)
    spaces = _spaces(body.get("openSpaceId"))
    _check_models(platform, body, spaces)
    results, places = _place_all(platform, card, body, spaces)
    return Done({"success": True, "result": results}, partial(_deliver_now, platform, card, results, places))


def _update(platform: Platform, body: dict[str, Any]) -> Done:
    """``PUT /v1.0/card/instances``: replaces all data unless the by-key options are set."""
    card = _known_card(platform, body)
    if not body.get("cardData") and not body.get("privateData"):
        raise ApiError("param.cardDataAndPrivateDataBothEmpty")
    data = params(body["cardData"], "param.invalid") if body.get("cardData") else None
    private = _private(platform, body.get("privateData"))
    options = body.get("cardUpdateOptions") or {}
    if not isinstance(options, dict):
        raise ApiError("param.invalid")
    return Done({"success": True, "result": True}, partial(change, platform, card, data, private, options))


def _streaming(platform: Platform, body: dict[str, Any]) -> Done:
    """``PUT /v1.0/card/streaming``: one variable, grown or replaced; the same ``guid`` counts once."""
    card = _known_card(platform, body)
    guid, key, content = body.get("guid"), body.get("key"), body.get("content")
    if not isinstance(guid, str) or not guid or not isinstance(content, str):
        raise ApiError("param.invalid")
    if not isinstance(key, str) or key not in card.template.variables:
        raise ApiError("param.invalid", message=f"the template has no variable {key}")
    _check_pair(key, content)
    grown = content if body.get("isFull") else card.data.get(key, "") + content

    def grow() -> None:
        if guid not in card.guids:
            card.guids.add(guid)
            change(platform, card, {key: grown}, {}, {"updateCardDataByKey": True})

    return Done({"success": True, "result": True}, grow)


def _register(platform: Platform, body: dict[str, Any]) -> Done:
    """``POST /v1.0/card/callbacks/register``: where the buttons of cards with this route key lead."""
    key, url, secret = body.get("callbackRouteKey"), body.get("callbackUrl"), body.get("apiSecret")
    if not isinstance(key, str) or not key:
        raise ApiError("param.callbackRouteKeyEmpty")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise ApiError("param.callbackUrlInvalid")
    if secret is not None and (not isinstance(secret, str) or not secret):
        raise ApiError("param.apiSecretInvalid")
    known = platform.routes.get(key)
    if known is not None and not body.get("forceUpdate"):
        # Registered before: without forceUpdate the old address stays and is what the answer names.
        route = known
    else:
        route = CardRoute(url, secret or (known.secret if known else platform.new_id("card-secret")))
    payload = {"success": True, "result": {"callbackUrl": route.url, "apiSecret": route.secret}}

    def keep() -> None:
        platform.routes[key] = route

    return Done(payload, keep)


# -- reading a request ----------------------------------------------------------------------------------


def _template(platform: Platform, template_id: Any) -> Template:
    if not isinstance(template_id, str) or not template_id:
        raise ApiError("param.cardTemplateIdEmpty")
    template = platform.templates.get(template_id)
    if template is None:
        raise ApiError("param.templateNotExist")
    if not template.published:
        raise ApiError("param.templateUnpublished")
    return template


def _track(body: dict[str, Any]) -> str:
    track = body.get("outTrackId")
    if not isinstance(track, str) or not track:
        raise ApiError("param.outTrackIdEmpty")
    return track


def _known_card(platform: Platform, body: dict[str, Any]) -> CardState:
    card = platform.cards.get(_track(body))
    if card is None:
        raise ApiError("param.cardNotExist")
    return card


def _card(platform: Platform, body: dict[str, Any], template: Template, track: str) -> CardState:
    """A new card; its id is taken by every card there is, whoever sees it."""
    data = params(body.get("cardData"), "param.cardPublicDataEmpty")
    private = _private(platform, body.get("privateData"))
    if track in platform.cards:
        raise ApiError("param.cardAlreadyExist")
    kind, key = body.get("callbackType"), body.get("callbackRouteKey")
    if kind not in (None, "STREAM", "HTTP"):
        raise ApiError("param.invalid")
    if kind == "HTTP" and (not isinstance(key, str) or not key):
        raise ApiError("param.invalid")
    return CardState(track, template, data, private, kind, key if kind == "HTTP" else None)


def params(data: Any, empty_code: str) -> dict[str, str]:
    """``cardParamMap`` of ``cardData`` and its kind: a map from strings to strings only.

    Raises:
        ApiError: ``empty_code`` if there is none, ``param.invalid`` for what is no string or too long.
    """
    values = data.get("cardParamMap") if isinstance(data, dict) else None
    if not isinstance(values, dict) or not values:
        raise ApiError(empty_code)
    for key, value in values.items():
        _check_pair(key, value)
    return values


def _check_pair(key: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ApiError("param.invalid", message=f"cardParamMap.{key} is not a string")
    if len(key.encode()) > KEY_BYTES or len(value.encode()) > VALUE_BYTES:
        raise ApiError("param.invalid", message=f"cardParamMap.{key} is too long")


def _private(platform: Platform, data: Any) -> dict[str, dict[str, str]]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ApiError("param.invalid")
    for user in data:
        if user not in platform.world.people:
            raise ApiError("param.userIdNotExist")
    return {user: params(value, "param.invalid") for user, value in data.items()}


# -- delivering -----------------------------------------------------------------------------------------


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


def _place_all(
    platform: Platform, card: CardState, body: dict[str, Any], spaces: list[tuple[str, str]]
) -> tuple[list[dict[str, Any]], list[Place]]:
    """Each delivery's result, and the places of those that succeed."""
    results, places = [], []
    single = len(spaces) == 1 and not card.places
    for number, (kind, target) in enumerate(spaces, len(card.places)):
        result: dict[str, Any] = {"spaceType": kind, "spaceId": target, "success": True}
        code = _refused(platform, card, kind, target)
        if code is not None:
            results.append({**result, "success": False, "errorMsg": code})
            continue
        group = kind == "IM_GROUP"
        chat = target if group else platform.world.people[target].chat
        only = tuple(body[_MODELS[kind]].get("recipients") or ()) if group else ()
        message = card.track if single else f"{card.track}:{number}"
        to = None if group else target
        places.append(Place(message, to, chat, _LANES[kind], (kind, target), only))
        results.append({**result, "carrierId": platform.new_id("query")})
    return results, places


def _refused(platform: Platform, card: CardState, kind: str, target: str) -> str | None:
    """A chat or person that does not exist fails in its own result only."""
    if any(place.space == (kind, target) for place in card.places):
        return "param.cardAlreadyDelivered"
    if kind == "IM_GROUP":
        return None if platform.robot_in_group(target) else "invalid.openConversationId"
    if target not in platform.world.people:
        return "staffId.notExisted"
    return None if platform.robot_reaches(target) else "robot.oto.notExist"


def _deliver_now(
    platform: Platform, card: CardState, results: list[dict[str, Any]], places: list[Place]
) -> None:
    platform.cards[card.track] = card
    show(platform, card, places)
    keys = [result["carrierId"] for result in results if result["success"]]
    for key, place in zip(keys, places, strict=True):
        users = (place.to,) if place.to is not None else ()
        message = SentMessage(key, place.chat, users, platform.now_ms(), place.lane)
        message.shown.append((place.message, place.to, look(card, place.to)))
        platform.sent.add(message)


# -- the table ------------------------------------------------------------------------------------------


def _with_body(call: Callable[[Platform, dict[str, Any]], Done]) -> Callable[[Platform, Request], Done]:
    def called(platform: Platform, request: Request) -> Done:
        body = request.json("param.empty")
        if not body:
            raise ApiError("param.empty")
        return call(platform, body)

    return called


ENDPOINTS: Table = {
    **new_api("POST", "/v1.0/card/instances/createAndDeliver", _with_body(_create_and_deliver)),
    **new_api("POST", "/v1.0/card/instances", _with_body(_create)),
    **new_api("PUT", "/v1.0/card/instances", _with_body(_update)),
    **new_api("POST", "/v1.0/card/instances/deliver", _with_body(_deliver)),
    **new_api("PUT", "/v1.0/card/streaming", _with_body(_streaming)),
    **new_api("POST", "/v1.0/card/callbacks/register", _with_body(_register)),
}
