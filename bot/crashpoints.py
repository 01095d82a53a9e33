"""Named points at which a crash test may kill the process; they cost nothing in service.

With ``CLASSBRIDGE_CRASH_DIR`` set, passing the point ``NAME`` while a file of that name lies in the
directory removes the file and ends the process as ``kill -9`` would.
"""

from __future__ import annotations

import os
import signal

_DIR = os.environ.get("CLASSBRIDGE_CRASH_DIR")

NAMES = (
    "intake.before_commit",
    "intake.after_commit",
    "worker.before_commit",
    "worker.after_commit",
    "sender.claimed",
    "sender.before_send",
    "sender.after_send",
    "sender.before_done",
    "sender.after_done",
    "ticker.before_commit",
    "ticker.after_commit",
)

READING = ("kf.read", "kf.kept")
"""Passed where customer service is read, so by installations that have one."""


def point(name: str) -> None:
    """Die here if a test has asked for it."""
    if _DIR is None:
        return
    try:
        os.unlink(os.path.join(_DIR, name))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
