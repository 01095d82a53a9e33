"""Bytes to and from DingTalk: uploads for messages, and attachments fetched before their links die.

Facts from open.dingtalk.com, 'Upload media files', 'Download files received by a robot' and 'Message types of
enterprise robots'. A link is followed only if it leads to the platform or its file store, over https, to no
port, without a redirect, and never with a credential.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.command import Fetch, FileRef, Outcome, Refused, Sent
from bot.dingtalk.core import Core, Failed
from bot.dingtalk.escape import clean
from bot.dingtalk.robot import Content, heading
from bot.dingtalk.webhook import with_picture
from bot.media import Files, Gone, Keep, NotKept
from bot.render import NotDrawn
from storage.engine import Refused as StoreRefused

UPLOAD = "/media/upload"
DOWNLOAD = "/v1.0/robot/messageFiles/download"

MB = 1024 * 1024
MOST_BYTES = 20 * MB
PATIENCE_S = 12.0
"""For a file's bytes: a row is claimed for half a minute, and upload and send come after."""
HOST_ENDINGS = (".dingtalk.com", ".aliyuncs.com")
"""Where the platform's own links lead: its content network and its file store."""


_LINK = re.compile(r"https://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})(/[!-~]*)", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)
_REFUSED_IN_PATH = re.compile(r"[\\#]")
_MEDIA_ID = re.compile(r"[@$]?[A-Za-z0-9_+/=.-]{1,256}", re.ASCII)
_SHOWN_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the platform takes of one kind of file: its own word, bytes, endings and the usual one."""

    word: str
    most: int
    endings: tuple[str, ...]


SHAPES: dict[str, Shape] = {
    "picture": Shape("image", 20 * MB, ("png", "jpg", "jpeg", "gif", "bmp")),
    "voice": Shape("voice", 2 * MB, ("amr", "mp3", "wav")),
    "video": Shape("video", 20 * MB, ("mp4",)),
    "file": Shape(
        "file", 20 * MB, ("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "rar")
    ),
}  # fmt: skip

COVER = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000100000000908000000001e41f3ee0000000f494441"
    "5478da6338830618068900004cf772c19faf25990000000049454e44ae426082"
)
"""A grey field of 16 by 9 points: a video needs a cover, and ours have none."""


def allowed(link: str, core: Core) -> bool:
    """Whether a download link may be followed.

    Read as text, not parsed: exactly a configured base, or a plain https host with a known ending.
    """
    if len(link) > 4096 or _REFUSED_IN_PATH.search(link):
        return False
    if any(link.startswith(base) and _PATH.fullmatch(link, len(base)) for base in (core.api, core.oapi)):
        return True
    found = _LINK.fullmatch(link)
    return found is not None and found[1].endswith(HOST_ENDINGS) and "-internal." not in found[1]


async def fetch(core: Core, command: Fetch, keep: Keep) -> Outcome:
    """Ask for a link, follow it, keep the bytes; a second time changes nothing."""
    body = {"downloadCode": command.ticket, "robotCode": core.robot_code}
    verdict = await core.call_new(DOWNLOAD, body)
    if verdict.meaning != "ok":
        return verdict.outcome()
    link = verdict.data.get("downloadUrl")
    if not isinstance(link, str) or not allowed(link, core):
        return Refused("link.notAllowed", "content")
    data = await core.get_bytes(URL(link, encoded=True), MOST_BYTES)
    if isinstance(data, Refused):
        return data
    try:
        await keep(command.medium_id, data)
    except NotKept as error:
        return Refused(f"file.{error.code}", "content")
    except (StoreRefused, OSError):
        return Refused("file.notKept", "retry")
    return Sent("", {"bytes": len(data)})


class Uploads:
    """Media ids of what was uploaded: they do not expire, so the same bytes go up once.

    Args:
        core: The app's connection.
        most: Media ids remembered.
    """

    def __init__(self, core: Core, most: int = 500) -> None:
        self._core = core
        self._most = most
        self._known: dict[str, str] = {}

    async def media_id(self, kind: str, name: str, data: bytes) -> str | Failed:
        """The id of the bytes with the platform.

        Args:
            kind: A key of :data:`SHAPES`.
            name: Its ending says what it is; the rest is not sent along.
            data: The bytes; checked against the platform's limit first.
        """
        shape, ending = SHAPES[kind], _ending(name)
        if ending not in shape.endings:
            return Refused("file.kind", "content")
        if not data or len(data) > shape.most:
            return Refused("file.size", "content")
        mark = f"{shape.word}:{ending}:{hashlib.sha256(data).hexdigest()}"
        if mark in self._known:
            return self._known[mark]
        came = await self._upload(shape.word, f"classbridge.{ending}", data)
        if isinstance(came, str):
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[mark] = came
        return came

    async def _upload(self, word: str, file_name: str, data: bytes) -> str | Failed:
        def form() -> aiohttp.FormData:
            fields = aiohttp.FormData()
            kind = "application/octet-stream"
            fields.add_field("media", data, filename=file_name, content_type=kind)
            return fields

        verdict = await self._core.upload(UPLOAD, {"type": word}, form)
        if verdict.meaning != "ok":
            outcome = verdict.outcome()
            # Nobody sees an upload: whatever became of it, it may be made again.
            return outcome if isinstance(outcome, Refused) else Refused(outcome.code, "retry")
        media_id = verdict.data.get("media_id")
        if isinstance(media_id, str) and _MEDIA_ID.fullmatch(media_id):
            return media_id
        return Refused("file.noMediaId", "retry")

    async def content(self, file: FileRef, data: bytes, title: str, text: str) -> Content | Failed:
        """A message that shows the file. A picture carries its caption; other kinds show none."""
        kind = file.kind
        if kind == "file" and _ending(file.name) in SHAPES["picture"].endings:
            kind = "picture"
        media_id = await self.media_id(kind, file.name, data)
        if not isinstance(media_id, str):
            return media_id
        if kind == "picture":
            if not text:
                return "sampleImageMsg", {"photoURL": media_id}
            shown = {"title": heading(title or text)[:60], "text": with_picture(text, media_id)}
            return "sampleMarkdown", shown
        if kind == "voice":
            return "sampleAudio", {"mediaId": media_id, "duration": _duration(file, 1000)}
        if kind == "video":
            return await self._video(file, media_id)
        ending = _ending(file.name)
        if ending not in _SHOWN_TYPES:
            return Refused("file.kind", "content")
        name = clean(file.name).replace("\n", " ")[-100:]
        return "sampleFile", {"mediaId": media_id, "fileName": name, "fileType": ending}

    async def _video(self, file: FileRef, media_id: str) -> Content | Failed:
        cover = await self.media_id("picture", "cover.png", COVER)
        if not isinstance(cover, str):
            return cover
        return "sampleVideo", {
            "videoMediaId": media_id,
            "videoType": "mp4",
            "picMediaId": cover,
            "duration": _duration(file, 1),
        }


async def bytes_of(file: FileRef, files: Files) -> bytes | Refused:
    """The bytes of a message's file, drawn or opened, or why there are none."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await files(file)
    except TimeoutError:
        return Refused("file.late", "retry")
    except (Gone, OSError):
        return Refused("file.gone", "content")
    except NotDrawn as error:
        passing = error.code in ("late", "broken", "stopped")
        return Refused(f"file.{error.code}", "retry" if passing else "content")
    except StoreRefused:
        return Refused("file.notOpened", "retry")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _duration(file: FileRef, unknown: int) -> str:
    """Milliseconds of a voice message, seconds of a video, as the recipe knows them."""
    value = file.data.get("duration")
    return str(value if isinstance(value, int) and value > 0 else unknown)
