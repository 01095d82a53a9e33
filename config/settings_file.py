"""Reading the settings file and the environment into one tree that remembers where each value stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, ...]

PREFIX = "CLASSBRIDGE_"
_OTHERS = 0o077
_TABLE = re.compile(r"^\s*\[+\s*(?P<name>[^\]]+?)\s*\]+")
_VALUE = re.compile(r"^\s*(?P<name>[A-Za-z0-9_\-\"'. ]+?)\s*=")


class SettingsError(Exception):
    """The settings cannot be used. The message names file, line and key, and what to do."""


@dataclass(slots=True)
class SettingsSource:
    """The values as written, and where each was written.

    Args:
        path: The settings file.
        values: The tree of tables.
        lines: Line number (from 1) of each key and table in the file.
        env: The environment.
        variables: The variable that set a key, where one did.
    """

    path: Path
    values: dict[str, Any]
    lines: dict[Key, int]
    env: Mapping[str, str]
    variables: dict[Key, str] = field(default_factory=dict)

    def say(self, key: Key, text: str) -> str:
        """One line about one key: where it stands, its name, what is wrong. Never its value."""
        name = ".".join(key) or "settings"
        for written in (key, *((*key[:-1], key[-1] + end) for end in ("_file", "_env") if key)):
            if written in self.variables:
                return f"environment {self.variables[written]}: {name}: {text}"
            if written in self.lines:
                return f"{self.path}:{self.lines[written]}: {name}: {text}"
        # Not written at all: point at the table it belongs to.
        table = key
        while table and table not in self.lines:
            table = table[:-1]
        return f"{self.path}:{self.lines.get(table, 1)}: {name}: {text}"

    def is_in_file(self, key: Key) -> bool:
        """Whether the key's own value stands in the file."""
        return key in self.lines and key not in self.variables

    def others_may_read(self, path: Path) -> bool:
        """Whether group or world have any right to the file."""
        return bool(path.stat().st_mode & _OTHERS)

    def resolve_secrets(self, secrets: tuple[Key, ...]) -> None:
        """Put the secret in place of ``<key>_file`` and ``<key>_env``.

        Raises:
            SettingsError: If it is given twice, is missing or empty, or others may read the file.
        """
        for pattern in secrets:
            for table_key, table in self._tables(pattern[:-1]):
                self._resolve_secret(table_key, table, pattern[-1])

    def resolve_paths(self, paths: tuple[Key, ...]) -> None:
        """Make relative paths, also that of a SQLite file, start at the settings file's folder."""
        self.values.setdefault("data_dir", "data")
        for pattern in paths:
            for _, table in self._tables(pattern[:-1]):
                value = table.get(pattern[-1])
                if isinstance(value, str) and value:
                    table[pattern[-1]] = str(self._from_here(value))
        database = self.values.get("database")
        url = database.get("url") if isinstance(database, dict) else None
        if isinstance(database, dict) and isinstance(url, str) and url.startswith("sqlite:///"):
            rest = url.removeprefix("sqlite:///")
            database["url"] = f"sqlite:///{self._from_here(rest)}" if rest else url

    def _from_here(self, name: str) -> Path:
        return self.path.parent.absolute() / Path(name).expanduser()

    def _tables(self, pattern: Key) -> Iterator[tuple[Key, dict[str, Any]]]:
        found: list[tuple[Key, dict[str, Any]]] = [((), self.values)]
        for part in pattern:
            found = [
                ((*key, name), inner)
                for key, table in found
                for name, inner in table.items()
                if part in ("*", name) and isinstance(inner, dict)
            ]
        yield from found

    def _resolve_secret(self, table_key: Key, table: dict[str, Any], name: str) -> None:
        given = [key for key in (name, f"{name}_file", f"{name}_env") if key in table]
        if len(given) > 1:
            raise SettingsError(self.say((*table_key, given[1]), f"give only one of {', '.join(given)}"))
        if not given or given == [name]:
            return
        key, value = (*table_key, given[0]), table.pop(given[0])
        if not isinstance(value, str) or not value:
            raise SettingsError(self.say(key, "write a name between quotation marks"))
        table[name] = (
            self._secret_file(key, value) if given[0].endswith("_file") else self._secret_env(key, value)
        )

    def _secret_env(self, key: Key, name: str) -> str:
        secret = self.env.get(name, "").strip()
        if not secret:
            raise SettingsError(self.say(key, f"the environment has no {name}; set it"))
        return secret

    def _secret_file(self, key: Key, name: str) -> str:
        path = self._from_here(name)
        try:
            if self.others_may_read(path):
                raise SettingsError(self.say(key, f"others may read {path.name}; chmod 600 it"))
            secret = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(
                self.say(key, f"{name} cannot be read; write the secret there, chmod 600")
            ) from None
        if not secret:
            raise SettingsError(self.say(key, f"{path.name} is empty; write the secret there"))
        return secret


def read_source(path: Path, env: Mapping[str, str], top: frozenset[str]) -> SettingsSource:
    """Read the file and lay the environment over it.

    Args:
        path: The TOML file, UTF-8.
        env: The environment; variables with an empty value are as if not set.
        top: The names a variable may begin with after the prefix; others are not ours.

    Raises:
        SettingsError: If the file cannot be read or is no TOML.
    """
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = line[1] if line else str(text.count("\n") + 1)
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise SettingsError(f"{path}:{where}: this is no TOML: {what}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}:1: save the file as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); see config/example.toml") from None
    source = SettingsSource(path, values, _lines(text), env)
    for variable, value in sorted(env.items()):
        key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        if variable.startswith(PREFIX) and value and key[0] in top:
            _override(source, key, variable, value)
    return source


def _override(source: SettingsSource, key: Key, variable: str, value: str) -> None:
    table = source.values
    for part in key[:-1]:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise SettingsError(f"environment {variable}: {part} is no table; remove the variable")
        table = inner
    stem = re.sub(r"_(file|env)$", "", key[-1])
    # A secret from the environment replaces the file's, in whichever form that was written.
    for form in (f"{stem}_file", f"{stem}_env", *([stem] if stem != key[-1] else [])):
        table.pop(form, None)
    table[key[-1]] = value
    source.variables[key] = variable


def _lines(text: str) -> dict[Key, int]:
    """Where each key stands. Good for messages; the parser itself is ``tomllib``."""
    lines: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = _split(found["name"])
            lines.setdefault(table, number)
        elif found := _VALUE.match(line):
            lines.setdefault((*table, *_split(found["name"])), number)
    return lines


def _split(name: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in name.split("."))
