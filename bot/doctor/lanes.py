"""Each lane tried with a real message: what a school's platform allows nobody can know beforehand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from bot.command import Command, Group, Maybe, Outcome, Private, Refused, Sent, Target, Webhook
from bot.dingtalk import cards
from bot.dingtalk.client import DingTalk
from bot.dingtalk.stream import OPEN
from bot.dingtalk.stream_frames import SUBSCRIPTIONS
from bot.doctor import texts
from bot.doctor.finding import Finding, bad, good, note
from bot.doctor.house import Known, clock_finding
from bot.tokens import TokenRefused
from config.clock import SystemClock, real_now
from config.ids import new_id
from config.settings import Settings

_DATE_S = 5.0
_ADVICE = {
    "config": "look at the app's credentials, permissions and visible range",
    "recipient": "is the id right, and is the person in the app's visible range?",
    "content": "the platform does not take these words",
    "month": "the month's calls are used up",
    "retry": "try again later",
    "slow": "too many calls; try again later",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the caller wants to be written to.

    Args:
        to: The user id of a person, else the administrator in the database.
        groups: Whether class groups get a message, too.
        guardian: The user id of a guardian.
    """

    to: str | None = None
    groups: bool = False
    guardian: str | None = None


async def try_lanes(
    settings: Settings, known: Known, asked: Asked, spent: Counter[tuple[str, str]]
) -> list[Finding]:
    """Try every app's lanes; ``spent`` counts the calls that count in the month, per app and interface."""
    found: list[Finding] = []
    connector = aiohttp.TCPConnector(limit=4)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), connector=connector) as http:
        if settings.clock.follow is None:
            bases = {app.api_base for app in settings.dingtalk.values()}
            bases |= {app.api_base for app in settings.wecom.values()}
            found += [await _date(http, base) for base in sorted(bases)]
        for name, app in settings.dingtalk.items():

            def counted(api: str, name: str = name) -> None:
                spent[name, api] += 1

            client = DingTalk(name, app, settings.limits, http, SystemClock(), counted)
            found += [finding async for finding in _Trial(client, known, asked).run()]
        found += await _wecom(settings, known, asked, http)
    return found


async def _wecom(
    settings: Settings, known: Known, asked: Asked, http: aiohttp.ClientSession
) -> list[Finding]:
    if not settings.wecom:
        return []
    from bot.doctor.wecom import WeComTrial
    from bot.wecom.client import WeCom

    found: list[Finding] = []
    for name, app in settings.wecom.items():
        client = WeCom(name, app, settings.limits, http, SystemClock())
        trial = WeComTrial(client, known, asked.to, groups=asked.groups)
        found += [finding async for finding in trial.run()]
    return found


async def _date(http: aiohttp.ClientSession, base: str) -> Finding:
    """The platform's clock, as far as an answer's head tells it."""
    try:
        async with asyncio.timeout(_DATE_S), http.get(base, allow_redirects=False) as answer:
            said = answer.headers.get("Date", "")
            now = real_now()
        return clock_finding("the platform", parsedate_to_datetime(said), now)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return bad(f"network: {base} cannot be reached; open the way out to it")
    except (ValueError, TypeError):
        return note(f"clock: {base} does not say what time it is")


class _Trial:
    """One app's lanes."""

    def __init__(self, client: DingTalk, known: Known, asked: Asked) -> None:
        self._client = client
        self._name = f"dingtalk.{client.name}"
        self._app = client.core.app
        self._known = known
        self._asked = asked

    async def run(self) -> AsyncIterator[Finding]:
        """Token first: without it the rest would only fail again."""
        try:
            await self._client.core.token.get()
        except TokenRefused as error:
            yield bad(f"{self._name}: no token ({error.refused.code}); correct client_id and client_secret")
            return
        yield good(f"{self._name}: a token was given")
        if self._app.receive == "stream":
            yield await self._stream()
        corp = self._app.corp_id
        person = self._asked.to or next((user for of, user in self._known.admins if of == corp), None)
        if person is None:
            yield note(f"{self._name}: nobody to write to; name somebody with --to USERID")
        else:
            yield await self._try("robot to a person", Private(person), texts.PRIVATE)
            for template in dict.fromkeys((self._app.digest_card_template, self._app.message_card_template)):
                if template is not None:
                    yield await self._card(template, person)
        async for finding in self._others():
            yield finding

    async def _others(self) -> AsyncIterator[Finding]:
        if self._asked.guardian is not None:
            finding = await self._try("robot to a guardian", Private(self._asked.guardian), texts.GUARDIAN)
            yield finding
            if finding.mark == "✗" and self._app.guardians == "robot":
                yield bad(f'{self._name}: set guardians = "page"; families then use mobile pages')
        else:
            yield note(f"{self._name}: guardians not tried; name one with --guardian USERID")
        if not self._asked.groups:
            yield note(f"{self._name}: class groups not tried; --groups sends a word to each")
            return
        for app, room, conversation in self._known.groups:
            if app == self._client.name:
                yield await self._try(f"robot to the group of {room}", Group(conversation), texts.GROUP)
        for app, room, token, secret in self._known.webhooks:
            if app == self._client.name:
                yield await self._try(f"custom robot of {room}", Webhook(token, secret), texts.GROUP)

    async def _try(self, what: str, target: Target, text: str) -> Finding:
        command = Command(new_id(), f"dingtalk/{self._client.name}", target, text)
        return self._came_of(what, await self._client.send(command))

    def _came_of(self, what: str, outcome: Outcome) -> Finding:
        match outcome:
            case Sent():
                return good(f"{self._name}: {what} was taken; see whether it arrived")
            case Refused(code, action):
                return bad(f"{self._name}: {what} was refused ({code}); {_ADVICE[action]}")
            case Maybe(code):
                return note(f"{self._name}: {what} got no clear answer ({code}); see whether it arrived")

    async def _card(self, template: str, person: str) -> Finding:
        """The call itself: the client would quietly send words instead of a refused card."""
        core, what = self._client.core, f"card template {template}"
        command = Command(
            new_id(), f"dingtalk/{core.name}", Private(person), texts.CARD, texts.TITLE, card=True
        )
        request = cards.card_request(command, template, core)
        if request is None:
            return bad(f"{self._name}: {what}: the test words do not fit a card")
        verdict = await core.call_new(cards.CREATE_AND_DELIVER, request)
        if verdict.meaning not in ("ok", "exists"):
            return self._came_of(what, verdict.outcome())
        if cards.delivered(verdict.data)[0] is False:
            return bad(f"{self._name}: {what} was made but not delivered; is it published for this robot?")
        return good(f"{self._name}: {what} was taken; see whether it shows title and text")

    async def _stream(self) -> Finding:
        core = self._client.core
        body = {
            "clientId": self._app.client_id,
            "clientSecret": self._app.client_secret.get_secret_value(),
            "subscriptions": SUBSCRIPTIONS,
            "ua": "classbridge",
        }
        verdict = await core.post(f"{core.api}{OPEN}", body)
        if verdict.meaning == "ok" and verdict.data.get("endpoint"):
            return good(f"{self._name}: a Stream connection would be opened")
        return bad(
            f"{self._name}: no Stream connection ({verdict.code}); choose Stream mode in the app's console"
        )
