"""Keeps the door open while the bot behind it restarts.

Binds the two listening sockets once, hands them to the child as file descriptors 3 and 4
(``LISTEN_FDS=2``, as systemd does) and starts the child again when it ends. What connects meanwhile waits
in the sockets' queue. Standard library only and nothing of ours, so that it stays small and has little to
break: the bot imports a hundred megabytes, this holds ten.

    python -m bot.supervisor --public 127.0.0.1:8080 --admin 127.0.0.1:8081 -- python -m bot serve …
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence

BACKLOG = 1024
CONFIG_ERROR = 78
"""EX_CONFIG: the settings are wrong, and starting again would not mend them."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
STEADY_S = 10.0
STOP_S = 15.0
_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_HEARD = (*_STOP, signal.SIGCHLD)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose.

    Raises:
        OSError: The address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def run(argv: Sequence[str], sockets: Sequence[socket.socket]) -> int:
    """Run the child until it is told to stop. Returns the exit code for this process.

    SIGTERM, SIGINT and SIGHUP are forwarded as SIGTERM; a child that is still there 15 s later is killed.

    Args:
        argv: The child's command line; ``argv[0]`` is looked up in PATH.
        sockets: Become file descriptors 3, 4, … of the child.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    wait_s = FIRST_WAIT_S
    while True:
        started = time.monotonic()
        try:
            pid = _spawn(argv, sockets)
        except OSError as error:  # no memory, too many processes: the door stays open, try again
            _say("cannot_start_child", errno=error.errno or 0)
            code: int | None = 1
        else:
            _say("child_started", child_pid=pid)
            code = _watch(pid)
        if code is None:
            return _stop(pid)
        if code == CONFIG_ERROR:
            _say("child_refused_settings", code=code)
            return code
        if time.monotonic() - started >= STEADY_S:
            wait_s = FIRST_WAIT_S
        _say("child_ended", code=code, restart_in_s=wait_s)
        if _asked_to_stop(wait_s):
            return 0
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


def _spawn(argv: Sequence[str], sockets: Sequence[socket.socket]) -> int:
    """Start the child with the sockets from descriptor 3 upwards and its signals as they were.

    In a process group of its own, so that Ctrl-C reaches it once: through us.
    """
    # First out of the way of the targets, then onto them: no pair can overwrite another.
    count = len(sockets)
    actions: list[tuple[int, int, int]] = []
    for place, listener in enumerate(sockets):
        actions.append((os.POSIX_SPAWN_DUP2, listener.fileno(), 100 + place))
    for place in range(count):
        actions.append((os.POSIX_SPAWN_DUP2, 100 + place, 3 + place))
    closing = [(os.POSIX_SPAWN_CLOSE, 100 + place) for place in range(count)]
    env = {**os.environ, "LISTEN_FDS": str(count), "CLASSBRIDGE_SUPERVISOR_PID": str(os.getpid())}
    env.pop("LISTEN_PID", None)
    return os.posix_spawnp(
        argv[0],
        list(argv),
        env,
        file_actions=[*actions, *closing],
        setpgroup=0,
        setsigmask=(),
        setsigdef=_HEARD,
    )


def _watch(pid: int) -> int | None:
    """Wait for the child's end or a request to stop; the child's exit code, or None for the request."""
    while True:
        heard = signal.sigwait(_HEARD)
        if heard in _STOP:
            return None
        if (code := _reaped(pid)) is not None:
            return code


def _stop(pid: int) -> int:
    """Let the child finish, then make it. 0 if it went in order."""
    _kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while (code := _reaped(pid)) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            _kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            _say("child_killed", code=-signal.SIGKILL)
            return 1
        signal.sigtimedwait((signal.SIGCHLD,), left)
    _say("stopped", code=code)
    return 0 if code in (0, -signal.SIGTERM) else 1


def _asked_to_stop(seconds: float) -> bool:
    """Wait before the next start; True if a stop was asked for meanwhile."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        heard = signal.sigtimedwait(_STOP, left)
        if heard is not None:
            return True
    return False


def _reaped(pid: int) -> int | None:
    """The child's exit code if it has ended, negative for a signal."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _say(event: str, **fields: int | float) -> None:
    line = json.dumps(
        {"level": "info", "logger": "bot.supervisor", "event": event, "pid": os.getpid(), **fields}
    )
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main(argv: Sequence[str]) -> int:
    """``--public HOST:PORT --admin HOST:PORT -- COMMAND …``; returns the exit code, 2 for a wrong call."""
    try:
        split = argv.index("--")
        options = dict(zip(argv[0:split:2], argv[1:split:2], strict=True))
        addresses = [_address(options.pop("--public")), _address(options.pop("--admin"))]
        command = argv[split + 1 :]
        if options or not command:
            raise ValueError
    except (ValueError, KeyError):
        sys.stderr.write("usage: python -m bot.supervisor --public HOST:PORT --admin HOST:PORT -- COMMAND\n")
        return 2
    try:
        sockets = [bind(host, port) for host, port in addresses]
    except OSError as error:
        _say("cannot_listen", errno=error.errno or 0)
        return 1
    _say("listening", public_port=sockets[0].getsockname()[1], admin_port=sockets[1].getsockname()[1])
    return run(command, sockets)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
