"""Attachments: their bytes lie sealed on disk under no name anybody chose, and go when they should."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.command import FileRef
from bot.media import MOST_BYTES, Gone, MediaKeeper, NotKept, ref
from bot.media_kinds import UNKNOWN, Kind, download_name, kind_of
from config.clock import MovableClock
from storage import media, people, schools
from storage.engine import Db
from storage.media import LIFE
from tests.contract.conftest import World
from tests.contract.invented import MONDAY

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of a child's essay" * 40


class Drawer:
    async def draw(self, recipe: str, data: Mapping[str, Any]) -> bytes:
        return f"{recipe}:{data['day']}".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def keeper(world: World, folder: Path) -> MediaKeeper:
    return MediaKeeper(world.store, folder, MovableClock(MONDAY), Drawer())


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def _plant(folder: Path, *names: str) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def _came(world: World, **changed: Any) -> str:
    said = {
        "school_id": world.school.id,
        "message_id": "m" * 32,
        "person_id": world.mother.id,
        "kind": "picture",
        "ticket": "download-code",
    }
    return world.run(lambda db: media.remember(db, world.new_id, MONDAY, **(said | changed)))


def _get(world: World, medium_id: str) -> media.Medium:
    found = world.run(lambda db: media.get(db, medium_id))
    assert found is not None
    return found


async def test_what_is_kept_can_be_opened(world: World, keeper: MediaKeeper) -> None:
    medium_id = _came(world)
    await keeper.keep(medium_id, PNG)
    assert await keeper.open(medium_id) == PNG
    medium = _get(world, medium_id)
    assert (medium.kind, medium.mime, medium.size, medium.name) == (
        "picture",
        "image/png",
        len(PNG),
        "图片.png",
    )
    assert medium.ticket == ""
    assert medium.fetched_at is not None
    assert world.run(lambda db: media.waiting(db)) == ()


async def test_the_disk_holds_noise_under_a_number(world: World, keeper: MediaKeeper, folder: Path) -> None:
    medium_id = _came(world, kind="file", name="../../张三的病历.pdf")
    await keeper.keep(medium_id, b"%PDF-1.4 secret words")
    [(name, sealed)] = _files(folder).items()
    assert name == _get(world, medium_id).sha256
    assert b"secret" not in sealed
    assert (_modes(folder), _modes(folder.parent) & {0o700}) == ({0o600}, {0o700})
    assert _get(world, medium_id).name == "张三的病历.pdf"


async def test_kept_twice_is_kept_once(world: World, keeper: MediaKeeper, folder: Path) -> None:
    medium_id = _came(world)
    await keeper.keep(medium_id, PNG)
    await keeper.keep(medium_id, b"GIF89a something else")
    assert await keeper.open(medium_id) == PNG
    assert len(_files(folder)) == 1


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"x" * (MOST_BYTES + 1), "too_large")], ids=["empty", "large"]
)
async def test_what_is_not_taken(world: World, keeper: MediaKeeper, data: bytes, code: str) -> None:
    medium_id = _came(world)
    with pytest.raises(NotKept) as caught:
        await keeper.keep(medium_id, data)
    assert caught.value.code == code


async def test_nobody_asked_for_it(keeper: MediaKeeper, folder: Path) -> None:
    with pytest.raises(NotKept) as caught:
        await keeper.keep("0" * 32, PNG)
    assert caught.value.code == "no_row"
    assert _files(folder) == {}


async def test_never_fetched_is_gone(world: World, keeper: MediaKeeper) -> None:
    with pytest.raises(Gone):
        await keeper.open(_came(world))
    with pytest.raises(Gone):
        await keeper.open("0" * 32)


async def test_an_erased_family_takes_its_pictures_along(world: World, keeper: MediaKeeper) -> None:
    mothers, fathers = _came(world), _came(world, person_id=world.father.id)
    for medium_id in (mothers, fathers):
        await keeper.keep(medium_id, PNG)
    world.run(lambda db: db.destroy_key(people.subject(world.mother.id)))
    with pytest.raises(Gone):
        await keeper.open(mothers)
    with pytest.raises(NotKept):
        await keeper.keep(mothers, PNG)
    assert await keeper.open(fathers) == PNG


async def test_without_a_person_the_schools_key_seals(world: World, keeper: MediaKeeper) -> None:
    medium_id = _came(world, person_id=None)
    await keeper.keep(medium_id, PNG)
    world.run(lambda db: db.destroy_key(schools.subject(world.school.id)))
    with pytest.raises(Gone):
        await keeper.open(medium_id)


@pytest.mark.parametrize("fault", ["changed", "swapped", "cut", "removed", "a link"])
async def test_a_file_that_is_not_ours_any_more_is_gone(
    world: World, keeper: MediaKeeper, folder: Path, fault: str
) -> None:
    one, other = _came(world), _came(world)
    await keeper.keep(one, PNG)
    await keeper.keep(other, PNG)
    path, second = (folder / str(_get(world, each).sha256) for each in (one, other))
    sealed = path.read_bytes()
    if fault == "changed":
        path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    elif fault == "swapped":
        path.write_bytes(second.read_bytes())
    elif fault == "cut":
        path.write_bytes(sealed[:9])
    else:
        path.unlink()
    if fault == "a link":
        path.symlink_to(second)
    with pytest.raises(Gone):
        await keeper.open(one)
    assert await keeper.open(other) == PNG


async def test_after_thirty_days_row_and_file_go(world: World, keeper: MediaKeeper, folder: Path) -> None:
    old, young = _came(world), _came(world)
    for medium_id in (old, young):
        await keeper.keep(medium_id, PNG)

    def age(db: Db) -> None:
        before = media.media.update().where(media.media.c.id == old)
        db.conn.execute(before.values(at=MONDAY - timedelta(days=31)))
        media.forget(db, MONDAY - timedelta(days=30))

    world.run(age)
    with pytest.raises(Gone):
        await keeper.open(old)
    assert await keeper.sweep() == 0  # it might be one that is being kept at this moment
    assert await keeper.sweep() == 1
    assert list(_files(folder)) == [_get(world, young).sha256]
    assert await keeper.sweep() == 0


async def test_only_our_own_files_are_swept(world: World, keeper: MediaKeeper, folder: Path) -> None:
    assert await keeper.sweep() == 0  # no folder yet
    _plant(folder, "README", "a" * 64, f"{'b' * 64}.part", "c" * 63)
    assert [await keeper.sweep(), await keeper.sweep()] == [0, 2]
    assert set(_files(folder)) == {"README", "c" * 63}


async def test_a_file_of_a_message(world: World, keeper: MediaKeeper) -> None:
    medium_id = _came(world)
    await keeper.keep(medium_id, PNG)
    kept = ref(_get(world, medium_id))
    assert kept == FileRef("picture", "图片.png", medium_id=medium_id)
    assert await keeper.file(kept) == PNG
    assert await keeper.file(FileRef("picture", "x.png", "digest", {"day": "12"})) == b"digest:12"


@pytest.mark.parametrize(("kind", "plays"), [("voice", 2600), ("video", 3)])
def test_how_long_it_plays_goes_along(world: World, kind: str, plays: int) -> None:
    assert ref(_get(world, _came(world, kind=kind, duration_ms=2600))).data == {"duration": plays}


def test_one_of_several_gives_up(world: World) -> None:
    medium_id = _came(world)
    assert _get(world, medium_id).deadline == MONDAY + LIFE
    gave_up = [world.run(lambda db: media.given_up(db, medium_id, "expired")) for _ in range(2)]
    assert gave_up == [True, False]
    assert _get(world, medium_id).code == "expired"
    assert world.run(lambda db: media.waiting(db)) == ()


def test_the_child_is_known_later(world: World) -> None:
    medium_id = _came(world)
    assert _get(world, medium_id).role_id is None
    world.run(lambda db: media.about(db, "m" * 32, "r" * 32))
    assert _get(world, medium_id).role_id == "r" * 32


def _zip(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "ending"),
    [
        (PNG, "picture", "png"),
        (b"\xff\xd8\xff\xe0", "picture", "jpg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "file", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "voice", "wav"),
        (b"#!AMR\n", "voice", "amr"),
        (b"\0\0\0\x18ftypmp42", "video", "mp4"),
        (b"\0\0\0\x18ftypheic", "file", "heic"),
        (b"%PDF-1.7", "file", "pdf"),
        (_zip("word/document.xml"), "file", "docx"),
        (_zip("xl/workbook.xml"), "file", "xlsx"),
        (_zip("a.txt"), "file", "zip"),
        (b"PK\x03\x04 broken", "file", "zip"),
        (b"<html><script>", "file", "bin"),
        (b"", "file", "bin"),
    ],
)
def test_bytes_say_what_they_are(data: bytes, kind: str, ending: str) -> None:
    found = kind_of(data)
    assert (found.kind, found.ending) == (kind, ending)


PDF = Kind("file", "application/pdf", "pdf")


@pytest.mark.parametrize(
    ("said", "found", "name"),
    [
        ("请假条.pdf", PDF, "请假条.pdf"),
        ("请假条.exe", PDF, "请假条.pdf"),
        ("../../etc/passwd", UNKNOWN, "passwd.bin"),
        ("..\\..\\boot.ini", UNKNOWN, "boot.bin"),
        ("/absolute/证明（第2页）.pdf", PDF, "证明（第2页）.pdf"),
        ("CON.pdf", PDF, "文件.pdf"),
        ("lpt1", UNKNOWN, "文件.bin"),
        ("", PDF, "文件.pdf"),
        (".pdf", PDF, "pdf.pdf"),
        ("a\0b.pdf", PDF, "ab.pdf"),
        ("a\u202ecod.pdf", PDF, "acod.pdf"),
        ("x" * 300, PDF, "x" * 40 + ".pdf"),
        ("成绩.xls", Kind("file", "application/x-ole-storage", "doc"), "成绩.xls"),
        ("张三.png", Kind("picture", "image/png", "png"), "图片.png"),
        ("\r\nContent-Type: text/html", PDF, "html.pdf"),
    ],
)
def test_names_are_made_anew(said: str, found: Kind, name: str) -> None:
    assert download_name(found, said) == name


def _zip_of(entries: int, name: bytes) -> bytes:
    """A ZIP file of a directory and nothing else."""
    local = b"PK\x03\x04" + bytes(26)
    one = b"PK\x01\x02" + bytes(24) + len(name).to_bytes(2, "little") + bytes(16) + name
    size, count = len(one) * entries, min(entries, 0xFFFF)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, len(local), 0)
    return local + one * entries + end


def test_a_directory_without_end_takes_neither_time_nor_memory() -> None:
    bomb = _zip_of(400_000, b"a")
    tracemalloc.start()
    try:
        assert kind_of(bomb).ending == "zip"
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000  # a list of its names took 141 MB and two seconds
    assert kind_of(_zip_of(3, b"word/document.xml")).ending == "docx"


@pytest.mark.parametrize("cut", [1, 10, 22, 30, 100])
def test_a_damaged_zip_is_a_zip(cut: int) -> None:
    assert kind_of(_zip_of(3, b"xl/workbook.xml")[:-cut]).ending in ("zip", "xlsx")
    assert kind_of(b"PK\x03\x04" + b"PK\x05\x06" + b"\xff" * cut).ending == "zip"
