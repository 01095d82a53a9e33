"""Cards: what must arrive, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.command import Maybe, Outcome, Refused, Sent
from bot.dingtalk.cards import CREATE_AND_DELIVER, MAX_VALUE, PARAMS, card_params
from bot.dingtalk.client import GROUP
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


async def test_unsafe_words_are_not_tried_again_as_markdown(carded: Bench) -> None:
    carded.platform.will(CREATE_AND_DELIVER, Answer(400, {"code": "param.contentUnsafe"}))
    refused = Refused("param.contentUnsafe", "content")
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
