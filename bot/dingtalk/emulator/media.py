"""Uploaded files: pictures, voice, video and documents under a media id that does not expire.

Facts from open.dingtalk.com, "Upload media files".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.endpoint import Request, Table, old_api
from bot.dingtalk.emulator.envelope import ApiError, Done
from bot.dingtalk.emulator.platform import Platform

MB = 1 << 20
KINDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "image": (20 * MB, ("jpg", "jpeg", "gif", "png", "bmp")),
    "voice": (2 * MB, ("amr", "mp3", "wav")),
    "video": (20 * MB, ("mp4",)),
    "file": (20 * MB, ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar")),
}
"""type → (most bytes, endings)."""
_BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([^";]+)"?')
_NAME = re.compile(rb';\s*name="?([^";\r\n]*)"?')
_FILE_NAME = re.compile(rb';\s*filename="?([^";\r\n]*)"?')


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form: its file name, if it is a file, and its bytes."""

    name: str
    file_name: str | None
    data: bytes


def parts(content_type: str, raw: bytes) -> list[Part]:
    """The fields of a ``multipart/form-data`` body; none if it is not one."""
    found = _BOUNDARY.match(content_type)
    if found is None:
        return []
    fields = []
    for piece in (b"\r\n" + raw).split(b"\r\n--" + found[1].encode())[1:-1]:
        head, separator, data = piece.partition(b"\r\n\r\n")
        name, file_name = _NAME.search(head), _FILE_NAME.search(head)
        if separator and name is not None:
            label = file_name[1].decode("utf-8", "replace") if file_name else None
            fields.append(Part(name[1].decode("utf-8", "replace"), label, data))
    return fields


def _upload(platform: Platform, request: Request) -> Done:
    """``POST /media/upload``: one file in the field ``media``."""
    fields = parts(request.headers.get("Content-Type", ""), request.raw)
    kind = request.query.get("type") or next((p.data.decode() for p in fields if p.name == "type"), "")
    if kind not in KINDS:
        raise ApiError("40004")
    file = next((part for part in fields if part.name == "media"), None)
    if file is None or not file.file_name:
        raise ApiError("40035", message=texts.MISSING_PARAMETER.format(name="media"))
    most, endings = KINDS[kind]
    if not file.data:
        raise ApiError("44001")
    if len(file.data) > most:
        raise ApiError("40006" if kind != "image" else "40009")
    if file.file_name.rpartition(".")[2].lower() not in endings:
        raise ApiError("40005")
    media_id = platform.new_medium_id()
    payload = {
        "errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id, "created_at": platform.now_ms(),
    }  # fmt: skip
    name, data = file.file_name, file.data
    return Done(payload, lambda: platform.keep_medium(media_id, name, data))


ENDPOINTS: Table = old_api("/media/upload", _upload, counted=True)
