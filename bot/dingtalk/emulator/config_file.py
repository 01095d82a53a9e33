"""Settings for a product that shall talk to the emulator, and the school it imports."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import orjson

from bot.dingtalk.emulator.platform import Platform


def write_config(platform: Platform, path: Path, serve_port: int, database: str | None) -> None:
    """Write the school as JSON beside ``path``, then the settings to ``path``, each in one step.

    Args:
        path: The TOML file; readable by its owner only.
        serve_port: The public port in it; the admin listener is one above.
        database: The database URL; None is a SQLite file beside the settings.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    school = path.with_name(path.stem + ".school.json")
    _replace(school, orjson.dumps(platform.world.school_json(), option=orjson.OPT_INDENT_2))
    data_dir = path.with_name(path.stem + ".data")
    url = _from_here(database) if database else f"sqlite:///{data_dir / 'classbridge.db'}"
    _replace(path, _toml(platform, serve_port, url, data_dir, school).encode())


def _from_here(url: str) -> str:
    """A SQLite file named relatively is meant from the working folder, not from the settings' folder."""
    scheme = "sqlite:///"
    return scheme + str(Path(url.removeprefix(scheme)).absolute()) if url.startswith(scheme) else url


def _toml(platform: Platform, serve_port: int, url: str, data_dir: Path, school: Path) -> str:
    app, world = platform.app, platform.world
    tables: dict[str, dict[str, str | int]] = {
        "": {"data_dir": str(data_dir), "seed": str(school)},
        "server": {"host": "127.0.0.1", "port": serve_port},
        "database": {"url": url},
        "clock": {"follow": platform.base_url},
        f"dingtalk.{world.app}": {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "robot_code": app.robot_code,
            "corp_id": world.corp,
            "agent_id": app.agent_id,
            "receive": "http",
            "api_base": platform.base_url,
            "oapi_base": platform.base_url,
            "digest_card_template": platform.digest_template,
            "message_card_template": platform.message_template,
        },
    }
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
