"""WeChat customer service as the platform keeps it: who wrote when, what may be answered, the log.

Facts from developer.work.weixin.qq.com, paths 94670 (receive), 94677 (send), 95122 (welcome), 94669 (states).
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.wecom.emulator.endpoint import ApiError

if TYPE_CHECKING:
    from bot.emulation.world import Person
    from bot.wecom.emulator.platform import Platform

WINDOW_MS = 48 * 3_600_000
KEPT_MS = 3 * 24 * 3_600_000
TOKEN_MS = 600_000
WELCOME_MS = 20_000
FRESH, BY_US, WAITING, BY_A_PERSON, CLOSED = range(5)
"""The states of a conversation."""
ANSWERED_IN = (FRESH, BY_US)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at_ms: int
    body: dict[str, Any]


@dataclass(slots=True)
class Customer:
    """One customer of the account.

    Args:
        wrote_ms: When the last message came; None if there was none.
        sent: How many of ours followed it.
        greeted_ms: When a welcome code was last given.
    """

    person: Person
    wrote_ms: int | None = None
    sent: int = 0
    state: int = FRESH
    greeted_ms: int | None = None
    scene: str = ""


@dataclass(slots=True)
class Knobs:
    """What the pages leave open, or what happens now and then.

    Args:
        repeat_code: ``errcode`` of a second copy under the same ``msgid``; no page names one, 0 takes it and
            shows nothing.
        empty_pages: So many next answers are empty and say there is more.
        tokenless_minute: Readings without a token in a minute; no page gives the figure.
    """

    repeat_code: int = 0
    empty_pages: int = 0
    tokenless_minute: int = 10


@dataclass(slots=True)
class KfState:
    """See the module."""

    platform: Platform
    account: str = ""
    """``open_kfid``."""
    log: list[Entry] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    welcomes: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Welcome codes: for whom, and until when (ms)."""
    said: set[str] = field(default_factory=set)
    knobs: Knobs = field(default_factory=Knobs)
    tokenless: deque[int] = field(default_factory=deque)

    def __post_init__(self) -> None:
        made = hashlib.sha256(f"kf:{self.platform.app.corp_id}".encode()).hexdigest()
        self.account = f"wk{made[:30]}"

    def customer(self, person: Person) -> Customer:
        """The account's customer; a new one has said nothing yet."""
        key = self.platform.world.external_id(person)
        return self.customers.setdefault(key, Customer(person))

    def found(self, external_id: object) -> Customer:
        """A customer by id.

        Raises:
            ApiError: 40096: the account has never met such a person.
        """
        if not isinstance(external_id, str) or external_id not in self.customers:
            raise ApiError(40096, "invalid external userid")
        return self.customers[external_id]

    # -- what customers do

    def ring(self) -> str:
        """A token to read with, for ten minutes."""
        token = "ENC" + self.platform.new_id("kf-token")
        self.tokens[token] = self.platform.now_ms() + TOKEN_MS
        return token

    def wrote(
        self, person: Person, kind: str, body: dict[str, Any], copies: int = 1, message: str = ""
    ) -> str:
        """A customer's message is in the log, more than once if so wished; its id."""
        customer, now = self.customer(person), self.platform.now_ms()
        customer.wrote_ms, customer.sent = now, 0
        if customer.state == CLOSED:
            customer.state = FRESH
        message = message or self.platform.new_id("kf-message")
        entry = {
            "msgid": message, "open_kfid": self.account,
            "external_userid": self.platform.world.external_id(person),
            "send_time": now // 1000, "origin": 3, "msgtype": kind, kind: body,
        }  # fmt: skip
        self.log.extend(Entry(now, entry) for _ in range(copies))
        return message

    def happened(self, person: Person, event: str, facts: dict[str, Any]) -> str:
        """An event is in the log; its id."""
        message, now = self.platform.new_id("kf-event"), self.platform.now_ms()
        who = {"open_kfid": self.account, "external_userid": self.platform.world.external_id(person)}
        entry = {
            "msgid": message, "send_time": now // 1000, "origin": 4, "msgtype": "event",
            "event": {"event_type": event, **who, **facts},
        }  # fmt: skip
        self.log.append(Entry(now, entry))
        return message

    def entered(self, person: Person, scene: str) -> tuple[str, str]:
        """A customer opens the conversation; the event's id, and the welcome code if one is given.

        One is given only to whom nothing was said and who said nothing for 48 hours.
        """
        customer, now = self.customer(person), self.platform.now_ms()
        customer.scene = scene
        moments = (customer.wrote_ms, customer.greeted_ms)
        code = ""
        if all(at is None or now - at >= WINDOW_MS for at in moments):
            code = self.platform.new_id("kf-welcome")
            self.welcomes[code] = (self.platform.world.external_id(person), now + WELCOME_MS)
        facts = {"scene": "classbridge", "scene_param": scene, **({"welcome_code": code} if code else {})}
        return self.happened(person, "enter_session", facts), code

    # -- what may be said

    def may_say(self, customer: Customer) -> None:
        """Whether something may be said now.

        Raises:
            ApiError: The conversation is over or a person's, 48 hours have passed, or five were said.
        """
        if customer.state == CLOSED:
            raise ApiError(95013, "conversation end")
        if customer.state not in ANSWERED_IN:
            raise ApiError(95018, "send msg session status invalid")
        now = self.platform.now_ms()
        if customer.wrote_ms is None or now - customer.wrote_ms >= WINDOW_MS:
            raise ApiError(95002, "send msg time limit")
        most = self.platform.limits.kf_turn
        if most is not None and customer.sent >= most:
            raise ApiError(95001, "send msg count limit")

    # -- reading

    def may_read(self, token: str) -> None:
        """Whether this reading is let through.

        Raises:
            ApiError: 95007: not a token, or too old; 45009: too often without one.
        """
        now = self.platform.now_ms()
        if token:
            if self.tokens.get(token, 0) <= now:
                raise ApiError(95007, "invalid msg token")
            return
        while self.tokenless and self.tokenless[0] <= now - 60_000:
            self.tokenless.popleft()
        if len(self.tokenless) >= self.knobs.tokenless_minute:
            raise ApiError(45009, "api freq out of limit")
        self.tokenless.append(now)

    def page(self, at: int, most: int) -> tuple[list[dict[str, Any]], int, bool]:
        """What follows a position: the entries, the next position, whether there is more."""
        if self.knobs.empty_pages:
            self.knobs.empty_pages -= 1
            return [], at, True
        oldest = self.platform.now_ms() - KEPT_MS
        while at < len(self.log) and self.log[at].at_ms <= oldest:
            at += 1
        upto = min(at + most, len(self.log))
        return [entry.body for entry in self.log[at:upto]], upto, upto < len(self.log)
