"""Which way a guardian on WeChat is written to: every rung, every way down, and nothing said twice."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.command import (
    CardButton,
    Command,
    FileRef,
    Maybe,
    Outcome,
    Parent,
    Private,
    Refused,
    Sent,
    Session,
    TakeBack,
    UpdateCard,
)
from bot.pages.lane import PageLane
from bot.pages.links import Links
from bot.wecom import kf, school
from bot.wecom.parent import ParentLane
from config.clock import MovableClock
from config.settings import ServerSettings
from storage import kf as book
from storage import page_messages, people
from storage.engine import Db, Store
from storage.kf import Customer
from tests.contract.conftest import World, world
from tests.contract.invented import MONDAY
from tests.wire.wecom_parents import KF_ID, Line, Said

__all__ = ["world"]

HER = Customer("school", KF_ID, "wm-mother")
LOST = Said("maybe", "no_answer")
BUTTONS = (
    CardButton("a" * 32, "发送"),
    CardButton("b" * 32, "不发"),
    CardButton("c" * 32, "旧的", enabled=False),
)


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough here: the tables are tested on both."""
    return str(request.param)


class Ways:
    """A lane over the small school; the mother is the guardian on WeChat."""

    def __init__(self, world: World, store: Store, public: str | None = "https://school.example") -> None:
        self.world = world
        self.line = Line()
        self.clock = MovableClock(MONDAY)
        self.pages = PageLane(store, self.clock)
        links = Links(ServerSettings.model_validate({"public_url": public}))
        self.files: list[Any] = [("image", {"media_id": "m-1"})]

        async def shape(_file: FileRef) -> Any:
            return self.files.pop(0)

        self.lane = ParentLane(self.line.core, store, self.clock, self.pages, links, shape)
        self.count = 0

    def to(self, **changes: str) -> Parent:
        ids = {"external_id": HER.external_id, "kf_id": KF_ID, "parent_id": "p-mother"} | changes
        return Parent(
            changes.pop("person_id", self.world.mother.id), **{k: ids[k] for k in ids if k != "person_id"}
        )

    async def say(self, text: str = "王老师：好的", *, outbox_id: str = "", **more: Any) -> Outcome:
        self.count += 1
        target = more.pop("to", None) or self.to()
        return await self.lane.send(
            Command(outbox_id or f"{self.count:032x}", "wecom/school", target, text, **more)
        )

    def wrote(self, hours_ago: float = 0.0) -> None:
        at = self.clock.now() - timedelta(hours=hours_ago)
        self.world.run(lambda db: book.wrote(db, self.world.new_id, HER, at))

    def later(self, **by: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**by))

    def has_page(self) -> None:
        self.world.run(
            lambda db: people.attach_identity(
                db, self.world.new_id, person_id=self.world.mother.id, kind="page", corp="c", ext_id="phone"
            )
        )

    def hello(self, alive_s: float = 20) -> Session:
        return Session("welcome:CODE", self.clock.now() + timedelta(seconds=alive_s))

    @property
    def page(self) -> list[str]:
        found = self.world.run(partial(page_messages.of_person, person_id=self.world.mother.id))
        return [message.text for message in found]


@pytest.fixture
def ways(world: World, store: Store) -> Ways:
    return Ways(world, store)


# -- the rungs


async def test_while_the_conversation_is_open_words_are_said_there(ways: Ways) -> None:
    ways.wrote()
    assert await ways.say() == Sent("")
    assert ways.line.texts == ["王老师：好的"]
    assert (ways.page, ways.line.notices) == ([], [])


async def test_the_sixth_message_goes_another_way(ways: Ways) -> None:
    ways.wrote()
    for number in range(5):
        await ways.say(f"第{number}句")
    assert await ways.say("第5句") == Sent("", {"way": "notice"})
    assert len(ways.line.texts) == 5
    assert ways.page == ["第5句"]
    ways.wrote()
    await ways.say("又写了")
    assert ways.line.texts[-1] == "又写了"


@pytest.mark.parametrize(("hours", "chat"), [(0, True), (47, True), (49, False), (24 * 8, False)])
async def test_the_49th_hour_and_a_long_holiday(ways: Ways, hours: int, chat: bool) -> None:
    ways.wrote(hours)
    await ways.say()
    assert bool(ways.line.texts) is chat
    assert bool(ways.page) is not chat
    assert bool(ways.line.notices) is not chat


async def test_a_notice_names_no_child_and_leads_to_the_page(ways: Ways) -> None:
    assert isinstance(await ways.say("王老师：小明今天不舒服"), Sent)
    (notice,) = ways.line.notices
    article = notice["news"]["articles"][0]
    assert "小明" not in str(notice)
    assert "不舒服" not in str(notice)
    assert article["url"].startswith("https://school.example/h5/?n=")
    assert notice["to_parent_userid"] == ["p-mother"]
    assert (notice["enable_duplicate_check"], notice["duplicate_check_interval"]) == (1, 14_400)
    assert ways.page == ["王老师：小明今天不舒服"]


async def test_by_the_welcome_code_while_it_lives_and_it_is_none_of_the_five(ways: Ways) -> None:
    assert await ways.say("您是…对吗？", session=ways.hello()) == Sent("")
    assert [body["code"] for body in ways.line.asked(kf.WELCOME)] == ["CODE"]
    ways.wrote()
    for _ in range(5):
        await ways.say()
    assert len(ways.line.asked(kf.SEND)) == 5


async def test_a_dead_code_a_used_code_and_a_file_take_the_next_way(ways: Ways) -> None:
    ways.wrote()
    await ways.say("晚了", session=ways.hello(alive_s=0))
    assert ways.line.asked(kf.WELCOME) == []
    ways.line.will(kf.WELCOME, Said("content", "40029"))
    await ways.say("用过了", session=ways.hello())
    file = FileRef("picture", "a.png", "stars")
    await ways.say("", session=ways.hello(), file=file)
    assert ways.line.texts == ["晚了", "用过了", "<image m-1>"]
    assert len(ways.line.asked(kf.WELCOME)) == 1


async def test_choices_are_a_menu_and_on_the_page_buttons(ways: Ways) -> None:
    ways.wrote()
    await ways.say("发吗？", buttons=BUTTONS, choices="回复 1 发送")
    assert ways.line.texts == ["发吗？[发送][不发]"]
    (menu,) = [body["msgmenu"] for body in ways.line.asked(kf.SEND)]
    assert [one["click"]["id"] for one in menu["list"]] == ["a" * 32, "b" * 32]
    ways.later(hours=49)
    await ways.say("发吗？", buttons=BUTTONS)
    (message,) = ways.world.run(partial(page_messages.of_person, person_id=ways.world.mother.id))
    assert [(one.label, one.enabled) for one in message.choices] == [
        ("发送", True),
        ("不发", True),
        ("旧的", False),
    ]


async def test_long_words_are_cut_into_parts_that_are_counted(ways: Ways) -> None:
    ways.wrote()
    long = "".join(f"第{n}行，明天带水彩笔和一张旧报纸。\n" for n in range(70))
    await ways.say(long)
    assert "".join(ways.line.texts) == long
    assert all(len(text.encode()) <= kf.MOST_TEXT for text in ways.line.texts)
    turn = ways.world.run(partial(book.look, customer=HER))
    assert turn is not None
    assert turn.used == len(ways.line.texts) == 2


# -- down, in the same send


@pytest.mark.parametrize("code", sorted(kf.CLOSED))
async def test_a_window_that_is_closed_after_all_leads_to_the_page_at_once(ways: Ways, code: str) -> None:
    ways.wrote()
    ways.line.will(kf.SEND, Said("content", code))
    assert await ways.say() == Sent("", {"way": "notice"})
    assert ways.page == ["王老师：好的"]
    await ways.say("第二句")  # the book has learnt: the platform is not asked again
    assert len(ways.line.asked(kf.SEND)) == 1


@pytest.mark.parametrize(
    "said",
    [Said("content", "40058"), Said("config", "60020"), Said("retry", "-1"), Said("slow", "45009", 60)],
)
async def test_other_refusals_are_the_senders_business_and_cost_no_answer(ways: Ways, said: Said) -> None:
    ways.wrote()
    ways.line.will(kf.SEND, *[said] * 6)
    for _ in range(6):
        assert await ways.say() == said.outcome()
    assert await ways.say() == Sent("")
    assert (ways.page, ways.line.notices) == ([], [])


# -- doubts


async def test_after_a_doubt_the_same_way_and_the_platform_removes_the_copy(ways: Ways) -> None:
    ways.wrote()
    ways.line.will(kf.SEND, LOST)
    assert await ways.say(outbox_id="e" * 32) == Maybe("no_answer")
    ways.later(hours=60)  # the window is over by now
    assert await ways.say(outbox_id="e" * 32) == Sent("")
    assert ways.line.texts == ["王老师：好的"]
    assert [body["msgid"] for body in ways.line.asked(kf.SEND)] == ["e" * 32] * 2
    assert (ways.page, ways.line.notices) == ([], [])


async def test_after_a_doubt_a_closed_window_stays_a_doubt_and_never_becomes_the_page(ways: Ways) -> None:
    ways.wrote()
    ways.line.will(kf.SEND, LOST, Said("content", "95002"))
    await ways.say(outbox_id="e" * 32)
    assert await ways.say(outbox_id="e" * 32) == Refused("95002", "content")
    assert ways.page == []


async def test_a_second_try_of_a_doubt_takes_no_second_answer(ways: Ways) -> None:
    ways.wrote()
    ways.line.will(kf.SEND, LOST, LOST)
    for _ in range(3):
        await ways.say(outbox_id="e" * 32)
    turn = ways.world.run(partial(book.look, customer=HER))
    assert turn is not None
    assert turn.used == 1


async def test_a_doubtful_notice_is_repeated_with_the_very_same_bytes(ways: Ways) -> None:
    ways.line.will(school.SEND, LOST)
    assert await ways.say(outbox_id="e" * 32) == Maybe("no_answer")
    assert await ways.say(outbox_id="e" * 32) == Sent("", {"way": "notice"})
    first, second = ways.line.notices
    assert first == second
    assert ways.page == ["王老师：好的"]


async def test_another_words_notice_is_another_notice(ways: Ways) -> None:
    """Equal ones within four hours are removed by the platform."""
    await ways.say()
    ways.later(minutes=11)
    await ways.say()
    first, second = ways.line.notices
    assert first != second


# -- how many notices


async def test_one_notice_for_what_is_laid_within_ten_minutes(ways: Ways) -> None:
    for _ in range(3):
        assert isinstance(await ways.say(), Sent)
        ways.later(minutes=3)
    assert (len(ways.page), len(ways.line.notices)) == (3, 1)
    ways.later(minutes=2)
    await ways.say()
    assert len(ways.line.notices) == 2


async def test_what_must_arrive_always_brings_its_own_and_so_does_what_comes_after_a_look(ways: Ways) -> None:
    await ways.say()
    await ways.say(must=True)
    assert len(ways.line.notices) == 2

    def look(db: Db) -> None:
        shown = page_messages.of_person(db, ways.world.mother.id)
        page_messages.seen(db, ways.clock.now(), [message.id for message in shown])

    ways.world.run(look)
    await ways.say()
    assert len(ways.line.notices) == 3


# -- nobody there

GONE = Said("ok", data={"invalid_parent_userid": ["P-Mother"]})


@pytest.mark.parametrize(
    ("said", "code"), [(GONE, "not_subscribed"), (Said("content", "81013"), "not_subscribed"),
                       (Said("config", "48002"), "48002"), (Said("config", "301002"), "301002")],
)  # fmt: skip
async def test_a_notice_nobody_gets_is_no_sending_and_nothing_stays_behind(
    ways: Ways, said: Said, code: str
) -> None:
    ways.line.will(school.SEND, said)
    came = await ways.say()
    assert isinstance(came, Refused)
    assert came.code == code
    assert came.action not in ("retry", "slow")
    assert ways.page == []


async def test_who_has_a_page_of_their_own_has_it_there_and_the_teacher_may_hear(ways: Ways) -> None:
    ways.has_page()
    ways.line.will(school.SEND, GONE)
    assert await ways.say() == Sent("", {"way": "page", "notice": "not_subscribed"})
    assert ways.page == ["王老师：好的"]


async def test_nobody_who_is_not_in_the_address_book_can_be_told(ways: Ways) -> None:
    assert await ways.say(to=ways.to(parent_id="")) == Refused("unreachable", "recipient")
    assert ways.page == []
    assert await ways.say(to=Parent("", "wm-stranger", KF_ID)) == Refused("unreachable", "recipient")
    assert ways.line.calls == []


async def test_without_a_public_address_no_notice_leads_anywhere(world: World, store: Store) -> None:
    here = Ways(world, store, public=None)
    assert await here.say() == Refused("no_address", "config")


# -- files, and what else may be asked


async def test_a_file_follows_its_caption(ways: Ways) -> None:
    ways.wrote()
    file = FileRef("picture", "a.png", "stars")
    assert await ways.say("小明的星星", file=file) == Sent("")
    assert ways.line.texts == ["小明的星星", "<image m-1>"]


async def test_a_file_that_cannot_go_costs_nothing(ways: Ways) -> None:
    ways.wrote()
    ways.files = [Refused("file.size", "content"), Maybe("no_answer"), ("image", {"media_id": "m-2"})]
    file = FileRef("picture", "a.png", "stars")
    assert await ways.say("", file=file) == Refused("file.size", "content")
    assert await ways.say("", file=file) == Refused("no_answer", "retry")
    turn = ways.world.run(partial(book.look, customer=HER))
    assert turn is not None
    assert turn.used == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (TakeBack("o", "wecom/school", Parent("p"), ("x",)), "no_recall"),
        (UpdateCard("o", "wecom/school", "track", "", "x"), "not_for_parents"),
        (Command("o", "wecom/school", Private("t"), "x"), "not_for_parents"),
    ],
)
async def test_what_cannot_be_done_is_refused(ways: Ways, command: Any, code: str) -> None:
    assert await ways.lane.send(command) == Refused(code, "content")
    assert ways.lane.idempotent(command)


async def test_a_database_that_refuses_lets_nothing_out(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.engine import Refused as StoreRefused

    def refused(*_args: Any) -> Any:
        raise StoreRefused("planned")

    monkeypatch.setattr(book, "take_way", refused)
    assert await ways.say() == Refused("database", "retry")
    assert ways.line.calls == []
