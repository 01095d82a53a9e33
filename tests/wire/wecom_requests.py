"""What WeCom pushes, made without any code of ours: proofs by hand, cipher texts by other people's packages.

The vectors are the official library's own, and ones that every package tried agrees on (key: bytes 0 to 31).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from wechatpy.work.crypto import PrpCrypto

TOKEN = "tokenTOKEN123"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
CORP = "wwtestcorp0000001"
MODULES = Path(__file__).parents[2] / ".venv" / "node" / "node_modules"


@dataclass(frozen=True, slots=True)
class Vector:
    """A known answer."""

    token: str
    key: str
    owner: str
    time: str
    nonce: str
    proof: str
    encrypt: str
    plain: str
    salt: str = ""

    @property
    def query(self) -> dict[str, str]:
        return {"msg_signature": self.proof, "timestamp": self.time, "nonce": self.nonce}


def _own(plain: str, owner: str, salt: str, proof: str, encrypt: str) -> Vector:
    return Vector(TOKEN, KEY, owner, "1750000000", "nonce12345", proof, encrypt, plain, salt)


_SAMPLE = ("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")

VECTORS = {
    "official address": Vector(
        *_SAMPLE, "1409659589", "263014780", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
        "1616140317555161061",
    ),
    "official message": Vector(
        *_SAMPLE, "1409659813", "1372623149", "477715d11cdb4164915debcba66cb864d751f3e6",
        "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg"
        "3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+k"
        "DZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6ti"
        "WSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p"
        "8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
        "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>\n"
        "<FromUserName><![CDATA[mycreate]]></FromUserName>\n<CreateTime>1409659813</CreateTime>\n"
        "<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[hello]]></Content>\n"
        "<MsgId>4561255354251345929</MsgId>\n<AgentID>218</AgentID>\n</xml>",
    ),
    "xml": _own(
        "<xml><ToUserName><![CDATA[wwtestcorp0000001]]></ToUserName><FromUserName><![CDATA[teacher_li]]>"
        "</FromUserName><CreateTime>1750000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>"
        "<![CDATA[明天放假吗？]]></Content><MsgId>7345678901234567890</MsgId><AgentID>1000002</AgentID></xml>",
        CORP, "0123456789abcdef", "29c3c8716458fd494af32509d9e975538d02a24d",
        "4j/AuRx71kQlxVlzbpsMWD4yPqLil+DgdBUjsqwNBR9G+T+1LDiGSohUlSl5iUdK99esKnn0U0bFbnXjEdf5uA4dGqhpadsCjFng"
        "MvRDW+PRlAlXzeLpkqxzWjEhJw0i+SFezPno/TwEdimjIlgRPtYFqo/Q/jTqrGsZ+Vr7C8CXr7xtsI69Tm89W9LgQWq8Si8OKcIY"
        "Foj8iXtaNz55rjEu6fJmZtUk5E7gv4/jsq7NU0dMdF0Vx4a+11ZRq02oIZwyilB9D27qya90MbiTzIj6w307i4/bWYCVBs9XQ/Db"
        "2RcaMfvkQ5rc8B9c+lxJelp/tnnJtiHbZn4aoAiKWThKhHFAxe8Z6aOilee5RnIpcznGxb7U87QD+v9Zs9AwRrvAsaeeoJrxOQMl"
        "8lyr7fM2CuqwhFXetyMzUQY70QTa5VPF3MOglwIpJ0hN8BFL5k9PXSQgXqPvZ9Pbz3xpkw==",
    ),
    "json": _own(
        '{"msgid":"CAIQtest0001","aibotid":"AIBOT1","chatid":"wrCHAT1","chattype":"group","from":'
        '{"userid":"teacher_li"},"response_url":"https://127.0.0.1/aibot/response?response_code=RC1",'
        '"msgtype":"text","text":{"content":"@小助手 作业是什么"}}',
        "", "fedcba9876543210", "d4f9c3e1024caf08f442f2e88ed046b3b4eaf086",
        "wrNmYnsdngNwZHPRm4NnS9Td5POzRFu7pSKMhBjX3NwLHEuT+uUh+TkFtzrOCrMk4BBtf5sjRDTiVG9oiJqyIpEhibn8pppHeQ4R"
        "KDzwW6WwrbdJkP9X/1PSHSb1WW+AWuuG7VVa2yi26Cvwig/wL7MTz2Dvj/933Yd1mYpdX0QRGdegr2Gk2rWy0PPXb3D8c0DhX8Wh"
        "ZotUokom0WITInCDZdDIPm5hsaVverRT5UiHyD19on8izfWbT4vqfcX1HjGjBL1pbc3GusaW0I97/yDC+wyRkCWJAS/KLOkZIeoB"
        "TB0Y4m9PtWvbT7sIGqp4oBkOIY/o0MPTi3oQ9V01jsin4/Kvbd7KK5nP4YGBGeMpG9XAmTDHsDCth1nH4cF7",
    ),
    "echo": _own(
        "1616140317555161061", CORP, "0123456789abcdef", "b89f3a18e2d9c55c5e95df1fc4053be93d2345b9",
        "4j/AuRx71kQlxVlzbpsMWFHe92iq4VdHki6B+j5nrtjL8jDRqf3DQPpEgq1CMlsj+QZnIo1VHgHoiJqlYHVpaA==",
    ),
    "boundary": _own(
        "xxxxxxxxxxxx", "", "0123456789abcdef", "c7e27298d7ea5ff96cea9629385aaf01c56e7ca9",
        "4j/AuRx71kQlxVlzbpsMWHm682cz6RRSbI+nKwdnnCWiMQcqNVRzRH5V1OVnIPtQ0RBAU6gP+dl/csw25VcjJg==",
    ),
}  # fmt: skip


def proof(token: str, time: str, nonce: str, encrypt: str) -> str:
    """The signature."""
    words = "".join(sorted([token, time, nonce, encrypt])).encode()
    return hashlib.sha1(words, usedforsecurity=False).hexdigest()


def query(encrypt: str, time: str, nonce: str = "nonce12345", token: str = TOKEN) -> dict[str, str]:
    """An address's query with a proof that holds."""
    return {"msg_signature": proof(token, time, nonce, encrypt), "timestamp": time, "nonce": nonce}


def envelope(encrypt: str) -> bytes:
    """The body of a push."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    ).encode()


def inner(**fields: object) -> str:
    """What is inside; a value that begins with ``<`` is taken as it is."""
    told = {"ToUserName": CORP, "FromUserName": "Teacher_Li", "CreateTime": 1750000000, "AgentID": 1000002}
    return "<xml>" + "".join(_element(name, value) for name, value in (told | fields).items()) + "</xml>"


def _element(name: str, value: object) -> str:
    if value is ...:
        return ""
    plain = isinstance(value, int) or str(value).startswith("<")
    return f"<{name}>{value}</{name}>" if plain else f"<{name}><![CDATA[{value}]]></{name}>"


class Other(Protocol):
    """Somebody else's implementation."""

    def seal(self, plain: str, owner: str) -> str: ...

    def open(self, encrypt: str, owner: str) -> str: ...


class WeChatPy:
    """wechatpy's."""

    def __init__(self) -> None:
        self._crypto = PrpCrypto(base64.b64decode(KEY + "="))

    def seal(self, plain: str, owner: str) -> str:
        return str(self._crypto.encrypt(plain, owner).decode())

    def open(self, encrypt: str, owner: str) -> str:
        opened = self._crypto.decrypt(encrypt, owner)
        return opened.decode() if isinstance(opened, bytes) else str(opened)


_SCRIPT = """
const c = require("@wecom/crypto"), a = JSON.parse(process.argv[1]);
const found = a.encrypt ? c.decrypt(a.key, a.encrypt) : c.encrypt(a.key, a.plain, a.owner);
process.stdout.write(JSON.stringify(found));
"""


class WeComCrypto:
    """The vendor's own package for Node.js."""

    def seal(self, plain: str, owner: str) -> str:
        return str(self._run({"key": KEY, "plain": plain, "owner": owner}))

    def open(self, encrypt: str, owner: str) -> str:
        opened = self._run({"key": KEY, "encrypt": encrypt})
        assert opened["id"] == owner
        return str(opened["message"])

    def _run(self, asked: Mapping[str, str]) -> Any:
        done = subprocess.run(
            [shutil.which("node") or "node", "-e", _SCRIPT, json.dumps(asked)],
            check=True, capture_output=True, env={"NODE_PATH": str(MODULES)}, timeout=30,
        )  # fmt: skip
        return json.loads(done.stdout)


def others() -> dict[str, Other]:
    """Those that are here: the vendor's needs Node.js and ``@wecom/crypto`` beside the environment."""
    known: dict[str, Other] = {"wechatpy": WeChatPy()}
    if shutil.which("node") and (MODULES / "@wecom" / "crypto").is_dir():
        known["@wecom/crypto"] = WeComCrypto()
    return known


def sealed(plain: str, owner: str = CORP) -> str:
    """A cipher text no code of ours has made."""
    return WeChatPy().seal(plain, owner)


def nonce() -> str:
    """A fresh one."""
    return secrets.token_hex(8)
