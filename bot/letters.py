"""Between a decision and the wire: what was decided becomes commands in the outbox.

Here, and only here, "the class", "a guardian", "the teacher" become lanes of a platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from bot import trace
from bot.budget import Budget, Level
from bot.command import CardButton, Command, FileRef, Platform, UpdateCard, Webhook
from bot.errands import CHAT_LIFE, Errands, item_of
from bot.lanes import PAGE, Lane, Lanes, Origin
from bot.media import ref
from bot.pages.links import Links
from bot.payloads import buttons_of, labelled, payload_of, put_outcome, told, unqueued
from config.ids import new_id
from handlers.context import Ctx
from handlers.guard import gate
from handlers.reply import Act, Asker, Drawn, Kept, Reply, Tell, ToClass, ToPerson
from handlers.router import Press
from handlers.texts import answerable_line, choices_line, chosen
from storage import hanging, media, numbers, outbox
from storage.engine import Db
from storage.outbox import Item, Row

__all__ = ["Lane", "Origin", "Post", "labelled"]

MUST_LIFE = timedelta(hours=48)
UPDATE_AFTER = timedelta(seconds=2)
"""So long the platform waits for the answer to a press; a card without one by then is updated by command."""
MOST_TEXT = 4_500
"""Bytes of UTF-8 a card's words may grow to; behind longer ones the answer stands alone."""
MOST_BUTTONS = 4
"""So many a card shows."""
WORDS_WANTED = "reply"
"""The action whose choice is made with words behind its number: no button can carry them."""


@dataclass(frozen=True, slots=True)
class _Choices:
    """A reply's choices: as buttons, as a line that stands for them, or words for the text itself."""

    buttons: tuple[CardButton, ...] = ()
    line: str = ""
    appended: str = ""


class Post:
    """Puts what was decided into the outbox, in the same unit.

    Args:
        platforms: A client per ``platform/app``: it knows the limits and what it removes twice.
        lanes: Finds the chat a reply goes to.
        budget: What is left of the month.
        links: Addresses of mobile pages.
    """

    def __init__(self, platforms: Mapping[str, Platform], lanes: Lanes, budget: Budget, links: Links) -> None:
        self._platforms = platforms
        self._lanes = lanes
        self._budget = budget
        self._links = links
        self._errands = Errands(platforms, lanes)

    def put(self, ctx: Ctx, acts: Iterable[tuple[str, Act]], origin: Origin | None) -> None:
        """Queue what was decided, each with its feature's name."""
        items: list[tuple[Item, datetime | None]] = []
        for feature, act in acts:
            match act:
                case Reply():
                    item = self._letter(ctx, act.owner or feature, act, origin)
                    items += [(item, act.not_before)] if item is not None else []
                case Tell(other, outcome):
                    put_outcome(ctx.db, told(ctx.school.id, other, outcome), ctx.now, outcome.kind)
                case _:
                    items += self._errands.items(ctx, feature, act, origin)
        outbox.put_all(ctx.db, items, ctx.now)

    # -- words

    def _letter(self, ctx: Ctx, feature: str, reply: Reply, origin: Origin | None) -> Item | None:
        """One reply as a command. If nobody can be reached, the feature hears so as an outcome."""
        level = self._budget.level(self._lanes.app_of(ctx), ctx.now)
        lane = self._lanes.of(ctx, reply, origin, level)
        outbox_id = new_id()
        stopped = gate.stopped(ctx, reply, origin.message.chat.kind if origin else "")
        if stopped or lane is None or f"{lane.platform}/{lane.app}" not in self._platforms:
            self._unsendable(ctx, feature, reply, outbox_id, stopped or "no_lane")
            return None
        if level is Level.URGENT and "counted" in lane.can and not _goes_anyway(reply, origin):
            self._unsendable(ctx, feature, reply, outbox_id, "month.reserve")
            return None
        trace.note(trace.FEATURE, outbox_id, origin.message.id if origin else None)
        choices = _choices(ctx, feature, reply, lane.who)
        must = reply.arrival == "must"
        command = Command(
            outbox_id=outbox_id,
            app=f"{lane.platform}/{lane.app}",
            target=lane.target,
            text=self._words(ctx, reply) + choices.appended,
            title=reply.title,
            session=None if must else lane.session,
            must=must,
            card=must or (bool(choices.buttons) and level < Level.AS_TEXT),
            link=self._links.way_in if isinstance(lane.target, Webhook) else None,
            buttons=choices.buttons,
            choices=choices.line,
            file=_file(ctx.db, reply.file),
        )
        return self._item(ctx, feature, reply, lane, command)

    def _item(self, ctx: Ctx, feature: str, reply: Reply, lane: Lane, command: Command) -> Item:
        platform = self._platforms[command.app]
        life = MUST_LIFE if reply.arrival == "must" else CHAT_LIFE
        subject, thing = reply.subject, reply.thing
        item = item_of(ctx, feature, command, platform, lane.key, lane.sealed_for, thing)
        return replace(
            item,
            to_person=lane.to_person,
            to_class=lane.to_class,
            wants_outcome=reply.wants_outcome,
            subject_kind=subject.kind if subject else None,
            subject_id=subject.id if subject else None,
            subject_version=subject.version if subject else 0,
            deadline=reply.deadline or (reply.not_before or ctx.now) + life,
            rank=outbox.FIRST if reply.overtakes else outbox.USUAL,
        )

    def _words(self, ctx: Ctx, reply: Reply) -> str:
        return f"{reply.text}\n{self._links.of(ctx.db, reply.link)}" if reply.link else reply.text

    def _unsendable(self, ctx: Ctx, feature: str, reply: Reply, outbox_id: str, code: str) -> None:
        to, thing = reply.to, reply.thing
        refused = unqueued(ctx.school.id, feature, thing, outbox_id, code)
        refused["text"] = reply.text
        refused["to_person"] = to.person_id if isinstance(to, ToPerson) else None
        refused["to_class"] = to.class_id if isinstance(to, ToClass) else None
        put_outcome(ctx.db, refused, ctx.now, 0)

    # -- presses

    def press(self, ctx: Ctx, press: Press, track: str, origin: Origin) -> UpdateCard | None:
        """Queue what a press led to; its first words to the presser become the card's new look.

        Args:
            ctx: With the presser.
            press: What was pressed and decided.
            track: The card: the id of the outbox row that made it.
            origin: The press as a message.

        Returns:
            The new look, also queued as a row that is due when the platform has stopped waiting; None
            if the card is nobody's or somebody else's.
        """
        card = outbox.find(ctx.db, track)
        if card is not None and card.to_person != press.given.person_id:
            self.put(ctx, press.acts, origin)
            return None
        answer = next((pair for pair in press.acts if _is_answer(pair[1])), None)
        self.put(ctx, [pair for pair in press.acts if pair is not answer], origin)
        feature, reply = answer if answer is not None else (press.given.feature, None)
        look = self._look(ctx, press, feature, cast("Reply | None", reply), card, track, origin)
        if card is not None:
            # The next press of this card begins from this look; without a button there is no next one.
            kept = payload_of(look) if look.buttons else None
            outbox.rewrite(ctx.db, card.id, kept)
        self._queue_update(ctx, press, look, origin)
        return look

    def _look(
        self,
        ctx: Ctx,
        press: Press,
        feature: str,
        reply: Reply | None,
        card: Row | None,
        track: str,
        origin: Origin,
    ) -> UpdateCard:
        """What the card shows from now on: the answer; behind the old words while those are still wanted."""
        shown = (card.payload if card is not None else None) or hanging.last_look(ctx.db, track)
        app = f"{origin.message.chat.platform}/{origin.message.chat.app}"
        title, old = shown.get("title", ""), shown.get("text", "")
        if reply is not None and reply.buttons:
            choices = _choices(ctx, feature, reply, press.given.person_id)
            text = reply.text + choices.appended
            return UpdateCard(new_id(), app, track, reply.title or title, text, choices.buttons)
        answered = _answered(ctx.db, press)
        left = _left(ctx.db, buttons_of(shown)) if answered else ()
        if reply is not None and answered and not left:
            return UpdateCard(new_id(), app, track, title, reply.text)
        said = reply.text if reply is not None else chosen(press.given.label)
        both = f"{old}\n\n{said}" if old else said
        text = both if len(both.encode()) <= MOST_TEXT else said
        return UpdateCard(new_id(), app, track, title, text, left)

    def _queue_update(self, ctx: Ctx, press: Press, look: UpdateCard, origin: Origin) -> None:
        platform = self._platforms.get(look.app)
        lane = self._lanes.of(ctx, Reply(Asker(), ""), origin, Level.FULL)
        if platform is None or lane is None:
            return
        # On a page each answer stays as words of its own; a card shows only its last look.
        of_card = None if lane.platform == PAGE else look.track[:32]
        feature = press.given.feature
        item = item_of(ctx, feature, look, platform, lane.key, lane.sealed_for, None)
        item = replace(
            item,
            to_person=lane.to_person,
            subject_kind=hanging.LOOK if of_card else None,
            subject_id=of_card,
        )
        if of_card:
            outbox.withdraw(ctx.db, hanging.LOOK, of_card)
        # A page waits for its new look. A platform takes it with the answer, if that comes in time.
        wait = timedelta() if lane.platform == PAGE else UPDATE_AFTER
        outbox.put(ctx.db, item, ctx.now, ctx.now + wait)


def _choices(ctx: Ctx, feature: str, reply: Reply, who: str | None) -> _Choices:
    """Each choice gets its number and token; in a group, and for a stranger, there are none."""
    thing, day = reply.thing, ctx.local.date()
    if not reply.buttons or thing is None or who is None:
        return _Choices()
    given = [
        (numbers.give(ctx.db, new_id, day, who, feature, thing.kind, thing.id, b.action, b.label), b.label)
        for b in reply.buttons
    ]
    if len(given) == 1 and reply.buttons[0].action.partition(":")[0] == WORDS_WANTED:
        return _Choices(appended="\n" + answerable_line(given[0][0].n, given[0][1]))
    line = choices_line([(offer.n, label) for offer, label in given])
    return _Choices(tuple(CardButton(offer.token, label) for offer, label in given), line)


def _is_answer(act: Act) -> bool:
    """Words to the presser and nothing else, and not too many: they can stand on the card itself."""
    if not isinstance(act, Reply) or not isinstance(act.to, Asker):
        return False
    plain = act.file is None and not act.link and not act.wants_outcome and act.not_before is None
    return plain and len(act.text.encode()) <= MOST_TEXT and len(act.buttons) <= MOST_BUTTONS


def _answered(db: Db, press: Press) -> bool:
    """Whether this press has ended its choice.

    One that stays open (「改」) has led on to something else, for which the old words are still wanted; one
    that was over before changes nothing.
    """
    pressed = numbers.by_token(db, press.given.token)
    return not press.given.closed and pressed is not None and pressed.closed


def _left(db: Db, shown: tuple[CardButton, ...]) -> tuple[CardButton, ...]:
    """The card's other choices that are still open."""
    found = [(button, numbers.by_token(db, button.id)) for button in shown]
    return tuple(button for button, given in found if given is not None and not given.closed)


def _file(db: Db, file: Drawn | Kept | None) -> FileRef | None:
    match file:
        case Drawn(recipe, name, data):
            picture = name.rpartition(".")[2].lower() in ("png", "jpg", "jpeg")
            return FileRef("picture" if picture else "file", name, recipe, data)
        case Kept(medium_id):
            medium = media.get(db, medium_id)
            return None if medium is None else ref(medium)
        case None:
            return None


def _goes_anyway(reply: Reply, origin: Origin | None) -> bool:
    """The last fifth of the month is for whoever is in need, has written or has to know; not for posts."""
    if reply.urgent or isinstance(reply.to, Asker):
        return True
    return not isinstance(reply.to, ToClass) and (origin is not None or reply.arrival == "must")
