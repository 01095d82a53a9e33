"""Peer: nonebot2 on its FastAPI driver. Opens WeCom's callback with wechatpy, stores nothing."""

from __future__ import annotations

import sys

import nonebot
from nonebot.drivers import URL, ASGIMixin, HTTPServerSetup, Request, Response

from tests.bench.peers.wecom import heard
from tests.bench.wecom_callbacks import PATH


async def callback(request: Request) -> Response:
    """Answer one callback."""
    content = request.content
    raw = content if isinstance(content, bytes) else b""
    return Response(200 if heard(request.url.query, raw) else 403, content="")


def main() -> None:
    """Serve on the port given."""
    nonebot.init(driver="~fastapi", host="127.0.0.1", port=int(sys.argv[1]), log_level="ERROR")
    driver = nonebot.get_driver()
    assert isinstance(driver, ASGIMixin)
    driver.setup_http_server(HTTPServerSetup(URL(PATH), "POST", "bench", callback))
    nonebot.run(access_log=False)


if __name__ == "__main__":
    main()
