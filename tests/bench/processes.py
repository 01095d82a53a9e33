"""The processes of a bench: servers, loads, and how much they use."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

import psutil

from tests.bench.callbacks import Speaker

READY_S = 30.0


def free_port() -> int:
    """A port nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def process(*argv: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A process of ours, ended at the end."""
    started = subprocess.Popen([sys.executable, "-m", *argv], text=True, **more)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)
        for pipe in (started.stdin, started.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def peer(*argv: str, port: int) -> Iterator[int]:
    """A peer's server; gives its port once it answers."""
    with process(*argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        _answering(port)
        yield port


def _answering(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)  # another process starts; nothing to wait on
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


@contextmanager
def serving(config: Path, *options: str) -> Iterator[int]:
    """The bot; gives its public port."""
    argv = ("tests.bench.serving", str(config), *options)
    with process(*argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        yield int(_line(server.stdout)["port"])


def work(config: Path, *options: str) -> dict[str, Any]:
    """Run the bot until the work that lies ready is done; returns how much and how long."""
    argv = [sys.executable, "-m", "tests.bench.serving", str(config), *options]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def told(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module to its end; what it says in its last line."""
    argv = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def load(
    port: int, speakers: Sequence[Speaker], *, count: int, texts: Sequence[str], run: str, sink: int,
    rate: float = 0.0, answer: bool = False, platform: str = "dingtalk",
) -> dict[str, Any]:  # fmt: skip
    """Send ``count`` requests from a process of its own; returns its figures.

    Args:
        sink: The platform's port.
        rate: Per second; 0 is as fast as they are answered.
        answer: Whether that process is the platform, too.
        platform: Whose callbacks they are.
    """
    argv = [
        "tests.bench.load", "--port", str(port), "--count", str(count), "--run", run, "--rate", str(rate),
        "--sink-port", str(sink), "--platform", platform, *(["--answer"] if answer else []),
        *(f"--text={text}" for text in texts),
    ]  # fmt: skip
    people = json.dumps([list(asdict(one).values()) for one in speakers])
    done = subprocess.run(
        [sys.executable, "-m", *argv], check=True, input=people, capture_output=True, text=True
    )
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def _line(pipe: IO[str] | None) -> dict[str, Any]:
    assert pipe is not None
    line = pipe.readline()
    if not line:
        raise RuntimeError("the server ended before it served")
    return cast(dict[str, Any], json.loads(line))


# The whole service: supervisor and child


@contextmanager
def service(config: Path) -> Iterator[tuple[int, float, psutil.Process]]:
    """``classbridge serve``; gives its port, the seconds to the first answer, and the child."""
    port = free_port()
    ports = {
        "CLASSBRIDGE_SERVER__PORT": str(port),
        "CLASSBRIDGE_SERVER__ADMIN_PORT": str(free_port()),
    }
    began = time.perf_counter()
    argv = ("bot", "serve", "--config", str(config))
    with process(
        *argv, env=os.environ | ports, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as supervisor:
        took = _first_answer(port, began)
        yield port, took, psutil.Process(supervisor.pid).children()[0]


def _first_answer(port: int, began: float) -> float:
    while time.perf_counter() - began < READY_S:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=READY_S):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.002)  # start-up is what is measured
    raise TimeoutError("the service does not answer")


def idle_cpu(child: psutil.Process, seconds: float) -> float:
    """The share of one core the process uses with nothing to do, in percent."""
    before = sum(child.cpu_times()[:2])
    time.sleep(seconds)  # idling is what is measured
    return round((sum(child.cpu_times()[:2]) - before) / seconds * 100, 2)


def memory_mb(child: psutil.Process) -> float:
    """Resident memory, MB."""
    return round(child.memory_info().rss / 1e6, 1)


def machine() -> dict[str, Any]:
    """Where it ran, as far as it matters for figures."""
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())):
        model = found[1]
    return {"cpu": model, "cores": os.cpu_count(), "python": sys.version.split()[0]}
