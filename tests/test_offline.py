"""The guard itself: a test that reaches for the network fails, even when its code swallows the error."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_an_attempt_is_refused_at_once(host: str, offline: list[str]) -> None:
    with pytest.raises(OSError, match="tests are offline"), socket.create_connection((host, 80), timeout=1):
        pass
    assert offline == [host]
    offline.clear()  # meant to happen


def test_an_attempt_counts_although_it_was_swallowed(offline: list[str]) -> None:
    def reach() -> None:
        with contextlib.suppress(OSError), socket.socket() as raw:
            raw.connect(("192.0.2.1", 80))

    thread = threading.Thread(target=reach)
    thread.start()
    thread.join()
    assert len(offline) == 1
    offline.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        assert socket.getaddrinfo("localhost", 80)
