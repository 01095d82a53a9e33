"""What the sender asks of a platform, and the three things that can come of it.

The outbox row is turned into a :class:`Command` right before it is sent. A platform's client
answers with exactly one :data:`Outcome`; it never raises for anything the network does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

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
class Webhook:
    """A group's custom robot: it can only speak. The token is a credential, like a password.

    Args:
        token: ``access_token`` of the robot's address.
        secret: The key of its signature (``SEC…``), or empty.
    """

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A guardian's own mobile page: nothing leaves the house, the words wait there."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A guardian on WeChat: customer service while its window is open, else the own page and a notice.

    Args:
        person_id: Empty for somebody we do not know: then only the conversation they opened.
        external_id: Their id in customer service (``external_userid``), or empty.
        kf_id: The customer service account (``open_kfid``) they wrote to, or empty.
        parent_id: Their id in the school's address book, for 学校通知, or empty.
    """

    person_id: str
    external_id: str = ""
    kf_id: str = ""
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A class group no bot can be in: its owner confirms what is laid before them, with one tap.

    Args:
        chat_id: The group.
        owner_id: The member whose group it is.
    """

    chat_id: str
    owner_id: str


Target = Private | Group | Webhook | Page | Parent | Broadcast


@dataclass(frozen=True, slots=True)
class CardButton:
    """A button of a card. ``id`` is opaque: 128 random bits, bound to one person and one thing."""

    id: str
    label: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that goes with a message; its bytes are made or opened right before sending.

    Args:
        kind: What the receiver sees it as.
        name: The file's name with its ending.
        recipe: The name of the drawing, or empty.
        data: What is drawn.
        medium_id: A kept attachment instead of a drawing, or empty.
    """

    kind: Literal["picture", "voice", "video", "file"]
    name: str
    recipe: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    medium_id: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One message to send.

    Args:
        outbox_id: The row's id; where the platform takes an idempotency key, this is it.
        app: The platform and the installation's app, ``dingtalk/NAME``; ``page`` for mobile pages.
        target: To whom.
        text: The whole text in plain words, its own heading included. Never contains mark-up: what looks
            like it is shown as characters.
        title: The short heading of a card or preview line; empty for plain text.
        session: The reply address of the message that is answered, if there is one.
        must: It must arrive, and once: never by session where a card goes.
        card: It should be a card where a template is configured: because it must arrive, or has buttons.
        buttons: What can be pressed on a card.
        choices: The same choices as one line of numbered text, for lanes without buttons.
        file: A picture or file instead of a text; ``text`` is then its caption and may be empty.
        link: A label and the page it opens, where a lane shows such buttons (custom robots).
        tried: Since when (UTC) nobody knows whether an earlier try arrived; None if all is clear.
    """

    outbox_id: str
    app: str
    target: Target
    text: str
    title: str = ""
    session: Session | None = None
    must: bool = False
    card: bool = False
    buttons: tuple[CardButton, ...] = ()
    choices: str = ""
    file: FileRef | None = None
    link: tuple[str, str] | None = None
    tried: datetime | None = None

    @property
    def plain(self) -> str:
        """The words where no button can be shown."""
        return f"{self.text}\n{self.choices}" if self.choices else self.text


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """Change a card that hangs already; doing it twice shows nothing new.

    Args:
        track: The card's ``outTrackId``, the outbox id of the row that made it.
        title: Its heading; ``text`` and ``buttons`` are all it shows from now on.
    """

    outbox_id: str
    app: str
    track: str
    title: str
    text: str
    buttons: tuple[CardButton, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Recall what was sent.

    Args:
        target: Where it hangs.
        platform_ids: The platform's handles, from :class:`Sent`.
    """

    outbox_id: str
    app: str
    target: Target
    platform_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring the bytes of an attachment into the house, before the platform forgets them."""

    outbox_id: str
    app: str
    medium_id: str
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskRead:
    """Ask who has read a message; ``Sent.facts["read"]`` lists the platform's user ids."""

    outbox_id: str
    app: str
    target: Target
    platform_id: str


@dataclass(frozen=True, slots=True)
class AskTask:
    """Ask whether the owner has confirmed a broadcast.

    ``Sent.facts["state"]`` is ``open``, ``sent``, ``limit`` (the group has had its messages of the month),
    ``gone`` (the owner may not send there any more) or ``stopped``.

    Args:
        task_id: The platform's id of the task, from the ``facts["task"]`` of the row that made it.
    """

    outbox_id: str
    app: str
    task_id: str
    target: Broadcast


@dataclass(frozen=True, slots=True)
class StopTask:
    """Take an unconfirmed broadcast back; ``facts["state"]`` as of :class:`AskTask` if it was too late."""

    outbox_id: str
    app: str
    task_id: str


@dataclass(frozen=True, slots=True)
class AskBook:
    """Read the school's address book; ``Sent.facts`` holds what was found.

    Args:
        what: ``departments`` · ``class`` (pupils with their parents) · ``person``.
        id: The department or the person; empty for all departments.
    """

    outbox_id: str
    app: str
    what: Literal["departments", "class", "person"]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Ring:
    """Draw one member's eye by the platform's strongest means; a second one would be seen."""

    outbox_id: str
    app: str
    user_id: str
    text: str


AnyCommand = Command | UpdateCard | TakeBack | Fetch | AskRead | AskTask | StopTask | AskBook | Ring


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it.

    Args:
        platform_id: Its handle for recall and read status, or empty.
        facts: What a question brought back; JSON-ready, ids only.
    """

    platform_id: str
    facts: Mapping[str, Any] = field(default_factory=dict)


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

    async def send(self, command: AnyCommand) -> Outcome:
        """Make the call and say what came of it; raises nothing the network does."""
        ...

    def bucket_names(self, command: AnyCommand) -> Sequence[tuple[str, int, float]]:
        """The platform's limits this send counts against: bucket, at most so many, window in seconds."""
        ...

    def idempotent(self, command: AnyCommand) -> bool:
        """Whether a second copy of this very send would be removed by the platform."""
        ...

    def api(self, command: AnyCommand) -> str:
        """The interface the send will use; names the metric."""
        ...
