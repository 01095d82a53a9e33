"""What the sender asks of a platform, and the three things that can come of it.

The outbox row is turned into a :class:`Command` right before it is sent. A platform's client
answers with exactly one :data:`Outcome`; it never raises for anything the network does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Action = Literal["retry", "slow", "config", "recipient", "content", "month"]
"""What a refusal asks for: again later · again after ``after_s`` · a person must repair the settings ·
this recipient cannot be reached · these words will not be taken · no more counted calls this month."""


@dataclass(frozen=True, slots=True)
class Session:
    """A reply address that came with a message: free of charge, short of life.

    Args:
        url: Checked against the configured host when the message was opened.
        expires_at: UTC, as the platform says; it may die earlier.
    """

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Private:
    """One person. ``user_id`` is empty for an outsider, who can be answered only by session."""

    user_id: str
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group conversation, by the platform's own id."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class Command:
    """One message to send.

    Args:
        outbox_id: The row's id; where the platform takes an idempotency key, this is it.
        app: The name of the installation's app, as in ``[dingtalk.NAME]``.
        target: To whom.
        text: The whole text in plain words, its own heading included. Never contains mark-up: what looks
            like it is shown as characters.
        title: The short heading of a card or preview line; empty for plain text.
        session: The reply address of the message that is answered, if there is one.
        card: It must arrive, and once: goes as a card where a template is configured, never by session.
        buttons: Labels with the action behind them; the first form of the line has none.
    """

    outbox_id: str
    app: str
    target: Private | Group
    text: str
    title: str = ""
    session: Session | None = None
    card: bool = False
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. ``platform_id`` is its handle for recall and read status, or empty."""

    platform_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not sent.

    Args:
        code: The platform's code, or ours in lower case; letters, digits and punctuation only, safe to log.
        action: What to do about it.
        after_s: Seconds to wait before the next try; 0 leaves it to the sender's own back-off.
    """

    code: str
    action: Action
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Maybe:
    """The request left and no trustworthy answer came: it may have been sent or not."""

    code: str


Outcome = Sent | Refused | Maybe


class Platform(Protocol):
    """What a platform's client does for the sender."""

    async def send(self, command: Command) -> Outcome:
        """Make the call and say what came of it; raises nothing the network does."""
        ...

    def bucket_names(self, command: Command) -> Sequence[tuple[str, int, float]]:
        """The platform's limits this send counts against: bucket, at most so many, window in seconds."""
        ...

    def idempotent(self, command: Command) -> bool:
        """Whether a second copy of this very send would be removed by the platform."""
        ...

    def api(self, command: Command) -> str:
        """The interface the send will use; names the metric."""
        ...
