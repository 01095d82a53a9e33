"""The supervisor as in service, on ports of the system's choice, its back-off kept short.

A crash test kills many times a minute; a service that dies so often for a reason of its own would be
held back longer and longer, and the test would only wait.
"""

from __future__ import annotations

import os
import sys

from bot import supervisor


def main() -> int:
    """Run ``classbridge serve --config FILE``, or the control in its place, until told to stop."""
    supervisor.STEADY_S = 0.0
    usual = "tests.chaos.ack_first" if os.environ.get("CHAOS_CONTROL") else "tests.chaos.long_memory"
    module = os.environ.get("CHAOS_MODULE", usual)
    command = [sys.executable, "-m", module, "serve", "--config", sys.argv[1]]
    return supervisor.main(["--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--", *command])


if __name__ == "__main__":
    sys.exit(main())
