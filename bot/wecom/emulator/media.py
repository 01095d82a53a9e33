"""Temporary files (developer.work.weixin.qq.com, paths 90253, 90254): three days, sizes by kind."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform

MB = 1 << 20
SIZES = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
_HEADS = {"image": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"), "voice": (b"#!AMR",)}
_TYPES = {"image": "image/png", "voice": "audio/amr", "video": "video/mp4", "file": "application/pdf"}


def upload(platform: Platform, call: Request) -> Done:
    """``media/upload``."""
    kind = call.query.get("type", "")
    if kind not in SIZES:
        raise ApiError(40004, "invalid media type")
    name, data = part(call)
    check(kind, data)
    media_id = platform.store(kind, name, data)
    created = str(platform.now_ms() // 1000)
    return Done({"type": kind, "media_id": media_id, "created_at": created})


def part(call: Request) -> tuple[str, bytes]:
    """Name and bytes of the form's field ``media``.

    Raises:
        ApiError: There is none, or it is empty.
    """
    head = f"Content-Type: {call.headers.get('Content-Type', '')}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + call.raw)
    for field in form.iter_parts() if form.is_multipart() else ():
        if field.get_param("name", header="content-disposition") == "media":
            data = field.get_payload(decode=True)
            if not isinstance(data, bytes) or len(data) <= 5:
                raise ApiError(44001, "empty media data")
            return str(field.get_filename() or ""), data
    raise ApiError(41005, "media data missing")


def check(kind: str, data: bytes) -> None:
    """Whether the platform takes these bytes as this kind.

    Raises:
        ApiError: It does not.
    """
    if len(data) > SIZES[kind]:
        raise ApiError(45001, "media size out of limit")
    if kind in _HEADS and not data.startswith(_HEADS[kind]):
        raise ApiError(40009 if kind == "image" else 301017, "invalid media format")


def get(platform: Platform, call: Request) -> Done:
    """``media/get``: the bytes, or JSON."""
    found = platform.medium(call.query.get("media_id", ""))
    if found is None:
        raise ApiError(40007, "invalid media_id")
    return Done(raw=(found.data, _TYPES[found.kind], found.name or f"{found.kind}.bin"))


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/media/upload"): Endpoint(upload, multipart=True),
    ("GET", "/cgi-bin/media/get"): Endpoint(get),
}
