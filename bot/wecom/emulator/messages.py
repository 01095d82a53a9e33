"""``message/*``: what the app sends to members, its cards, their update and recall.

developer.work.weixin.qq.com, paths 90236 (send), 94888 (update a card), 94867 (recall), 90313 (error codes).
"""

from __future__ import annotations

import re
from typing import Any

from bot.emulation.records import Button, Content
from bot.emulation.texts import PLACEHOLDERS
from bot.wecom.emulator.cards import check_card, shown_card
from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import RESPONSE_MS, Platform, SentCard, SentMessage

MOST_WORDS = 2048
RECALL_MS = 24 * 3_600_000
_MEDIA = {"image": "picture", "voice": "voice", "video": "video", "file": "file"}
_WIDTHLESS = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
"""Nobody sees these."""
_FONT = re.compile(r"</?font[^>]*>")


def send(platform: Platform, call: Request) -> Done:
    """``message/send``."""
    body = call.body
    agent = body.get("agentid")
    if not isinstance(agent, int) or isinstance(agent, bool):
        raise ApiError(40056, "invalid agentid")
    if agent != platform.app.agent_id:
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    good, bad = _recipients(platform, body)
    content, card = _content(platform, body)
    if not good:
        raise ApiError(81013, "user & party & tag all invalid")
    message = platform.new_id("msg")
    code = platform.new_id("response") if card is not None else ""
    payload: dict[str, Any] = {"invaliduser": "|".join(bad), "msgid": message}
    if code:
        payload["response_code"] = code
    if second_copy(platform, body, call.raw):
        return Done(payload)

    def effect() -> None:
        platform.sent[message] = SentMessage(tuple(good), platform.now_ms(), content)
        for user in good:
            _arrive(platform, user, message, content, card, code)

    return Done(payload, effect)


def _arrive(
    platform: Platform, user: str, message: str, content: Content, card: dict[str, Any] | None, code: str
) -> None:
    now, limits = platform.now_ms(), platform.limits
    hour = platform.to_member_hour.take(user, now, limits.member_hour)
    if not hour or not platform.to_member_minute.take(user, now, limits.member_minute):
        return  # dropped, and nobody is told: path 90454
    person = platform.world.people[user]
    platform.show(person, person.chat, "app", content, message)
    if card is not None:
        task, kind = card["task_id"], card["card_type"]
        platform.cards[f"{task} {user}"] = SentCard(message, user, task, kind, content, {code: now})


def _recipients(platform: Platform, body: dict[str, Any]) -> tuple[list[str], list[str]]:
    users = body.get("touser", "")
    if not isinstance(users, str):
        raise ApiError(40063, "touser is a text")
    if not users and not body.get("toparty") and not body.get("totag"):
        raise ApiError(82001, "no recipient")
    for name, code in (("toparty", 82002), ("totag", 82003)):
        if len(str(body.get(name, "")).split("|")) > 100:
            raise ApiError(code, f"{name} has more than 100")
    named = [user for user in users.split("|") if user]
    if len(named) > 1000:
        raise ApiError(40032, "invalid user list size")
    known = {person.id.lower(): person.id for person in platform.world.people.values() if _member(person.id)}
    if named == ["@all"]:
        return list(known.values()), []
    good = [known[user.lower()] for user in named if user.lower() in known]
    return list(dict.fromkeys(good)), [user.lower() for user in named if user.lower() not in known]


def _member(user: str) -> bool:
    return not user.startswith("g-")


def second_copy(platform: Platform, body: dict[str, Any], raw: bytes) -> bool:
    """Whether the same body came within the interval: then it is taken and not shown."""
    if body.get("enable_duplicate_check") != 1:
        return False
    interval = body.get("duplicate_check_interval", 1800)
    if not isinstance(interval, int) or not 0 < interval <= 14_400:
        raise ApiError(40058, "duplicate_check_interval")
    now = platform.now_ms()
    if platform.bodies.get(raw, 0) > now:
        return True
    platform.bodies[raw] = now + interval * 1000
    return False


def _content(platform: Platform, body: dict[str, Any]) -> tuple[Content, dict[str, Any] | None]:
    kind = body.get("msgtype")
    given = body.get(kind) if isinstance(kind, str) else None
    if kind not in _KINDS:
        raise ApiError(40008, "invalid message type")
    if not isinstance(given, dict):
        raise ApiError(40063, "some parameters are empty")
    if kind == "template_card":
        if not platform.takes_cards:
            raise ApiError(43012, "callback url required")
        check_card(given, {card.task for card in platform.cards.values()})
        interactive = given["card_type"].endswith("_interaction")
        return shown_card(given), given if interactive else None
    return _KINDS[kind](platform, str(kind), given), None


def _words(_platform: Platform, kind: str, given: dict[str, Any]) -> Content:
    text = given.get("content")
    if not isinstance(text, str) or not text:
        raise ApiError(44004, "empty content")
    cut = text.encode()[:MOST_WORDS].decode("utf-8", "ignore").translate(_WIDTHLESS)
    return Content("text", _FONT.sub("", cut) if kind == "markdown" else cut)


def medium(platform: Platform, kind: str, given: dict[str, Any]) -> Content:
    """A picture, voice, video or file, as somebody sees it.

    Raises:
        ApiError: There is no such file (any more).
    """
    stored = platform.medium(str(given.get("media_id", "")))
    if stored is None or stored.kind != kind:
        raise ApiError(40007, "invalid media_id")
    ours = _MEDIA[kind]
    text = stored.name if ours == "file" else PLACEHOLDERS[ours]
    return Content("picture" if ours == "picture" else "file", text, sha256=stored.sha256)


def _textcard(_platform: Platform, _kind: str, given: dict[str, Any]) -> Content:
    title, text, url = (given.get(name) for name in ("title", "description", "url"))
    if not (isinstance(title, str) and isinstance(text, str) and isinstance(url, str) and title and url):
        raise ApiError(40063, "some parameters are empty")
    if len(title.encode()) > 128 or len(text.encode()) > 512:
        raise ApiError(45002, "content size out of limit")
    return Content("link", f"{title}\n{re.sub('<[^>]*>', '', text)}", url=url)


def news(_platform: Platform, _kind: str, given: dict[str, Any]) -> Content:
    """Articles: the first one's title, description and link.

    Raises:
        ApiError: There are none, or too many.
    """
    articles = given.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(40063, "some parameters are empty")
    if len(articles) > 8:
        raise ApiError(45008, "article count out of limit")
    first = articles[0]
    if not isinstance(first, dict) or not first.get("title") or not first.get("url"):
        raise ApiError(40063, "some parameters are empty")
    if len(first["title"].encode()) > 128 or len(first.get("description", "").encode()) > 512:
        raise ApiError(45002, "content size out of limit")
    words = "\n".join(part for part in (first["title"], first.get("description", "")) if part)
    return Content("link", words, url=first["url"])


_KINDS: dict[str, Any] = {
    "text": _words, "markdown": _words, "image": medium, "voice": medium, "video": medium, "file": medium,
    "textcard": _textcard, "news": news, "template_card": None,
}  # fmt: skip


def update(platform: Platform, call: Request) -> Done:
    """``message/update_template_card``: each response code is good once, for 72 hours."""
    body = call.body
    if body.get("agentid") != platform.app.agent_id:
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if not isinstance(body.get("userids", []), list):
        raise ApiError(40063, "userids is a list")
    code, now = body.get("response_code"), platform.now_ms()
    cards = [one for one in platform.cards.values() if code in one.codes]
    if not cards or now - cards[0].codes[str(code)] >= RESPONSE_MS:
        raise ApiError(60140, "invalid response_code")
    look = changed(cards[0], body)
    users = [str(user).lower() for user in body.get("userids", [])]
    meant = [one for one in cards if not users or one.to.lower() in users]

    def effect() -> None:
        for card in cards:
            card.codes.pop(str(code), None)
        for card in meant:
            show_change(platform, card, look)

    known = {one.to.lower() for one in cards}
    return Done({"invaliduser": [user for user in users if user not in known]}, effect)


def changed(card: SentCard, body: dict[str, Any]) -> Content:
    """What a card shows after an update.

    Raises:
        ApiError: The new card is wrong.
    """
    if isinstance(body.get("button"), dict):
        words = str(body["button"].get("replace_name", ""))
        buttons = (Button("", words, enabled=False),)
        return Content("card", card.content.text, buttons)
    new = body.get("template_card")
    if not isinstance(new, dict):
        raise ApiError(40063, "some parameters are empty")
    check_card(new, {})
    look = shown_card(new)
    if isinstance(new.get("replace_text"), str):
        look = Content("card", look.text, (Button("", new["replace_text"], enabled=False),))
    return look


def show_change(platform: Platform, card: SentCard, look: Content) -> None:
    """The card in the member's chat changes."""
    card.content = look
    person = platform.world.people[card.to]
    platform.seen.add(
        platform.now_ms(), person.id, person.chat, "app", card.message, look, "updated", card.message
    )


def recall(platform: Platform, call: Request) -> Done:
    """``message/recall``: within 24 hours, of this app."""
    message = str(call.body.get("msgid", ""))
    sent = platform.sent.get(message)
    if sent is None:
        raise ApiError(40058, "invalid msgid")
    if platform.now_ms() - sent.at_ms > RECALL_MS:
        raise ApiError(42052, "msgid expired")

    def effect() -> None:
        platform.sent.pop(message, None)
        for user in sent.to:
            person = platform.world.people[user]
            platform.seen.add(
                platform.now_ms(), user, person.chat, "app", message, sent.content, "recalled", message
            )

    return Done(effect=effect)


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/message/send"): Endpoint(send),
    ("POST", "/cgi-bin/message/update_template_card"): Endpoint(update),
    ("POST", "/cgi-bin/message/recall"): Endpoint(recall),
}
