"""What waits for a teacher as a list: the most needed first, ten lines, a number for each family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from handlers.context import Ctx
from handlers.relay import attachments, holding, texts
from handlers.relay import waiting_texts as said
from handlers.relay.families import Family, Listener, listening, tie
from handlers.relay.forms import THING, sender
from handlers.reply import Act, Asker, Audience, Button, Reply, Thing
from storage import numbers, waiting
from storage.waiting import Waiting

LIST, MORE = "relay_list", "more"
"""The choice under a list: the next page."""
PAGE = 10


@dataclass(frozen=True, slots=True)
class Line:
    """All that one family said and nobody answered yet, as one line."""

    family: Family
    rows: tuple[Waiting, ...]

    @property
    def need(self) -> int:
        """How much it cannot wait."""
        return min(row.need for row in self.rows)

    @property
    def words(self) -> str:
        """All of them on one line."""
        return "；".join(row.words for row in self.rows if row.words)

    def overdue(self, now: datetime) -> bool:
        """Whether a promise has run out (``now`` in UTC)."""
        return any(row.promised is not None and row.promised <= now for row in self.rows)


def ready(ctx: Ctx, teacher_id: str) -> list[Waiting]:
    """What waits and has not been shown though its window has opened."""
    rows = waiting.of_teacher(ctx.db, teacher_id)
    return [row for row in rows if row.state == waiting.HELD and row.opens_at <= ctx.now]


def lines_of(ctx: Ctx, rows: Iterable[Waiting]) -> list[Line]:
    """One line for each family, most needed and then oldest first; who left the class is not shown."""
    by_tie = sorted(rows, key=lambda row: (row.role_id, row.at, row.id))
    found = []
    for role_id, group in groupby(by_tie, key=lambda row: row.role_id):
        its = tuple(group)
        family = tie(ctx, its[0].guardian_id, role_id)
        if family is None:
            waiting.finish(ctx.db, [row.id for row in its], ctx.now)
        else:
            found.append(Line(family, its))
    return sorted(found, key=lambda one: (one.need, not one.overdue(ctx.now), one.rows[0].at, one.rows[0].id))


def listing(ctx: Ctx, to: Listener, audience: Audience, rows: Iterable[Waiting]) -> list[Act]:
    """Show what waits: at most ten lines, with the numbers to answer by; what came with them follows.

    Args:
        ctx: A decision's.
        to: Whose list it is.
        audience: Where it is said.
        rows: What waits, shown or not.
    """
    lines = lines_of(ctx, rows)
    thanks = [one for one in lines if one.need == waiting.LAST]
    asking = [one for one in lines if one.need != waiting.LAST]
    page, rest = asking[:PAGE], len(asking) - PAGE
    shown(ctx, [*page, *thanks])
    waiting.finish(ctx.db, [row.id for one in thanks for row in one.rows], ctx.now)
    files = [act for one in page for row in one.rows for act in attachments.waited(ctx, row.message_id)]
    if not page:
        return [Reply(audience, said.thanks_line(_thanks(thanks))), *files] if thanks else []
    if len(page) == 1 and not thanks:
        return [_alone(page[0], to, audience), *files]
    return [_list(ctx, to, audience, page, max(rest, 0), thanks), *files]


def shown(ctx: Ctx, lines: Sequence[Line]) -> None:
    """These now lie before the teacher."""
    rows = [row for one in lines for row in one.rows]
    for row in rows:
        if not row.seen:
            holding.log(ctx, row)
    waiting.show(ctx.db, [row.id for row in rows])


def _thanks(lines: Sequence[Line]) -> list[str]:
    return [said.thanked(one.family.name, one.words) for one in lines]


def _alone(one: Line, to: Listener, audience: Audience) -> Reply:
    """A single family's words come in full, like any that come in time."""
    text = texts.to_teacher(sender(one.family, to), "\n".join(row.words for row in one.rows))
    button = Button(texts.reply_label(one.family.name), f"reply:{one.family.role.id}")
    return Reply(audience, text, buttons=(button,), thing=Thing(THING, one.family.guardian.id), urgent=True)


def _list(
    ctx: Ctx, to: Listener, audience: Audience, page: Sequence[Line], rest: int, thanks: Sequence[Line]
) -> Reply:
    text = said.waiting_list(
        [line_of(ctx, to, one) for one in page],
        sum(one.need == waiting.FIRST for one in page),
        sum(one.overdue(ctx.now) for one in page),
        rest,
        _thanks(thanks),
    )
    if not rest:
        return Reply(audience, text, urgent=True)
    turn = (Button(said.more(rest), MORE),)
    return Reply(audience, text, buttons=turn, thing=Thing(LIST, to.person.id), urgent=True)


def line_of(ctx: Ctx, to: Listener, one: Line) -> str:
    """「3 小明妈妈：…」, its number given now."""
    family = one.family
    given = numbers.give(
        ctx.db,
        ctx.new_id,
        ctx.local.date(),
        to.person.id,
        holding.FEATURE,
        THING,
        family.guardian.id,
        f"reply:{family.role.id}",
        texts.reply_label(family.name),
    )
    name = texts.with_class(family.of.name, family.name) if to.several else family.name
    return said.line(given.n, name, one.words)


def more(ctx: Ctx, to: Listener, audience: Audience) -> list[Act]:
    """The next page: what has not been shown yet."""
    numbers.close(ctx.db, LIST, to.person.id)
    return listing(ctx, to, audience, ready(ctx, to.person.id))


def go_on(ctx: Ctx, to: Listener) -> list[Act]:
    """After an answer: once all that was shown is answered, the next page comes by itself."""
    rows = waiting.of_teacher(ctx.db, to.person.id)
    if any(row.state == waiting.SHOWN and row.need != waiting.LAST for row in rows):
        return []
    return more(ctx, to, Asker()) if ready(ctx, to.person.id) else []


def everything(ctx: Ctx, to: Listener) -> list[Act]:
    """「谁在等我」: all of it, also what the window has not opened for yet."""
    rows = waiting.of_teacher(ctx.db, to.person.id)
    return listing(ctx, to, Asker(), rows)


def whole(ctx: Ctx, family: Family, number: int | None) -> str:
    """The number alone: what the family said, in full, and how to answer."""
    rows = [row for row in waiting.of_guardian(ctx.db, family.guardian.id) if row.role_id == family.role.id]
    words = "\n".join(row.words for row in rows if row.words)
    return said.whole(family.name, words, number) if words else texts.what_to_say(family.name, number)


def settle(ctx: Ctx, family: Family) -> list[Act]:
    """「不用回」: the family's words need no answer."""
    waiting.answered(ctx.db, family.guardian.id, family.of.id, ctx.now)
    to = listening(ctx, ctx.person.id) if ctx.person else None
    if to is None:
        return []
    numbers.close(ctx.db, THING, family.guardian.id, to.person.id)
    return [Reply(Asker(), said.settled(family.name)), *go_on(ctx, to)]
