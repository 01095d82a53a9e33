"""Peer: bare aiohttp. Opens WeCom's callback with wechatpy, or with ``blind`` not at all; stores nothing."""

from __future__ import annotations

import sys

from aiohttp import web

from tests.bench.peers.wecom import heard
from tests.bench.wecom_callbacks import PATH


async def callback(request: web.Request) -> web.Response:
    """Answer one callback."""
    raw = await request.read()
    return web.Response(status=200 if heard(request.query, raw) else 403)


async def blind(request: web.Request) -> web.Response:
    """Answer one callback nobody has looked into."""
    await request.read()
    return web.Response()


def main() -> None:
    """Serve on the port given."""
    app = web.Application()
    app.router.add_post(PATH, blind if "blind" in sys.argv[2:] else callback)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
