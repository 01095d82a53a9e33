"""Message formats the platform accepts, checked as it checks them, and how each looks to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.envelope import ApiError
from bot.emulation import texts as cast
from bot.emulation.records import Button, Content, ItemKind

if TYPE_CHECKING:
    from bot.dingtalk.emulator.platform import StoredFile

MSG_PARAM_BYTES = 15_000
FILE_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")

_PICTURE = re.compile(r"!\[[^\]\n]*\]\((@[^)\s]+)\)")
_SOFT_BREAK = re.compile(r"(?<=[^\n ])\x20?\n(?!\n|[#>+*-]|[0-9]+\.)")

# msgKey → required keys and the code a missing one is refused with
# (open.dingtalk.com, "Message types of enterprise robots").
_REQUIRED: dict[str, tuple[tuple[str, str], ...]] = {
    "sampleText": (("content", "miss.param.contentOfText"),),
    "sampleMarkdown": (("title", "miss.param.markdownTotitle"), ("text", "miss.param.markdownTotext")),
    "sampleImageMsg": (("photoURL", "miss.param.photoTophotoUrl"),),
    "sampleLink": (
        ("title", "miss.param.titleOfLink"),
        ("text", "miss.param.textOfLink"),
        ("messageUrl", "miss.param.messageUrlOfLink"),
    ),
    "sampleActionCard": (
        ("title", "miss.param.actionCardTotitle"),
        ("text", "miss.param.actionCardTotext"),
        ("singleTitle", "miss.param.actionCardTosingleTitle"),
        ("singleURL", "miss.param.actionCardTosingleUrl"),
    ),
    "sampleAudio": (("mediaId", "miss.param.audio"), ("duration", "miss.param.audio")),
    "sampleFile": (
        ("mediaId", "miss.param.file"),
        ("fileName", "miss.param.file"),
        ("fileType", "miss.param.file"),
    ),
    "sampleVideo": tuple(
        (key, "miss.param.video") for key in ("videoMediaId", "videoType", "picMediaId", "duration")
    ),
}
for _count in range(2, 6):
    _REQUIRED[f"sampleActionCard{_count}"] = (
        ("title", "miss.param.actionCardTotitle"),
        ("text", "miss.param.actionCardTotext"),
        *((f"actionTitle{i}", "miss.param.actionCardTobtnsTotitle") for i in range(1, _count + 1)),
        *((f"actionURL{i}", "miss.param.actionCardTobtnsToactionUrl") for i in range(1, _count + 1)),
    )
_REQUIRED["sampleActionCard6"] = (
    ("title", "miss.param.actionCardTotitle"),
    ("text", "miss.param.actionCardTotext"),
    *((f"buttonTitle{i}", "miss.param.actionCardTobtnsTotitle") for i in (1, 2)),
    *((f"buttonUrl{i}", "miss.param.actionCardTobtnsToactionUrl") for i in (1, 2)),
)


def open_msg(msg_key: Any, msg_param: Any, media: Mapping[str, StoredFile]) -> Content:
    """Check ``msgKey`` and ``msgParam`` of a robot send and say how the message looks.

    Args:
        media: Uploaded files by media id.

    Raises:
        ApiError: As documented in "Robot sends a group message", error codes.
    """
    if not msg_key:
        raise ApiError("invalidParameter.msgKey.empty")
    required = _REQUIRED.get(msg_key) if isinstance(msg_key, str) else None
    if required is None:
        raise ApiError("invalidParameter.msgKey.invalid")
    if not isinstance(msg_param, str):
        raise ApiError("invalidParameter.msgParam.invalid")
    # A code point is at most four bytes: short texts need no counting.
    if len(msg_param) * 4 > MSG_PARAM_BYTES and len(msg_param.encode()) > MSG_PARAM_BYTES:
        raise ApiError("invalidParameter.msgParam.tooLong")
    try:
        param = orjson.loads(msg_param)
    except orjson.JSONDecodeError:
        raise ApiError("invalidParameter.msgParam.invalid") from None
    if not isinstance(param, dict):
        raise ApiError("invalidParameter.msgParam.invalid")
    for key, code in required:
        if not param.get(key):
            raise ApiError(code)
    if not all(isinstance(value, str) for value in param.values()):
        raise ApiError("invalidParameter.param.invalid")
    return _look(msg_key, param, media)


def _look(msg_key: str, param: dict[str, str], media: Mapping[str, StoredFile]) -> Content:
    if msg_key == "sampleText":
        return Content("text", param["content"])
    if msg_key == "sampleMarkdown":  # the title shows only in the list of chats
        return _markdown(param["text"], media)
    if msg_key == "sampleImageMsg":
        photo = param["photoURL"]
        if photo.startswith("@"):
            return Content("picture", cast.PLACEHOLDERS["picture"], sha256=_sha256(photo, media))
        return Content("picture", cast.PLACEHOLDERS["picture"], url=photo)
    if msg_key == "sampleLink":
        return Content("link", f"{param['title']}\n{param['text']}", url=param["messageUrl"])
    if msg_key == "sampleFile":
        if param["fileType"] not in FILE_TYPES:
            raise ApiError("invalidParameter.param.invalid")
        return Content("file", param["fileName"], sha256=_sha256(param["mediaId"], media))
    if msg_key == "sampleAudio":
        return Content("file", cast.PLACEHOLDERS["voice"], sha256=_sha256(param["mediaId"], media))
    if msg_key == "sampleVideo":
        _sha256(param["picMediaId"], media)
        return Content("file", cast.PLACEHOLDERS["video"], sha256=_sha256(param["videoMediaId"], media))
    return Content("card", f"{param['title']}\n{param['text']}", _link_buttons(msg_key, param))


def _sha256(media_id: str, media: Mapping[str, StoredFile]) -> str:
    """Which bytes people get; what an unknown id is refused with is not documented."""
    stored = media.get(media_id)
    if stored is None:
        raise ApiError("invalidParameter.mediaId.invalid")
    return stored.sha256


def _markdown(text: str, media: Mapping[str, StoredFile]) -> Content:
    """The words; a text that is nothing but one uploaded picture is seen as that picture."""
    pictures = [media[found] for found in _PICTURE.findall(text) if found in media]
    words = shown(_PICTURE.sub(cast.PLACEHOLDERS["picture"], text))
    kind: ItemKind = "picture" if pictures and words == cast.PLACEHOLDERS["picture"] else "text"
    return Content(kind, words, sha256=pictures[0].sha256 if pictures else None)


def shown(markdown: str) -> str:
    """Markdown as people read it: only two blanks before a break, an empty line or a new block break a line.

    Other marks stay as written (open.dingtalk.com, "Message types of robots").
    """
    return _SOFT_BREAK.sub(" ", markdown).replace("  \n", "\n")


def _link_buttons(msg_key: str, param: dict[str, str]) -> tuple[Button, ...]:
    if msg_key == "sampleActionCard":
        return (Button("1", param["singleTitle"], url=param["singleURL"]),)
    title, url = ("buttonTitle", "buttonUrl") if msg_key.endswith("6") else ("actionTitle", "actionURL")
    count = 2 if msg_key.endswith("6") else int(msg_key[-1])
    return tuple(Button(str(i), param[f"{title}{i}"], url=param[f"{url}{i}"]) for i in range(1, count + 1))


def _need(body: dict[str, Any], path: str) -> Any:
    """The value under ``a->b``; the webhook's words for a missing one are 40035 and its path."""
    value: Any = body
    for key in path.split("->"):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None or value == "":
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=path))
    return value


def _need_text(body: dict[str, Any], path: str) -> str:
    value = _need(body, path)
    if not isinstance(value, str):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name=path))
    return value


def open_webhook(raw: bytes, media: Mapping[str, StoredFile]) -> Content | None:
    """Check a message in webhook format (session webhook, custom robot, HTTP answer); None is ``empty``.

    Args:
        media: Uploaded files by media id.

    Raises:
        ApiError: 40035 for a missing part, 400105 for an unknown type
            (open.dingtalk.com, "Custom robot sends a group message").
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ApiError("40035", message=texts.MISSING_JSON) from None
    if not isinstance(body, dict):
        raise ApiError("40035", message=texts.MISSING_JSON)
    kind = _need(body, "msgtype")
    if kind == "empty":
        return None
    if kind == "text":
        return Content("text", _need_text(body, "text->content"))
    if kind == "markdown":
        _need_text(body, "markdown->title")
        return _markdown(_need_text(body, "markdown->text"), media)
    if kind == "link":
        title, text = _need_text(body, "link->title"), _need_text(body, "link->text")
        return Content("link", f"{title}\n{text}", url=_need_text(body, "link->messageUrl"))
    if kind == "actionCard":
        return _action_card(body)
    if kind == "feedCard":
        links = _need(body, "feedCard->links")
        if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
            raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="feedCard->links"))
        return Content("card", "\n".join(_need_text(link, "title") for link in links))
    raise ApiError("400105")


def _action_card(body: dict[str, Any]) -> Content:
    text = f"{_need_text(body, 'actionCard->title')}\n{_need_text(body, 'actionCard->text')}"
    buttons = body["actionCard"].get("btns")
    if buttons is None:
        label, url = (
            _need_text(body, "actionCard->singleTitle"),
            _need_text(body, "actionCard->singleURL"),
        )
        return Content("card", text, (Button("1", label, url=url),))
    if not isinstance(buttons, list) or not buttons or not all(isinstance(b, dict) for b in buttons):
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="actionCard->btns"))
    shown = tuple(
        Button(str(i), _need_text(button, "title"), url=_need_text(button, "actionURL"))
        for i, button in enumerate(buttons, 1)
    )
    return Content("card", text, shown)
