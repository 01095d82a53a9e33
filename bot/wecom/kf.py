"""WeChat customer service: what is said to a customer, what customers wrote, links to the conversation.

Facts from developer.work.weixin.qq.com, paths 94670 (receive), 94677 (send), 95122 (welcome), 94669 (states),
94665 (contact way) and 90313 (codes). A second copy under the same ``msgid`` is removed by the platform.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.command import CardButton, Outcome, Refused, Sent

if TYPE_CHECKING:
    from bot.wecom.core import Core
    from bot.wecom.errors import Verdict
    from storage.kf import Customer

SEND = "/cgi-bin/kf/send_msg"
WELCOME = "/cgi-bin/kf/send_msg_on_event"
SYNC = "/cgi-bin/kf/sync_msg"
CONTACT_WAY = "/cgi-bin/kf/add_contact_way"

MOST_TEXT = 2048
"""Bytes of UTF-8 in one text."""
MOST_HEAD = 1024
"""Bytes of the words above a menu; a choice takes 128."""
MOST_CHOICES = 10
MOST_LABEL = 128
MOST_PAGE = 1000
MOST_SCENE = 128

CLOSED = frozenset(("95001", "95002", "95013", "95018", "95031"))
"""Five were sent, or 48 hours are over, or the conversation has ended or is led by a person (path 94669: from
there no call brings it back): until the customer writes again."""
TICKET_OVER = "95007"

Content = tuple[str, dict[str, Any]]
"""A message type with its body."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one reading brought.

    Args:
        items: Messages and events as the platform lists them.
        cursor: Where the next page begins; empty if it said none.
        more: Whether there is one.
    """

    items: tuple[dict[str, Any], ...]
    cursor: str
    more: bool


def words(text: str, buttons: Sequence[CardButton] = ()) -> list[Content]:
    """Words as messages: one where they fit, else cut at the ends of lines; choices as a menu below."""
    shown = [button for button in buttons if button.enabled][:MOST_CHOICES]
    if not shown:
        return [("text", {"content": part}) for part in _parts(text, MOST_TEXT)]
    *before, head = _parts(text, MOST_HEAD)
    clicks = [
        {"type": "click", "click": {"id": button.id, "content": _cut(button.label, MOST_LABEL)}}
        for button in shown
    ]
    menu: Content = ("msgmenu", {"head_content": head, "list": clicks})
    return [*(("text", {"content": part}) for part in _parts("".join(before), MOST_TEXT) if part), menu]


_FROM_MEMORY = "frommemory"


def memory_id(message_id: str) -> str:
    """The name of an answer that stands in no row: the same for every try, and known by its beginning."""
    return _FROM_MEMORY + hashlib.sha256(message_id.encode()).hexdigest()[:22]


def is_from_memory(msgid: str) -> bool:
    """Whether a message of ours is one of those: nothing about it may be written down."""
    return msgid.startswith(_FROM_MEMORY)


def msg_id(outbox_id: str, part: int = 0) -> str:
    """Our own name of a message: the same for every try of the same part of the same send."""
    return outbox_id if not part else hashlib.sha256(f"{outbox_id}:{part}".encode()).hexdigest()[:32]


async def say(
    core: Core, customer: Customer, outbox_id: str, contents: Sequence[Content]
) -> tuple[Outcome, int]:
    """Say it, part after part; what was said by an earlier try is not said twice.

    Returns:
        What came of it, and how many parts were said.
    """
    for part, content in enumerate(contents):
        came = await _said(core, customer, msg_id(outbox_id, part), content)
        if came.meaning != "ok":
            return came.outcome(), part
    return Sent(""), len(contents)


async def _said(core: Core, customer: Customer, msgid: str, content: Content) -> Verdict:
    kind, body = content
    asked = {
        "touser": customer.external_id,
        "open_kfid": customer.kf_id,
        "msgid": msgid,
        "msgtype": kind,
        kind: body,
    }
    return await core.call(SEND, asked)


async def welcome(core: Core, code: str, outbox_id: str, content: Content) -> Outcome:
    """The first words to somebody who has just come in; a code is good once, for 20 seconds."""
    kind, body = content
    came = await core.call(WELCOME, {"code": code, "msgid": msg_id(outbox_id), "msgtype": kind, kind: body})
    return Sent("") if came.meaning == "ok" else came.outcome()


async def read(core: Core, kf_id: str, cursor: str, token: str) -> Page | Verdict:
    """One page of what came since a cursor; reading changes nothing.

    Args:
        token: From the callback that announced it, good for ten minutes; empty reads under a strict limit.
    """
    asked: dict[str, Any] = {"open_kfid": kf_id, "limit": MOST_PAGE, "voice_format": 0}
    asked |= {"cursor": cursor} if cursor else {}
    asked |= {"token": token} if token else {}
    came = await core.call(SYNC, asked)
    if came.meaning != "ok":
        return came
    items, reached = came.data.get("msg_list"), came.data.get("next_cursor")
    listed = items if isinstance(items, list) else []
    return Page(
        tuple(item for item in listed if isinstance(item, dict)),
        reached if isinstance(reached, str) else "",
        came.data.get("has_more") == 1,
    )


async def contact_way(core: Core, kf_id: str, scene: str) -> str | Outcome:
    """The address of the conversation, for a link or a QR code; see :func:`with_scene`."""
    came = await core.call(CONTACT_WAY, {"open_kfid": kf_id, "scene": scene})
    if came.meaning != "ok":
        return came.outcome()
    url = came.data.get("url")
    return url if isinstance(url, str) and url else Refused("no_url", "retry")


def with_scene(url: str, param: str) -> str:
    """The address that brings a code along, which comes back as ``scene_param``.

    Raises:
        ValueError: More than it holds, or not plain.
    """
    if not param.isascii() or not param.isalnum() or len(param) > MOST_SCENE:
        raise ValueError("a scene is letters and digits")
    return f"{url}{'&' if '?' in url else '?'}scene_param={param}"


def _parts(text: str, most: int) -> list[str]:
    """The text in pieces of at most so many bytes, cut behind a line where that is possible."""
    parts, left = [], text
    while len(left.encode()) > most:
        piece = _cut(left, most)
        at = piece.rfind("\n") + 1
        piece = piece[:at] if at > len(piece) // 2 else piece
        parts.append(piece)
        left = left[len(piece) :]
    return [*parts, left]


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
