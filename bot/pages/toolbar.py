"""A page on the toolbar of a class group, inside WeCom: the class teacher sends the day's post with one tap.

developer.work.weixin.qq.com, paths 98531, 98539 and 98560. The client's script says which group is open and
sends there as the teacher; whether it may is decided here, see :mod:`handlers.broadcast.toolbar`. This one
page runs scripts: the platform's and a small one of ours, never what stands in the page itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from bot.intake import NotKept
from bot.pages import forms, safety, texts
from bot.pages.mail import mark
from bot.pages.stop import Stop, missing, refused
from bot.pages.visit import Pace, Visit, new_nonce
from bot.received import event_payload
from config.ids import new_id
from config.settings import WeComApp
from handlers.broadcast import toolbar
from handlers.broadcast.toolbar import Shown
from handlers.context import Ctx
from handlers.message import Event
from storage import people, schools
from storage.engine import Db
from storage.inbox import MailKey, arrival
from storage.page_sessions import PageSession
from storage.schools import School

if TYPE_CHECKING:
    from bot.pages.pages import Keep, Pages

SCRIPT = "/node/open/js/wecom-jssdk-2.0.2.js"
"""Path 98560: it gives the page ``ww``."""
ANSWER_S = 1.2
LOOK_S = 0.1
PER_MINUTE = 60
"""So many steps of one teacher; a page that waits asks every second or so."""
_KINDS = ("broadcast", "forward")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Signature:
    """Says that the page is ours; named as the client's script wants it."""

    timestamp: int
    nonceStr: str
    signature: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A page signed for the organisation and for the app."""

    corp: Signature
    agent: Signature


Sign = Callable[[str, str], Awaitable[Signed | None]]
"""Signs a page: the app's name, the page's address."""


class Toolbar:
    """The page and its three steps; belongs to :class:`bot.pages.pages.Pages`.

    Args:
        apps: By name.
        sign: See :data:`Sign`; without it the page only says where to speak.
        key: Seals what goes into the inbox.
        keep: Puts a row there.
        public_url: The address people know.
    """

    def __init__(
        self,
        pages: Pages,
        apps: Mapping[str, WeComApp],
        sign: Sign | None,
        key: MailKey,
        keep: Keep,
        public_url: str | None,
    ) -> None:
        self._pages = pages
        self._apps = apps
        self._sign = sign
        self._key = key
        self._keep = keep
        self._public_url = public_url
        self._pace = Pace(PER_MINUTE)
        self._script = (Path(__file__).parent / "toolbar.js").read_bytes()

    # -- the page

    async def page(self, request: web.Request, of: Visit) -> web.Response:
        """The page; it holds no words of anybody's before the client has said which group it is."""
        member = of.member
        if member is None:
            return self._to_login(request)
        name, app = await self._app(member, request.query.get("app", ""))
        signed, own = None, self._own(request)
        if app is not None and self._sign is not None and not safety.only_looks(request):
            signed = await self._sign(name, f"{own}{request.path_qs}")
        values: dict[str, Any] = {
            "corp": app.corp_id if app else "",
            "agent": app.agent_id if app else "",
            "signed": orjson.dumps(asdict(signed)).decode() if signed else "",
            "script": f"{app.script_base}{SCRIPT}" if app and signed else "",
        }
        response = self._pages.show(
            "toolbar", title=texts.BAR_TITLE, form=self._pages.proofs.make(of, "toolbar"), **values
        )
        if app is not None and signed is not None:
            policy = response.headers["Content-Security-Policy"]
            more = f"; script-src {own}/h5/toolbar.js {app.script_base}"
            more += f"; connect-src {own}/h5/toolbar/ {app.script_base}"
            response.headers["Content-Security-Policy"] = policy + more
        return response

    async def script(self, _request: web.Request, _of: Visit) -> web.Response:
        """The page's own script."""
        return self._pages.plain(self._script, "text/javascript")

    def _to_login(self, request: web.Request) -> web.Response:
        if self._pages.login.offered(request) and not safety.only_looks(request):
            return self._pages.redirect("/h5/login?to=toolbar", 302)
        return self._pages.to_home()

    def _own(self, request: web.Request) -> str:
        """The address in the browser's bar, up to the path: signatures and the page's policy are about it."""
        hostname = urlsplit(f"//{request.host}").hostname
        if self._public_url is None or (
            hostname in safety.LOOPBACK and hostname != urlsplit(self._public_url).hostname
        ):
            return f"{request.scheme}://{request.host}"
        return self._public_url

    async def _app(self, member: PageSession, wanted: str) -> tuple[str, WeComApp | None]:
        """The app of the teacher's own school that has the page."""
        corp = await self._pages.read(partial(self._pages.corp_of, school_id=member.school_id))
        mine = {name: app for name, app in self._apps.items() if app.corp_id == corp}
        name = wanted if wanted in mine else next(iter(mine), "")
        return name, mine.get(name)

    # -- its steps

    async def open(self, request: web.Request, of: Visit) -> web.Response:
        """Which group it is: what waits for it, if it is the teacher's to send."""
        member, given = await self._given(request, of, forms.Group)
        shown = await self._look(member, given.chat)
        page = new_nonce()
        proof = self._proof(of, given.chat, shown.task_id, shown.version, page)
        return self._answer(shown, page=page, proof=proof)

    async def own(self, request: web.Request, of: Visit) -> web.Response:
        """No group is open: what waits in the teacher's own classes, to be copied."""
        member, _given = await self._given(request, of, forms.Bare)
        words = await self._reading(member, lambda ctx, _school: toolbar.own(ctx))
        return self._answer(Shown("nothing", texts.BAR_HELP, words=words))

    async def take(self, request: web.Request, of: Visit) -> web.Response:
        """「发到本群」: nobody else may send it from now on, and what lies elsewhere is taken back first."""
        member, given = await self._given(request, of, forms.Take)
        self._check(of, given)
        shown = await self._look(member, given.chat, given.page)
        if shown.state == "ready" and (shown.task_id, shown.version) != (given.task, given.version):
            return self._answer(Shown("again", texts.BAR_CHANGED))
        if shown.state != "ready":
            return self._answer(shown)
        await self._happened(member, given, toolbar.TAKE)
        shown = await self._until(member, given, ("ready",))
        # Not decided yet: the page asks again.
        return self._answer(Shown("pending", texts.BAR_TAKING) if shown.state == "ready" else shown)

    async def told(self, request: web.Request, of: Visit) -> web.Response:
        """What the client made of it."""
        member, given = await self._given(request, of, forms.Told)
        self._check(of, given)
        kind = toolbar.SENT if given.result == "sent" else toolbar.FAILED
        await self._happened(member, given, kind)
        still = ("go", "by_hand") if kind == toolbar.SENT else ("go",)
        return self._answer(await self._until(member, given, still))

    # -- common

    async def _given(
        self, request: web.Request, of: Visit, model: type[forms.F]
    ) -> tuple[PageSession, forms.F]:
        if of.member is None:
            raise Stop(403, texts.REFUSED_TITLE, texts.BAR_SIGNED_OUT, "")
        given = await self._pages.form(request, of, model, "toolbar")
        if not self._pace.admits(of.member.person_id, self._pages.monotonic):
            raise Stop(429, texts.REFUSED_TITLE, texts.BAR_TOO_FAST, "")
        return of.member, given

    def _proof(self, of: Visit, chat: str, task: str, version: int, page: str) -> str:
        return self._pages.proofs.make(of, "toolbar take", chat, task, str(version), page)

    def _check(self, of: Visit, given: forms.Take) -> None:
        """The page was shown this very post of this very group."""
        what = (given.chat, given.task, str(given.version), given.page)
        if not self._pages.proofs.holds(given.proof, of, "toolbar take", *what):
            raise refused()

    def _chats(self, corp: str, chat: str) -> list[str]:
        mine = [name for name, app in self._apps.items() if app.corp_id == corp]
        return [f"wecom/{name}/{kind}/{chat}" for name in mine for kind in _KINDS]

    async def _look(self, member: PageSession, chat: str, page: str = "") -> Shown:
        def look(ctx: Ctx, school: School) -> Shown:
            return toolbar.look(ctx, self._chats(school.corp, chat), page)

        return await self._reading(member, look)

    async def _reading(self, member: PageSession, read: Callable[[Ctx, School], T]) -> T:
        def unit(db: Db) -> T:
            school = schools.get(db, member.school_id)
            person = people.get(db, member.person_id)
            if school is None or person is None:
                raise missing()
            roles = people.roles(db, person.id)
            return read(Ctx(db, self._pages.now, school, person, roles, new_id), school)

        return await self._pages.read(unit)

    async def _until(self, member: PageSession, given: forms.Take, still: tuple[str, ...]) -> Shown:
        """Look until it is something else; not for long, the page asks again."""
        shown = await self._look(member, given.chat, given.page)
        until = self._pages.monotonic + ANSWER_S
        while shown.state in still and self._pages.monotonic < until:
            await asyncio.sleep(LOOK_S)
            shown = await self._look(member, given.chat, given.page)
        return shown

    async def _happened(self, member: PageSession, given: forms.Take, kind: str) -> None:
        """Into the inbox, once; it is decided like everything else."""
        app, chat = await self._pages.read(lambda db: self._place(db, member, given))
        facts = {
            "person": member.person_id,
            "task": given.task,
            "chat": chat,
            "page": given.page,
            "version": str(given.version),
        }
        row_id = new_id()
        payload = event_payload("page", app, Event(kind, facts))
        sealed = self._key.seal(row_id, payload.decode())
        row = arrival(
            row_id,
            f"page:{member.person_id}:{kind}:{mark(given.page)}",
            f"page/{app}/toolbar/{given.task}",
            "event",
            sealed,
            self._pages.now,
        )
        try:
            await self._keep(row)
        except NotKept:
            raise Stop(503, texts.REFUSED_TITLE, texts.BAR_NOT_KEPT, "") from None

    def _place(self, db: Db, member: PageSession, given: forms.Take) -> tuple[str, str]:
        """The app and the key of the class's group."""
        keys = self._chats(self._pages.corp_of(db, member.school_id), given.chat)
        key = toolbar.bound(db, keys)
        if key is None:
            raise missing()
        return key.split("/")[1], key

    def _answer(self, shown: Shown, **more: Any) -> web.Response:
        said = {
            "state": shown.state,
            "text": shown.text,
            "task": shown.task_id,
            "version": shown.version,
            "words": shown.words,
        }
        return self._pages.plain(orjson.dumps({**said, **more}), "application/json")
