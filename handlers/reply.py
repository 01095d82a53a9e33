"""What to say and to whom, as values. Features return these; nothing in ``handlers/`` sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Asker:
    """The chat the message came from: the person in private, or the group that asked."""


@dataclass(frozen=True, slots=True)
class ToPerson:
    """One person, in private, by whatever lane reaches them."""

    person_id: str


@dataclass(frozen=True, slots=True)
class ToClass:
    """The class group. Only ``handlers/broadcast`` makes these: one slot per class and day."""

    class_id: str


Audience = Asker | ToPerson | ToClass


@dataclass(frozen=True, slots=True)
class Thing:
    """What a number, a button or an outcome belongs to, for example ``("digest", id)``."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Button:
    """One choice. ``action`` comes back in :class:`Choice`; ``label`` is what people read or type."""

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an unsent row depends on.

    A change of the subject withdraws unsent rows; right before sending, the feature's
    ``check`` is asked once more whether the row is still wanted.
    """

    kind: str
    id: str
    version: int = 0


Arrival = Literal["chat", "must"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture or file as a recipe: what is on it, not how it looks. It is made right before sending.

    Args:
        recipe: The name of the drawing, see ``bot/drawing``.
        name: The file's name with its ending.
        data: What is drawn; JSON-ready.
    """

    recipe: str
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment that came in and was fetched; see ``storage/media.py``."""

    medium_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to say.

    Args:
        to: Who should see it.
        text: The words, in Chinese, from the feature's ``texts.py``.
        title: A card's title, at most 12 characters; empty for plain text.
        buttons: Choices; where the lane has none they become numbered text.
        thing: What the choices belong to; required with ``buttons``.
        arrival: ``must`` goes by a lane that removes duplicates where there is one, and is
            sent again, labelled, where there is none; ``chat`` is sent at most once.
        subject: What it depends on, see :class:`Subject`.
        not_before: When it may go out, UTC; at once if None.
        deadline: After this (UTC) it is dropped and the outcome is ``expired``.
        wants_outcome: Whether ``feature.outcome`` also wants to hear of success.
        file: A picture or file; ``text`` is then its caption.
        urgent: Somebody may be in danger, or waits for what was written to arrive: it is sent when the
            month's calls are nearly used up, too.
        link: The id of a page link; its address follows the text on a line of its own.
        owner: The feature that hears its outcome and is asked whether it is still wanted, if it is not the
            one that decided.
        overtakes: Somebody may be in danger: it goes before everything else that waits.
    """

    to: Audience
    text: str
    title: str = ""
    buttons: tuple[Button, ...] = ()
    thing: Thing | None = None
    arrival: Arrival = "chat"
    subject: Subject | None = None
    not_before: datetime | None = None
    deadline: datetime | None = None
    wants_outcome: bool = False
    file: Drawn | Kept | None = None
    urgent: bool = False
    link: str = ""
    owner: str = ""
    overtakes: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Recall everything that was sent for a thing, wherever it hangs."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring an attachment's bytes into the house; the outcome comes back under ``thing``."""

    medium_id: str
    thing: Thing


@dataclass(frozen=True, slots=True)
class AskSent:
    """Ask whether a broadcast that somebody has to confirm has been sent; ``Outcome.facts["state"]``.

    Args:
        task_id: The platform's id, from ``Outcome.facts["task"]`` of the post.
        owner: As of :class:`Reply`.
    """

    class_id: str
    task_id: str
    thing: Thing
    owner: str = ""


@dataclass(frozen=True, slots=True)
class StopSend:
    """Take a broadcast back that nobody has confirmed yet; ``owner`` as of :class:`Reply`."""

    class_id: str
    task_id: str
    thing: Thing
    owner: str = ""


@dataclass(frozen=True, slots=True)
class AskBook:
    """Read the school's address book on the platform; the outcome's facts hold what was found.

    Args:
        what: ``departments`` · ``class`` (pupils with their parents) · ``person``.
        id: The platform's id of the department or person.
    """

    what: Literal["departments", "class", "person"]
    id: str
    thing: Thing


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand an outcome on to the feature whose words they were."""

    feature: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Ring:
    """Make somebody's phone draw their eye, where the school's platform can; beside words, never for them.

    Args:
        text: May go by SMS or be read out by a machine, so it says nothing about anybody.
        owner: As of :class:`Reply`; it hears only of failures.
    """

    person_id: str
    text: str
    thing: Thing
    subject: Subject
    owner: str = ""


Act = Reply | TakeBack | Fetch | AskSent | StopSend | AskBook | Ring | Tell
"""What a decision asks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button pressed, or the number or word that stands for it.

    Args:
        thing: What the choice belongs to.
        action: The button's action.
        rest: What the person wrote after the number (「3 好的，谢谢」 → ``好的，谢谢``).
        number: The number used, if it was a number.
    """

    thing: Thing
    action: str
    rest: str = ""
    number: int | None = None


OutcomeKind = Literal["sent", "refused", "unknown", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an outbox row.

    Args:
        outbox_id: The row.
        kind: ``sent`` · ``refused`` (not sent for sure, given up) · ``unknown`` (maybe sent) ·
            ``expired`` (deadline passed unsent) · ``withdrawn``.
        code: The platform's code or our own, for the log and the text.
        thing: The reply's thing.
        text: What was to be said (for "the words are kept, say 重发").
        to_person: The recipient if it was a person.
        to_class: The recipient if it was a class group.
        act: What was asked for: words, a recall, the bytes of an attachment, who has read, whether a
            broadcast was confirmed, that it be stopped, the address book, a phone to ring.
        facts: What a question brought back.
    """

    outbox_id: str
    kind: OutcomeKind
    code: str
    thing: Thing | None
    text: str
    to_person: str | None
    to_class: str | None
    act: Literal["say", "recall", "fetch", "read", "ask_task", "stop_task", "book", "ring"] = "say"
    facts: Mapping[str, Any] = field(default_factory=dict)
