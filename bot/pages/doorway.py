"""How a phone comes in and goes out: by a code from the slip, by a link, by 「退出」."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from bot.pages import forms, shown, texts
from bot.pages.stop import missing, refused
from bot.pages.visit import SESSION, VISIT, Pace, Visit, cookie_of, new_value, set_cookie
from config.ids import new_id
from handlers.pages import letting_in
from handlers.pages.letting_in import Invited
from storage import codes, page_links, page_messages, page_sessions
from storage.engine import Db
from storage.page_links import Link

if TYPE_CHECKING:
    from bot.pages.pages import Pages

ALL_TRIES = 200
"""Wrong codes from everywhere within an hour: more is no school day but somebody guessing."""
_EVERYBODY = ""


class Doorway:
    """The steps of coming in; belongs to :class:`bot.pages.pages.Pages`."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._wrong = Pace(ALL_TRIES, 3600.0)

    # -- by code

    def enter(self, of: Visit, *, status: int = 200, notice: str = "", login: bool = False) -> web.Response:
        """Who has not said yet who it is may type a code."""
        form = self._pages.proofs.make(of)
        return self._pages.show(
            "enter",
            status,
            title=texts.ENTER_TITLE,
            form=form,
            notice=notice,
            notice_id=new_id(),
            login=login,
        )

    async def code(self, request: web.Request, of: Visit) -> web.Response:
        """A code was typed: ask whether it is theirs; nothing is bound yet."""
        given = await self._pages.form(request, of, forms.Enter)
        address, now = self._pages.address(request), self._pages.now

        def unit(db: Db) -> Invited | str:
            if codes.tried(db, now, "page", "", address) >= codes.ATTEMPTS:
                return texts.TOO_MANY
            # The code's own limit: whoever knows half of one cannot try the rest from many places.
            if not codes.attempt(db, new_id, now, "page_code", "", given.code):
                return texts.TOO_MANY
            found = letting_in.invited(db, given.code)
            if found is not None:
                return found
            codes.attempt(db, new_id, now, "page", "", address)
            return texts.WRONG

        if self._wrong.full(_EVERYBODY, self._pages.monotonic):
            return self.enter(of, status=429, notice=texts.TOO_MANY)
        found = await self._pages.run(unit)
        if isinstance(found, str):
            if found == texts.WRONG:  # one that was not even looked at must not shut out everybody
                self._wrong.admits(_EVERYBODY, self._pages.monotonic)
            return self.enter(of, status=429 if found == texts.TOO_MANY else 422, notice=found)
        return self._pages.show(
            "confirm",
            title=texts.CONFIRM_TITLE,
            form=self._pages.proofs.make(of),
            proof=self._pages.proofs.make(of, "code", given.code),
            code=given.code,
            question=texts.confirm(found.who),
            notice_id=new_id(),
        )

    async def confirm(self, request: web.Request, of: Visit) -> web.Response:
        """是 or 不是: only now anything is bound."""
        given = await self._pages.form(request, of, forms.Confirm)
        if not self._pages.proofs.holds(given.proof, of, "code", given.code):
            raise refused()
        if given.answer == "no":
            return self.enter(of, notice=texts.NOT_ME)
        value, now = new_value(), self._pages.now

        def unit(db: Db) -> bool:
            guest = letting_in.invited(db, given.code)
            corp = self._pages.corp_of(db, guest.school_id) if guest else ""
            if guest is None or letting_in.let_in(db, new_id, now, given.code, corp) is None:
                return False
            self._sign_in(db, request, guest.person_id, value)
            self._pages.login.bound(db, of, guest.person_id)
            text = letting_in.welcome(db, guest)
            page_messages.put(
                db, new_id, now, person_id=guest.person_id, outbox_id=f"in:{new_id()}", text=text
            )
            return True

        if not await self._pages.run(unit):
            return self.enter(of, status=422, notice=texts.WRONG)
        return self._signed_in(value)

    # -- by link

    async def link(self, request: web.Request, of: Visit) -> web.Response:
        """Looking uses nothing up: chat apps look at links by themselves."""
        link, class_name = await self._look(request)
        if of.session is not None and of.session.person_id == link.person_id:
            return self._pages.to_home()
        if not link.opens(self._pages.now):
            return self._over(of)
        text = texts.link_for(class_name)
        button, quiet = texts.OPEN_PAGE, texts.LINK_ONCE
        return self._pages.step(of, texts.LINK_TITLE, text, button=button, quiet=quiet)

    async def use_link(self, request: web.Request, of: Visit) -> web.Response:
        """The button was pressed: the link is used up and this phone is signed in."""
        link, _class_name = await self._look(request)
        await self._pages.form(request, of, forms.Bare)
        value, now = new_value(), self._pages.now

        def unit(db: Db) -> bool:
            if not page_links.use(db, now, link.id):
                return False
            corp = self._pages.corp_of(db, link.school_id)
            letting_in.give_page(db, new_id, link.person_id, corp)
            self._sign_in(db, request, link.person_id, value)
            return True

        if not await self._pages.run(unit):
            return self._over(of)
        return self._signed_in(value)

    async def _look(self, request: web.Request) -> tuple[Link, str]:
        def unit(db: Db) -> tuple[Link, str] | None:
            link = page_links.look(db, request.match_info["token"])
            return None if link is None else (link, shown.class_of(db, link.person_id))

        found = await self._pages.read(unit)
        if found is None:
            raise missing()
        return found

    def _over(self, of: Visit) -> web.Response:
        back = texts.BACK if of.session is not None else texts.TO_CODE
        return self._pages.step(None, texts.LINK_OVER_TITLE, texts.LINK_OVER, status=410, back=back)

    # -- out

    async def ask_out(self, _request: web.Request, of: Visit) -> web.Response:
        """A question first: a finger slips."""
        if of.session is None:
            return self.enter(of)
        return self._pages.step(of, texts.OUT_TITLE, texts.OUT, button=texts.OUT_YES, back=texts.BACK)

    async def out(self, request: web.Request, of: Visit) -> web.Response:
        """Sign this phone out."""
        await self._pages.form(request, of, forms.Bare)
        if of.session is not None:
            await self._pages.run(
                partial(page_sessions.revoke, session_id=of.session.id, now=self._pages.now)
            )
        response = self._pages.step(None, texts.OUT_DONE_TITLE, texts.OUT_DONE)
        set_cookie(response, SESSION, "", secure=self._pages.secure)
        return response

    # -- common

    def _sign_in(self, db: Db, request: web.Request, person_id: str, value: str) -> None:
        """A new session for this phone; the one it had ends."""
        now = self._pages.now
        old = page_sessions.look(db, cookie_of(request, SESSION, secure=self._pages.secure), now)
        if old is not None:
            page_sessions.revoke(db, old.id, now)
        page_sessions.start(db, new_id, now, person_id, value)

    def _signed_in(self, value: str) -> web.Response:
        response = self._pages.to_home()
        set_cookie(response, SESSION, value, secure=self._pages.secure)
        set_cookie(response, VISIT, "", secure=self._pages.secure)
        return response
