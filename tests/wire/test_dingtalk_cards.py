"""Cards: what must arrive, and once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import CardButton, Maybe, Outcome, Private, Refused, Sent, UpdateCard
from bot.dingtalk.cards import (
    CREATE_AND_DELIVER,
    MAX_VALUE,
    PARAMS,
    REGISTER,
    UPDATE,
    answer_body,
    card_data,
    card_params,
)
from bot.dingtalk.client import GROUP, PRIVATE, SESSION
from bot.dingtalk.gate import callback_secret
from tests.wire.dingtalk_fake import TO_GROUP, Answer, Bench, command, serving


@pytest_asyncio.fixture
async def carded() -> AsyncIterator[Bench]:
    async with serving() as (platform, http):
        yield Bench(
            platform, http, digest_card_template="digest.schema", message_card_template="message.schema"
        )


# -- cards


async def test_a_digest_card(carded: Bench) -> None:
    digest = command(
        target=TO_GROUP, card=True, title="每日速递", text="每日速递\n要闻：春游", session=carded.session()
    )
    assert carded.client.idempotent(digest)
    assert await carded.send(digest) == Sent("carrier-1")
    body = carded.platform.body(CREATE_AND_DELIVER)
    assert body["outTrackId"] == "o1"
    assert body["cardTemplateId"] == "digest.schema"
    assert body["openSpaceId"] == "dtv1.card//IM_GROUP.cidG=="
    assert body["imGroupOpenDeliverModel"] == {"robotCode": "dingapp"}
    params = body["cardData"]["cardParamMap"]
    assert list(params) == [*PARAMS, "buttons"]
    assert params["buttons"] == "[]"
    assert (params["title"], params["body"], params["more1"]) == ("每日速递", "要闻：春游", "")
    assert carded.counted == [CREATE_AND_DELIVER]


async def test_a_private_card(carded: Bench) -> None:
    assert await carded.send(command(card=True, title="请看")) == Sent("carrier-1")
    body = carded.platform.body(CREATE_AND_DELIVER)
    assert body["cardTemplateId"] == "message.schema"
    assert body["openSpaceId"] == "dtv1.card//IM_ROBOT.parent-1"
    assert body["imRobotOpenDeliverModel"] == {"spaceType": "IM_ROBOT", "robotCode": "dingapp"}


async def test_our_own_card_found_there_is_sent(carded: Bench) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": "param.cardAlreadyExist"}))
    assert await carded.send(command(target=TO_GROUP, card=True)) == Sent("o1")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (
            {"deliverResults": [{"success": False, "errorMsg": "no"}]},
            Refused("card.notDelivered", "recipient"),
        ),
        (
            {"deliverResults": [{"success": True}, {"success": False}]},
            Refused("card.notDelivered", "recipient"),
        ),
        ({"deliverResults": []}, Maybe("card.noResult")),
        ("o1", Maybe("card.noResult")),
    ],
)
async def test_a_card_is_sent_only_if_every_space_took_it(
    carded: Bench, result: Any, outcome: Outcome
) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(body={"success": True, "result": result}))
    assert await carded.send(command(target=TO_GROUP, card=True)) == outcome


@pytest.mark.parametrize(
    "code",
    ["template.stopped", "Forbidden.AccessDenied.AccessTokenPermissionDenied", "param.templateNotExist"],
)
async def test_where_cards_are_refused_the_next_try_is_markdown(carded: Bench, code: str) -> None:
    digest = command(target=TO_GROUP, card=True, title="速递")
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": code}))
    first = await carded.send(digest)
    assert first == Refused(f"card.{code}", "retry")
    assert not carded.client.idempotent(digest)
    assert await carded.send(digest) == Sent("key-1")
    assert carded.platform.body(GROUP)["msgKey"] == "sampleMarkdown"
    assert carded.client.idempotent(command(card=True, title="x"))  # the other template is untouched
    carded.clock.pass_by(3601)
    assert await carded.send(digest) == Sent("carrier-1")


@pytest.mark.parametrize("code", ["param.contentUnsafe", "contain.notAllowed.text"])
async def test_words_not_allowed_are_not_tried_again_as_markdown(carded: Bench, code: str) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": code}))
    refused = Refused(code, "content")
    assert await carded.send(command(target=TO_GROUP, card=True)) == refused
    assert carded.client.idempotent(command(target=TO_GROUP, card=True))


async def test_what_does_not_fit_a_card_goes_as_markdown(carded: Bench) -> None:
    long = command(target=TO_GROUP, card=True, title="速递", text="长" * 2100)
    assert not carded.client.idempotent(long)
    assert await carded.send(long) == Sent("key-1")


def test_long_words_are_spread_over_the_variables() -> None:
    lines = "\n".join(f"{n}. " + "字" * 40 for n in range(30))
    params = card_params("速递", "速递\n" + lines)
    assert params is not None
    parts = [params[name] for name in PARAMS[1:]]
    assert max(len(part.encode()) for part in parts) <= MAX_VALUE
    assert "\n".join(part for part in parts if part) == lines
    unbroken = card_params("", "字" * 1900)
    assert unbroken is not None
    assert "".join(unbroken.values()) == "字" * 1900
    assert max(len(part.encode()) for part in unbroken.values()) <= MAX_VALUE
    assert card_params("", "字" * 2001) is None


async def test_a_card_has_buckets_of_its_own(carded: Bench) -> None:
    api, group = carded.client.bucket_names(command(target=TO_GROUP, card=True))
    assert api == (f"dingtalk:school:api:{CREATE_AND_DELIVER}", 18, 1.0)
    assert group == ("dingtalk:school:group:cidG==", 18, 60.0)


# -- buttons

BUTTON = CardButton("0123456789abcdef0123456789abcdef", "发送")
ASKING = {"title": "预览", "text": "发吗？", "choices": "回复 1 发送", "card": True, "buttons": (BUTTON,)}


async def test_a_card_with_buttons(carded: Bench) -> None:
    asking = command(**ASKING, session=carded.session())
    assert carded.client.idempotent(asking)
    assert await carded.send(asking) == Sent("carrier-1")
    body = carded.platform.body(CREATE_AND_DELIVER)
    assert (body["callbackType"], body["callbackRouteKey"]) == ("HTTP", "classbridge-school")
    params = body["cardData"]["cardParamMap"]
    assert json.loads(params["buttons"]) == [{"id": BUTTON.id, "label": "发送", "enabled": True}]
    assert "回复" not in "".join(params.values())
    registered = carded.platform.body(REGISTER)
    assert registered["callbackUrl"] == "https://school.example/dingtalk/school/card"
    assert registered["callbackRouteKey"] == "classbridge-school"
    assert (len(registered["apiSecret"]), registered["forceUpdate"]) == (43, True)
    assert registered["apiSecret"] == callback_secret(carded.client.core.app)


async def test_the_address_of_presses_is_told_once(carded: Bench) -> None:
    sends = (carded.send(command(**ASKING, outbox_id=str(n))) for n in range(5))
    assert await asyncio.gather(*sends) == [Sent("carrier-1")] * 5
    assert len(carded.platform.calls(REGISTER)) == 1
    assert await carded.client.register_route() is None
    assert len(carded.platform.calls(REGISTER)) == 1


async def test_a_card_without_buttons_needs_no_address(carded: Bench) -> None:
    await carded.send(command(card=True, title="请看"))
    assert carded.platform.calls(REGISTER) == []
    assert "callbackType" not in carded.platform.body(CREATE_AND_DELIVER)


async def test_over_stream_no_address_is_told() -> None:
    async with serving() as (platform, http):
        bench = Bench(platform, http, message_card_template="m.schema", receive="stream")
        await bench.send(command(**ASKING))
        assert platform.calls(REGISTER) == []
        assert platform.body(CREATE_AND_DELIVER)["callbackType"] == "STREAM"
        assert "callbackRouteKey" not in platform.body(CREATE_AND_DELIVER)


async def test_where_presses_cannot_come_the_choices_are_words(carded: Bench) -> None:
    carded.client._callback_url = ""
    asking = command(**ASKING)
    assert not carded.client.idempotent(asking)
    assert await carded.send(asking) == Sent("key-1")
    assert json.loads(carded.platform.body(PRIVATE)["msgParam"])["text"] == "发吗？  \n回复 1 发送"


async def test_what_must_arrive_is_a_card_even_where_presses_cannot_come(carded: Bench) -> None:
    carded.client._callback_url = ""
    asking = command(**ASKING, must=True)
    assert carded.client.idempotent(asking)
    assert await carded.send(asking) == Sent("carrier-1")
    shown = carded.platform.body(CREATE_AND_DELIVER)
    assert shown["cardData"]["cardParamMap"]["body"] == "发吗？\n回复 1 发送"
    assert shown["cardData"]["cardParamMap"]["buttons"] == "[]"
    assert "callbackType" not in shown


async def test_where_the_address_is_refused_the_next_try_is_words(carded: Bench) -> None:
    denied = {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}
    carded.platform.will(REGISTER, Answer(403, denied))
    asking = command(**ASKING, session=carded.session())
    assert await carded.send(asking) == Refused(f"card.route.{denied['code']}", "retry")
    assert not carded.client.idempotent(asking)
    assert await carded.send(asking) == Sent("")
    assert carded.platform.body(SESSION)["markdown"]["text"] == "发吗？  \n回复 1 发送"
    assert carded.client.idempotent(command(card=True, title="x"))  # cards themselves are taken
    carded.clock.pass_by(3601)
    assert await carded.send(command(**ASKING)) == Sent("carrier-1")


async def test_an_address_that_got_lost_is_told_again(carded: Bench) -> None:
    carded.platform.will(REGISTER, Answer(how="reset"), Answer(429, {"code": "x"}))
    assert await carded.send(command(**ASKING)) == Refused("card.route.no_answer", "retry")
    assert await carded.send(command(**ASKING)) == Refused("x", "slow", 1.0)
    assert await carded.send(command(**ASKING)) == Sent("carrier-1")
    assert carded.platform.calls(CREATE_AND_DELIVER)[0][2]["outTrackId"] == "o1"


async def test_a_reply_without_a_card_goes_by_session_with_its_choices(carded: Bench) -> None:
    plain = command(**{**ASKING, "card": False}, session=carded.session())
    assert await carded.send(plain) == Sent("")
    assert "回复 1 发送" in carded.platform.body(SESSION)["markdown"]["text"]


async def test_an_outsider_is_sent_no_card(carded: Bench) -> None:
    asking = command(**ASKING, target=Private(""), session=carded.session())
    assert await carded.send(asking) == Sent("")
    assert await carded.send(command(**ASKING, target=Private(""))) == Refused("no_user_id", "recipient")


@pytest.mark.parametrize(
    "buttons",
    [
        tuple(CardButton(str(n), "好") for n in range(5)),
        tuple(CardButton("x" * 300, "好") for _ in range(4)),
    ],
)
async def test_too_many_buttons_are_words(carded: Bench, buttons: tuple[CardButton, ...]) -> None:
    assert card_data("", "好", buttons) is None
    assert await carded.send(command(**{**ASKING, "buttons": buttons})) == Sent("key-1")


def test_four_full_buttons_fit() -> None:
    buttons = tuple(CardButton("f" * 32, "字" * 20, enabled=False) for _ in range(4))
    data = card_data("预览", "字", buttons)
    assert data is not None
    assert len(data["buttons"].encode()) <= MAX_VALUE
    assert {one["label"] for one in json.loads(data["buttons"])} == {"字" * 12}


# -- updates

NEW_LOOK = UpdateCard("o9", "dingtalk/school", "o1", "预览", "已发送。", (CardButton("t", "撤回"),))


async def test_a_card_gets_a_new_look(carded: Bench) -> None:
    assert carded.client.idempotent(NEW_LOOK)
    assert carded.client.api(NEW_LOOK) == UPDATE
    carded.platform.will(UPDATE, Answer(body={"success": True, "result": True}))
    assert await carded.send(NEW_LOOK) == Sent("o1")
    assert carded.platform.body(UPDATE) == {
        "outTrackId": "o1",
        "cardData": {"cardParamMap": card_data("预览", "已发送。", NEW_LOOK.buttons)},
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "userIdType": 1,
    }
    assert carded.counted == [UPDATE]
    assert carded.platform.calls(REGISTER) == []


async def test_the_answer_to_a_press_is_the_same_look() -> None:
    body = answer_body("预览", "已发送。", NEW_LOOK.buttons)
    assert body["cardUpdateOptions"] == {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
    assert body["cardData"]["cardParamMap"] == card_data("预览", "已发送。", NEW_LOOK.buttons)
    assert set(body) == {"cardUpdateOptions", "cardData"}


async def test_a_look_that_does_not_fit_takes_the_buttons_away(carded: Bench) -> None:
    assert answer_body("", "字" * 3000, ())["cardData"] == {"cardParamMap": {"buttons": "[]"}}
    await carded.send(replace(NEW_LOOK, text="字" * 3000))
    assert carded.platform.body(UPDATE)["cardData"] == {"cardParamMap": {"buttons": "[]"}}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(400, {"code": "param.cardNotExist"}), Refused("param.cardNotExist", "recipient")),
        (Answer(400, {"code": "param.contentUnsafe"}), Refused("param.contentUnsafe", "content")),
        (Answer(500, {"code": "system.busy"}), Maybe("system.busy")),
        (Answer(200, {"success": False}), Refused("http200", "config")),
    ],
)
async def test_update_answers(carded: Bench, answer: Answer, outcome: Outcome) -> None:
    carded.platform.will(UPDATE, answer)
    assert await carded.send(NEW_LOOK) == outcome


# -- words on cards


@settings(max_examples=1000, derandomize=True, deadline=None, database=None)
@given(st.text(max_size=60), st.text(max_size=3000), st.lists(st.text(max_size=30), max_size=4))
def test_no_word_on_a_card_mentions_anybody(title: str, text: str, labels: list[str]) -> None:
    data = card_data(title, text, [CardButton("f" * 32, label) for label in labels])
    if data is None:
        return
    for value in data.values():
        assert "@" not in value
        assert len(value.encode()) <= 1024
    for one in json.loads(data["buttons"]):
        assert len(one["label"]) <= 12
        assert set(one) == {"id", "label", "enabled"}


def test_a_heading_the_words_bring_along_is_the_cards_heading() -> None:
    params = card_params("三(2)班速递", "【三(2)班 10月12日速递】\n表扬：小明扫地。")
    assert params is not None
    assert (params["title"], params["body"]) == ("【三(2)班 10月12日速递】", "表扬：小明扫地。")
    alone = card_params("三(2)班速递", "【三(2)班 10月12日速递】")
    assert alone is not None
    assert (alone["title"], alone["body"]) == ("三(2)班速递", "【三(2)班 10月12日速递】")


def test_words_in_long_lines_fit_as_well_as_words_in_short_ones() -> None:
    """A variable takes one such line and has half its room left: cut elsewhere, nothing is lost."""
    text = "\n".join("字" * 167 for _ in range(9))
    params = card_params("", text)
    assert params is not None
    pieces = [params[name] for name in PARAMS[1:]]
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(len(piece.encode()) <= MAX_VALUE for piece in pieces)
