"""What every answer of the pages says to the browser, and which requests are ours."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def headers(style: str) -> dict[str, str]:
    """Sent with every page: it shows itself and our one style, asks nobody, is kept nowhere.

    Args:
        style: The style sheet that stands in the page.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }


def known_host(request: web.Request, public_url: str | None) -> bool:
    """Whether the page was asked for under a name of ours; any other may be a trick of somebody's DNS."""
    host = _hostname(request.host)
    return host in LOOPBACK or (public_url is not None and host == urlsplit(public_url).hostname)


def only_looks(request: web.Request) -> bool:
    """A look ahead by a browser or a robot: nobody has seen anything, and it means nothing by it."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method != "GET" or "prefetch" in purpose or "preview" in purpose


def own_form(request: web.Request, public_url: str | None) -> bool:
    """Whether a form came from a page of ours, as far as the browser says so.

    Our pages send no referrer, and with that many browsers say ``null`` for the origin too; old ones say
    nothing at all. The form's own proof is asked for in any case.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":
        return True
    return origin in (public_url, f"http://{request.host}", f"https://{request.host}")


def address(request: web.Request, proxies: Collection[str]) -> str:
    """Where somebody comes from: behind a proxy of ours what the proxy says; of IPv6 the network.

    Some proxies add a line of their own below the visitor's: the last word of the last line is theirs.
    """
    remote = _plain(request.remote or "")
    forwarded = request.headers.getall("X-Forwarded-For", [])
    if forwarded and remote in proxies:
        remote = _plain(forwarded[-1].rsplit(",", 1)[-1].strip())
    if ":" not in remote:
        return remote or "unknown"
    return str(ipaddress.ip_network((remote.partition("%")[0], 64), strict=False))


def _plain(text: str) -> str:
    """An address as it is compared and counted: IPv4 also where it came in IPv6 clothes; else empty."""
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return str(mapped or known)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
