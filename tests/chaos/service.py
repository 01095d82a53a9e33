"""``classbridge serve`` under its supervisor as a real process, and its violent death."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

START_S = 30.0


class Service:
    """One running service.

    Args:
        config: Its TOML file.
        crash_dir: Where a file named like a crash point makes the child die there.
        env: Further environment.
    """

    def __init__(self, config: Path, crash_dir: Path, env: Mapping[str, str]) -> None:
        self._config = config
        self.crash_dir = crash_dir
        self._env = {**os.environ, **env, "CLASSBRIDGE_CRASH_DIR": str(crash_dir)}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self.public_port = 0
        self.admin_port = 0
        self.child: int | None = None
        self.deaths = 0
        self.exits: list[int] = []
        self.errors: list[str] = []
        self.last: deque[str] = deque(maxlen=20)

    async def start(self) -> None:
        """Start the supervisor; returns when the child serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.supervise", str(self._config),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=self._env,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(START_S), self._changed:
                await self._changed.wait_for(lambda: self.child is not None and self.public_port)
            await self.healthy()
        except TimeoutError:
            raise RuntimeError("the service did not start: " + " | ".join(self.last)) from None

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self.last.append(line.decode(errors="replace").rstrip())
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                self.errors.append(line.decode(errors="replace").rstrip())
                continue
            await self._note(event)

    async def _note(self, event: dict[str, Any]) -> None:
        async with self._changed:
            match event.get("event"):
                case "listening":
                    self.public_port, self.admin_port = event["public_port"], event["admin_port"]
                case "child_started":
                    self.child = event["child_pid"]
                case "child_ended":
                    self.child = None
                    self.deaths += event["code"] == -signal.SIGKILL
                    if event["code"] != -signal.SIGKILL:
                        self.exits.append(event["code"])
            if event.get("level") in ("error", "critical"):
                self.errors.append(json.dumps(event, ensure_ascii=False))
            self._changed.notify_all()

    async def healthy(self) -> None:
        """Wait until the child answers on the public port.

        Raises:
            RuntimeError: It does not; with what it and the supervisor said last.
        """
        try:
            async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
                while True:
                    try:
                        async with http.get(f"http://127.0.0.1:{self.public_port}/healthz"):
                            return
                    except (aiohttp.ClientError, OSError):
                        await asyncio.sleep(0.02)  # the child died while it held our request
        except TimeoutError:
            raise RuntimeError("the service does not answer: " + " | ".join(self.last)) from None

    async def health(self) -> dict[str, Any]:
        """The admin listener's account of itself."""
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{self.admin_port}/healthz") as response:
                        found: dict[str, Any] = await response.json(content_type=None)
                        return found
                except (aiohttp.ClientError, OSError, ValueError):
                    await asyncio.sleep(0.02)  # another process starts; nothing to wait on

    async def kill(self) -> None:
        """Kill the child, if there is one; returns when its end was noticed."""
        before, pid = self.deaths, self.child
        if pid is None:
            return
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        await self._died(before, 10.0)

    async def die_at(self, point: str, patience_s: float) -> bool:
        """Let the child die the next time it passes the point; False if it did not within the time."""
        before = self.deaths
        self.plant(point)
        if await self._died(before, patience_s):
            return True
        (self.crash_dir / point).unlink(missing_ok=True)
        return self.deaths > before

    def plant(self, point: str) -> None:
        """Ask for the death without waiting for it."""
        (self.crash_dir / point).touch()

    async def _died(self, before: int, patience_s: float) -> bool:
        try:
            async with asyncio.timeout(patience_s), self._changed:
                await self._changed.wait_for(lambda: self.deaths > before)
        except TimeoutError:
            return False
        return True

    async def back(self) -> None:
        """Wait until a child runs and serves."""
        async with asyncio.timeout(START_S), self._changed:
            await self._changed.wait_for(lambda: self.child is not None)
        await self.healthy()

    async def stop(self) -> None:
        """Stop in order, as a deployment would."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await self._process.wait()
        if self._reader is not None:
            await self._reader
