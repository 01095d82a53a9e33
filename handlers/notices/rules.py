"""The rules of notices, pure: what a line asks for, how an answer is read, who is accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from handlers.language.dates import when
from handlers.language.say import say_short_day
from handlers.notices import words
from handlers.notices.texts import ELLIPSIS, bracketed
from storage.notices import Answer, Level, Word

FROM, TO = time(7), time(21)
"""Local. Between them a notice may go to the group and a reminder to a family."""
STATUS = time(12)
"""Local: on the school day after, the teacher hears who is missing."""
LONGEST = 1_000
ROUNDS = 2
"""Private reminders; who has not answered then is rung up."""
OPEN_FOR = timedelta(days=30)
"""So long a notice can be answered and is asked about."""
CORRECTED_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a teacher wants sent.

    Args:
        text: The words for the families.
        level: What is wanted of them.
        both: Whether of each guardian.
        urgent: Whether every family is to be told at once, in private too.
    """

    text: str
    level: Level
    both: bool = False
    urgent: bool = False


def wish(line: str) -> Wish | None:
    """What a line asks to be sent; None if it does not begin like a notice. ``text`` may be empty."""
    for pattern, usual in ((words.OPINION, "opinion"), (words.LETTER, "sign"), (words.OPENS, "seen")):
        found = pattern.match(line)
        if found is None:
            continue
        text = line[found.end() :].strip()
        level: Level = (
            "opinion" if usual == "opinion" else (asked(line) or ("sign" if usual == "sign" else "seen"))
        )
        both = words.BOTH.search(text) is not None
        text = bare(text)
        hurry = words.URGENT.search(found.group()) is not None
        return Wish(text, "confirm" if hurry and level == "seen" else level, both, hurry)
    return None


def bare(text: str) -> str:
    """The words for the families, without what is asked of us."""
    return words.TAIL.sub("", words.BOTH.sub("", text)).strip()


def asked(line: str) -> Level | None:
    """What a line wants of the families; None if it does not say."""
    if words.SEEN.search(line):
        return "seen"
    if words.SIGN.search(line):
        return "sign"
    return "confirm" if words.CONFIRM.search(line) else None


def level_said(line: str) -> Level | None:
    """The level a line names and nothing else: 「要签字」, 「看到就行」."""
    found = words.LEVEL.fullmatch(line.strip())
    return next((name for name in _LEVELS if found.group(name)), None) if found else None


_LEVELS: tuple[Literal["sign", "confirm", "seen"], ...] = ("sign", "confirm", "seen")


def dated(text: str, local: datetime) -> str:
    """The words with the date behind the first day they name: who reads them tomorrow is not misled."""
    found = words.DAY.search(text)
    if found is not None and words.DATED.search(text[: found.start()]):
        return text  # 「10月23日（周五）」 has its date
    meant = when(found.group(), local) if found else None
    if found is None or meant is None or meant.start is None or meant.ambiguous or meant.end is not None:
        return text
    day = meant.start.date() if isinstance(meant.start, datetime) else meant.start
    return f"{text[: found.end()]}{bracketed(say_short_day(day))}{text[found.end() :]}"


def heading(text: str, most: int = 16) -> str:
    """A notice in a few words: its first clause."""
    first = words.CLAUSE_END.split(words.BRACKETS.sub("", text), maxsplit=1)[0]
    return first if len(first) <= most else f"{first[: most - 1]}{ELLIPSIS}"


def fingerprint(text: str) -> str:
    """What ties a signature to the words that were signed: their SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


# Answers


@dataclass(frozen=True, slots=True)
class Said:
    """How a guardian answers.

    Args:
        word: The answer.
        signer: A name given with it, or empty.
        own: Words of their own, or empty.
    """

    word: Word
    signer: str = ""
    own: str = ""


def answer_in(line: str) -> Said | None:
    """The answer a line is, if it is nothing else."""
    line = line.strip()
    if words.ACK.fullmatch(line):
        return Said("confirmed")
    own = words.OWN_WORDS.match(line)
    if own is not None:
        return Said("said", own=own["said"].strip())
    if words.ASKS.search(line):
        return None
    word: Word
    for pattern, word in ((words.DISAGREE, "disagreed"), (words.AGREE, "agreed")):
        found = pattern.match(line)
        if found is not None:
            rest, signer = _without_signer(found["rest"])
            return Said(word, signer, rest)
    return None


def _without_signer(rest: str) -> tuple[str, str]:
    found = words.SIGNER.search(rest)
    if found is None:
        return rest.strip(words.STOPS), ""
    return rest[: found.start()].strip(words.STOPS), found["name"]


def name_in(line: str) -> str:
    """The name a line gives as a signature; empty if it is no name."""
    found = words.NAME.match(line.strip())
    name = found["name"] if found else ""
    unfit = words.NO_NAMES.search(name) or words.RELATION.search(name) or len(name) > 6
    return "" if unfit else name


def is_day(clock: time) -> bool:
    """Whether a group may be posted to, and a family written to, at this local time."""
    return FROM <= clock < TO


def is_relation(line: str) -> bool:
    """Whether a line only says who somebody is to the child: 「小明妈妈」 signs nothing."""
    return len(line.strip()) <= 8 and words.RELATION.search(line.strip()) is not None


# Who is accounted for


@dataclass(frozen=True, slots=True)
class Child:
    """One child's family.

    Args:
        pupil_id: The child.
        name: Its name.
        guardians: Ids of the bound guardians with what the child calls them.
    """

    pupil_id: str
    name: str
    guardians: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """Where a notice stands.

    Args:
        done: Children whose family has answered.
        missing: Those it has not, with the ids of the guardians who are waited for.
        unbound: Children without anybody on a platform.
    """

    done: tuple[Child, ...]
    missing: tuple[tuple[Child, tuple[str, ...]], ...]
    unbound: tuple[Child, ...]

    @property
    def families(self) -> int:
        """All of them."""
        return len(self.done) + len(self.missing) + len(self.unbound)


def account(children: Sequence[Child], answers: Mapping[tuple[str, str], Answer], *, both: bool) -> Account:
    """Who has answered; of two guardians one is enough unless ``both`` are asked."""
    done: list[Child] = []
    missing: list[tuple[Child, tuple[str, ...]]] = []
    unbound: list[Child] = []
    for child in children:
        open_ = tuple(one for one in child.guardians if (child.pupil_id, one) not in answers)
        if not child.guardians:
            unbound.append(child)
        elif not open_ or (not both and len(open_) < len(child.guardians)):
            done.append(child)
        else:
            missing.append((child, open_))
    return Account(tuple(done), tuple(missing), tuple(unbound))


def split_homes(children: Sequence[Child], answers: Mapping[tuple[str, str], Answer]) -> list[Child]:
    """Children whose guardians do not agree: somebody has to talk to them."""
    found = []
    for child in children:
        said = {answers[key].word for one in child.guardians if (key := (child.pupil_id, one)) in answers}
        if {"agreed", "disagreed"} <= said:
            found.append(child)
    return found
