"""One API as a row of a table: how it is called, and what it does with one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from bot.dingtalk.emulator.envelope import ApiError, Done, Style

if TYPE_CHECKING:
    from bot.dingtalk.emulator.platform import Platform


@dataclass(frozen=True, slots=True)
class Request:
    """One call as an endpoint sees it. ``planned`` names a list of recipients a fault fills."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    planned: str = ""

    def json(self, code: str) -> dict[str, Any]:
        """The body as an object.

        Raises:
            ApiError: ``code``, if it is none.
        """
        try:
            body = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            raise ApiError(code) from None
        if not isinstance(body, dict):
            raise ApiError(code)
        return body

    def fields(self) -> dict[str, Any]:
        """What an old API is asked: query, form or JSON body, whichever is there."""
        given: dict[str, Any] = dict(self.query)
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            given.update(parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True))
        elif self.raw and not kind.startswith("multipart/"):
            try:
                body = orjson.loads(self.raw)
            except orjson.JSONDecodeError:
                raise ApiError("40035") from None
            given.update(body if isinstance(body, dict) else {})
        return given


Call = Callable[["Platform", Request], Done]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One API: how it is called, whether it needs a token and counts, and what it does."""

    method: str
    style: Style
    token: bool
    counted: bool
    call: Call


Table = dict[tuple[str, str], Endpoint]
"""(method, path) → what answers it."""


def new_api(method: str, path: str, call: Call, *, counted: bool = True) -> Table:
    """A row of the new REST API: token in a header, refused with an HTTP status."""
    return {(method, path): Endpoint(method, "new", True, counted, call)}


def old_api(path: str, call: Call, *, counted: bool = False, method: str = "POST") -> Table:
    """A row of the old API: token in the query or the form, refused with HTTP 200 and an errcode."""
    return {(method, path): Endpoint(method, "old", True, counted, call)}
