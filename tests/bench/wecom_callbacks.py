"""Encrypted callbacks as WeCom sends them, made before the clock starts.

developer.work.weixin.qq.com, paths 90238 and 90239: XML in an encrypted envelope, the proof in the address.
Every request has its own salt, nonce and message id.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from bot.wecom.codec import Codec
from tests.bench.callbacks import Speaker

TOKEN = "benchTOKEN0123456789"
AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
CORP = "wwbenchcorp0000001"
AGENT = 1000002
PATH = "/wecom/school/callback"
_INNER = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{user}]]></FromUserName>"
    "<CreateTime>{time}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
    "<MsgId>{id}</MsgId><AgentID>{agent}</AgentID></xml>"
)
_OUTER = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[{agent}]]></AgentID>"
    "<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
)


def make(
    count: int, speakers: Sequence[Speaker], texts: Sequence[str], *, run: str, port: int
) -> list[bytes]:
    """``count`` whole HTTP requests, all different.

    Args:
        count: How many.
        speakers: Who writes, in turn.
        texts: What they write, in turn; ``{n}`` is the request's number.
        run: Makes message ids of two runs differ.
        port: For the Host header.
    """
    codec, now = Codec(TOKEN, AES_KEY, CORP), int(time.time())
    first = int.from_bytes(run.encode()[:4], "big") * 1_000_000_000
    made = []
    for number in range(count):
        text = texts[number % len(texts)].replace("{n}", str(number))
        plain = _INNER.format(
            corp=CORP, user=speakers[number % len(speakers)].user_id, time=now, text=text,
            id=first + number, agent=AGENT,
        )  # fmt: skip
        sealed = codec.seal(plain.encode(), secrets.token_hex(8), str(now))
        body = _OUTER.format(corp=CORP, agent=AGENT, encrypt=sealed.encrypt)
        head = (
            f"POST {PATH}?msg_signature={sealed.signature}&timestamp={now}&nonce={sealed.nonce} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(f"{head}{body}".encode())
    return made
