"""``classbridge demo``: the emulated platform here, the product in its own process, a page to play with."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.emulation.base import Emulated
from bot.emulation.command import PROFILES, make
from bot.sandbox import texts
from bot.sandbox.product import NotUp, Product, free_pair

START = "2026-10-12T16:10+08:00"
"""A Monday, twenty minutes before school is out: nothing has happened yet and soon much will."""
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")

Say = Callable[[str], None]


def stay_up(port: int = 0, platform: str = "dingtalk", say: Say = print) -> int:
    """Run everything until SIGINT, SIGTERM or SIGHUP; returns the exit code.

    Args:
        port: Where the emulated platform and the page listen on 127.0.0.1; 0 takes a free port.
        platform: Which emulated platform.
        say: Takes one line of output.
    """
    if platform not in PROFILES:
        raise ValueError(f"there is no emulator for {platform!r}")
    with TemporaryDirectory(prefix="classbridge-demo-", ignore_cleanup_errors=True) as directory:
        try:
            return asyncio.run(_run(Path(directory), port, platform, say))
        except NotUp as error:
            print(error, file=sys.stderr)
        except OSError as error:
            words = f"cannot listen on port {port}: {error.strerror}; take another with --port"
            print(words, file=sys.stderr)
    return 1


async def _run(directory: Path, port: int, platform: str, say: Say) -> int:
    with contextlib.suppress(asyncio.CancelledError):
        _cancel_when_asked()
        async with opened(directory, port, platform) as emulator:
            _invite(emulator.url, say)
            await asyncio.Event().wait()
    return 0


def _cancel_when_asked() -> None:
    """The first signal ends the running task, wherever it is; more of them do not disturb its leaving."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave() -> None:
        for number in signals:
            loop.add_signal_handler(number, lambda: None)
        if task is not None:
            task.cancel()

    for number in signals:
        loop.add_signal_handler(number, leave)


@asynccontextmanager
async def opened(directory: Path, port: int = 0, platform: str = "dingtalk") -> AsyncIterator[Emulated]:
    """A class ready to be played with: the platform with its page here, the product in a child process.

    Args:
        directory: Empty; holds settings, key, data and the product's log.
        port: Where the platform listens; 0 takes a free port.
        platform: Which.

    Raises:
        NotUp: The product did not start.
        OSError: The port is taken.
    """
    emulator = make(platform, start=datetime.fromisoformat(START))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(emulator.stop)
        await emulator.start(port)
        config, serve_port = directory / "classbridge.toml", free_pair()
        await asyncio.to_thread(emulator.write_config, config, serve_port)
        product = Product(config, serve_port, directory / "classbridge.log")
        stack.push_async_callback(product.stop)
        await product.start()
        emulator.page.product = product
        yield emulator


def _invite(url: str, say: Say) -> None:
    for line in texts.INVITATION:
        say(line.format(base=url))
    sys.stdout.flush()
    if sys.stdout.isatty() and (sys.platform == "darwin" or any(os.environ.get(name) for name in _DISPLAYS)):
        _open(f"{url}/")


def _open(url: str) -> None:
    try:
        webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return  # the address is on the screen
