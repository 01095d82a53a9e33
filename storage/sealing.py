"""Keys, and what is locked with them.

One installation key lies in a file outside the database. It wraps one key per subject (a pupil, a
person, a class, a school); the subject's key seals that subject's text with AES-256-GCM, bound to
the table, the column and the row it stands in. Destroying a subject's key makes all of its text
unreadable, in the file and in every copy of it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, LargeBinary, String, Table, insert, select, update
from sqlalchemy.dialects import postgresql
from typing_extensions import override

from storage.metadata import metadata

_VERSION = b"\x01"
_KEY_ID = 4
_NONCE = 12

subject_key = Table(
    "subject_key",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("key_id", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary, nullable=True, comment="null once destroyed"),
)


class KeyFileError(Exception):
    """The installation key's file is missing, readable by others, or not a key."""


class KeyGone(Exception):
    """The subject's key was destroyed, or the text was not sealed for this place."""


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    cipher: AESGCM = field(repr=False)


def load_key_file(path: Path, *, create: bool) -> bytes:
    """Read the installation key, 32 bytes as 64 hex characters; make one if asked to.

    Raises:
        KeyFileError: With one sentence that says what to do.
    """
    if not path.exists():
        if not create:
            raise KeyFileError(f"{path} is missing: put the installation key back from its safe copy")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by others: run chmod 400 on it")
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyFileError(f"{path} does not hold a key of 64 hex characters: put the right file back")
    return key


class Vault:
    """The installation key and the subject keys in use.

    Keys are remembered only after the transaction that read or made them has been committed, see
    :meth:`remember`: a rolled-back key must never seal anything.
    """

    def __init__(self, installation_key: bytes) -> None:
        self._wrapping = AESGCM(installation_key)
        self._mac_key = hmac.digest(installation_key, b"classbridge keyed hashes", "sha256")
        self._known: dict[str, _Key] = {}

    @override
    def __repr__(self) -> str:
        return "Vault(<redacted>)"

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """A 32-byte hash nobody can compute without the installation key."""
        return hmac.digest(self._mac_key, f"{purpose}\0{text}".encode(), hashlib.sha256)

    def known(self, subject: str) -> _Key | None:
        return self._known.get(subject)

    def remember(self, keys: dict[str, _Key]) -> None:
        """Keep keys whose transaction was committed."""
        self._known.update(keys)

    def forget(self, subject: str) -> None:
        self._known.pop(subject, None)

    def load(self, conn: Connection, subject: str, *, make: bool) -> _Key:
        """The subject's key from its row; made on first use if ``make``.

        Raises:
            KeyGone: There is none, or it was destroyed.
        """
        where = subject_key.c.subject == subject
        row = conn.execute(select(subject_key.c.key_id, subject_key.c.wrapped).where(where)).first()
        if row is None and make:
            self._create(conn, subject)
            row = conn.execute(select(subject_key.c.key_id, subject_key.c.wrapped).where(where)).first()
        if row is None or row.wrapped is None:
            raise KeyGone(subject)
        wrapped = bytes(row.wrapped)
        try:
            raw = self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], subject.encode())
        except InvalidTag:
            raise KeyFileError(
                "the installation key is not the one this database was sealed with: put the right file back"
            ) from None
        return _Key(bytes(row.key_id), AESGCM(raw))

    def _create(self, conn: Connection, subject: str) -> None:
        nonce, raw = os.urandom(_NONCE), AESGCM.generate_key(256)
        wrapped = nonce + self._wrapping.encrypt(nonce, raw, subject.encode())
        values = {"subject": subject, "key_id": os.urandom(_KEY_ID), "wrapped": wrapped}
        if conn.dialect.name == "postgresql":  # another replica may make the same key at this moment
            conn.execute(postgresql.insert(subject_key).values(values).on_conflict_do_nothing())
        else:
            conn.execute(insert(subject_key).values(values))


def destroy(conn: Connection, vault: Vault, subject: str) -> None:
    """Throw a subject's key away for good."""
    vault.forget(subject)
    conn.execute(update(subject_key).where(subject_key.c.subject == subject).values(wrapped=None))


def encrypt(key: _Key, where: str, row_id: str, text: str) -> bytes:
    """``version | key id | nonce | ciphertext and tag``; bound to the place it is kept in."""
    return _encrypt(key, where, row_id, text.encode())


def _encrypt(key: _Key, where: str, row_id: str, data: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    sealed = key.cipher.encrypt(nonce, data, f"{where}|{row_id}".encode())
    return b"".join((_VERSION, key.id, nonce, sealed))


def key_id_of(blob: bytes) -> bytes:
    return blob[1 : 1 + _KEY_ID]


def decrypt(key: _Key, where: str, row_id: str, blob: bytes) -> str:
    """Raises:
    KeyGone: Not sealed with this key, or moved from another row or column.
    """
    return _decrypt(key, where, row_id, blob).decode()


def _decrypt(key: _Key, where: str, row_id: str, blob: bytes) -> bytes:
    start = 1 + _KEY_ID
    nonce, sealed = blob[start : start + _NONCE], blob[start + _NONCE :]
    try:
        return key.cipher.decrypt(nonce, sealed, f"{where}|{row_id}".encode())
    except (InvalidTag, ValueError):  # the latter for what is too short to be sealed at all
        raise KeyGone(where) from None


@dataclass(frozen=True, slots=True)
class Lock:
    """Seals and opens the bytes of one place, also outside the unit that looked the key up.

    Made by ``Db.lock``; to be used only once that unit is committed.
    """

    _key: _Key = field(repr=False)
    where: str
    row_id: str

    def seal(self, data: bytes) -> bytes:
        """The bytes, locked into this place."""
        return _encrypt(self._key, self.where, self.row_id, data)

    def open(self, blob: bytes) -> bytes:
        """Raises:
        KeyGone: Not sealed with this key, moved from another place, or changed.
        """
        return _decrypt(self._key, self.where, self.row_id, blob)
