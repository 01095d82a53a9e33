"""The routes under ``/h5/``: every answer is a whole page, and no page does anything by being looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from bot.intake import NotKept
from bot.log import get_logger
from bot.pages import forms, mail, safety, shown, texts
from bot.pages.doorway import Doorway
from bot.pages.lane import PageLane
from bot.pages.oauth import Exchange, Login
from bot.pages.stop import Stop, missing, refused
from bot.pages.toolbar import Sign, Toolbar
from bot.pages.visit import (
    MEMBER_SESSION,
    SESSION,
    VISIT,
    Pace,
    Proofs,
    Visit,
    cookie_of,
    new_nonce,
    set_cookie,
    visit,
)
from config.clock import Clock
from config.ids import new_id
from config.settings import Settings
from handlers.anonymous.texts import answer
from handlers.anonymous.words import is_anonymous
from handlers.pages.letting_in import KIND
from handlers.relay.rules import sounds_dangerous
from storage import page_messages, page_sessions, people, schools
from storage.engine import Db, Refused, Store
from storage.inbox import MailKey
from storage.page_messages import PageChoice, PageMessage
from storage.page_sessions import TOUCH, PageSession

ANSWER_S = 1.2
"""How long a sender waits for the answer, so that it stands there when the page comes back."""

T = TypeVar("T")
Keep = Callable[[dict[str, Any]], Awaitable[None]]
_Handler = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]
_log = get_logger("pages")


class Pages:
    """The pages of one installation.

    Args:
        store: The database.
        clock: For sessions and times shown.
        key: Seals what goes into the inbox.
        settings: The public address and the trusted proxies.
        keep: Puts a row into the inbox; on disk when it returns (``Intake.keep``).
        lane: Where answers arrive.
        exchange: Asks the platform who logged in; without it nobody is sent to log in.
        sign: Signs the page on a group's toolbar.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        key: MailKey,
        settings: Settings,
        keep: Keep,
        lane: PageLane,
        exchange: Exchange | None = None,
        sign: Sign | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._server = settings.server
        self._apps: Mapping[str, str] = {
            app.corp_id: name for name, app in reversed(settings.dingtalk.items())
        } | {app.corp_id: name for name, app in reversed(settings.wecom.items())}
        self._keep = keep
        self._lane = lane
        self._pace = Pace()
        self._proofs = Proofs(store)
        self._templates = shown.Templates()
        self._headers: dict[str, str] = {}
        self.login = Login(self, settings.wecom, exchange, settings.server.public_url)
        self._doorway = Doorway(self)
        self._toolbar = Toolbar(self, settings.wecom, sign, key, keep, settings.server.public_url)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to the public listener."""
        door = self._doorway
        router.add_get("/h5", self._guarded(self._to_home))
        router.add_get("/h5/", self._guarded(self._home))
        router.add_post("/h5/say", self._guarded(self._say))
        router.add_post("/h5/press", self._guarded(self._press))
        router.add_post("/h5/code", self._guarded(door.code))
        router.add_post("/h5/confirm", self._guarded(door.confirm))
        router.add_get("/h5/l/{token}", self._guarded(door.link))
        router.add_post("/h5/l/{token}", self._guarded(door.use_link))
        router.add_get("/h5/login", self._guarded(self.login.login))
        router.add_get("/h5/back", self._guarded(self.login.back))
        bar = self._toolbar
        router.add_get("/h5/toolbar", self._guarded(bar.page))
        router.add_get("/h5/toolbar.js", self._guarded(bar.script))
        router.add_post("/h5/toolbar/open", self._guarded(bar.open))
        router.add_post("/h5/toolbar/own", self._guarded(bar.own))
        router.add_post("/h5/toolbar/take", self._guarded(bar.take))
        router.add_post("/h5/toolbar/told", self._guarded(bar.told))
        router.add_get("/h5/out", self._guarded(door.ask_out))
        router.add_post("/h5/out", self._guarded(door.out))
        router.add_route("*", "/h5/{rest:.*}", self._guarded(self._nothing))

    # -- around every request

    def _guarded(self, handler: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if not safety.known_host(request, self._server.public_url):
                    raise Stop(421, texts.BROKEN_TITLE, texts.WRONG_HOST, "")
                if request.method == "POST" and not safety.own_form(request, self._server.public_url):
                    raise refused()
                session, member = await self._session(request), await self._member(request)
                now = visit(request, session, member, secure=self.secure)
                response = await handler(request, now)
                if now.fresh and not isinstance(response, web.HTTPException):
                    set_cookie(response, VISIT, now.fresh, secure=self.secure)
                return response
            except Stop as stop:
                return self.stopped(stop)
            except Refused:
                return self.stopped(Stop(503, texts.BROKEN_TITLE, texts.BROKEN))
            except Exception:
                _log.exception("page_failed", route=request.match_info.route.name or "h5")
                return self.stopped(Stop(500, texts.BROKEN_TITLE, texts.BROKEN))

        return guarded

    async def _session(self, request: web.Request) -> PageSession | None:
        value = cookie_of(request, SESSION, secure=self.secure)
        if not value:
            return None
        now = self._clock.now()
        session = await self.read(partial(page_sessions.look, value=value, now=now))
        # By a look, never by a form: an anonymous word must not leave the moment it was said in a row.
        meant = not safety.only_looks(request)
        if session is not None and meant and now - session.used_at >= TOUCH:
            await self.run(partial(page_sessions.touch, session_id=session.id, now=now))
        return session

    async def _member(self, request: web.Request) -> PageSession | None:
        value = cookie_of(request, MEMBER_SESSION, secure=self.secure)
        if not value:
            return None
        now = self._clock.now()
        return await self.read(partial(page_sessions.look, value=value, now=now, kind="member"))

    # -- what the handlers share

    @property
    def secure(self) -> bool:
        """Whether cookies are for https only."""
        return (self._server.public_url or "").startswith("https:")

    @property
    def proofs(self) -> Proofs:
        """Makes and checks what forms carry."""
        return self._proofs

    @property
    def now(self) -> datetime:
        """The moment, UTC."""
        return self._clock.now()

    @property
    def monotonic(self) -> float:
        """Seconds that only run on."""
        return self._clock.monotonic()

    def corp_of(self, db: Db, school_id: str) -> str:
        """The organisation behind a school."""
        school = schools.get(db, school_id)
        return school.corp if school else ""

    def address(self, request: web.Request) -> str:
        """Where somebody comes from, for counting tries only."""
        return safety.address(request, self._server.trusted_proxies)

    async def run(self, unit: Callable[[Db], T]) -> T:
        """A unit of work, committed when this returns."""
        return await asyncio.wrap_future(self._store.run(unit))

    async def read(self, unit: Callable[[Db], T]) -> T:
        """A reading unit."""
        return await asyncio.wrap_future(self._store.read(unit))

    def show(self, name: str, status: int = 200, **values: Any) -> web.Response:
        """A page from a template."""
        body = self._templates.page(name, **values)
        return web.Response(
            text=body, status=status, content_type="text/html", charset="utf-8", headers=self._safe()
        )

    def plain(self, body: bytes, content_type: str) -> web.Response:
        """An answer that is not a page."""
        headers = {**self._safe(), "Content-Type": f"{content_type}; charset=utf-8"}
        return web.Response(body=body, headers=headers)

    def step(
        self, of: Visit | None, title: str, text: str, *, status: int = 200, **more: str
    ) -> web.Response:
        """A page of one sentence, with at most one button."""
        shown_values = {"button": "", "quiet": "", "back": "", "form": "", **more}
        if of is not None:
            shown_values["form"] = self._proofs.make(of)
        return self.show("step", status, title=title, text=text, **shown_values)

    def stopped(self, stop: Stop) -> web.Response:
        """The page of a request that ended early."""
        return self.step(None, stop.title, stop.text, status=stop.status, back=stop.back)

    def to_home(self) -> web.Response:
        """Post, redirect, get: reloading the page sends nothing twice."""
        return self.redirect("/h5/#now", 303)

    def redirect(self, address: str, status: int) -> web.Response:
        """On to another address; ours, or the platform's login."""
        return web.Response(status=status, headers={**self._safe(), "Location": address})

    def enter(self, request: web.Request, of: Visit, *, notice: str = "", bare: bool = False) -> web.Response:
        """The page for somebody who has not said yet who it is.

        Args:
            bare: Without the platform's login: it has just said what it can.
        """
        return self._doorway.enter(of, notice=notice, login=not bare and self.login.offered(request))

    async def form(self, request: web.Request, of: Visit, model: type[forms.F], *what: str) -> forms.F:
        """A form of ours, from a page of ours that was shown to this phone.

        Args:
            what: What else its proof is bound to.

        Raises:
            Stop: It is not.
        """
        try:
            given = await forms.read(request, model)
        except forms.TooBig:
            raise Stop(413, texts.REFUSED_TITLE, texts.TOO_BIG) from None
        except forms.BadForm:
            raise Stop(400, texts.REFUSED_TITLE, texts.BAD_FORM) from None
        if not self._proofs.holds(given.form, of, *what):
            raise refused()
        return given

    def _safe(self) -> dict[str, str]:
        if not self._headers:
            self._headers = safety.headers(self._templates.style)
        return self._headers

    # -- the page of somebody who is signed in

    async def _to_home(self, _request: web.Request, _of: Visit) -> web.Response:
        return self.to_home()

    async def _nothing(self, _request: web.Request, _of: Visit) -> web.Response:
        raise missing()

    async def _home(self, request: web.Request, of: Visit) -> web.Response:
        if of.session is None:
            return self.login.away(request, of) if self.login.at_once(request) else self.enter(request, of)
        everything, ahead = request.query.get("all") == "1", safety.only_looks(request)
        return await self.talk(of, of.session, everything=everything, traceless=ahead)

    async def talk(
        self,
        of: Visit,
        session: PageSession,
        *,
        status: int = 200,
        notice: str = "",
        draft: str = "",
        everything: bool = False,
        traceless: bool = False,
    ) -> web.Response:
        """The talk of a signed-in guardian, with a word that stands there only this once.

        Args:
            traceless: Do not even note what was shown.
        """
        now, person_id = self._clock.now(), session.person_id
        read = partial(shown.home, now=now, everything=everything)
        home = await self.read(lambda db: read(db, person_id, session.school_id))
        if home.unseen and not traceless:
            await self.run(lambda db: page_messages.seen(db, now, home.unseen))
        return self.show(
            "home",
            status,
            title=texts.NAME,
            home=home,
            form=self._proofs.make(of),
            nonce=new_nonce(),
            notice=notice,
            notice_id=new_id(),
            draft=draft,
        )

    async def _say(self, request: web.Request, of: Visit) -> web.Response:
        session = self._signed_in(of)
        given = await self.form(request, of, forms.Say)
        text = forms.words(given.text)
        if not text or len(text) > forms.MOST_WORDS:
            notice = texts.TOO_LONG if text else texts.EMPTY
            return await self.talk(of, session, status=422, notice=notice, draft=text)
        if is_anonymous(text):
            # Not a row, not a log line, not a metric: the answer stands on this one page only.
            said = answer(danger=sounds_dangerous(text))
            return await self.talk(of, session, notice=said, traceless=True)
        deed = mail.mark(session.id, given.nonce, text)
        if await self.read(partial(page_messages.by_outbox, outbox_id=f"own:{deed}")) is not None:
            return self.to_home()  # the second tap of two
        if not self._pace.admits(session.person_id, self._clock.monotonic()):
            return await self.talk(of, session, status=429, notice=texts.TOO_FAST, draft=text)
        writer = await self._writer(session)
        row = mail.message(self._key, self._clock.now(), writer, text, deed)
        try:
            await self._sent(row, writer, text, deed)
        except NotKept:
            return await self.talk(of, session, status=503, notice=texts.NOT_KEPT, draft=text)
        return self.to_home()

    async def _press(self, request: web.Request, of: Visit) -> web.Response:
        session = self._signed_in(of)
        given = await self.form(request, of, forms.Press)
        deed = mail.mark(session.id, given.nonce, given.press)

        def unit(db: Db) -> tuple[tuple[PageMessage, PageChoice] | None, bool]:
            mine = page_messages.of_person(db, session.person_id, most=shown.MOST)
            return _pressed(mine, given.press), page_messages.by_outbox(db, f"own:{deed}") is not None

        found, done = await self.read(unit)
        if found is None:
            raise missing()
        message, choice = found
        if done:  # the second tap of two
            return self.to_home()
        if not choice.enabled:
            return await self.talk(of, session, status=409, notice=texts.CLOSED)
        if not self._pace.admits(session.person_id, self._clock.monotonic()):
            return await self.talk(of, session, status=429, notice=texts.TOO_FAST)
        writer = await self._writer(session)
        row = mail.press(self._key, self._clock.now(), writer, given.press, message.outbox_id, deed)
        try:
            await self._sent(row, writer, choice.label, deed)
        except NotKept:
            return await self.talk(of, session, status=503, notice=texts.NOT_KEPT)
        return self.to_home()

    def _signed_in(self, of: Visit) -> PageSession:
        if of.session is None:
            raise Stop(403, texts.REFUSED_TITLE, texts.SIGNED_OUT, texts.TO_CODE)
        return of.session

    async def _writer(self, session: PageSession) -> mail.Writer:
        def unit(db: Db) -> mail.Writer | None:
            held = people.identity_of(db, session.person_id, KIND)
            corp = self.corp_of(db, session.school_id)
            app = self._apps.get(corp, mail.PLATFORM)
            return None if held is None else mail.Writer(session.person_id, corp, held.id, app)

        writer = await self.read(unit)
        if writer is None:  # the tie was cut: this phone is nobody's any more
            await self.run(partial(page_sessions.revoke, session_id=session.id, now=self._clock.now()))
            raise Stop(403, texts.REFUSED_TITLE, texts.SIGNED_OUT, texts.TO_CODE)
        return writer

    async def _sent(self, row: dict[str, Any], writer: mail.Writer, text: str, deed: str) -> None:
        """Into the inbox, then onto the own page, then wait a moment for the answer."""
        arrival = self._lane.expect(writer.person_id)
        try:
            await self._keep(row)
            own = partial(
                page_messages.put,
                new_id=new_id,
                now=row["received_at"],
                person_id=writer.person_id,
                outbox_id=f"own:{deed}",
                text=text,
                own=True,
            )
            # The words are safe in the inbox: if they cannot be shown back, they are sent all the same.
            with suppress(Refused):
                await self.run(own)
            async with asyncio.timeout(ANSWER_S):
                await arrival
        except TimeoutError:
            pass
        finally:
            arrival.cancel()


def _pressed(messages: tuple[PageMessage, ...], token: str) -> tuple[PageMessage, PageChoice] | None:
    """The newest message of one's own page that has this button, and the button."""
    buttons = {choice.token: (message, choice) for message in messages for choice in message.choices}
    return buttons.get(token)
