"""Peer: bare aiohttp. Verifies the signature, reads the JSON, stores nothing."""

from __future__ import annotations

import hmac
import json
import sys
import time

from aiohttp import web

from tests.bench.callbacks import PATH, sign


async def robot(request: web.Request) -> web.Response:
    """Answer one callback."""
    raw = await request.read()
    stamp = request.headers["timestamp"]
    fresh = abs(time.time() * 1000 - int(stamp)) < 300_000
    if not (fresh and hmac.compare_digest(sign(stamp), request.headers["sign"])):
        return web.Response(status=403)
    json.loads(raw)["text"]["content"]
    return web.json_response({"msgtype": "empty"})


def main() -> None:
    """Serve on the port given."""
    app = web.Application()
    app.router.add_post(PATH, robot)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
