"""The access log: which route was asked for and what came of it, never what was asked.

The usual access log writes the whole request line, and with it whatever stands in a query: codes, tickets,
login tokens. Here a line has the route's template (``/h5/{page}``), a method of the few we know, the status
and the time taken. Callbacks that were taken are counted in the metrics and get no line, nor do probes.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from typing_extensions import override

from bot.log import get_logger

METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
UNKNOWN = "unknown"
_COUNTED = ("/dingtalk/", "/wecom/", "/healthz")
_SAY = "/h5/say"
"""What was kept is answered by 303 and has its row; only an anonymous word by 200: it gets no line."""

_log = get_logger("access")


class AccessLog(AbstractAccessLogger):
    """Writes ``request`` lines; handed to aiohttp as ``access_log_class``."""

    @override
    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note one answer; ``time`` in seconds."""
        route = template(request)
        if 200 <= response.status < 300 and (route.startswith(_COUNTED) or route == _SAY):
            return
        method = request.method if request.method in METHODS else UNKNOWN
        _log.info(
            "request", method=method, route=route, http_status=response.status, ms=round(time * 1000, 1)
        )


def template(request: web.BaseRequest) -> str:
    """The route as it was declared, ``unknown`` where none was met."""
    # Not its property: that insists on a match, and what could not even be read has none.
    info = request._match_info if isinstance(request, web.Request) else None
    resource = None if info is None else info.route.resource
    return UNKNOWN if resource is None else resource.canonical
