"""``kf/*``: customer service towards the product.

Facts from developer.work.weixin.qq.com, paths 94670, 94677, 95122, 94669, 95159 (customers), 94661 (accounts)
and 94665 (links).
"""

from __future__ import annotations

import re
from typing import Any

from bot.emulation import texts as cast
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.kf_content import look
from bot.wecom.emulator.kf_state import BY_A_PERSON, CLOSED, FRESH, WAITING, WINDOW_MS
from bot.wecom.emulator.platform import Platform

MOST_PAGE = 1000
MOST_ASKED = 100
_OWN_ID = re.compile(r"[0-9A-Za-z_\-]{1,32}", re.ASCII)
_SCENE = re.compile(r"[0-9A-Za-z_\-]{0,32}", re.ASCII)
_CURSOR = re.compile(r"kfc([0-9]{1,9})", re.ASCII)
_NEXT = {0: (1, 2, 3, 4), 1: (2, 3, 4), 2: (3, 4), 3: (2, 3, 4), 4: ()}
"""Where a conversation may go from each state."""


def _account(platform: Platform, body: dict[str, Any]) -> None:
    if body.get("open_kfid") != platform.kf.account:
        raise ApiError(95000, "invalid open_kfid")


def accounts(platform: Platform, _call: Request) -> Done:
    """``kf/account/list``."""
    one = {"open_kfid": platform.kf.account, "name": cast.ROBOT, "avatar": "", "manage_privilege": True}
    return Done({"account_list": [one]})


def contact_way(platform: Platform, call: Request) -> Done:
    """``kf/add_contact_way``."""
    body = call.body
    _account(platform, body)
    scene = body.get("scene", "")
    if not isinstance(scene, str) or not _SCENE.fullmatch(scene):
        raise ApiError(40058, "invalid scene")
    return Done({"url": f"{platform.base_url}/kfid/{platform.kf.account}?enc_scene={scene}"})


def sync(platform: Platform, call: Request) -> Done:
    """``kf/sync_msg``."""
    body, kf = call.body, platform.kf
    _account(platform, body)
    most, voice = body.get("limit", MOST_PAGE), body.get("voice_format", 0)
    if not isinstance(most, int) or not 0 < most <= MOST_PAGE or voice not in (0, 1):
        raise ApiError(40058, "invalid limit or voice_format")
    given = body.get("cursor", "")
    found = _CURSOR.fullmatch(given) if isinstance(given, str) else None
    if given and (found is None or int(found[1]) > len(kf.log)):
        raise ApiError(40058, "invalid cursor")
    kf.may_read(str(body.get("token", "")))
    items, reached, more = kf.page(int(found[1]) if found else 0, most)
    return Done({"next_cursor": f"kfc{reached}", "has_more": int(more), "msg_list": items})


def send(platform: Platform, call: Request) -> Done:
    """``kf/send_msg``: a second copy under the same ``msgid`` is shown to nobody."""
    body, kf = call.body, platform.kf
    _account(platform, body)
    customer = kf.found(body.get("touser"))
    message = _own_id(platform, body)
    content = look(platform, body)
    if message in kf.said:
        return _again(platform, message)
    kf.may_say(customer)

    def effect() -> None:
        kf.said.add(message)
        customer.sent += 1
        platform.show(customer.person, customer.person.chat, "kf", content, message)

    return Done({"msgid": message}, effect)


def _own_id(platform: Platform, body: dict[str, Any]) -> str:
    given = body.get("msgid")
    if given is None:
        return platform.new_id("kf-sent")
    if not isinstance(given, str) or not _OWN_ID.fullmatch(given):
        raise ApiError(40058, "invalid msgid")
    return given


def _again(platform: Platform, message: str) -> Done:
    if platform.kf.knobs.repeat_code:
        raise ApiError(platform.kf.knobs.repeat_code, "duplicate msgid")
    return Done({"msgid": message})


def welcome(platform: Platform, call: Request) -> Done:
    """``kf/send_msg_on_event``: once per code, within 20 seconds; words or a menu."""
    body, kf = call.body, platform.kf
    message = _own_id(platform, body)
    if body.get("msgtype") not in ("text", "msgmenu"):
        raise ApiError(40008, "invalid message type")
    content = look(platform, body)
    if message in kf.said:
        return _again(platform, message)
    code = str(body.get("code", ""))
    external, until_ms = kf.welcomes.get(code, ("", 0))
    if platform.now_ms() >= until_ms:
        # No page names the code of a used or old one; any of the 95000s makes the product give it up.
        raise ApiError(95007, "invalid code")
    customer = kf.found(external)

    def effect() -> None:
        del kf.welcomes[code]
        kf.said.add(message)
        customer.greeted_ms = platform.now_ms()
        platform.show(customer.person, customer.person.chat, "kf", content, message)

    return Done({"msgid": message}, effect)


def state(platform: Platform, call: Request) -> Done:
    """``kf/service_state/get``."""
    body = call.body
    _account(platform, body)
    return Done({"service_state": platform.kf.found(body.get("external_userid")).state})


def transfer(platform: Platform, call: Request) -> Done:
    """``kf/service_state/trans``."""
    body = call.body
    _account(platform, body)
    customer, to = platform.kf.found(body.get("external_userid")), body.get("service_state")
    if to not in (FRESH, 1, WAITING, BY_A_PERSON, CLOSED) or isinstance(to, bool):
        raise ApiError(40058, "invalid service_state")
    if to not in _NEXT[customer.state] and to != customer.state:
        raise ApiError(95016, "invalid service state transfer")
    if to == BY_A_PERSON and not body.get("servicer_userid"):
        raise ApiError(40058, "servicer_userid missing")

    def effect() -> None:
        customer.state = to

    return Done({}, effect)


def customers(platform: Platform, call: Request) -> Done:
    """``kf/customer/batchget``: those who were there within 48 hours."""
    asked, now = call.body.get("external_userid_list"), platform.now_ms()
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST_ASKED:
        raise ApiError(40058, "invalid external_userid_list size")
    known, unknown = [], []
    for one in asked:
        customer = platform.kf.customers.get(one) if isinstance(one, str) else None
        seen_ms = max((customer.wrote_ms or 0, customer.greeted_ms or 0)) if customer else 0
        if customer is None or now - seen_ms >= WINDOW_MS:
            unknown.append(one)
        else:
            known.append({"external_userid": one, "nickname": customer.person.name, "avatar": ""})
    return Done({"customer_list": known, "invalid_external_userid": unknown})


ENDPOINTS: Table = {
    ("GET", "/cgi-bin/kf/account/list"): Endpoint(accounts),
    ("POST", "/cgi-bin/kf/account/list"): Endpoint(accounts),
    ("POST", "/cgi-bin/kf/add_contact_way"): Endpoint(contact_way),
    ("POST", "/cgi-bin/kf/sync_msg"): Endpoint(sync),
    ("POST", "/cgi-bin/kf/send_msg"): Endpoint(send),
    ("POST", "/cgi-bin/kf/send_msg_on_event"): Endpoint(welcome),
    ("POST", "/cgi-bin/kf/service_state/get"): Endpoint(state),
    ("POST", "/cgi-bin/kf/service_state/trans"): Endpoint(transfer),
    ("POST", "/cgi-bin/kf/customer/batchget"): Endpoint(customers),
}
