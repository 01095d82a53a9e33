"""``classbridge demo`` as it is started and left: a page, a product behind it, and nobody left over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest


@contextlib.asynccontextmanager
async def _demo(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", str(port), env=env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.kill()
        await running.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_a_page_and_leaves_nobody_behind(number: signal.Signals) -> None:
    async with _demo(0) as demo:
        assert demo.stdout is not None
        line = (await demo.stdout.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found is not None, line
        async with aiohttp.ClientSession(trust_env=False) as session:
            async with session.get(found[0]) as answer:
                assert 'id="kill"' in await answer.text()
            async with session.get(f"{found[0]}_sandbox/trace") as answer:
                child = (await answer.json())["child"]
        os.kill(child, 0)
        demo.send_signal(number)
        assert await demo.wait() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with _demo(port) as demo:
            _out, said = await demo.communicate()
            assert demo.returncode == 1
            assert f"cannot listen on port {port}" in said.decode()
            assert "Traceback" not in said.decode()
