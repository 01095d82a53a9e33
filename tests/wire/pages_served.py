"""The pages on a port of this machine, with an inbox in which everything is answered at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import aiohttp
import orjson
import sqlalchemy as sa
from aiohttp import web

from bot.command import CardButton, Command, Page
from bot.pages.lane import PageLane
from bot.pages.oauth import Exchange
from bot.pages.pages import Keep, Pages
from config.clock import MovableClock
from config.ids import new_id
from config.settings import Settings, WeComApp
from handlers.pages.letting_in import give_page
from storage import inbox, page_links, page_sessions, people
from storage.engine import Db, Store
from storage.people import Person
from storage.seed import import_school
from storage.tables import metadata
from tests.contract.invented import CORP, MONDAY, document

T = TypeVar("T")
PUBLIC = "https://school.example"
TABLES = ("inbox", "page_messages", "page_sessions", "page_links", "identities", "codes", "people", "roles")


WECOM = WeComApp.model_validate({
    "corp_id": CORP,
    "agent_id": 1000002,
    "secret": "s",
    "token": "tok",
    "aes_key": "a" * 43,
})  # fmt: skip


@dataclass
class Served:
    """One served installation with a school of two classes."""

    store: Store
    clock: MovableClock
    key: inbox.MailKey
    lane: PageLane
    url: str = ""
    answers: bool = True
    kept: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    async def run(self, unit: Any) -> Any:
        return await asyncio.wrap_future(self.store.run(unit))

    async def keep(self, row: dict[str, Any]) -> None:
        """The inbox; whoever writes is answered in the next moment."""
        await asyncio.wrap_future(self.store.insert(inbox.inbox, [row]))
        raw = self.key.open(row["id"], row["payload"])
        self.raw.append(raw)
        payload = orjson.loads(raw)
        self.kept.append({"kind": row["kind"], "key": row["key"], **payload})
        if self.answers:
            person_id = row["conversation"].rsplit("/", 1)[1]
            await self.say(person_id, f"收到：{payload.get('text', payload.get('token'))}")

    async def say(self, person_id: str, text: str, *labels: str) -> list[str]:
        """Lay a message on somebody's page; returns the tokens of its buttons."""
        buttons = tuple(CardButton(new_id(), label) for label in labels)
        await self.lane.send(Command(new_id(), "page/school", Page(person_id), text, buttons=buttons))
        return [button.id for button in buttons]

    async def guardian(self, ext_id: str) -> Person:
        """A guardian of the invented school by the DingTalk id, with a page."""

        def unit(db: Db) -> Person:
            person = people.by_identity(db, "dingtalk_user", CORP, ext_id)
            assert person is not None
            give_page(db, new_id, person.id, CORP)
            return person

        return await self.run(unit)  # type: ignore[no-any-return]

    async def signed_in(self, person: Person, *, after: timedelta = timedelta()) -> str:
        """The cookie of a phone that was signed in so long before now."""
        value = new_id() + new_id()
        now = self.clock.now() - after
        await self.run(partial(page_sessions.start, new_id=new_id, now=now, person_id=person.id, value=value))
        return value

    async def link(self, person: Person, life: timedelta = page_links.LIFE) -> str:
        """The path of a new link."""

        def unit(db: Db) -> str:
            made = page_links.make(db, new_id, self.clock.now(), person.id, life=life)
            return page_links.token(db, made.id)

        return f"/h5/l/{await self.run(unit)}"

    async def code(self, person: Person, code: str) -> None:
        """A new code for somebody."""
        from storage import codes

        await self.run(lambda db: codes.add(db, new_id, self.clock.now(), person=person, code=code))

    async def clear(self) -> None:
        """Take everything off the pages."""
        table = metadata.tables["page_messages"]
        await self.run(lambda db: db.conn.execute(sa.delete(table)))

    async def state(self) -> list[Any]:
        """Every row that a form could change."""

        def unit(db: Db) -> list[Any]:
            rows = [
                (name, tuple(row))
                for name in TABLES
                for row in db.conn.execute(sa.select(metadata.tables[name]))
            ]
            return sorted(rows, key=repr)

        return await self.run(unit)  # type: ignore[no-any-return]


@asynccontextmanager
async def served(
    store: Store, keep: Keep | None = None, exchange: Exchange | None = None
) -> AsyncIterator[Served]:
    """Serve the pages until the block ends; with ``exchange`` there is a login, too."""
    clock = MovableClock(MONDAY)
    store.run(lambda db: import_school(db, document(2, 4), new_id, MONDAY)).result()
    key = store.run(inbox.mail_key).result()
    lane = PageLane(store, clock)
    here = Served(store, clock, key, lane)
    settings = Settings.model_validate({
        "server": {"public_url": PUBLIC},
        "dingtalk": {"school": {"client_id": "c", "client_secret": "s", "corp_id": CORP}},
    })  # fmt: skip
    if exchange is not None:
        second = WECOM.model_copy(update={"agent_id": 1000003})
        settings = settings.model_copy(update={"wecom": {"school": WECOM, "second": second}})
    pages = Pages(store, clock, key, settings, keep or here.keep, lane, exchange)
    app = web.Application()
    pages.add_to(app.router)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield here
    finally:
        await runner.cleanup()


class Phone:
    """A browser without scripts: keeps cookies, fills forms.

    Args:
        url: Where the pages are.
        session: The cookie of a signed-in phone, or empty.
    """

    def __init__(self, url: str, session: str = "") -> None:
        self.url = url
        self.html = ""
        self.status = 0
        self.headers: Any = {}
        self.jar: dict[str, str] = {"cb_page": session} if session else {}
        self.set_cookie: list[str] = []

    async def get(self, path: str = "/h5/", **headers: str) -> str:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, fields: Any, **headers: str) -> str:
        return await self._ask("POST", path, fields, headers)

    async def _ask(self, method: str, path: str, fields: Any, headers: dict[str, str]) -> str:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        jar = self.jar.items()
        cookies = "; ".join(f"{name}={value}; __Host-{name}={value}" for name, value in jar)
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.request(
                method,
                self.url + path,
                data=fields,
                headers={"Cookie": cookies, **sent},
                allow_redirects=False,
            ) as answer,
        ):
            self.status, self.headers = answer.status, answer.headers
            self.set_cookie = answer.headers.getall("Set-Cookie", [])
            self.html = await answer.text()
            for full, morsel in answer.cookies.items():
                name = full.removeprefix("__Host-")
                self.jar[name] = morsel.value
                if not morsel.value:
                    del self.jar[name]
        if self.status == 303:
            await self._ask("GET", self.headers["Location"].split("#")[0], None, {})
        return self.html

    def field(self, name: str) -> str:
        """The first hidden value of that name on the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found is not None, (name, self.html)
        return found[1]

    async def say(self, text: str) -> str:
        """Write into the page's field and send it."""
        await self.get()
        fields = {"form": self.field("form"), "nonce": self.field("nonce"), "text": text}
        return await self.post("/h5/say", fields)

    async def press(self, token: str) -> str:
        """Press a button, on the page or not."""
        await self.get()
        fields = {"form": self.field("form"), "nonce": self.field("nonce"), "press": token}
        return await self.post("/h5/press", fields)

    def seen(self) -> list[str]:
        """The words of every element that is meant for the reader."""
        return re.findall(r'data-seen="[^"]*"><div class="words"[^>]*>(.*?)</div>', self.html)
