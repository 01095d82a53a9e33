"""The relay's rules, pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers.language.urgency import danger_said
from handlers.relay import texts
from handlers.relay.words import BACK, BY_NAME, EMOJI, NO_NAME, OFF, SAID, words_to


def has_words(text: str) -> bool:
    """Whether anything is said: dots, emoji and 「[微笑]」 alone are nothing to pass on."""
    return SAID.search(EMOJI.sub("", text)) is not None


def wants_no_name(words: str) -> bool:
    """Whether a parent would rather not be known as the writer: 「别说是我问的」."""
    return NO_NAME.search(words) is not None and BY_NAME.search(words) is None


def wants_back(words: str) -> bool:
    """Whether a parent asks for nothing but to have words back: 「刚才那条发错了，撤回」."""
    return BACK.fullmatch(words) is not None


def addressed_teacher(words: str, names: Sequence[str]) -> int | None:
    """Which of a class's teachers the words are for: 「李老师您好，…」, 「跟李老师说一声…」.

    None where it is not clear. A teacher who is only spoken of (「李老师布置的作业」) is not addressed.
    """
    meant = {at for at, name in enumerate(names) if words_to(re.escape(name)).search(words)}
    return meant.pop() if len(meant) == 1 else None


def puts_off(words: str) -> bool:
    """Whether a teacher asks for nothing but a later time for everybody who waits: 「顺延」."""
    return OFF.fullmatch(words) is not None


def sounds_dangerous(words: str) -> bool:
    """Whether the numbers to call come first. Words too many cost one line, words too few a child."""
    return danger_said(words) is not None


def same_relation(said: str, relation: str) -> bool:
    """Whether 妈 means 妈妈; 家长 means anybody."""
    return said in ("", texts.PARENT) or relation == said or (len(said) == 1 and relation.startswith(said))


def same_child(said: str, name: str) -> bool:
    """Whether a name as said means this child: in full, or without the family name."""
    return said == name or (len(said) >= 2 and len(name) == len(said) + 1 and name.endswith(said))


def named_child(words: str, names: Sequence[str]) -> int | None:
    """Which of a family's children the words name, if exactly one."""
    there = [at for at, name in enumerate(names) if name in words or (len(name) == 3 and name[1:] in words)]
    return there[0] if len(there) == 1 else None
