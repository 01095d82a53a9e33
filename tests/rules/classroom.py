"""Three classes without a wire: what is said goes to the router, what comes back is kept as people see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from handlers import router, texts
from handlers.context import Ctx
from handlers.digest import plan_day
from handlers.language.message import understood
from handlers.message import Attachment, Chat, Identity, Message, MessageKind
from handlers.reply import (
    Act,
    Asker,
    Fetch,
    Outcome,
    OutcomeKind,
    Reply,
    TakeBack,
    Tell,
    Thing,
    ToClass,
    ToPerson,
)
from storage import access, classes, consent, media, numbers, people, schedule, schools
from storage.engine import Db, Store
from storage.seed import import_school
from tests.contract.invented import CORP, MONDAY, Ids, document

IDS = {
    "王老师": "t-302",
    "李老师": "d-302",
    "陈老师": "t-chen",
    "三(1)班王老师": "t-301",
    "小明妈妈": "g-2-0-m",
    "小明爸爸": "g-2-0-f",
    "乐乐妈妈": "g-2-1-m",
    "林小满妈妈": "g-2-2-m",
    "三(1)班小明妈妈": "g-1-0-m",
}
"""In 三(2)班 unless the name says otherwise."""


@dataclass
class Classroom:
    """See the module. ``sent`` holds everything since it was last read: who, text."""

    store: Store
    new_id: Ids
    now: datetime
    sent: list[tuple[str, str]] = field(default_factory=list)
    posts: list[Reply] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    asked: list[Reply] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    others: list[Act] = field(default_factory=list)
    taken_back: list[TakeBack] = field(default_factory=list)

    @classmethod
    def opened(cls, store: Store) -> Classroom:
        """The invented school, with automatic sending off."""
        school = document(3, 5)
        for each in school["classes"]:
            each["digest_auto"] = False
        store.run(lambda db: import_school(db, school, Ids(), MONDAY)).result()
        return cls(store, Ids("e"), datetime.fromisoformat("2026-10-12T09:00+08:00"))

    def at(self, when: str) -> None:
        """Set the clock: ``16:30`` or ``2026-10-13T08:00``."""
        day, _, clock = when.rpartition("T")
        self.now = datetime.fromisoformat(f"{day or self.now.date().isoformat()}T{clock}:00+08:00")

    def say(
        self,
        who: str,
        text: str,
        *,
        group: bool = False,
        kind: MessageKind = "text",
        attachments: tuple[Attachment, ...] = (),
    ) -> str:
        """Say something; returns what that person (or the group) sees at once, lines of several joined."""
        self.sent.clear()
        sender = Identity("dingtalk_user", CORP, IDS.get(who, who))
        chat = Chat("dingtalk", "school", "group", "cid-2==") if group else _private(sender.id)

        def unit(db: Db) -> None:
            ctx = self._ctx(db, sender)
            message = Message(self.new_id(), chat, sender, who, kind, text, self.now, attachments)
            role = "teacher" if any(held.kind in people.TEACHING for held in ctx.roles) else "parent"
            for feature, reply in router.route(ctx, message, understood(text, role, chat.kind)):
                self._post(ctx, feature, reply, "群" if group else who)

        self.store.run(unit).result()
        return self.seen("群" if group else who)

    def seen(self, who: str) -> str:
        """What somebody saw of the last thing that happened."""
        return "\n".join(text for name, text in self.sent if name == who)

    def come(self, when: str, class_name: str = "三(2)班") -> None:
        """Let a class's occurrences of today up to ``when`` become due, in order."""
        self.at(when)
        self.due()

    def due(self) -> None:
        """Let everything that is due now happen, in order."""
        self.sent.clear()

        def unit(db: Db) -> None:
            for occurrence in schedule.due(db, self.now, 100):
                ctx = self._ctx(db, None)
                if schedule.take(db, occurrence, self.now):
                    for feature, reply in router.due(ctx, occurrence):
                        self._post(ctx, feature, reply, "")

        self.store.run(unit).result()

    def plan(self, day: date | None = None) -> None:
        """What the daily planner does."""

        def unit(db: Db) -> None:
            ctx = self._ctx(db, None)
            for of in classes.of_school(db, ctx.school.id):
                plan_day(ctx, of, day or self.now.date())

        self.store.run(unit).result()

    def ended(self, reply: Reply, kind: OutcomeKind, code: str = "ok") -> None:
        """Tell what became of a reply."""
        self.sent.clear()

        def unit(db: Db) -> None:
            ctx = self._ctx(db, None)
            to_person = reply.to.person_id if isinstance(reply.to, ToPerson) else None
            to_class = reply.to.class_id if isinstance(reply.to, ToClass) else None
            feature = reply.thing.kind if reply.thing else ""
            outcome = Outcome(self.new_id(), kind, code, reply.thing, reply.text, to_person, to_class)
            for name, each in router.outcome(ctx, "digest" if feature == "digest" else "relay", outcome):
                self._post(ctx, name, each, "")

        self.store.run(unit).result()

    def group_is(self, kind: str) -> None:
        """What kind of group 三(2)班 has from now on: ``broadcast`` (confirmed), ``forward`` (by hand)…"""

        def unit(db: Db) -> None:
            of = next(
                one for one in classes.of_school(db, schools.all_schools(db)[0].id) if one.name == "三(2)班"
            )
            assert classes.bind_group(db, of.id, f"wecom/school/{kind}/wrGROUP")

        self.store.run(unit).result()

    def came(
        self,
        thing: Thing,
        act: Literal["say", "ask_task", "stop_task"],
        kind: OutcomeKind,
        row: str = "",
        **facts: str,
    ) -> None:
        """What became of a broadcast: of the post, of a look, of taking it back; ``row`` is the outbox's."""
        self.sent.clear()

        def unit(db: Db) -> None:
            code = facts.pop("code", "ok")
            of = next(
                one for one in classes.of_school(db, schools.all_schools(db)[0].id) if one.name == "三(2)班"
            )
            outcome = Outcome(row or self.new_id(), kind, code, thing, "", None, of.id, act, facts)
            ctx = self._ctx(db, None)
            for name, each in router.outcome(ctx, "broadcast", outcome):
                self._post(ctx, name, each, "")

        self.store.run(unit).result()

    def detach(self, who: str) -> None:
        """Take somebody's account away."""
        self.store.run(lambda db: people.detach(db, "dingtalk_user", CORP, IDS[who])).result()

    def consent(self, who: str, *, given: bool) -> None:
        """A guardian's word on praise by name."""

        def unit(db: Db) -> None:
            person = people.by_identity(db, "dingtalk_user", CORP, IDS[who])
            assert person is not None
            child = access.children_of(db, person.id)[0]
            consent.put(db, self.new_id, self.now, person.id, child.id, "praise_name", given)

        self.store.run(unit).result()

    def fetched(self, fetch: Fetch, kind: OutcomeKind = "sent", code: str = "ok", *, of: str = "") -> None:
        """Tell what became of fetching an attachment; ``of`` is the kind its bytes turned out to be."""
        self.sent.clear()

        def unit(db: Db) -> None:
            medium = media.get(db, fetch.medium_id)
            assert medium is not None
            if kind == "sent":
                got = media.Fetched(of or medium.kind, "名字.png", "0" * 64, 9, "image/png")
                media.fetched(db, medium.id, got, self.now)
            ctx = self._ctx(db, None)
            outcome = Outcome(self.new_id(), kind, code, fetch.thing, "", None, None, "fetch")
            for name, each in router.outcome(ctx, "relay", outcome):
                self._post(ctx, name, each, "")

        self.store.run(unit).result()

    def hear(self, feature: str, outcome: Outcome) -> list[Reply]:
        """What is said about one outcome."""

        def unit(db: Db) -> list[Reply]:
            told = [act for _name, act in router.outcome(self._ctx(db, None), feature, outcome)]
            return [act for act in told if isinstance(act, Reply)]

        return self.store.run(unit).result()

    def summary(self, rows: Callable[[Db], list[Outcome]]) -> list[Reply]:
        """What a start does with doubtful sends."""
        self.sent.clear()

        def unit(db: Db) -> list[Reply]:
            ctx = self._ctx(db, None)
            told = router.summary(ctx, rows(db))
            for feature, reply in told:
                self._post(ctx, feature, reply, "")
            return [act for _feature, act in told if isinstance(act, Reply)]

        return self.store.run(unit).result()

    def _ctx(self, db: Db, sender: Identity | None) -> Ctx:
        school = schools.all_schools(db)[0]
        person = people.by_identity(db, *(sender.kind, sender.corp, sender.id)) if sender else None
        roles = people.roles(db, person.id) if person else ()
        return Ctx(db, self.now, school, person, roles, self.new_id)

    def _post(self, ctx: Ctx, feature: str, reply: Act, asker: str) -> None:
        if isinstance(reply, Fetch):
            self.fetches.append(reply)
            return
        if isinstance(reply, TakeBack):
            self.taken_back.append(reply)
            return
        if isinstance(reply, Tell):
            for name, each in router.outcome(ctx, reply.feature, reply.outcome):
                self._post(ctx, name, each, "")
            return
        if not isinstance(reply, Reply):
            self.others.append(reply)
            return
        text, person_id = reply.text, ctx.person.id if ctx.person else ""
        name = asker
        if isinstance(reply.to, ToPerson):
            person_id = reply.to.person_id
            name = _name(ctx.db, person_id)
            self.answers.append(reply)
        elif isinstance(reply.to, ToClass):
            of = classes.get(ctx.db, reply.to.class_id)
            name = "群" if of is not None and of.name == "三(2)班" else f"{of.name if of else ''}群"
            self.posts.append(reply)
        elif isinstance(reply.to, Asker):
            self.asked.append(reply)
        else:
            raise TypeError(reply.to)
        if reply.buttons and reply.thing and name and not name.endswith("群"):
            text += "\n" + texts.choices_line(self._given(ctx, reply.owner or feature, reply, person_id))
        self.sent.append((name, text))

    def _given(self, ctx: Ctx, feature: str, reply: Reply, person_id: str) -> list[tuple[int, str]]:
        thing, day = reply.thing, ctx.local.date()
        assert thing is not None
        return [
            (
                numbers.give(
                    ctx.db,
                    self.new_id,
                    day,
                    person_id,
                    feature,
                    thing.kind,
                    thing.id,
                    button.action,
                    button.label,
                ).n,
                button.label,
            )
            for button in reply.buttons
        ]


def _private(user_id: str) -> Chat:
    return Chat("dingtalk", "school", "private", f"1to1-{user_id}")


def _name(db: Db, person_id: str) -> str:
    identity = people.identity_of(db, person_id, "dingtalk_user")
    if identity is None:
        return "?"
    return next((name for name, user in IDS.items() if user == identity.id), identity.id)
