"""Peer: Flask under gunicorn (one process, threads). Verifies, reads, stores nothing."""

from __future__ import annotations

import hmac
import json
import time

from flask import Flask, Response, jsonify, request

from tests.bench.callbacks import PATH, sign

app = Flask(__name__)


@app.post(PATH)
def robot() -> Response | tuple[str, int]:
    """Answer one callback."""
    stamp = request.headers["timestamp"]
    fresh = abs(time.time() * 1000 - int(stamp)) < 300_000
    if not (fresh and hmac.compare_digest(sign(stamp), request.headers["sign"])):
        return "", 403
    json.loads(request.get_data())["text"]["content"]
    return jsonify({"msgtype": "empty"})
