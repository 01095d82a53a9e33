"""Names and words are written all over; none of them can be read in the database's bytes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import access, codes, contact_log, digests, media, numbers, talks
from storage.engine import Db, Store
from storage.tables import metadata
from tests.contract.conftest import World
from tests.contract.invented import CORP, MONDAY

NOTE = "王梓涵主动扫了地"
PLANTED = (
    "小明",
    "乐乐",
    "林小满",
    "王老师",
    "教务张老师",
    "孩子1零4",
    "010-55550110",
    "10010000",
    "87654321",
    "王梓涵",
    "今天咳嗽",
    "想看看孩子",
    "录音甲",
    "票据乙",
    "陌生人丙",
)


def _write_everything(world: World) -> None:
    class_id, teacher, pupil = world.school_class.id, world.teacher.id, world.pupil.id

    def unit(db: Db) -> None:
        place = {"school_id": world.school.id, "class_id": class_id}
        digest = digests.get_or_create(db, world.new_id, MONDAY, day=MONDAY.date(), **place)
        said = {"kind": "praise", "text": NOTE, "author_id": teacher}
        note = digests.add_note(db, world.new_id, MONDAY, digest=digest, pupil_ids=[pupil], **said)  # type: ignore[arg-type]
        digests.edit_note(db, MONDAY, note.id, text=f"{NOTE}和地")
        digests.publish_text(db, digest.id, NOTE, {"praise": [NOTE]}, MONDAY)
        where = (world.school.id, class_id, pupil, world.mother.id, teacher)
        contact_log.record(db, world.new_id, MONDAY, *where, "message", "to_school", "今天咳嗽")
        numbers.give(db, world.new_id, MONDAY.date(), teacher, "relay", "relay", "x", "a", "小明妈妈")
        access.access_pupil(db, teacher, pupil, "想看看孩子")
        codes.add(db, world.new_id, MONDAY, person=world.father, code="87654321")
        codes.attempt(db, world.new_id, MONDAY, "dingtalk_outsider", CORP, "陌生人丙")
        later = MONDAY + timedelta(hours=1)
        talk = {"chat_key": "k", "person_id": "p", "feature": "digest", "state": NOTE, "expires_at": later}
        talks.open_talk(db, world.new_id, MONDAY, school_id=world.school.id, **talk)  # type: ignore[arg-type]
        sent = {
            "kind": "voice",
            "ticket": "票据乙",
            "name": "录音甲",
            "message_id": "m",
            "person_id": teacher,
        }
        media.remember(db, world.new_id, MONDAY, school_id=world.school.id, **sent)  # type: ignore[arg-type]

    world.run(unit)


def _everything(store: Store, folder: Path) -> bytes:
    """The database as somebody who stole it has it."""
    if store.dialect == "sqlite":
        files = sorted(folder.glob("classbridge.db*"))
        return b"".join(path.read_bytes() for path in files)

    def dump(db: Db) -> bytes:
        lines: list[str] = []
        for table in metadata.tables:
            lines += db.conn.execute(sa.text(f'SELECT t::text FROM "{table}" t')).scalars()
        # Bytes are printed as hexadecimal digits there.
        return "\n".join(lines).encode()

    return store.run(dump).result()


def _found(raw: bytes) -> list[str]:
    return [
        word
        for word in PLANTED
        if word.encode() in raw or word.encode("utf-16-le") in raw or word.encode().hex().encode() in raw
    ]


def test_nothing_planted_can_be_read(world: World, tmp_path: Path) -> None:
    _write_everything(world)
    raw = _everything(world.store, tmp_path)
    assert world.school_class.name.encode() in raw  # the dump does show what stands in the open
    assert _found(raw) == []


@pytest.mark.parametrize("table", ["people", "schools"])
def test_the_search_finds_a_name_written_in_the_open(world: World, tmp_path: Path, table: str) -> None:
    column = {"people": "name", "schools": "duty_phone"}[table]
    planted = {"people": "林小满", "schools": "010-55550110"}[table]
    open_row = sa.update(metadata.tables[table]).values({column: planted.encode()})
    world.run(lambda db: db.conn.execute(open_row))
    assert _found(_everything(world.store, tmp_path)) == [planted]


def test_an_erased_child_cannot_be_read_from_an_old_copy(world: World) -> None:
    _write_everything(world)
    subject = f"pupil:{world.pupil.id}"

    def sealed(db: Db) -> bytes:
        found: bytes = db.conn.execute(sa.select(contact_log.contact_log.c.content)).scalar_one()
        return found

    blob = world.run(sealed)
    world.run(lambda db: db.destroy_key(subject))
    row_id = world.run(lambda db: db.conn.execute(sa.select(contact_log.contact_log.c.id)).scalar_one())
    with pytest.raises(Exception, match=subject):
        world.run(lambda db: db.open(subject, "contact_log.content", row_id, blob))
