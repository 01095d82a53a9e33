"""The phones' browser: people open the product's pages with cookies of their own, and see what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie

import aiohttp
from typing_extensions import override
from yarl import URL

from bot.emulation import texts
from bot.emulation.base import Ground
from bot.emulation.records import Button, Content
from bot.emulation.say import NotPossible
from bot.emulation.world import Person

COOKIE = "cb_page"
"""The product's cookie that says which phone it is."""
LOGIN_PATH = "/connect/oauth2/authorize"
"""The platform's login page, where the emulated platform has one."""
WHO = "X-Emulated-Phone"
"""Says to the emulator's own login page whose phone this is; never sent to the product."""
MAX_REDIRECTS = 5
MAX_PAGE = 8 << 20
TIMEOUT_S = 10.0
_ANDROID = (
    "Mozilla/5.0 (Linux; Android 13; zh-CN) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)
_AGENTS = {
    "dingtalk": f"{_ANDROID} AliApp(DingTalk/7.6.0)",
    "wecom": f"{_ANDROID} MicroMessenger/8.0.50.2701(0x2800325B) WeChat/arm64 Language/zh_CN",
}
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "section", "article", "br", "tr", "form", "header")
)
_UNSEEN = frozenset(("script", "style", "template"))


@dataclass(slots=True)
class Shown:
    """An element with ``data-seen``: what somebody sees there."""

    message: str
    words: list[str] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    picture: str | None = None

    @property
    def text(self) -> str:
        lines = ("".join(self.words)).split("\n")
        return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


class PageReader(HTMLParser):
    """Collects the elements with ``data-seen``, in the order of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[Shown] = []
        self._open: list[tuple[str, Shown | None]] = []
        self._button: tuple[str, bool, list[str]] | None = None
        self._unseen = 0

    @property
    def _inside(self) -> Shown | None:
        return next((shown for _, shown in reversed(self._open) if shown is not None), None)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        shown = None
        if given.get("data-seen"):
            shown = Shown(str(given["data-seen"]))
            self.shown.append(shown)
        inside = shown or self._inside
        if inside is not None:
            if tag in _BLOCKS:
                inside.words.append("\n")
            if tag == "img" and "data-picture" in given and inside.picture is None:
                inside.picture = given.get("src") or ""
            if tag == "button" and given.get("name") == "press" and given.get("value"):
                self._button = (str(given["value"]), "disabled" not in given, [])
        if tag not in _VOID:
            self._open.append((tag, shown))

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        inside = self._inside
        if inside is not None and tag in _BLOCKS:
            inside.words.append("\n")
        if tag == "button" and self._button is not None and inside is not None:
            value, enabled, words = self._button
            inside.buttons.append(Button(value, " ".join("".join(words).split()), enabled))
            self._button = None
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at][0] == tag:
                del self._open[at:]
                return

    @override
    def handle_data(self, data: str) -> None:
        inside = self._inside
        if inside is None or self._unseen:
            return
        # A line break in the source is a blank on the page.
        (self._button[2] if self._button is not None else inside.words).append(data.replace("\n", " "))


class Browser:
    """One browser per sender, on the product's pages and the emulated platform's login page only."""

    def __init__(self, platform: Ground) -> None:
        self._platform = platform
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._seen: set[tuple[str, str]] = set()

    async def stop(self) -> None:
        """Close every browser; cookies are forgotten."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def open(
        self, person: Person, url: str, form: Mapping[str, str] | None, target: str | None
    ) -> tuple[int, str]:
        """Open a link, or send a form; returns the last page's status and HTML.

        Args:
            person: Whose phone it is.
            url: On the product's host; a path alone is meant there.
            form: Fields to send; None is a plain link.
            target: The product's base.

        Raises:
            NotPossible: Another host, nobody there, or redirects without end.
        """
        if target is None:
            raise NotPossible("no receiver is configured: there are no pages")
        base = URL(target)
        who = person.id or f"outsider:{person.name}"
        session = self._session(who, person, base)
        try:
            status, html, at = await self._walk(
                session, base, base.join(URL(url, encoded="%" in url)), form, who
            )
            await self._note(session, who, person, html, at)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotPossible(f"the page could not be opened: {type(error).__name__}") from None
        return status, html

    def _session(self, who: str, person: Person, base: URL) -> aiohttp.ClientSession:
        if who not in self._sessions:
            jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=base)
            session = self._platform.world.page_session(person)
            if session is not None:
                jar.update_cookies(SimpleCookie({COOKIE: session}), base)
            self._sessions[who] = aiohttp.ClientSession(
                cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
            )
        return self._sessions[who]

    async def _walk(
        self, session: aiohttp.ClientSession, base: URL, url: URL, form: Mapping[str, str] | None, who: str
    ) -> tuple[int, str, URL]:
        """Follow redirects on the same host, and by way of the login page; any other is where it ends."""
        if not _same(url, base) and not self._is_login(url):
            raise NotPossible(f"the emulated phones open pages of {base.origin()} only")
        site = "none" if form is None else "same-origin"
        for _ in range(MAX_REDIRECTS + 1):
            if self._is_login(url):
                status, html, back = await self._log_in(url, who)
                if back is None or not _same(back, base):
                    return status, html, url
                url, form, site = back, None, "cross-site"
                continue
            headers = self._headers(site)
            method = "GET" if form is None else "POST"
            if form is not None:
                headers["Origin"] = str(base.origin())
            async with session.request(
                method, url, data=form, headers=headers, allow_redirects=False
            ) as response:
                html = (await response.content.read(MAX_PAGE)).decode("utf-8", "replace")
                rest = await response.content.read()
            if rest:
                raise NotPossible("the page is too large")
            location = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or location is None:
                return response.status, html, url
            following = url.join(URL(location))
            if not _same(following, base) and not self._is_login(following):
                return response.status, html, url
            if response.status < 307:
                form = None
            url = following
        raise NotPossible(f"more than {MAX_REDIRECTS} redirects")

    def _is_login(self, url: URL) -> bool:
        here = self._platform.base_url
        return bool(here) and _same(url, URL(here)) and url.path == LOGIN_PATH

    async def _log_in(self, url: URL, who: str) -> tuple[int, str, URL | None]:
        """The platform's page, with none of the product's cookies; where it sends the phone back to."""
        jar, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(total=TIMEOUT_S)
        headers = {**self._headers("cross-site"), WHO: who}
        async with (
            aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            html, location = await response.text(), response.headers.get("Location")
        back = url.join(URL(location, encoded=True)) if response.status == 302 and location else None
        return response.status, html, back

    async def _note(
        self, session: aiohttp.ClientSession, who: str, person: Person, html: str, at: URL
    ) -> None:
        """What stands on the page for the first time is seen now."""
        reader = PageReader()
        reader.feed(html)
        reader.close()
        for shown in reader.shown:
            if (who, shown.message) in self._seen:
                continue
            self._seen.add((who, shown.message))
            content = await self._content(session, shown, at)
            platform = self._platform
            platform.seen.add(platform.now_ms(), who, person.chat, "page", shown.message, content)

    async def _content(self, session: aiohttp.ClientSession, shown: Shown, at: URL) -> Content:
        buttons = tuple(shown.buttons)
        if shown.picture is None:
            return Content("text", shown.text, buttons, url=str(at))
        source = at.join(URL(shown.picture))
        words = shown.text or texts.PLACEHOLDERS["picture"]
        sha256 = None
        if _same(source, at):
            headers = self._headers("same-origin", "image", "no-cors")
            async with session.get(source, headers=headers) as response:
                if response.status == 200:
                    sha256 = hashlib.sha256(await response.read()).hexdigest()
        return Content("picture", words, buttons, str(source), sha256)

    def _headers(self, site: str, dest: str = "document", mode: str = "navigate") -> dict[str, str]:
        """What a browser says about where a request comes from."""
        return {
            "User-Agent": _AGENTS[self._platform.world.platform],
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8" if dest == "document" else "image/*",
            "Accept-Language": "zh-CN,zh;q=0.9",
            "Sec-Fetch-Site": site,
            "Sec-Fetch-Mode": mode,
            "Sec-Fetch-Dest": dest,
            **({"Sec-Fetch-User": "?1"} if dest == "document" else {}),
        }


def _same(url: URL, base: URL) -> bool:
    return (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port) and url.user is None
