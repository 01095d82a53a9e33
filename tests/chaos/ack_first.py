"""The control: a bot that acknowledges first and keeps what it was told in memory for a while.

Everything else is the bot as in service. A crash run against it must find losses, or it is blind.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from bot import intake
from bot.serve import main

IN_MEMORY_S = 0.05
"""How long what was acknowledged is only remembered."""

_keep = intake.Intake.keep
_later: set[asyncio.Task[None]] = set()


async def _ack_first(self: intake.Intake, row: dict[str, Any]) -> None:
    async def record() -> None:
        await asyncio.sleep(IN_MEMORY_S)
        await _keep(self, row)

    task = asyncio.create_task(record())
    _later.add(task)
    task.add_done_callback(_later.discard)


if __name__ == "__main__":
    intake.Intake.keep = _ack_first  # type: ignore[method-assign]
    sys.exit(main(sys.argv[2:]))
