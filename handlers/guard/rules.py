"""Whether something may be posted: every rule looked at, the hardest answered. Pure and linear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from handlers.guard import demands, figures, marks, matters, wider
from handlers.guard.folding import Folded, fold
from handlers.guard.packs import ASKED, DEFAULT, SEVERITIES, Pack, Severity
from handlers.guard.people import people_in

if TYPE_CHECKING:
    from handlers.guard.likeness import Opinion

Role = Literal["teacher", "parent"]
Chat = Literal["group", "private"]
Decision = Literal["allow", "warn", "block"]
_Look = tuple[str, Callable[[Folded], list[tuple[int, int]]]]
_PART, _OVERLAP, _PARTS = 2000, 120, 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says.

    Args:
        verdict: ``block`` must not be posted as it is, ``warn`` is for the sender to decide.
        rule: The rule's name; ``none`` where nothing is wrong.
        words: The words that caused it, exactly as written.
        rewrite: A text that may be posted instead; None where nothing sensible is left.
    """

    verdict: Decision
    rule: str
    words: tuple[str, ...] = ()
    rewrite: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that is broken: where in the folded text, the names beside it, and whether that is sure."""

    rule: str
    spans: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...]
    line: Folded
    sure: bool = True

    def severity(self, pack: Pack) -> Severity:
        """How hard it is here; what is not sure is for the sender to decide."""
        severity = pack.severity(self.rule)
        return severity if self.sure or severity == "off" else "warn"


ALLOWED = Verdict("allow", "none")
_SURE, _LEANS, _ASKS, _NEVER = 0.55, 0.35, 0.45, 0.05
"""From which share a likeness blocks, warns, speaks for a rule of what is asked; and below which it doubts."""
_DOUBTED = frozenset(
    {"no_ranking", "no_score_list", "medical_fact", "no_public_criticism", "names_individual_problem"}
)
"""What words alone may have mistaken; a number is a number."""
_TO_FAMILY = re.compile(
    r"\s{0,3}(?:请)?(?:回复|告诉|转告|私信|私聊|发给|回|跟|和)\s?[^，。：:\n]{1,10}(?:妈妈|爸爸|家长|奶奶|爷爷|外婆|外公|姥姥|姥爷)"
)
_LATE = re.compile(
    r"(?:晚上|夜里|深夜|半夜|今晚|夜间)\s?(?:(?:九|十|十一|十二)点(?!前|之前|以前)|(?:9|10|11|12|21|22|23)(?:点|[:：]\d\d)(?!前|之前))[^，。\n]{0,8}?(?:提醒|发|通知|推送|说一?下|群里)|(?:半夜|深夜|凌晨|大半夜)[^，。\n]{0,6}(?:发|提醒|通知|推送)"
)
_URGENT = re.compile(r"紧急|停课|停学|台风|暴雨|红色预警|地震|走失|失踪|火灾|撤离|疏散|延迟到校|推迟到校")
_CHECK_IN = re.compile(r"打卡|签到接龙|晒(?:一晒|图|照)|上传(?:照片|视频)")
_VOTE = re.compile(r"投票|点赞|拉票|集赞")
_PRAISE = re.compile(r"表扬|点赞|夸|真棒|优秀|进步|为[^，。\n]{1,8}鼓掌|好样的")


def check(
    text: str, role: Role, chat: Chat = "group", at: datetime | None = None, pack: Pack = DEFAULT
) -> Verdict:
    """Look at what would be posted.

    Args:
        text: The words, any length.
        role: Who wants to say it.
        chat: Where it was written: a teacher's private words are meant for the group unless they name a family.
        at: When it would go out, in the school's own time; None when that is looked at elsewhere.
        pack: The rules that hold.

    Returns:
        The hardest rule that is broken; of equal ones the first of the pack's order.
    """
    from handlers.guard.rewriting import rewrite

    found = hardest(text, role, chat, at, pack)
    if found is None:
        return ALLOWED
    severity = found.severity(pack)
    verdict = Verdict("block" if severity == "block" else "warn", found.rule, words_of(found))
    return replace(verdict, rewrite=rewrite(text, found, role, chat, pack))


def hardest(text: str, role: Role, chat: Chat, at: datetime | None, pack: Pack) -> Hit | None:
    """The hit that decides, or None."""
    order = list(SEVERITIES)
    best: tuple[int, int] | None = None
    chosen: Hit | None = None
    for hit in _hits(text, role, chat, at, pack):
        severity = hit.severity(pack)
        weight = (0 if severity == "block" else 1, order.index(hit.rule))
        if severity != "off" and (best is None or weight < best):
            best, chosen = weight, hit
    return chosen


def words_of(hit: Hit) -> tuple[str, ...]:
    """The words as written, names first, each once."""
    places = (*hit.names, *hit.spans)
    return tuple(dict.fromkeys(word for a, b in places if (word := hit.line.written(a, b).strip())))


def _hits(text: str, role: Role, chat: Chat, at: datetime | None, pack: Pack) -> Iterator[Hit]:
    whole, found = _looked_at(text, role, chat)
    yield from found
    if role == "teacher" or chat == "group":
        late = (
            chat == "group" and at is not None and _quiet(at.time(), pack) and not _URGENT.search(whole.text)
        )
        said = _LATE.search(whole.text)
        if said and role == "teacher":
            yield Hit("late_message", (said.span(),), (), whole)
        elif late:
            yield Hit("late_message", (), (), whole)


@lru_cache(maxsize=4)
def _looked_at(text: str, role: Role, chat: Chat) -> tuple[Folded, tuple[Hit, ...]]:
    """The text and what is in it, whatever the hour; kept, because a post is looked at on each of its doors."""
    from handlers.guard.likeness import opinions  # nothing is looked at before the doors are open

    whole = fold(text[: (_PART - _OVERLAP) * _PARTS])
    hits: list[Hit] = []
    for part in _parts(whole):
        found = list(_of_part(part, role, chat))
        hits += _weighed(found, [one for one in opinions(part, role) if _concerns(one, part, role, chat)])
    return whole, tuple(hits)


def _parts(whole: Folded) -> Iterator[Folded]:
    """Stretches of bounded length that overlap, so that nothing hides behind length."""
    step = _PART - _OVERLAP
    for begin in range(0, max(1, len(whole.text) - _OVERLAP), step):
        end = begin + _PART
        yield Folded(whole.text[begin:end], whole.places[begin:end], whole.original)


def _quiet(at: time, pack: Pack) -> bool:
    evening, morning = pack.quiet
    return at >= evening or at < morning


def _of_part(line: Folded, role: Role, chat: Chat) -> Iterator[Hit]:
    named = False
    if _to_one(line, role, chat):
        looks: tuple[_Look, ...] = (("money_or_gift", demands.money),)
    else:
        looks = _LOOKS if role == "teacher" else _PARENTS
        matter = matters.matter(line, role)
        if matter:
            yield Hit(matter.rule, matter.spans, matter.names, line)
            named = True
    for rule, look in looks:
        spans = look(line)
        if spans:
            named = True
            yield Hit(rule, tuple(spans), (), line)
    if chat == "group" and not named:
        yield from _wider(line, role)


def _to_one(line: Folded, role: Role, chat: Chat) -> bool:
    """Whether it is between a family and the school, where only money and gifts are looked for."""
    return chat == "private" and (role == "parent" or _TO_FAMILY.match(line.text) is not None)


def _concerns(one: Opinion, part: Folded, role: Role, chat: Chat) -> bool:
    return one.rule == "money_or_gift" or not _to_one(part, role, chat)


def _weighed(found: list[Hit], likely: list[Opinion]) -> Iterator[Hit]:
    """What the rules found, with the second opinion: it adds what they missed and doubts what it cannot see."""
    most = max((one.share for one in likely if one.rule not in ASKED), default=0.0)
    for hit in found:
        yield replace(hit, sure=False) if most < _NEVER and hit.rule in _DOUBTED else hit
    for one in likely:
        if one.share >= (_LEANS if one.rule not in ASKED else _ASKS) and not any(
            hit.rule == one.rule for hit in found
        ):
            spans, names = one.words()
            yield Hit(one.rule, spans, names, one.line, one.share >= _SURE)


def _wider(line: Folded, role: Role) -> Iterator[Hit]:
    """The last nets, over the text as it stands and without its gaps."""
    close = wider.tight(line)
    for each in (line,) if close.text == line.text else (line, close):
        for rule, look in wider.LOOKS if role == "teacher" else wider.OF_PARENTS:
            spans = look(each)
            if spans:
                yield Hit(rule, tuple(spans), (), each)


def _praised(line: Folded) -> list[tuple[int, int]]:
    found = people_in(line.text, most=10) if _PRAISE.search(line.text) else []
    return [(one.start, one.end) for one in found]


def _check_ins(line: Folded) -> list[tuple[int, int]]:
    return [hit.span() for hit in _CHECK_IN.finditer(line.text)]


def _votes(line: Folded) -> list[tuple[int, int]]:
    return [hit.span() for hit in _VOTE.finditer(line.text)]


_BOTH = (
    ("id_number", figures.identities),
    ("phone_number", figures.phones),
    ("address", figures.homes),
    ("no_score_list", marks.marks),
    ("no_ranking", marks.ranks),
    ("money_or_gift", demands.money),
)
_LOOKS = (
    *_BOTH,
    ("homework_in_group", demands.homework),
    ("parent_grading", demands.grading),
    ("forced_app", demands.apps),
    ("praise_by_name", _praised),
    ("check_in", _check_ins),
    ("vote", _votes),
)
_PARENTS = (*_BOTH, ("at_all_by_parent", demands.at_all))
