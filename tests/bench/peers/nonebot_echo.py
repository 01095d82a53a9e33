"""Peer: nonebot2 on its FastAPI driver, without an adapter. Verifies, reads, stores nothing."""

from __future__ import annotations

import hmac
import json
import sys
import time

import nonebot
from nonebot.drivers import URL, ASGIMixin, HTTPServerSetup, Request, Response

from tests.bench.callbacks import PATH, sign


async def robot(request: Request) -> Response:
    """Answer one callback."""
    stamp = request.headers["timestamp"]
    fresh = abs(time.time() * 1000 - int(stamp)) < 300_000
    if not (fresh and hmac.compare_digest(sign(stamp), request.headers["sign"])):
        return Response(403)
    content = request.content
    json.loads(content if isinstance(content, bytes | str) else b"{}")["text"]["content"]
    return Response(200, content='{"msgtype":"empty"}', headers={"content-type": "application/json"})


def main() -> None:
    """Serve on the port given."""
    nonebot.init(driver="~fastapi", host="127.0.0.1", port=int(sys.argv[1]), log_level="ERROR")
    driver = nonebot.get_driver()
    assert isinstance(driver, ASGIMixin)
    driver.setup_http_server(HTTPServerSetup(URL(PATH), "POST", "bench", robot))
    nonebot.run(access_log=False)


if __name__ == "__main__":
    main()
