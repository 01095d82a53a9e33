"""``classbridge service-files``: units for systemd and an example for nginx, filled in."""

from __future__ import annotations

import ipaddress
import pwd
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from bot.dingtalk.wire import MAX_BODY
from config.settings import Settings, SettingsError, load_settings

NAMES = {
    "classbridge.socket": "socket.txt",
    "classbridge.service": "service.txt",
    "classbridge.nginx.conf": "nginx.txt",
}
EXAMPLE_HOST = "class.school.example"
EXAMPLE_USER = "classbridge"
_FIELD = re.compile(r"@([A-Z]+)@")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@+,=-]+")


class CannotRender(Exception):
    """The installation's values do not fit into a unit; the text says what to change."""


def write_files(directory: Path, config: Path, env: Mapping[str, str]) -> int:
    """Write all files into a folder and say what to do with them. Returns 0, or 1 with a line on stderr."""
    try:
        rendered = render(load_settings(config, env), config.absolute())
    except (SettingsError, CannotRender) as error:
        print(error, file=sys.stderr)
        return 1
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in rendered.items():
        (directory / name).write_text(text, encoding="utf-8")
        print(directory / name)
    print(_NEXT)
    return 0


_NEXT = """
systemd: copy classbridge.socket and classbridge.service to /etc/systemd/system, then
    systemctl daemon-reload && systemctl enable --now classbridge.socket classbridge.service
nginx:   copy classbridge.nginx.conf to /etc/nginx/conf.d, put certificate and key where it looks for them,
    then nginx -t && systemctl reload nginx"""


def render(settings: Settings, config: Path, *, command: str | None = None) -> dict[str, str]:
    """The files by name.

    Args:
        config: The settings file, absolute.
        command: What runs ``classbridge``; the script beside this Python unless given.

    Raises:
        CannotRender: A port is left to the system, the host is a name, or a path has blanks in it.
    """
    server = settings.server
    if not server.port or not server.admin_port:
        raise CannotRender("server.port: systemd needs a fixed port; set server.port and server.admin_port")
    public = f"{_address(server.host)}:{server.port}"
    values = {
        "PUBLIC": public,
        "ADMIN": f"127.0.0.1:{server.admin_port}",
        "UPSTREAM": f"{_address(_near(server.host))}:{server.port}",
        "USER": _owner(config),
        "COMMAND": command or _command(),
        "CONFIG": _path(config),
        "FOLDER": _path(config.parent),
        "WRITABLE": " ".join(_path(path) for path in _writable(settings)),
        "HOST": urlsplit(server.public_url or "").hostname or EXAMPLE_HOST,
        "BODY": f"{MAX_BODY // 1024}k",
    }
    return {
        name: _FIELD.sub(lambda hit: values[hit[1]], files(__package__).joinpath(source).read_text("utf-8"))
        for name, source in NAMES.items()
    }


def _address(host: str) -> str:
    host = "127.0.0.1" if host == "localhost" else host
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        raise CannotRender(f"server.host: {host} is a name; systemd needs an address") from None
    return f"[{host}]" if version == 6 else host


def _near(host: str) -> str:
    """Where a proxy on this machine reaches the listener."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _owner(config: Path) -> str:
    """Who may read the settings is who runs the bot; never root."""
    try:
        owner = pwd.getpwuid(config.stat().st_uid)
    except (OSError, KeyError):
        return EXAMPLE_USER
    return owner.pw_name if owner.pw_uid else EXAMPLE_USER


def _command() -> str:
    script = Path(sys.executable).with_name("classbridge")
    return _path(script) if script.exists() else f"{_path(Path(sys.executable))} -m bot"


def _path(path: Path) -> str:
    text = str(path.absolute())
    if not _PLAIN.fullmatch(text):
        raise CannotRender(f"{text}: units want paths of plain letters; move it")
    return text


def _writable(settings: Settings) -> list[Path]:
    """The data folder, and whatever of the installation lies outside it."""
    folders = [settings.data_dir, settings.keys.file.parent]
    if settings.database.url.startswith("sqlite:///"):
        folders.append(Path(settings.database.url.removeprefix("sqlite:///")).parent)
    found: list[Path] = []
    for folder in (folder.absolute() for folder in folders):
        if not any(folder == one or one in folder.parents for one in found):
            found.append(folder)
    return found
