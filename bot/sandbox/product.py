"""The product as the sandbox runs it: ``serve`` in a process of its own, so that it can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

START_S = 60.0
STOP_S = 20.0
ASK_S = 2.0
_PAUSE_S = 0.05


class NotUp(Exception):
    """The product did not start; the text says where its words are."""


async def ask(port: int, path: str) -> Any:
    """The JSON at a path of an admin listener on this machine; None if it does not answer.

    Args:
        port: The admin listener's port.
    """
    try:
        timeout = aiohttp.ClientTimeout(total=ASK_S)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(f"http://127.0.0.1:{port}{path}") as answer,
        ):
            return await answer.json() if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None


def free_pair() -> int:
    """A port that is free together with the next one, which the admin listener takes."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


class Product:
    """One run of ``python -m bot serve`` under its supervisor.

    Args:
        config: The settings.
        port: The public port in them; the admin listener is one above.
        log: Takes what the processes write.
    """

    def __init__(self, config: Path, port: int, log: Path) -> None:
        self._config = config
        self._admin = port + 1
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return once it serves.

        Raises:
            NotUp: It ended, or said nothing for a minute.
        """
        command = (sys.executable, "-m", "bot", "serve", "--config", str(self._config))
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C at the terminal is ours to pass on, in order.
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, env=_clean(os.environ), start_new_session=True
            )
        try:
            async with asyncio.timeout(START_S):
                while await self.health() is None:
                    if self._process.returncode is not None:
                        raise NotUp(
                            f"the product ended with {self._process.returncode}: {self._last_words()}"
                        )
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError:
            raise NotUp(f"the product does not answer: {self._last_words()}") from None

    async def health(self) -> Mapping[str, Any] | None:
        """The facts of its ``/healthz``, if it answers and is the one started here."""
        facts = await ask(self._admin, "/healthz")
        if self._process is None or not isinstance(facts, dict) or facts.get("pid") != self._process.pid:
            return None
        return facts

    async def kill(self) -> bool:
        """End the serving process as a crash would; the supervisor starts it again. False if none serves."""
        facts = await self.health()
        if facts is None or facts["child_pid"] == facts["pid"]:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(facts["child_pid"], signal.SIGKILL)
        return True

    async def stop(self) -> None:
        """Ask it to stop and wait; what does not end in time is ended."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it wrote nothing"


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without what would hand the child somebody else's sockets or settings."""
    ours = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "CLASSBRIDGE_")
    return {key: value for key, value in env.items() if not key.startswith(ours)}
