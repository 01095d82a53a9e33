"""学校通知: short notices to parents, pupils or whole classes, shown in WeChat to those who follow them.

Facts from developer.work.weixin.qq.com, paths 92321 (send), 92320 (QR code) and 90313 (codes): no cards, no
recall, no id in the answer; whoever does not follow gets nothing, and where only some do the call succeeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bot.command import Outcome, Refused, Sent

if TYPE_CHECKING:
    from bot.wecom.core import Core

SEND = "/cgi-bin/externalcontact/message/send"
QR_CODE = "/cgi-bin/externalcontact/get_subscribe_qr_code"

MOST_PEOPLE = 1000
MOST_CLASSES = 100
SAME_S = 14_400
"""For so long the very same notice is not shown twice; the platform's longest."""
MOST_TITLE, MOST_TEXT = 128, 512
"""Bytes of UTF-8."""

NOT_SUBSCRIBED = "not_subscribed"
_NOBODY = "81013"
_PARENTS, _PUPILS, _CLASSES = "invalid_parents", "invalid_pupils", "invalid_classes"
_LISTS = {
    _PARENTS: "invalid_parent_userid",
    _PUPILS: "invalid_student_userid",
    _CLASSES: "invalid_party",
}


@dataclass(frozen=True, slots=True)
class Readers:
    """Who gets a notice, by the ids of the school's address book.

    Args:
        parents: Parents themselves.
        pupils: Pupils: their parents, or they themselves, as ``scope`` says.
        classes: Departments.
        scope: 0 parents, 1 pupils, 2 both.
    """

    parents: tuple[str, ...] = ()
    pupils: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    scope: Literal[0, 1, 2] = 0

    def __post_init__(self) -> None:
        most = max(len(self.parents), len(self.pupils))
        if not (self.parents or self.pupils or self.classes):
            raise ValueError("a notice to nobody")
        if most > MOST_PEOPLE or len(self.classes) > MOST_CLASSES:
            raise ValueError("too many in one call")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is shown: a heading, a line, and where a tap leads. No names of children, nothing about them."""

    title: str
    text: str
    url: str


def body_of(agent_id: int, readers: Readers, notice: Notice) -> dict[str, Any]:
    """The call's body: the same notice to the same readers is the same bytes."""
    article = {
        "title": _cut(notice.title, MOST_TITLE),
        "description": _cut(notice.text, MOST_TEXT),
        "url": notice.url,
    }
    to: dict[str, Any] = {
        "to_parent_userid": list(readers.parents),
        "to_student_userid": list(readers.pupils),
        "to_party": list(readers.classes),
    }
    return {
        "recv_scope": readers.scope,
        **{name: ids for name, ids in to.items() if ids},
        "toall": 0,
        "agentid": agent_id,
        "msgtype": "news",
        "news": {"articles": [article]},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": SAME_S,
    }


async def notify(core: Core, readers: Readers, notice: Notice) -> Outcome:
    """Send a notice.

    Returns:
        ``Sent`` with the ids it did not reach in ``facts``; :data:`NOT_SUBSCRIBED` if it reached nobody.
    """
    came = await core.call(SEND, body_of(core.app.agent_id, readers, notice))
    if came.code == _NOBODY:
        return Refused(NOT_SUBSCRIBED, "recipient")
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    missed = {name: _ids(came.data, key) for name, key in _LISTS.items()}
    given = {_PARENTS: readers.parents, _PUPILS: readers.pupils, _CLASSES: readers.classes}
    if all(_all_missed(given[name], missed[name]) for name in _LISTS):
        return Refused(NOT_SUBSCRIBED, "recipient")
    return Sent("", {name: ids for name, ids in missed.items() if ids})


async def subscribe_qr_code(core: Core) -> str | Outcome:
    """The address of the picture parents scan to follow the notices, in its middle size."""
    came = await core.call(QR_CODE, None, method="GET")
    if came.meaning != "ok":
        failed: Outcome = came.outcome()
        return failed
    url = came.data.get("qrcode_middle") or came.data.get("qrcode_big")
    return url if isinstance(url, str) and url else Refused("no_url", "retry")


def _all_missed(given: tuple[str, ...], missed: list[str]) -> bool:
    """Ids are compared without their case, as the platform does."""
    lost = {one.lower() for one in missed}
    return all(one.lower() in lost for one in given)


def _ids(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key)
    return [str(one) for one in value] if isinstance(value, list) else []


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
