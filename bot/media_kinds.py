"""What bytes are, by their own marks, whatever their sender claims; and the name a download gets."""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.media_texts import NAMES

_STEM = 40
"""Characters of a sender's file name that are kept."""
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of bytes: what a chat shows it as, its MIME type and its ending."""

    kind: str
    mime: str
    ending: str


UNKNOWN = Kind("file", "application/octet-stream", "bin")
_PNG = Kind("picture", "image/png", "png")
_MP4 = Kind("video", "video/mp4", "mp4")
_ZIP = Kind("file", "application/zip", "zip")
_OFFICE = "application/vnd.openxmlformats-officedocument."

_MARKS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", Kind("picture", "image/jpeg", "jpg")),
    (b"GIF87a", Kind("picture", "image/gif", "gif")),
    (b"GIF89a", Kind("picture", "image/gif", "gif")),
    (b"BM", Kind("picture", "image/bmp", "bmp")),
    (b"#!AMR", Kind("voice", "audio/amr", "amr")),
    (b"OggS", Kind("voice", "audio/ogg", "ogg")),
    (b"ID3", Kind("voice", "audio/mpeg", "mp3")),
    (b"\xff\xfb", Kind("voice", "audio/mpeg", "mp3")),
    (b"\xff\xf3", Kind("voice", "audio/mpeg", "mp3")),
    (b"%PDF-", Kind("file", "application/pdf", "pdf")),
    (b"Rar!\x1a\x07", Kind("file", "application/vnd.rar", "rar")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("file", "application/x-ole-storage", "doc")),
)
_BRANDS = {
    b"heic": Kind("file", "image/heic", "heic"),
    b"heix": Kind("file", "image/heic", "heic"),
    b"mif1": Kind("file", "image/heif", "heif"),
    b"qt  ": Kind("video", "video/quicktime", "mov"),
    b"M4A ": Kind("voice", "audio/mp4", "m4a"),
}
_IN_ZIP = {
    "word/": Kind("file", _OFFICE + "wordprocessingml.document", "docx"),
    "xl/": Kind("file", _OFFICE + "spreadsheetml.sheet", "xlsx"),
    "ppt/": Kind("file", _OFFICE + "presentationml.presentation", "pptx"),
}
_TOP = re.compile(rb"PK\x01\x02.{42}(word/|xl/|ppt/)", re.DOTALL)
_END_MOST = 22 + 0xFFFF
"""Bytes of the longest end of a ZIP file."""
_OLE_ENDINGS = ("doc", "xls", "ppt")


def kind_of(data: bytes) -> Kind:
    """What the bytes are; :data:`UNKNOWN` if they bear no mark we know. Nothing is unpacked."""
    for mark, kind in _MARKS:
        if data.startswith(mark):
            return kind
    if data[:4] == b"RIFF":
        return {
            b"WAVE": Kind("voice", "audio/wav", "wav"),
            b"WEBP": Kind("file", "image/webp", "webp"),
        }.get(data[8:12], UNKNOWN)
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], _MP4)
    return _in_zip(data) if data.startswith(b"PK\x03\x04") else UNKNOWN


def _in_zip(data: bytes) -> Kind:
    """By the names in the directory at its end, read as bytes: a list of them could fill the memory."""
    end = data.rfind(b"PK\x05\x06", -_END_MOST)
    if end < 0 or len(data) < end + 20:
        return _ZIP
    size, start = struct.unpack_from("<2L", data, end + 12)
    found = _TOP.search(data, start, min(end, start + size))
    return _ZIP if found is None else _IN_ZIP[found[1].decode()]


def download_name(found: Kind, said: str) -> str:
    """A name made anew: what is harmless of the sender's, and the ending of what the bytes are.

    No separators, control or format characters, no leading dot, no name a system keeps for itself.
    """
    said = unicodedata.normalize("NFC", said).replace("\\", "/")
    last = PurePosixPath(said.replace("\0", ""))
    stem = "".join(c for c in last.stem if c in "-_（）()" or unicodedata.category(c)[0] in "LNZ")
    stem = " ".join(stem.split())[:_STEM].strip(" -_")
    if found.kind != "file" or not stem or _RESERVED.fullmatch(stem):
        stem = NAMES.get(found.kind, NAMES["file"])
    claimed = last.suffix.lower().lstrip(".")
    ending = claimed if found.ending in _OLE_ENDINGS and claimed in _OLE_ENDINGS else found.ending
    return f"{stem}.{ending}"
