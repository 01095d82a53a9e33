"""Signed robot callbacks as DingTalk sends them, made before the clock starts.

open.dingtalk.com, "Receive messages": headers ``timestamp`` and ``sign``, body as JSON. Every request has its
own millisecond, so its own signature: a header pair is never used twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

SECRET = "bench-secret-0123456789abcdefghijklmnop"
CLIENT_ID = "dingbenchclient0001"
CORP = "dingbenchcorp0001"
PATH = "/dingtalk/school/robot"


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person with their private conversation."""

    user_id: str
    conversation: str
    nick: str


def sign(timestamp_ms: str, secret: str = SECRET) -> str:
    """The signature of the header pair."""
    digest = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def make(
    count: int,
    speakers: Sequence[Speaker],
    texts: Sequence[str],
    *,
    run: str,
    session_base: str,
    port: int,
    path: str = PATH,
) -> list[bytes]:
    """``count`` whole HTTP requests, all different.

    Args:
        speakers: Who writes, in turn.
        texts: What they write, in turn; ``{n}`` is the request's number.
        run: Makes message ids of two runs differ.
        session_base: Where answers go; the session is the request's number.
        port: For the Host header.
    """
    newest = int(time.time() * 1000)  # the peers and the bot compare it with the real clock
    made = []
    for number in range(count):
        speaker = speakers[number % len(speakers)]
        text = texts[number % len(texts)].replace("{n}", str(number))
        stamp = newest - (count - number) % 240_000
        body = json.dumps(_body(number, speaker, text, run, session_base, stamp), ensure_ascii=False).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json; charset=utf-8\r\n"
            f"timestamp: {stamp}\r\nsign: {sign(str(stamp))}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _body(
    number: int, speaker: Speaker, text: str, run: str, session_base: str, stamp: int
) -> dict[str, object]:
    return {
        "msgId": f"msg{run}{number:08d}==",
        "msgtype": "text",
        "text": {"content": text},
        "conversationId": speaker.conversation,
        "conversationType": "1",
        "senderId": f"$:LWCP_v1:${speaker.user_id}",
        "senderStaffId": speaker.user_id,
        "senderNick": speaker.nick,
        "senderCorpId": CORP,
        "chatbotCorpId": CORP,
        "chatbotUserId": "$:LWCP_v1:$robot",
        "robotCode": CLIENT_ID,
        "isAdmin": False,
        "createAt": stamp,
        "sessionWebhook": f"{session_base}/robot/sendBySession?session={run}{number}",
        "sessionWebhookExpiredTime": stamp + 5_400_000,
    }
