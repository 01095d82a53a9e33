"""The world a dialogue is played in: emulator and bot in this process, on ports of the system's choice."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.dialogue.control import Control
from bot.dialogue.mode import PLATFORMS, Mode
from bot.dialogue.script import Script, ScriptError, read
from bot.dialogue.stage import Failure, Roll, Stage


@dataclass(frozen=True, slots=True)
class Played:
    """One dialogue played.

    Args:
        path: The file.
        failure: The first difference, None if there was none.
        missing: What the platform lacks; then it was not played.
    """

    path: Path
    failure: Failure | None = None
    missing: tuple[str, ...] = ()


def play(paths: Iterable[Path], mode: Mode | None = None, database_url: str | None = None) -> list[Failure]:
    """Play dialogues one after another, each in a world of its own; returns the differences.

    Args:
        paths: The files.
        mode: In which form of the platform; None is the usual one.
        database_url: An empty database for the only file, or a server on which each file gets one of its own;
            None is a new SQLite file each.

    Raises:
        ValueError: There is no emulator for the platform.
    """
    played = _play_all(list(paths), mode or Mode(), database_url)
    return [one.failure for one in played if one.failure is not None]


def play_file(path: Path, mode: Mode | None = None, database_url: str | None = None) -> Played:
    """Play one dialogue on an empty database; see :func:`play`."""
    mode = mode or Mode()
    if mode.platform not in PLATFORMS:
        raise ValueError(
            f"dialogues cannot be played on {mode.platform!r} yet, only on {', '.join(PLATFORMS)}"
        )
    try:
        script = read(path)
    except ScriptError as error:
        return Played(path, Failure(str(path), error.line, "a dialogue line", str(error)))
    except (OSError, UnicodeDecodeError) as error:
        return Played(path, Failure(str(path), 1, "a readable file", type(error).__name__))
    missing = tuple(sorted(script.needs - mode.offers)) or (() if mode.plays(script.needs) else ("more",))
    if missing:
        return Played(path, missing=missing)
    with TemporaryDirectory(prefix="classbridge-dialogue-") as directory:
        return Played(path, asyncio.run(_play(script, mode, database_url, Path(directory))))


def run_dialogues(files: Sequence[Path], mode: Mode | None = None, database: str | None = None) -> int:
    """``classbridge dialogue``: play the files and print the first difference; returns the exit code."""
    mode = mode or Mode()
    try:
        for played in _play_all(list(files), mode, database):
            if played.failure is not None:
                print(played.failure)
                return 1
            if played.missing:
                print(f"{played.path}: not for {mode.platform}, it needs {' '.join(played.missing)}")
            else:
                print(f"{played.path}: ok")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _play_all(paths: list[Path], mode: Mode, database_url: str | None) -> Iterator[Played]:
    for number, path in enumerate(paths):
        with _empty(database_url, number, only=len(paths) == 1) as url:
            yield play_file(path, mode, url)


@contextmanager
def _empty(database_url: str | None, number: int, *, only: bool) -> Iterator[str | None]:
    """The database given if it is for one dialogue only, else one of its own on the same server."""
    if database_url is None or only:
        yield database_url
        return
    from config.ids import new_id
    from storage.scratch import scratch

    with scratch(database_url, f"dialogue_{number}_{new_id()[-8:]}") as url:
        yield url


async def _play(script: Script, mode: Mode, database_url: str | None, directory: Path) -> Failure | None:
    async with open_world(script, mode, database_url, directory) as base, Control(base) as control:
        roll = Roll(await control.people(), script.class_name)
        return await Stage(control, roll, mode=mode).play(script)


@asynccontextmanager
async def open_world(
    script: Script, mode: Mode, database_url: str | None, directory: Path, port: int = 0
) -> AsyncIterator[str]:
    """Start emulator and bot for a script; gives the emulator's address.

    Args:
        database_url: An empty database; None is a SQLite file in ``directory``.
        directory: Empty; holds settings, key and data.
        port: Where the emulator listens; 0 takes a free port.
    """
    from bot.app import build
    from bot.emulation.command import make
    from bot.supervisor import bind
    from config.settings import load_settings

    emulator = make(
        mode.platform,
        start=script.start,
        unbound=script.unbound,
        receive=mode.receive,
        profile=mode.profile,
        takes_cards=mode.cards == "taken",
    )
    await emulator.start(port)
    try:
        config = directory / "classbridge.toml"
        public = bind("127.0.0.1", 0)  # first: the settings say where presses and people come in
        emulator.write_config(config, public.getsockname()[1], database_url)
        app = build(load_settings(config, {}))
        await app.start(public, bind("127.0.0.1", 0))
        try:
            await emulator.ready()
            yield emulator.url
        finally:
            await app.stop()
    finally:
        await emulator.stop()
