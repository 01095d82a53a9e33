"""Peer: Flask under gunicorn (one process, threads). Opens WeCom's callback with wechatpy, stores nothing."""

from __future__ import annotations

from flask import Flask, request

from tests.bench.peers.wecom import heard
from tests.bench.wecom_callbacks import PATH

app = Flask(__name__)


@app.post(PATH)
def callback() -> tuple[str, int]:
    """Answer one callback."""
    return "", 200 if heard(request.args, request.get_data()) else 403
