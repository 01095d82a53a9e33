"""``classbridge serve``: the supervisor in front, the bot behind it.

Kept apart from the other commands and free of their imports: the process that holds the sockets
stays small. It reads the settings in a child of its own, so that it need not load what checks them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from bot.app import App

USAGE = "usage: classbridge serve --config FILE\n"
CONFIG_ERROR = 78
"""EX_CONFIG: starting again would not help, so the supervisor does not try."""
_FIRST_FD = 3


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    if len(argv) != 2 or argv[0] != "--config":
        sys.stderr.write(USAGE)
        return 2
    config = Path(argv[1]).absolute()
    if os.environ.get("LISTEN_FDS"):
        return _child(config)
    return _supervise(config)


def _supervise(config: Path) -> int:
    from bot import supervisor

    listeners = _listeners(config)
    if listeners is None:
        return CONFIG_ERROR
    host, port, admin_port = listeners
    try:
        sockets = [supervisor.bind(host, port)]
        sockets.append(supervisor.bind("127.0.0.1", admin_port))
    except OSError as error:
        sys.stderr.write(f"cannot listen on {host}:{port} and 127.0.0.1:{admin_port}: {error.strerror}; ")
        sys.stderr.write("stop what uses the port, or set another in [server]\n")
        return 1
    return supervisor.run([sys.executable, "-m", "bot", "serve", "--config", str(config)], sockets)


def _listeners(config: Path) -> tuple[str, int, int] | None:
    """Host and ports, read by a forked child that then ends; None if the settings are wrong."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = _print_listeners(config, write_end)
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        text = pipe.read()
    _pid, status = os.waitpid(pid, 0)
    if status != 0 or not text:
        return None
    host, port, admin_port = json.loads(text)
    return host, port, admin_port


def _print_listeners(config: Path, write_end: int) -> int:
    from config.settings import SettingsError, load_settings

    try:
        server = load_settings(config, os.environ).server
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return CONFIG_ERROR
    os.write(write_end, json.dumps([server.host, server.port, server.admin_port]).encode())
    return 0


def _child(config: Path) -> int:
    """The bot itself, on the sockets it was handed."""
    import asyncio
    import socket

    from bot import log
    from bot.app import build
    from config.settings import SettingsError, load_settings
    from storage.engine import Busy, Refused
    from storage.schema import SchemaError
    from storage.sealing import KeyFileError

    log.setup(os.environ.get("CLASSBRIDGE_LOG", "info").upper(), sys.stderr)
    try:
        settings = load_settings(config, os.environ)
        app = build(settings)
    except (SettingsError, KeyFileError, SchemaError) as error:
        sys.stderr.write(f"{error}\n")
        return CONFIG_ERROR
    except (Busy, Refused, OSError) as error:
        sys.stderr.write(f"cannot start: {type(error).__name__}: {error}\n")
        return 1
    count = int(os.environ["LISTEN_FDS"])
    sockets = [socket.socket(fileno=_FIRST_FD + place) for place in range(count)]
    for listener in sockets:
        listener.setblocking(False)
    admin = sockets[1] if count > 1 else None
    return asyncio.run(_serve(app, sockets[0], admin))


async def _serve(app: App, public: socket.socket, admin: socket.socket | None) -> int:
    import asyncio
    import signal

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    await app.start(public, admin)
    await asked.wait()
    await app.stop()
    return 0
