"""What the product goes by: commands that stand there word for word, and else what a line is most like.

A command read word for word brings its slots exactly, so it comes first. Where none fits, the meaning found by
likeness counts only if it is sure and asks for nothing but an answer or a note that can be taken back.
"""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.language.reading import Reading, read
from handlers.language.understanding import understand

_ANSWERED = {
    "parent": frozenset({"ask_reminder", "ask_digest", "help", "ask_identity"}),
    "teacher": frozenset({"preview_digest", "query_inbox", "help", "ask_identity"}),
}
"""Meanings that only ask: a wrong guess costs one needless answer. Thanks are none: more may stand in them."""
_DAY = re.compile(r"D[+-]\d{1,3}|NEXT-[1-7]|W[+-]\d{1,2}-[1-7]")
"""One day; several are for the teacher to read."""
_DATED = frozenset({"ask_reminder", "ask_digest"})
"""Answered from what was published for a day, so a day has to be named: 「秋游那天」 is for the teacher."""
_LONGEST = 60
"""Characters; what is longer tells something, whatever it also asks."""


def understood(text: str, role: str, chat: str) -> Reading:
    """One message as the features match it.

    Args:
        text: As it came, any length.
        role: ``teacher`` or ``parent``.
        chat: ``private`` or ``group``.

    Returns:
        A reading; never raises.
    """
    reading = read(text)
    if reading.intent == "unclear":
        return _by_likeness(reading, text, role, chat)
    if role == "parent" and reading.intent in _DATED and understand(text, role, chat).also is not None:
        return replace(
            reading, intent="unclear"
        )  # the answer would swallow the rest: the teacher reads it all
    return reading


def _by_likeness(reading: Reading, text: str, role: str, chat: str) -> Reading:
    if not reading.clean or len(reading.clean) > _LONGEST:
        return reading
    meant = understand(text, role, chat)
    if not meant.sure or meant.also is not None or meant.intent.name not in _ANSWERED[role]:
        return reading
    if meant.intent.name not in _DATED:
        return replace(reading, intent=meant.intent.name)
    day = meant.slots.get("date")
    if not isinstance(day, str) or not _DAY.fullmatch(day):
        return reading
    return replace(reading, intent=meant.intent.name, slots=reading.slots | {"date": day})
