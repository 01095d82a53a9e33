"""A text that may be posted instead of the one that may not; it is looked at by the guard itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from handlers.guard import texts
from handlers.guard.folding import fold
from handlers.guard.packs import Pack
from handlers.guard.people import people_in
from handlers.guard.rules import Chat, Hit, Role, hardest

_CUT = frozenset({"id_number", "phone_number"})
_UNNAMED = frozenset({"no_public_criticism", "names_individual_problem", "medical_fact", "praise_by_name"})
_MARKS = re.compile(r"([，,、；;：:]\s*){2,}")
_TWICE = re.compile(r"有同学(?:同学|小朋友|[、，,和\s]*有同学)+")
_NOON = datetime(2026, 10, 12, 12, 0)  # noqa: DTZ001 - only the hour is looked at


def rewrite(text: str, hit: Hit, role: Role, chat: Chat, pack: Pack) -> str | None:
    """What could be said instead, or None; never something the guard itself would not let pass."""
    for made in _offers(text, hit, role):
        if made and made != text and hardest(made, role, chat, _NOON, pack) is None:
            return made
    return None


def _offers(text: str, hit: Hit, role: Role) -> list[str]:
    offers: list[str] = []
    places = _original(hit, hit.spans)
    if hit.rule in _CUT:
        offers.append(_replaced(text, places, texts.PRIVATELY))
    if hit.rule == "at_all_by_parent":
        offers.append(_tidy(_replaced(text, places, "")))
    if hit.rule in _UNNAMED and role == "teacher":
        names = _original(hit, hit.names if hit.names else hit.spans)
        made = _TWICE.sub(texts.SOMEBODY, _replaced(text, names, texts.SOMEBODY))
        # A name that is left, or 「有同学」 all over, is worse than a sentence of our own.
        if made.count(texts.SOMEBODY) == 1 and not people_in(fold(made).text):
            offers.append(made)
    said = texts.INSTEAD.get(hit.rule) if role == "teacher" else None
    return [*offers, said] if said else offers


def _original(hit: Hit, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    places = hit.line.places
    return sorted({(places[a], places[b - 1] + 1) for a, b in spans if a < b})


def _replaced(text: str, places: Sequence[tuple[int, int]], by: str) -> str:
    made, begin = [], 0
    for start, end in places:
        if start < begin:
            continue
        made += [text[begin:start], by]
        begin = end
    return "".join([*made, text[begin:]])


def _tidy(text: str) -> str:
    """Without the punctuation that is left when a call is gone; nothing if little is left."""
    made = _MARKS.sub("，", text).strip(" ，,、；;：:\n")
    return made if len(made) >= 4 else ""
