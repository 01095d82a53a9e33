"""The pages as a platform: what the sender may ask of them and what comes of it."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.command import (
    AskRead,
    CardButton,
    Command,
    Fetch,
    FileRef,
    Page,
    Refused,
    Sent,
    TakeBack,
    UpdateCard,
)
from bot.pages.lane import PageLane
from config.clock import MovableClock
from storage import page_messages
from storage.engine import Store
from storage.page_messages import PageMessage
from tests.contract.conftest import World, world
from tests.contract.invented import MONDAY

__all__ = ["world"]

YES, NO = CardButton("a" * 32, "发送"), CardButton("b" * 32, "不发")


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """One database is enough: the tables are tested on both."""
    return str(request.param)


@pytest.fixture
def lane(store: Store) -> PageLane:
    """The lane alone."""
    return PageLane(store, MovableClock(MONDAY))


def _page(world: World) -> tuple[PageMessage, ...]:
    return world.run(partial(page_messages.of_person, person_id=world.mother.id))


def _said(world: World) -> list[tuple[str, list[tuple[str, bool]]]]:
    return [(m.text, [(choice.label, choice.enabled) for choice in m.choices]) for m in _page(world)]


def _command(world: World, text: str = "发吗？", outbox_id: str = "o1") -> Command:
    return Command(
        outbox_id, "page/school", Page(world.mother.id), text, buttons=(YES, NO), choices="回复 1 …"
    )


async def test_a_message_is_stored_once(world: World, lane: PageLane) -> None:
    first, second = await lane.send(_command(world)), await lane.send(_command(world))
    assert isinstance(first, Sent)
    assert first == second
    assert first.platform_id == _page(world)[0].id
    assert _said(world) == [("发吗？", [("发送", True), ("不发", True)])]  # real buttons, no line of numbers


async def test_nobody_is_told_apart(world: World, lane: PageLane) -> None:
    outcome = await lane.send(Command("o1", "page/school", Page("nobody"), "x"))
    assert outcome == Refused("no_such_person", "recipient")


async def test_a_file_without_words_is_at_least_named(world: World, lane: PageLane) -> None:
    file = FileRef("picture", "星星榜.png", "stars")
    await lane.send(Command("o1", "page/school", Page(world.mother.id), "", file=file))
    assert "星星榜.png" in _page(world)[0].text


async def test_the_answer_to_a_press_comes_at_the_end(world: World, lane: PageLane) -> None:
    await lane.send(_command(world))
    await lane.send(Command("o2", "page/school", Page(world.mother.id), "还有一句"))
    look = UpdateCard("o3", "page/school", "o1", "", "发吗？\n\n已经发了。")
    for _ in range(2):
        assert isinstance(await lane.send(look), Sent)
    over = [("发送", False), ("不发", False)]  # still to be read, not to be pressed
    assert _said(world) == [("发吗？", over), ("还有一句", []), ("已经发了。", [])]


async def test_a_new_question_takes_the_place_of_the_old_choices(world: World, lane: PageLane) -> None:
    await lane.send(_command(world))
    look = UpdateCard("o3", "page/school", "o1", "", "改哪一条？", (CardButton("c" * 32, "第一条"),))
    for _ in range(2):
        await lane.send(look)
    assert _said(world) == [
        ("发吗？", [("发送", False), ("不发", False)]),
        ("改哪一条？", [("第一条", True)]),
    ]


async def test_the_same_words_with_other_buttons_change_in_place(world: World, lane: PageLane) -> None:
    await lane.send(_command(world))
    closed = (CardButton(YES.id, YES.label, enabled=False),)
    await lane.send(UpdateCard("o3", "page/school", "o1", "", "发吗？", closed))
    assert _said(world) == [("发吗？", [("发送", False), ("不发", False)])]


async def test_what_does_not_lie_there_cannot_be_changed(lane: PageLane, world: World) -> None:
    assert await lane.send(UpdateCard("o3", "page/school", "o1", "", "x")) == Refused("not_there", "content")


async def test_a_message_is_taken_back(world: World, lane: PageLane) -> None:
    sent = await lane.send(_command(world))
    assert isinstance(sent, Sent)
    back = TakeBack("o2", "page/school", Page(world.mother.id), (sent.platform_id,))
    assert await lane.send(back) == Sent("")
    assert await lane.send(back) == Sent("")
    await lane.send(_command(world))
    assert _page(world) == ()


async def test_other_requests_are_refused_for_good(world: World, lane: PageLane) -> None:
    for command in (Fetch("o1", "page/school", "m", "t"), AskRead("o1", "page/school", Page("p"), "x")):
        assert await lane.send(command) == Refused("not_on_pages", "content")


async def test_no_limits_and_no_doubles(world: World, lane: PageLane) -> None:
    command = _command(world)
    assert (lane.bucket_names(command), lane.idempotent(command), lane.api(command)) == ((), True, "page")


async def test_who_waits_is_woken_by_the_own_page_only(world: World, lane: PageLane) -> None:
    mine, others = lane.expect(world.mother.id), lane.expect(world.father.id)
    await lane.send(_command(world))
    assert mine.done()
    assert not others.done()
    others.cancel()
    await asyncio.sleep(0)
    assert lane._waiting == {}


async def test_a_closed_database_is_tried_again(world: World, lane: PageLane) -> None:
    from storage import engine

    def refuse(*_args: object) -> object:
        raise engine.Refused("locked")

    lane._store = type("Shut", (), {"run": refuse})()
    assert await lane.send(_command(world)) == Refused("database", "retry")
