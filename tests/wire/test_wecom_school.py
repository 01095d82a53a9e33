"""School notices: who gets them, whom they did not reach, and what is never in them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.command import Maybe, Outcome, Refused, Sent
from bot.wecom import school
from bot.wecom.school import Notice, Readers
from tests.wire.wecom_parents import Line, Said

NOTICE = Notice("班级小助手给您留了一句话", "点开就能看。", "https://school.example/h5/?n=1")


@pytest.mark.parametrize(
    ("readers", "shown"),
    [
        (Readers(parents=("p-1", "p-2")), {"to_parent_userid": ["p-1", "p-2"], "recv_scope": 0}),
        (Readers(pupils=("s-1",), scope=2), {"to_student_userid": ["s-1"], "recv_scope": 2}),
        (Readers(classes=("31",)), {"to_party": ["31"], "recv_scope": 0}),
    ],
)
async def test_to_parents_to_pupils_and_to_classes(readers: Readers, shown: dict[str, Any]) -> None:
    line = Line()
    assert await school.notify(line.core, readers, NOTICE) == Sent("", {})
    (body,) = line.notices
    assert {key: body[key] for key in body if key.startswith(("to_", "recv"))} == shown
    assert (body["agentid"], body["msgtype"], body["toall"]) == (7, "news", 0)


@pytest.mark.parametrize(
    ("said", "came"),
    [
        (Said("ok", data={"invalid_parent_userid": ["P-1"]}), Sent("", {"invalid_parents": ["P-1"]})),
        (Said("ok", data={"invalid_parent_userid": ["P-1", "p-2"]}), Refused("not_subscribed", "recipient")),
        (Said("ok", data={"invalid_parent_userid": None, "invalid_party": []}), Sent("", {})),
        (Said("recipient", "81013"), Refused("not_subscribed", "recipient")),
        (Said("config", "48002"), Refused("48002", "config")),
        (Said("config", "301002"), Refused("301002", "config")),
        (Said("slow", "45009", 60), Refused("45009", "slow", 60)),
        (Said("maybe", "no_answer"), Maybe("no_answer")),
    ],
)
async def test_what_comes_of_it(said: Said, came: Outcome) -> None:
    line = Line()
    line.will(school.SEND, said)
    assert await school.notify(line.core, Readers(parents=("p-1", "p-2")), NOTICE) == came


async def test_one_of_two_kinds_of_readers_is_enough() -> None:
    line = Line()
    line.will(school.SEND, Said("ok", data={"invalid_student_userid": ["s-1"]}))
    came = await school.notify(line.core, Readers(parents=("p-1",), pupils=("s-1",)), NOTICE)
    assert came == Sent("", {"invalid_pupils": ["s-1"]})


async def test_ids_have_no_case() -> None:
    line = Line()
    line.will(school.SEND, Said("ok", data={"invalid_parent_userid": ["p-anna"]}))
    came = await school.notify(line.core, Readers(parents=("P-Anna",)), NOTICE)
    assert came == Refused("not_subscribed", "recipient")


def test_the_platforms_sizes_are_kept_to() -> None:
    long = Notice("字" * 100, "字" * 400, "https://school.example/h5/")
    (article,) = school.body_of(7, Readers(parents=("p",)), long)["news"]["articles"]
    assert len(article["title"].encode()) <= 128
    assert len(article["description"].encode()) <= 512


@pytest.mark.parametrize(("parents", "classes"), [((), ()), (("p",) * 1001, ()), (("p",), ("c",) * 101)])
def test_nobody_and_too_many(parents: tuple[str, ...], classes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"nobody|too many"):
        Readers(parents=parents, classes=classes)


async def test_the_picture_to_scan() -> None:
    line = Line()
    data = {"qrcode_big": "https://b", "qrcode_middle": "https://m", "qrcode_thumb": "https://t"}
    line.will(school.QR_CODE, Said("ok", data=data), Said("ok"), Said("config", "48002"))
    assert await school.subscribe_qr_code(line.core) == "https://m"
    assert await school.subscribe_qr_code(line.core) == Refused("no_url", "retry")
    assert await school.subscribe_qr_code(line.core) == Refused("48002", "config")
