"""Messages in the webhook format: to a message's reply address, and by a group's custom robot.

Facts from open.dingtalk.com, 'Custom robots', 'Security settings of custom robots' and 'Reply through
sessionWebhook'. Neither counts in the month. Neither can be repeated unseen: ``msgUuid`` is sent along, but
no page says what it does. A custom robot's token and secret are credentials: they stand in the address only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.command import Command, Outcome, Refused, Sent, Session, Webhook
from bot.dingtalk.core import Bucket, Core
from bot.dingtalk.escape import clean, escape_markdown, no_mentions
from bot.dingtalk.robot import heading
from config.settings import is_loopback

SESSION = "/robot/sendBySession"
SEND = "/robot/send"
MAX_AT = 50
MAX_BYTES = 18_000
"""Bytes of one message's words; more has been seen to be refused, no page gives a figure."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
_USER = re.compile(r"(?!all$)[A-Za-z0-9_.$:-]{1,64}", re.ASCII | re.IGNORECASE)
_LINK = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?/[!#-;=?-\[\]^_a-~]*", re.ASCII)
_LOCAL_LINK = re.compile(r"http://(?:127\.0\.0\.1|localhost):[0-9]{1,5}/[!#-;=?-\[\]^_a-~]*", re.ASCII)


def message(title: str, text: str, at: Sequence[str] = ()) -> dict[str, Any]:
    """Words in the webhook format; who is mentioned comes from ``at`` alone, never from the words.

    Args:
        title: Makes it markdown; empty for plain text.
        text: Plain words.
        at: User ids, at most :data:`MAX_AT`; ids of another shape are left out.
    """
    users = [user for user in dict.fromkeys(at) if _USER.fullmatch(user)][:MAX_AT]
    names = "".join(f"@{user} " for user in users).strip()
    if title:
        shown = escape_markdown(text)
        body = {"title": heading(title), "text": f"{shown}\n\n{names}" if names else shown}
        whole: dict[str, Any] = {"msgtype": "markdown", "markdown": body}
    else:
        plain = no_mentions(text)
        whole = {"msgtype": "text", "text": {"content": f"{plain}\n{names}" if names else plain}}
    if users:
        whole["at"] = {"atUserIds": users, "isAtAll": False}
    return whole


def link_card(title: str, text: str, links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Words with buttons that open an address of ours.

    Args:
        title: The heading.
        text: Plain words.
        links: Label and address; https, or this machine itself.

    Raises:
        ValueError: No link, or an address of another kind.
    """
    if not links or not all(_is_link(url) for _label, url in links):
        raise ValueError("a link card needs addresses of ours")
    labels = [(heading(label)[:20], url) for label, url in links]
    card: dict[str, Any] = {"title": heading(title), "text": escape_markdown(text), "btnOrientation": "0"}
    if len(labels) == 1:
        card |= {"singleTitle": labels[0][0], "singleURL": labels[0][1]}
    else:
        card["btns"] = [{"title": label, "actionURL": url} for label, url in labels]
    return {"msgtype": "actionCard", "actionCard": card}


def _is_link(url: str) -> bool:
    return bool(_LINK.fullmatch(url)) or bool(_LOCAL_LINK.fullmatch(url) and is_loopback(url))


def picture(title: str, text: str, media_id: str) -> dict[str, Any]:
    """A picture with a caption, as markdown: the webhook format has no other."""
    return {
        "msgtype": "markdown",
        "markdown": {"title": heading(title), "text": with_picture(text, media_id)},
    }


def with_picture(text: str, media_id: str) -> str:
    """Markdown of plain words and a picture that was uploaded below them."""
    shown = escape_markdown(text)
    return f"{shown}\n\n![]({media_id})" if shown else f"![]({media_id})"


# -- by session


async def by_session(core: Core, command: Command, session: Session) -> Outcome | None:
    """Reply where the message came from; None if the address is dead and another lane should be tried."""
    verdict = await core.post(session.url, message(command.title, command.plain))
    if verdict.meaning == "ok":
        return Sent("")
    if verdict.meaning in ("maybe", "content", "retry") or verdict.code == "blocked":
        return verdict.outcome()
    return None


# -- by a custom robot


def sign(secret: str, timestamp: str) -> str:
    """The signature of a custom robot, not encoded."""
    mac = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    return base64.b64encode(mac).decode()


def address(core: Core, target: Webhook) -> str:
    """The robot's address for this moment; the signature is encoded exactly once."""
    url = f"{core.oapi}{SEND}?access_token={target.token}"
    if not target.secret:
        return url
    timestamp = str(int(core.clock.now().timestamp() * 1000))
    return f"{url}&timestamp={timestamp}&sign={quote(sign(target.secret, timestamp), safe='')}"


def bucket(core: Core, target: Webhook) -> Bucket:
    """Twenty a minute and the robot is silenced for ten: we stay below."""
    name = hashlib.sha256(target.token.encode()).hexdigest()[:16]
    return (f"dingtalk:webhook:{name}", core.limits.webhook_per_minute, 60.0)


async def by_robot(core: Core, target: Webhook, body: dict[str, Any], outbox_id: str) -> Outcome:
    """Say something in a group by its custom robot."""
    if not _TOKEN.fullmatch(target.token):
        return Refused("webhook.token", "config")
    if len(clean(str(body)).encode()) > MAX_BYTES:
        return Refused("webhook.tooLong", "content")
    verdict = await core.post(address(core, target), {**body, "msgUuid": outbox_id})
    if verdict.meaning == "ok":
        return Sent("")
    # There is no session here: the robot was removed, or its address changed.
    if verdict.meaning == "session":
        return Refused(verdict.code, "config")
    return verdict.outcome()
