"""Coming in by the platform's own login: WeChat's browser says who it is, and nobody types a code.

developer.work.weixin.qq.com, paths 91022 (the address, the code), 95791 and 96712 (whose it is). The state
that comes back is a hash under the installation's key, bound to a cookie of this very phone: nobody is
brought into somebody else's page by a link. Until then nothing is kept, so a robot that looks at links
leaves nothing behind.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from aiohttp import web

from bot.pages import texts
from bot.pages.safety import only_looks
from bot.pages.stop import Stop
from bot.pages.visit import (
    LOGIN,
    LOGIN_S,
    MEMBER_SESSION,
    SESSION,
    VISIT,
    Pace,
    Visit,
    cookie_of,
    new_nonce,
    new_value,
    set_cookie,
)
from config.ids import new_id
from config.settings import WeComApp
from handlers.pages import joining, letting_in
from handlers.pages.joining import Who
from storage import page_sessions, people
from storage.engine import Db
from storage.people import Person

if TYPE_CHECKING:
    from bot.pages.pages import Pages

_WECHAT = re.compile(r"MicroMessenger|wxwork", re.IGNORECASE)
_STATE = re.compile(r"(?P<at>[0-9a-f]{10})(?P<nonce>[0-9a-f]{32})(?P<mac>[0-9a-f]{32})")
_CODE = re.compile(r"[A-Za-z0-9_\-]{1,512}")
_WAYS = {"": "/h5/", "toolbar": "/h5/toolbar"}
"""Where a login may lead: names of ours, never an address from outside."""
_MOST = 10_000
MOST_A_MINUTE = 120
"""So many logins from one address, a whole class of parents on the school's wireless network; the platform
limits how often it is asked whose a code is."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The platform did not say who it is.

    Args:
        why: ``used``: the code was used or is older than five minutes · ``busy``: try again · ``config``: the
            login is not set up on the platform.
        code: The platform's code, for the log.
    """

    why: Literal["used", "busy", "config"]
    code: str


Exchange = Callable[[str, str], Awaitable[Who | Failed]]
"""Asks the platform whose a login code is: the app's name, the code."""


class Login:
    """The login; belongs to :class:`bot.pages.pages.Pages`.

    Args:
        apps: By name; without any nobody is sent to log in.
        exchange: See :data:`Exchange`.
        public_url: Where the platform sends people back to.
    """

    def __init__(
        self, pages: Pages, apps: Mapping[str, WeComApp], exchange: Exchange | None, public_url: str | None
    ) -> None:
        self._pages = pages
        self._apps = apps if exchange is not None and public_url is not None else {}
        self._exchange = exchange
        self._public_url = public_url
        # A state works once. On another replica, or after a restart, the platform's code still does.
        self._used: dict[str, float] = {}
        self._pace = Pace(MOST_A_MINUTE)
        self._strangers: dict[str, tuple[float, Who, str]] = {}

    def offered(self, request: web.Request) -> bool:
        """Whether this browser can say who it is."""
        return bool(self._apps) and _WECHAT.search(request.headers.get("User-Agent", "")) is not None

    def at_once(self, request: web.Request) -> bool:
        """Whether to go there unasked: not for a mere look, and not again where it has just led nowhere."""
        tried = self._cookie(request)
        return self.offered(request) and not tried and not only_looks(request)

    async def login(self, request: web.Request, of: Visit) -> web.Response:
        """On to the platform."""
        return self.away(request, of)

    def away(self, request: web.Request, of: Visit) -> web.Response:
        """On to the platform, with a state of this phone.

        The phone's cookie is ``Lax``: it has to come along when the platform, another site, sends it back.
        """
        name = request.query.get("app", "") or next(iter(self._apps), "")
        app = self._apps.get(name)
        to = request.query.get("to", "")
        if app is None or to not in _WAYS:
            return self._pages.enter(request, of)
        cookie = self._cookie(request) or new_value()  # of two tabs both come back
        query = {
            "appid": app.corp_id,
            "redirect_uri": f"{self._public_url}/h5/back",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": self._state(cookie, name, to),
            "agentid": str(app.agent_id),
        }
        address = f"{app.login_base}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"
        response = self._pages.redirect(address, 302)
        set_cookie(response, LOGIN, cookie, secure=self._pages.secure, lax=True, age_s=LOGIN_S)
        return response

    async def back(self, request: web.Request, of: Visit) -> web.Response:
        """Back from the platform: whoever it says it is gets the own page, and a clean address."""
        state, code = request.query.get("state", ""), request.query.get("code", "")
        meant = self._meant(self._cookie(request), state)
        if meant is None or only_looks(request) or _CODE.fullmatch(code) is None:
            raise _again(403, texts.LOGIN_BROKEN)
        app, to = meant
        self._burn(state)
        if not self._pace.admits(self._pages.address(request), self._pages.monotonic):
            raise _again(429, texts.LOGIN_BUSY)
        assert self._exchange is not None  # noqa: S101 - without it there are no apps
        who = await self._exchange(app, code)
        if isinstance(who, Failed):
            raise _again(503 if who.why != "used" else 410, _FAILED[who.why])
        return await self._let_in(request, of, app, to, who)

    # -- who it is

    async def _let_in(self, request: web.Request, of: Visit, app: str, to: str, who: Who) -> web.Response:
        corp, value, now = self._apps[app].corp_id, new_value(), self._pages.now

        def unit(db: Db) -> tuple[str, bool] | joining.Stranger:
            found = joining.known(db, corp, who)
            if not isinstance(found, Person):
                return found
            staff = bool(who.member_id) and (to == "toolbar" or not _is_guardian(db, found.id))
            if not staff and not _is_guardian(db, found.id):
                return "unknown"
            joining.join(db, new_id, found.id, corp, who)
            if not staff:
                letting_in.give_page(db, new_id, found.id, corp)
            kind: page_sessions.Kind = "member" if staff else "page"
            held = cookie_of(request, _COOKIES[kind], secure=self._pages.secure)
            old = page_sessions.look(db, held, now, kind)
            if old is not None:
                page_sessions.revoke(db, old.id, now)
            page_sessions.start(db, new_id, now, found.id, value, kind)
            return found.id, staff

        found = await self._pages.run(unit)
        if found == "conflict":
            raise Stop(409, texts.LOGIN_TITLE, texts.LOGIN_CONFLICT, texts.TO_CODE)
        if isinstance(found, str):
            return self._stranger(request, of, corp, who)
        return self._signed_in(value, staff=found[1])

    def _signed_in(self, value: str, *, staff: bool) -> web.Response:
        response = self._pages.redirect(_WAYS["toolbar" if staff else ""], 303)
        # Lax, too: this answer and the page after it belong to a way that began on the platform's site, where
        # browsers leave a strict cookie behind. No look changes anything, and every form has its proof.
        name = MEMBER_SESSION if staff else SESSION
        set_cookie(response, name, value, secure=self._pages.secure, lax=True)
        set_cookie(response, VISIT, "", secure=self._pages.secure)
        return response

    # -- somebody the school does not know yet

    def _stranger(self, request: web.Request, of: Visit, corp: str, who: Who) -> web.Response:
        """The paper code says who it is; the ids of this login are then theirs."""
        if who.member_id:
            raise Stop(403, texts.LOGIN_TITLE, texts.LOGIN_TEACHER, texts.TO_CODE)
        self._trim(self._strangers)
        self._strangers[of.mark] = (self._pages.monotonic, who, corp)
        # In the address there is still the code: it is used up, and the state, too.
        return self._pages.enter(request, of, notice=texts.LOGIN_UNKNOWN, bare=True)

    def bound(self, db: Db, of: Visit, person_id: str) -> None:
        """A code was accepted from this phone: what its login said belongs to the same person."""
        at, who, corp = self._strangers.get(of.mark, (0.0, Who(), ""))
        fresh = self._pages.monotonic - at < LOGIN_S
        if fresh and corp and joining.free(db, person_id, corp, who):
            joining.join(db, new_id, person_id, corp, who)

    # -- the state

    def _cookie(self, request: web.Request) -> str:
        return cookie_of(request, LOGIN, secure=self._pages.secure)

    def _state(self, cookie: str, app: str, to: str) -> str:
        at = f"{int(self._pages.now.timestamp()):010x}"
        nonce = new_nonce()
        return f"{at}{nonce}{self._mac(cookie, at, nonce, app, to)}"

    def _mac(self, cookie: str, *what: str) -> str:
        return self._pages.proofs.of("login", cookie, *what)

    def _meant(self, cookie: str, state: str) -> tuple[str, str] | None:
        """The app and the way of a state made for this phone, not too long ago and not used."""
        parts = _STATE.fullmatch(state)
        if parts is None or not cookie or state in self._used:
            return None
        at, nonce, mac = parts["at"], parts["nonce"], parts["mac"]
        fits = [
            (name, to)
            for name in self._apps
            for to in _WAYS
            if hmac.compare_digest(mac, self._mac(cookie, at, nonce, name, to))
        ]
        age = self._pages.now.timestamp() - int(at, 16)
        return fits[0] if fits and -LOGIN_S < age < LOGIN_S else None

    def _burn(self, state: str) -> None:
        self._trim(self._used)
        self._used[state] = self._pages.monotonic

    def _trim(self, kept: dict[str, float] | dict[str, tuple[float, Who, str]]) -> None:
        if len(kept) >= _MOST:
            for key in list(kept)[: _MOST // 2]:  # the oldest: they stand in the order they came
                del kept[key]


_COOKIES = {"page": SESSION, "member": MEMBER_SESSION}
_FAILED = {"used": texts.LOGIN_OLD, "busy": texts.LOGIN_BUSY, "config": texts.LOGIN_CONFIG}


def _again(status: int, text: str) -> Stop:
    return Stop(status, texts.LOGIN_TITLE, text, texts.TO_CODE)


def _is_guardian(db: Db, person_id: str) -> bool:
    return any(role.kind == "guardian" for role in people.roles(db, person_id))
