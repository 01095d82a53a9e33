"""One message to one meaning: danger first, then what it is most like among everything people ever mean.

What is not clear is not acted on. It stays a message for the teacher, or gets one short question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from handlers.language.catalogue import CATALOGUE, UNCLEAR, Intent
from handlers.language.clean import fold
from handlers.language.mend import mend
from handlers.language.slots import slots_of
from handlers.language.statistics.score import scores
from handlers.language.urgency import Urgency, danger_in, urgency_of

_READ = 600
"""Characters of a message that are looked at."""
_SURE = 0.25
"""How far the best meaning must be ahead of the next before words are taken for it without asking."""
_ACT = 0.65
"""The same where something would be posted, booked, cancelled or erased; both found on lines set apart."""
_RED = -0.65
"""From here on a line that might speak of danger is taken to do so; a needless call costs less than a child."""
_DOUBT = re.compile(
    r"到底|还是(?!.{0,2}(?:取消|删|改|撤|算了|不|约))|是不是|说错|打错|不是[^，,。]{0,8}是|不知道|如果|假如|要是|听说|万一|会不会"
)
"""Words that ask or weigh: nothing is done upon them."""
_NEARLY = {
    "answer_anonymous": re.compile(r"私|悄悄|单独|(?:不|别|勿)公开|保密|只(?:回|发)|合|并|一起|一块|归"),
    "remove_item": re.compile(r"备忘|约定|共识|家访|记录"),
    "photo_opt_out": re.compile(r"删|存|清"),
    "leave_approve": re.compile(r"家访|预约|发|照片"),
}
"""Where a word turns a deed into its neighbour."""
_CLOSE, _FAR = 0.2, 1.0
"""How far danger may be behind the likeliest meaning: by likeness alone, and where a word of danger stands."""
_CHEAP = frozenset({"help", "message", "yes_no", "tone"})
"""Families that are no second request of their own: a greeting, thanks, words for the teacher."""
_CUT = re.compile(
    r"[。！!？?；;\n]{1,6}|(?<![，, ])[，, ]{1,3}(?=另外|还有|顺便|对了|再就是|此外|同时|再麻烦|也麻烦|再帮)"
    r"|(?<=[一-鿿])(?=另外(?!一)|顺便(?:问|说|帮|请|把)|对了[，, ])"
)
_JOINT = re.compile(
    r"^(?:另外|还有(?:就是|一[件个]?事)?|顺便(?:问一?下|说一?下)?|对了|再就是|此外|同时|然后)[，,：: ]*"
)
_SHORTEST = 4
_CUT_WITHIN = 120
"""Characters in which a second request is looked for; who writes more tells a story, and a person reads it."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message means.

    Args:
        intent: The likeliest fine meaning.
        slots: What it names; the conventions stand in :mod:`handlers.language.slots`.
        sure: Whether it may be taken for that without asking.
        also: A second request in the same message and its words, or None.
    """

    intent: Intent
    slots: Mapping[str, object] = field(default_factory=dict)
    sure: bool = False
    also: tuple[Intent, str] | None = None

    @property
    def acts(self) -> bool:
        """Whether it would post, book, cancel or erase: an acting intent, and no doubt about it."""
        return self.intent.acts and self.sure

    @property
    def urgency(self) -> Urgency:
        """How much it cannot wait."""
        return urgency_of(self.intent.family)


@dataclass(frozen=True, slots=True)
class _Guess:
    intent: Intent
    lead: float
    line: str

    @property
    def sure(self) -> bool:
        if not self.intent.acts:
            return self.lead >= _SURE
        nearly = _NEARLY.get(self.intent.name)
        return (
            self.lead >= _ACT and not _DOUBT.search(self.line) and not (nearly and nearly.search(self.line))
        )


def understand(text: str, role: str, chat: str) -> Understood:
    """Understand one message.

    Args:
        text: As it came, any length; understood by its first 600 characters.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.

    Returns:
        The meaning; never raises.
    """
    folded = fold(text)[:_READ]
    line = mend(folded)
    if not line:
        return Understood(UNCLEAR)
    guess = _meaning(line, role, chat)
    slots = slots_of(guess.intent.name, folded, line)
    return Understood(guess.intent, slots, guess.sure, _second(line, role, chat, guess.intent))


def _meaning(line: str, role: str, chat: str) -> _Guess:
    known = scores(line, role, chat)
    best, second = _two_best(known, role)
    lead = known[best.name] - known[second.name]
    # Who must not be known is answered there, with the numbers to call.
    if best.name in _REDS or best.family.startswith("anonymous"):
        return _Guess(best, lead, line)
    red = max(_REDS, key=known.__getitem__)
    behind = known[best.name] - known[red]
    danger = danger_in(line)
    if danger is not None and behind < _FAR:
        return _Guess(CATALOGUE[danger.intent], _CERTAIN, line)
    if known[red] >= _RED and behind < _CLOSE and role == "parent":
        return _Guess(CATALOGUE[red], _CERTAIN, line)
    return _Guess(best, lead, line)


_CERTAIN = 9.0
_REDS = ("safeguarding_report", "urgent_report")


def _two_best(known: Mapping[str, float], role: str) -> tuple[Intent, Intent]:
    allowed = [name for name in known if CATALOGUE[name].who in ("both", role)]
    first = max(allowed, key=known.__getitem__)
    second = max((name for name in allowed if name != first), key=known.__getitem__)
    return CATALOGUE[first], CATALOGUE[second]


def _second(line: str, role: str, chat: str, first: Intent) -> tuple[Intent, str] | None:
    """A request beside the one the whole line stands for, if one of its sentences is that for sure."""
    parts = [_JOINT.sub("", part).strip() for part in _CUT.split(line[:_CUT_WITHIN])]
    parts = [part for part in parts if len(part) >= _SHORTEST]
    if len(parts) < 2:
        return None
    for part in parts[:3]:
        guess = _meaning(part, role, chat)
        if guess.sure and guess.intent.family not in _CHEAP and guess.intent.family != first.family:
            return guess.intent, part
    return None
