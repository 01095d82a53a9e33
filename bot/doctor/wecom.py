"""Each lane of a WeCom app tried with a real message, and what only the platform knows asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from bot.command import Command, Maybe, Outcome, Private, Refused, Sent, Webhook
from bot.doctor import texts
from bot.doctor.finding import Finding, bad, good, note
from bot.doctor.house import Known
from bot.tokens import TokenRefused
from bot.wecom import jsapi
from bot.wecom.client import WeCom
from bot.wecom.errors import Verdict
from bot.wecom.vendor import asked
from config.ids import new_id
from config.settings import Settings, WeComApp

_ADVICE = {
    "config": "look at the app's secret, permissions, visible range and trusted addresses",
    "recipient": "is the id right, and is the person in the app's visible range?",
    "content": "the platform does not take these words",
    "month": "the month's messages are used up",
    "retry": "try again later",
    "slow": "too many calls; try again later",
}
SCOPE = "/cgi-bin/school/agent/get_allow_scope"
DEPARTMENTS = "/cgi-bin/school/department/list"


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """What the settings alone tell of each app."""
    for name, app in settings.wecom.items():
        yield from _of_app(f"wecom.{name}", app)
        if settings.server.public_url is None:
            yield bad(
                f"server.public_url is not set: the callbacks and pages of wecom.{name} need it; "
                "write https://HOST"
            )


def _of_app(name: str, app: WeComApp) -> Iterator[Finding]:
    if app.kf_id is None:
        yield note(f"{name}.kf_id is not set: guardians have pages and notices, no conversation")
    if not (app.bot_socket or app.bot_callback):
        yield note(f"{name}: no AI bot; internal groups have a webhook robot or none")
    if app.previous_token is not None:
        yield note(f"{name}.previous_token is still accepted; take it out an hour after the change")


class WeComTrial:
    """One app's lanes.

    Args:
        client: Its way out.
        known: Whom the database knows.
        to: The user id of whoever gets the test message, else the administrator's.
        groups: Whether webhook robots of class groups say a word.
    """

    def __init__(self, client: WeCom, known: Known, to: str | None, *, groups: bool) -> None:
        self._client = client
        self._name = f"wecom.{client.name}"
        self._app = client.core.app
        self._known = known
        self._to = to
        self._groups = groups

    async def run(self) -> AsyncIterator[Finding]:
        """Token first: without it the rest would only fail again."""
        try:
            await self._client.core.token.get()
        except TokenRefused as error:
            yield bad(f"{self._name}: no token ({error.refused.code}); correct corp_id and secret")
            return
        yield good(f"{self._name}: a token was given")
        corp = self._app.corp_id
        person = self._to or next((user for of, user in self._known.admins if of == corp), None)
        if person is None:
            yield note(f"{self._name}: nobody to write to; name somebody with --to USERID")
        else:
            yield await self._try("a message to a member", Private(person), texts.PRIVATE)
        for finding in await self._asked():
            yield finding
        async for finding in self._robots():
            yield finding

    async def _asked(self) -> list[Finding]:
        """What nobody need be written to for."""
        core, vendor = self._client.core, self._client.core.vendor
        found = [
            self._allowed("the app itself", await asked(vendor.agent.get(self._app.agent_id))),
            self._allowed("the school's address book", await core.call(DEPARTMENTS, None, method="GET")),
            self._allowed("notices to parents", await core.call(SCOPE, None, self._agent, "GET")),
            self._allowed("class groups of parents", await asked(vendor.external_contact_group_chat.list())),
            self._allowed("the organisation's ticket of toolbar pages", await jsapi.ask(core, jsapi.CORP)),
            self._allowed("the app's ticket of toolbar pages", await jsapi.ask(core, jsapi.AGENT)),
        ]
        if self._app.kf_id is not None:
            found.append(self._account(await asked(vendor.kf.get_account_list())))
        return found

    @property
    def _agent(self) -> dict[str, str]:
        return {"agentid": str(self._app.agent_id)}

    def _allowed(self, what: str, verdict: Verdict) -> Finding:
        if verdict.meaning == "ok":
            return good(f"{self._name}: {what} may be used")
        return bad(f"{self._name}: {what} was refused ({verdict.code}); {_ADVICE['config']}")

    def _account(self, verdict: Verdict) -> Finding:
        """The account of the settings has to be one of those the app may use."""
        finding = self._allowed("customer service", verdict)
        accounts = verdict.data.get("account_list")
        known = [one.get("open_kfid") for one in accounts] if isinstance(accounts, list) else []
        if verdict.meaning == "ok" and self._app.kf_id not in known:
            return bad(
                f"{self._name}: kf_id is none of the app's accounts; correct it, or give the app the right"
            )
        return finding

    async def _robots(self) -> AsyncIterator[Finding]:
        mine = [one for one in self._known.webhooks if one[0] == self._client.name]
        if mine and not self._groups:
            yield note(f"{self._name}: webhook robots not tried; --groups sends a word to each")
            return
        for _app, room, token, secret in mine:
            yield await self._try(f"webhook robot of {room}", Webhook(token, secret), texts.GROUP)

    async def _try(self, what: str, target: Private | Webhook, text: str) -> Finding:
        command = Command(new_id(), f"wecom/{self._client.name}", target, text)
        return self._came_of(what, await self._client.send(command))

    def _came_of(self, what: str, outcome: Outcome) -> Finding:
        match outcome:
            case Sent():
                return good(f"{self._name}: {what} was taken; see whether it arrived")
            case Refused(code, action):
                return bad(f"{self._name}: {what} was refused ({code}); {_ADVICE[action]}")
            case Maybe(code):
                return note(f"{self._name}: {what} got no clear answer ({code}); see whether it arrived")
