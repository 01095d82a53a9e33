"""The control: a bot that notes how far it has read before it keeps what it read.

Everything else is the bot as in service. A crash run against it must find losses, or it is blind.
"""

from __future__ import annotations

import sys
from typing import Any

from bot.crashpoints import point
from bot.serve import main
from bot.wecom import kf_sync

_keep = kf_sync.KfPuller._keep


async def _place_first(self: kf_sync.KfPuller, page: Any, since: str) -> bool:
    await self._run(lambda db: kf_sync._kept(db, [], self._place, since, page.cursor, self._clock.now()))
    point("kf.kept")
    return await _keep(self, page, since)


if __name__ == "__main__":
    kf_sync.KfPuller._keep = _place_first  # type: ignore[method-assign]
    sys.exit(main(sys.argv[2:]))
