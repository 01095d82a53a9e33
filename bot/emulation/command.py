"""``classbridge emulator PLATFORM``: run the emulated platform until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.emulation.base import Emulated

DEFAULT_START = "2026-10-12T07:00+08:00"
PROFILES = {
    "dingtalk": ("full", "custom-robot-only", "professional"),
    "wecom": ("full", "internal", "forward"),
}
"""What of the platform the school has, the usual one first."""


class CommandError(Exception):
    """The options make no sense together; the text says what to change."""


def run_emulator(
    platform: str = "dingtalk", *, port: int = 0, start: str = DEFAULT_START,
    write_config: Path | None = None, serve_port: int | None = None, receive: str = "http",
    database: str | None = None, unbound: int = 0, seed: str = "1", profile: str = "full",
    limits: Any = None,
) -> int:  # fmt: skip
    """Run until SIGINT or SIGTERM; prints the address on one line of standard output once it listens.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        start: The clock's first moment, ISO with offset.
        write_config: Where to write settings for ``serve``; needs ``serve_port``.
        serve_port: The port on which ``serve`` will listen; pushes go there.
        database: The database URL in the settings; None is a SQLite file beside them.
        unbound: How many guardians get a code instead of an identity.
        receive: ``http`` or ``stream``.
        profile: One of :data:`PROFILES`.
        limits: Other quotas than the platform's, for measuring.

    Returns:
        The exit status.

    Raises:
        CommandError: An option has a value that cannot be used.
    """
    moment = _check(platform, start, receive, profile, unbound)
    if write_config is not None and serve_port is None:
        raise CommandError("--write-config needs --serve-port")
    target = f"http://127.0.0.1:{serve_port}" if serve_port is not None else None
    emulator = make(
        platform, start=moment, seed=seed, unbound=unbound, target=target, limits=limits, profile=profile,
        receive=receive,
    )  # fmt: skip
    asyncio.run(_serve(emulator, port, write_config, serve_port, database))
    return 0


def make(platform: str, **options: Any) -> Emulated:
    """An emulated platform that is ready to start; ``options`` are its class's own.

    Raises:
        ValueError: There is no emulator for it.
    """
    if platform == "dingtalk":
        from bot.dingtalk.emulator.emulator import Emulator

        return Emulator(**options)
    if platform == "wecom":
        from bot.wecom.emulator.emulator import WeComEmulator

        return WeComEmulator(**options)
    raise ValueError(f"there is no emulator for {platform!r}")


def _check(platform: str, start: str, receive: str, profile: str, unbound: int) -> datetime:
    if platform not in PROFILES:
        raise CommandError(f"there is no emulator for {platform}")
    if receive not in ("http", "stream"):
        raise CommandError(f"--receive {receive} is not emulated; use http or stream")
    if profile not in PROFILES[platform]:
        raise CommandError(f"--profile {profile} is not emulated; use {' or '.join(PROFILES[platform])}")
    if unbound < 0:
        raise CommandError("--unbound is a number from 0")
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        raise CommandError("--start is no ISO time") from None
    if moment.tzinfo is None:
        raise CommandError("--start needs an offset, for example +08:00")
    return moment


async def _serve(
    emulator: Emulated, port: int, write_config: Path | None, serve_port: int | None, database: str | None
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await emulator.start(port)
    try:
        if write_config is not None and serve_port is not None:
            emulator.write_config(write_config, serve_port, database)
        sys.stdout.write(f"{emulator.url}\n")
        sys.stdout.flush()
        await stopped.wait()
    finally:
        await emulator.stop()
