"""The platform's stand-in as a process; on SIGTERM it says what came and how dense."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from tests.bench.sink import Sink


async def _main(port: int) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    sink = Sink()
    await sink.start(port)
    print("ready", flush=True)
    await asked.wait()
    print(json.dumps({"calls": sink.calls, "seconds": sink.last - sink.first, "densest": sink.densest}))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
