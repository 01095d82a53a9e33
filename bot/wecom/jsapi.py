"""Signs a page for the client's script, so that it may ask which group is open and send there.

Facts from developer.work.weixin.qq.com, paths 90506 (the two tickets, 400 calls an hour each, good for two
hours, and how a page is signed) and 98560 (a page that acts as an app signs for the organisation, too).
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.command import Maybe, Refused
from bot.log import get_logger
from bot.pages.toolbar import Signature, Signed
from bot.tokens import Fetched, TokenKeeper, TokenRefused

if TYPE_CHECKING:
    from bot.wecom.core import Core
    from bot.wecom.errors import Verdict

CORP = "/cgi-bin/get_jsapi_ticket"
AGENT = "/cgi-bin/ticket/get"
APART_S = 30.0
"""Between two requests for a ticket that brought nothing."""
_log = get_logger("jsapi")


class JsApi:
    """The port of :mod:`bot.pages.toolbar` on WeCom.

    Args:
        cores: The connection of each app by name.
    """

    def __init__(self, cores: Mapping[str, Core]) -> None:
        self._cores = cores
        self._tickets = {name: (_corp(core), _agent(core)) for name, core in cores.items()}

    async def __call__(self, app: str, url: str) -> Signed | None:
        """The signatures of a page; None if the platform gives no ticket now."""
        keepers = self._tickets.get(app)
        if keepers is None:
            return None
        try:
            corp, agent = await asyncio.gather(*(keeper.get() for keeper in keepers))
        except TokenRefused as error:
            _log.warning("no_ticket", code=error.refused.code)
            return None
        now = int(self._cores[app].clock.now().timestamp())
        return Signed(_sign(corp, url, now), _sign(agent, url, now))


def _sign(ticket: str, url: str, now: int) -> Signature:
    nonce = secrets.token_hex(8)
    line = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={now}&url={url.partition('#')[0]}"
    return Signature(now, nonce, hashlib.sha1(line.encode(), usedforsecurity=False).hexdigest())


def _corp(core: Core) -> TokenKeeper:
    return TokenKeeper(lambda: _fetch(core, CORP), core.clock)


def _agent(core: Core) -> TokenKeeper:
    return TokenKeeper(lambda: _fetch(core, AGENT), core.clock)


async def ask(core: Core, path: str) -> Verdict:
    """Ask for a ticket: :data:`CORP` or :data:`AGENT`."""
    return await core.call(path, None, {"type": "agent_config"} if path == AGENT else {}, method="GET")


async def _fetch(core: Core, path: str) -> Fetched | Refused:
    """A ticket; where the platform does not answer, looks at the page must not use up its hour."""
    came = await ask(core, path)
    ticket, lives = came.data.get("ticket"), came.data.get("expires_in")
    if came.meaning == "ok":
        if isinstance(ticket, str) and ticket and isinstance(lives, int):
            return Fetched(ticket, float(lives))
        return Refused("unreadable", "slow", APART_S)
    outcome = came.outcome()
    if isinstance(outcome, Maybe) or outcome.action == "retry":
        return Refused(outcome.code, "slow", APART_S)
    return outcome
