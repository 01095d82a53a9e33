"""Every dialogue in ``tests/dialogues``, in every form of the platform, on both databases.

How a form receives and shows is nothing to the database: a form whose dialogues another one plays as well is
played on SQLite alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue import MODES, Mode, play, play_file, read, run_dialogues

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(FOLDER.glob("*.txt"))

NOTE = "@class 三(2)班 @start 2026-10-12T10:00+08:00\n王老师: 表扬小明今天主动扫了地\n"


def _belongs(path: Path, name: str) -> bool:
    """Whether this form plays it on both databases: no other that does plays it."""
    return name not in BESIDE or not MODES["http"].plays(read(path).needs)


BESIDE = ("stream", "cards-refused", "custom-robot-only")
CASES = [
    pytest.param(path, mode, database, id=f"{database}-{path.stem}-{name}")
    for database in ("sqlite", "postgresql")
    for name, mode in MODES.items()
    for path in FILES
    if mode.plays(read(path).needs) and (database == "sqlite" or _belongs(path, name))
]


@pytest.mark.parametrize(("path", "mode", "database"), CASES)
def test_dialogue(path: Path, mode: Mode, database: str, empty_database_url: str) -> None:
    played = play_file(path, mode, empty_database_url)
    assert played.failure is None, str(played.failure)


@pytest.mark.parametrize("name", [name for name, mode in MODES.items() if not mode.only])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_form_cannot_do_has_a_twin_that_it_can(path: Path, name: str) -> None:
    offers = MODES[name].offers
    missing = read(path).needs - offers
    twins = [other for other in FILES if other.stem.startswith(f"{path.stem.split('_without_')[0]}")]
    played = [other for other in twins if read(other).needs <= offers]
    assert not missing or played, f"{path.name} needs {missing} and has no twin for {name}"


@pytest.mark.parametrize(
    ("lines", "line", "got"),
    [
        ("‹ 王老师: 记错了*\n", 3, "记下了"),
        ("", 2, "unread|read"),
        ("‹ 王老师: *\n‹ 群: *\n", 4, "silence for 群"),
        ("‹ 王老师: *\n= 16:50\n", 4, "速递"),
    ],
    ids=["wrong text", "unread output", "missing output", "unread after a clock move"],
)
def test_a_planted_difference_is_found_in_the_real_bot(
    tmp_path: Path, lines: str, line: int, got: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "planted.txt"
    path.write_text(NOTE + lines, encoding="utf-8")
    assert run_dialogues([path]) == 1
    out = capsys.readouterr().out
    assert f"{path}:{line}: " in out
    assert any(part in out for part in got.split("|"))


def test_files_played_together_each_get_a_world_of_their_own(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("王老师: 合唱比赛\n‹ 王老师: *[要闻]*\n", encoding="utf-8")
    assert play([tmp_path / "a.txt", tmp_path / "b.txt"]) == []


def test_a_dialogue_for_other_platforms_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.txt"
    path.write_text("@needs telepathy\n王老师: 你好\n", encoding="utf-8")
    assert run_dialogues([path]) == 0
    assert "not for dingtalk, it needs telepathy" in capsys.readouterr().out


def test_an_unknown_platform_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text(NOTE, encoding="utf-8")
    assert run_dialogues([path], Mode("feishu")) == 2
    assert "feishu" in capsys.readouterr().err
