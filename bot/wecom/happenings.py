"""What WeCom's events mean to the rules: most of them nothing.

Facts from developer.work.weixin.qq.com, paths 90240 (events), 90970 (members), 92052 (school book).
Only ids and kinds are kept: names, telephone numbers and places that come along are left where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dingtalk.gate import id_of
from handlers.message import Event

_FOLLOWS = {"subscribe": "subscribed", "unsubscribe": "unsubscribed"}
"""A guardian follows the school's notices, or no longer."""


def event_of(name: str, body: Mapping[str, Any], user: str) -> Event:
    """The event of this name.

    Args:
        name: ``Event``.
        body: The whole of it.
        user: Whom it is about where nothing else says so; members' ids are in lower case.
    """
    if name == "change_school_contact":
        return _school(body)
    if name == "change_contact":
        return _members(body)
    if name in _FOLLOWS:  # a member came into the app's sight, or left it
        return Event("member_changed", {"change": name, "id": user, "new_id": ""})
    facts = {"event": name, "id": user, "key": id_of(body.get("EventKey"), 1024)}
    if kf_id := id_of(body.get("OpenKfId")):
        facts["kf_id"] = kf_id
    return Event("other", facts)


def _school(body: Mapping[str, Any]) -> Event:
    # The page's own example is misspelt, so both spellings are the same.
    change = id_of(body.get("ChangeType")).replace("deparmtment", "department")
    subject = id_of(body.get("Id"))
    if change in _FOLLOWS:
        return Event(_FOLLOWS[change], {"id": subject})
    return Event("book_changed", {"change": change, "id": subject, "new_id": id_of(body.get("NewId"))})


def _members(body: Mapping[str, Any]) -> Event:
    subject = id_of(body.get("UserID")) or id_of(body.get("Id")) or id_of(body.get("TagId"))
    new = id_of(body.get("NewUserID"))
    facts = {"change": id_of(body.get("ChangeType")), "id": subject.lower(), "new_id": new.lower()}
    return Event("member_changed", facts)
