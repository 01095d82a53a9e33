"""The bot as in service, with parts of it held still, so that the rest can be measured alone.

    python -m tests.bench.serving CONFIG [--hold worker,sender] [--until-handled | --until-sent]

Prints one JSON line when it serves. With ``--until-…`` it prints how long the work that lay ready took, and
ends; else it runs until SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.app import App, build
from config.settings import load_settings
from storage import inbox, outbox
from storage.engine import Db

LOOK_S = 0.02


def hold(app: App, parts: list[str], started: dict[str, float]) -> None:
    """Let the named parts be made but not started; note when the others start."""
    join = app._join

    def joined(key: Any) -> None:
        join(key)
        for name in ("worker", "sender"):
            part = getattr(app, name)
            part.start = (lambda: None) if name in parts else _noting(part.start, name, started)

    app._join = joined  # type: ignore[method-assign]


def _noting(start: Callable[[], None], name: str, started: dict[str, float]) -> Callable[[], None]:
    def noted() -> None:
        started[name] = time.perf_counter()
        start()

    return noted


def _open_inbox(db: Db) -> int:
    return inbox.depth(db).open


def _open_outbox(db: Db) -> int:
    # Also what a limit holds back: it is not due now, but it is not sent either.
    table = outbox.outbox
    waiting = table.c.state.in_([outbox.NEW, outbox.SENDING])
    return int(db.conn.execute(sa.select(sa.func.count()).select_from(table).where(waiting)).scalar_one())


async def _count(app: App, look: Callable[[Db], int]) -> int:
    return await asyncio.wrap_future(app.store.read(look))


async def _work(app: App, part: str, look: Callable[[Db], int], started: dict[str, float]) -> dict[str, Any]:
    """Start with work lying ready; returns how much there was and how long it took."""
    ready = await _count(app, look)
    await app.start()
    while await _count(app, look):  # noqa: ASYNC110 - the database is asked, nobody could wake us
        await asyncio.sleep(LOOK_S)
    seconds = time.perf_counter() - started[part]
    return {"rows": ready, "seconds": round(seconds, 3), "rate": round(ready / seconds, 1)}


async def _serve(app: App) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    await app.start()
    print(json.dumps({"port": app.public_port, "admin_port": app.admin_port}), flush=True)
    await asked.wait()


async def _main(options: argparse.Namespace) -> None:
    app = build(load_settings(options.config, {}))
    started: dict[str, float] = {}
    hold(app, options.hold.split(","), started)
    if options.until_handled:
        print(json.dumps(await _work(app, "worker", _open_inbox, started)), flush=True)
    elif options.until_sent:
        print(json.dumps(await _work(app, "sender", _open_outbox, started)), flush=True)
    else:
        await _serve(app)
    await app.stop()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving")
    parser.add_argument("config", type=Path)
    parser.add_argument("--hold", default="")
    parser.add_argument("--until-handled", action="store_true")
    parser.add_argument("--until-sent", action="store_true")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
