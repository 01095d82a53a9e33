"""The shape of an endpoint of the emulated WeCom: a function that decides, and an effect that then happens.

Facts from developer.work.weixin.qq.com, path 90313: HTTP 200 even for errors, ``errcode`` and ``errmsg`` in
every body, and free text behind ``errmsg`` that nobody may read anything from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from bot.wecom.emulator.platform import Platform

WRONG_JSON = 47001


class ApiError(Exception):
    """A refusal of the platform.

    Args:
        code: ``errcode``.
        text: The first words of ``errmsg``.
    """

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Args:
        query: The decoded query.
        raw: The body as it came.
    """

    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The body as an object.

        Raises:
            ApiError: It is none.
        """
        try:
            body = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise ApiError(WRONG_JSON, "Warning: wrong json format.") from None
        if not isinstance(body, dict):
            raise ApiError(WRONG_JSON, "Warning: wrong json format.")
        return body


@dataclass(frozen=True, slots=True)
class Done:
    """A call that is taken.

    Args:
        payload: What stands in the answer beside ``errcode`` 0.
        effect: What then happens; left out where a planned fault loses the call.
        raw: Bytes instead of JSON (a file), with their content type and name.
    """

    payload: Mapping[str, Any] = field(default_factory=dict)
    effect: Callable[[], None] | None = None
    raw: tuple[bytes, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path.

    Args:
        call: Decides.
        token: Whether it wants an ``access_token`` in the query.
        multipart: The body is a form, not JSON: ``\\uXXXX`` is not looked for.
    """

    call: Callable[[Platform, Request], Done]
    token: bool = True
    multipart: bool = False


Table = dict[tuple[str, str], Endpoint]
"""Method and path, for example ``("POST", "/cgi-bin/message/send")``."""
