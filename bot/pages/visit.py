"""Who is asking: a phone that is signed in, or a visitor; and the proofs their forms carry."""

from __future__ import annotations

import hmac
import re
import secrets
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from storage.engine import Store
from storage.page_sessions import LONGEST, PageSession

SESSION, VISIT = "cb_page", "cb_visit"
"""Cookies: the signed-in phone; a visitor who has not said yet who it is."""
HOST = "__Host-"
"""Begins their names over https: the browser takes such a cookie from this very host only. Else a neighbour
under the school's domain could plant one, and what is typed here would become somebody else's."""
MEMBER_SESSION, LOGIN = "cb_member", "cb_login"
"""A signed-in teacher, for the pages teachers use; a phone on its way through the platform's login."""
LOGIN_S = 600
"""So long, in seconds, somebody may be on that way."""
_VALUE = re.compile(r"[0-9a-f]{64}")
PER_MINUTE = 20
"""So many words or presses of one phone; nobody writes faster, a stuck finger does."""
_MOST_PHONES = 10_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's sender.

    Args:
        session: The signed-in phone, or None.
        mark: What the forms are bound to: the session's id or the visitor's cookie.
        fresh: The visitor's cookie if it was made just now and must be set.
        member: A teacher who came in by the platform's login, or None; never opens a guardian's page.
    """

    session: PageSession | None
    mark: str
    fresh: str = ""
    member: PageSession | None = None


def cookie_of(request: web.Request, name: str, *, secure: bool) -> str:
    """A cookie of ours, or empty if it is not one; of several the one for the longest path comes first."""
    name = f"{HOST}{name}" if secure else name
    pairs = (part.strip().partition("=") for part in request.headers.get("Cookie", "").split(";"))
    return next((value for key, _, value in pairs if key == name and _VALUE.fullmatch(value)), "")


def visit(
    request: web.Request, session: PageSession | None, member: PageSession | None = None, *, secure: bool
) -> Visit:
    """The sender of a request whose cookies were looked up."""
    if session is not None:
        return Visit(session, f"session {session.id}", member=member)
    if member is not None:
        return Visit(None, f"session {member.id}", member=member)
    known = cookie_of(request, VISIT, secure=secure)
    value = known or new_value()
    return Visit(None, f"visit {value}", "" if known else value)


def new_value() -> str:
    """256 random bits for a cookie, as 64 hex digits."""
    return secrets.token_hex(32)


def new_nonce() -> str:
    """What makes the forms of one page differ from those of the next: 128 random bits."""
    return secrets.token_hex(16)


class Proofs:
    """Hashes under the installation's key that a form stood on a page shown to this very phone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self, of: Visit, *what: str) -> str:
        """32 hex digits; ``what`` binds it to more than the phone."""
        return self.of(of.mark, *what)

    def of(self, *what: str) -> str:
        """The same of anything."""
        text = "\0".join(what)
        return self._store.vault.keyed_hash("page form", text).hex()[:32]

    def holds(self, given: str, of: Visit, *what: str) -> bool:
        """Whether the proof is the one made for this phone."""
        return hmac.compare_digest(given, self.make(of, *what))


def set_cookie(
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    secure: bool,
    lax: bool = False,
    age_s: int | None = None,
) -> None:
    """Set a cookie that no script reads and no other site's page sends; an empty value takes it away.

    Args:
        lax: It also comes along when another site sends the browser here; see :mod:`bot.pages.oauth`.
        age_s: Seconds it lasts; else as long as the browser is open, or a session of ours may.
    """
    age = int(LONGEST.total_seconds()) if name == SESSION else age_s
    response.set_cookie(
        f"{HOST}{name}" if secure else name,
        value,
        max_age=age if value else 0,
        path="/" if secure else "/h5",
        secure=secure,
        httponly=True,
        samesite="Lax" if lax else "Strict",
    )


class Pace:
    """Counts in memory what each has sent lately.

    Args:
        most: So many are let through.
        window_s: Within so many seconds.
    """

    def __init__(self, most: int = PER_MINUTE, window_s: float = 60.0) -> None:
        self._most = most
        self._window_s = window_s
        self._sent: dict[str, deque[float]] = {}

    def full(self, who: str, now_s: float) -> bool:
        """Whether there is no room for one more; ``now_s`` is monotonic."""
        sent = self._sent.get(who, deque())
        while sent and sent[0] <= now_s - self._window_s:
            sent.popleft()
        return len(sent) >= self._most

    def admits(self, who: str, now_s: float) -> bool:
        """Count one more, if there is room."""
        if self.full(who, now_s):
            return False
        self._sent.setdefault(who, deque()).append(now_s)
        if len(self._sent) > _MOST_PHONES:
            since = now_s - self._window_s
            self._sent = {key: sent for key, sent in self._sent.items() if sent[-1] > since}
        return True
