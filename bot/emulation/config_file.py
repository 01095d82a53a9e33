"""Writes settings for a product that shall talk to an emulated platform, and the school it imports."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import orjson

from bot.emulation.world import World

Table = dict[str, str | int]


def write_school_and_settings(
    world: World, base_url: str, path: Path, serve_port: int, database: str | None, apps: dict[str, Table]
) -> None:
    """Write the school as JSON beside ``path``, then the settings to ``path``, each in one step.

    Args:
        base_url: Where the emulated platform listens; the product follows its clock.
        path: The TOML file; readable by its owner only.
        serve_port: The public port in it; the admin listener is one above. 0: the system chooses, and the
            settings cannot say under which address pages are found.
        database: The database URL; None is a SQLite file beside the settings.
        apps: The platform's own tables.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    school = path.with_name(path.stem + ".school.json")
    _replace(school, orjson.dumps(world.school_json(), option=orjson.OPT_INDENT_2))
    data_dir = path.with_name(path.stem + ".data")
    url = _from_here(database) if database else f"sqlite:///{data_dir / 'classbridge.db'}"
    server: Table = {"host": "127.0.0.1", "port": serve_port}
    if serve_port:
        server["public_url"] = f"http://127.0.0.1:{serve_port}"
    tables: dict[str, Table] = {
        "": {"data_dir": str(data_dir), "seed": str(school)},
        "server": server,
        "database": {"url": url},
        "clock": {"follow": base_url},
        **apps,
    }
    _replace(path, _toml(tables).encode())


def _from_here(url: str) -> str:
    """A SQLite file named relatively is meant from the working folder, not from the settings' folder."""
    scheme = "sqlite:///"
    return scheme + str(Path(url.removeprefix(scheme)).absolute()) if url.startswith(scheme) else url


def _toml(tables: dict[str, Table]) -> str:
    lines = ["# Written by the emulator: an invented school, an invented app, this machine only."]
    for name, values in tables.items():
        lines += [f"\n[{name}]"] if name else []
        # A JSON string without escapes beyond \" \\ and \uXXXX is a TOML basic string.
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
