"""The door stays open while what is behind it restarts."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.supervisor

CHILD = """
import os, signal, socket, sys
if os.environ.get("CHILD_EXIT"):
    sys.exit(int(os.environ["CHILD_EXIT"]))
if os.environ.get("CHILD_DEAF"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
assert os.environ["LISTEN_FDS"] == "2" and "LISTEN_PID" not in os.environ
assert os.environ["CLASSBRIDGE_SUPERVISOR_PID"] == str(os.getppid())
public, admin = socket.socket(fileno=3), socket.socket(fileno=4)
extra = sorted(int(n) for n in os.listdir("/proc/self/fd") if int(n) > 4)[:-1]
while True:
    peer, _ = public.accept()
    peer.sendall(f"{os.getpid()} {admin.getsockname()[1]} {len(extra)}".encode())
    peer.close()
"""

# The module as it is, only with the patience a test can afford.
PROGRAM = """
import os, sys, bot.supervisor as supervisor
supervisor.STOP_S = float(os.environ.get("SUPERVISOR_STOP_S", supervisor.STOP_S))
sys.exit(supervisor.main(sys.argv[1:]))
"""

Start = Callable[..., "Supervised"]


class Supervised:
    """A supervisor as a process of its own, read through its log lines."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "--public",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--",
                *command,
            ],
            env={**os.environ, **env},
            stderr=subprocess.PIPE,
            cwd=Path(bot.supervisor.__file__).parents[1],
        )
        listening = self.until("listening")
        self.port: int = listening["public_port"]
        self.admin_port: int = listening["admin_port"]

    def until(self, event: str) -> dict[str, Any]:
        """The next log line of this kind."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(f"ended before {event}")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self) -> list[int]:
        """The child's pid, the admin port it sees, and how many descriptors it inherited beside."""
        with self.connect() as peer:
            return read(peer)


def read(peer: socket.socket) -> list[int]:
    parts = []
    while part := peer.recv(100):
        parts.append(part)
    return [int(word) for word in b"".join(parts).split()]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Supervised] = []

    def starter(command: list[str] | None = None, **env: str) -> Supervised:
        started.append(Supervised(command or [sys.executable, "-c", CHILD], env))
        return started[-1]

    yield starter
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(30)
        assert one.process.stderr is not None
        one.process.stderr.close()


def test_the_child_gets_both_sockets_and_nothing_else(start: Start) -> None:
    supervised = start()
    child, admin_port, extra = supervised.ask()
    assert child != supervised.process.pid
    assert admin_port == supervised.admin_port
    assert extra == 0


def test_who_knocks_while_the_child_is_down_is_served_by_the_next(start: Start) -> None:
    supervised = start()
    first = supervised.ask()[0]
    os.kill(first, signal.SIGKILL)
    assert supervised.until("child_ended")["code"] == -signal.SIGKILL
    with supervised.connect() as peer:  # nobody is there to accept
        second = read(peer)[0]
    assert second != first


def test_a_killed_child_comes_back_each_time_a_little_later(start: Start) -> None:
    supervised = start()
    waits = []
    for _ in range(3):
        os.kill(supervised.ask()[0], signal.SIGKILL)
        waits.append(supervised.until("child_ended")["restart_in_s"])
    assert waits == [0.1, 0.2, 0.4]


def test_sigterm_goes_on_to_the_child_and_ends_in_order(start: Start) -> None:
    supervised = start()
    child = supervised.ask()[0]
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(20) == 0
    assert not Path(f"/proc/{child}").exists()
    with pytest.raises(ConnectionRefusedError):
        supervised.connect()


def test_ctrl_c_ends_in_order_too(start: Start) -> None:
    supervised = start()
    supervised.ask()
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(20) == 0


def test_a_stop_during_the_wait_is_heard(start: Start) -> None:
    supervised = start(CHILD_EXIT="3")
    while supervised.until("child_ended")["restart_in_s"] < 0.8:
        pass
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait(20) == 0


def test_wrong_settings_are_not_tried_again(start: Start) -> None:
    supervised = start(CHILD_EXIT="78")
    assert supervised.process.wait(20) == 78


def test_a_child_that_ends_by_itself_is_started_again(start: Start) -> None:
    supervised = start(CHILD_EXIT="0")
    assert supervised.until("child_ended")["code"] == 0
    supervised.until("child_started")


def test_a_deaf_child_is_killed(start: Start) -> None:
    supervised = start(CHILD_DEAF="1", SUPERVISOR_STOP_S="0.3")
    child = supervised.ask()[0]
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.until("child_killed")["code"] == -signal.SIGKILL
    assert supervised.process.wait(20) == 1
    assert not Path(f"/proc/{child}").exists()


def test_it_stays_small(start: Start) -> None:
    supervised = start()
    supervised.ask()
    status = Path(f"/proc/{supervised.process.pid}/status").read_text()
    resident_kb = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    assert resident_kb < 20 * 1024


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(bot.supervisor.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "argv", [[], ["--public", "127.0.0.1:0"], ["--public", "x", "--admin", "y", "--", "z"]]
)
def test_a_wrong_call_is_refused(argv: list[str]) -> None:
    assert bot.supervisor.main(argv) == 2


def test_a_taken_address_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert bot.supervisor.main(["--public", address, "--admin", "127.0.0.1:0", "--", "true"]) == 1
