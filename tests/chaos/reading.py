"""The bot as in service, but it waits for nothing long; or the control, which notes the place first.

With ``CHAOS_CONTROL`` it notes how far it has read before it keeps what it read. A crash run against that
must find losses, or it is blind.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from bot import sender
from bot.crashpoints import point
from bot.serve import main
from bot.wecom import kf_sync

_keep = kf_sync.KfPuller._keep


async def _place_first(self: kf_sync.KfPuller, page: Any, since: str) -> bool:
    now = self._clock.now()
    await self._run(lambda db: kf_sync._kept(db, [], self._place, since, page.cursor or since, now))
    point("kf.kept")
    return await _keep(self, page, since)


def _impatient() -> None:
    sender._BACK_OFF_S = (1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    if os.environ.get("CHAOS_CONTROL"):
        kf_sync.KfPuller._keep = _place_first  # type: ignore[method-assign]


if __name__ == "__main__":
    _impatient()
    sys.exit(main(sys.argv[2:]))
