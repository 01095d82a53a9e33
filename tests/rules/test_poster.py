"""The weekly stars' poster: everything inside the margins, one to eight stars, the same bytes each time."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from bot.drawing import Undrawable, certificate, make, poster
from bot.drawing.fonts import find
from bot.drawing.layout import PAPER, tint

STAR = {"dimension": "劳动之星", "name": "小明", "deed": "留下来擦讲台"}


def _data(*stars: dict[str, str]) -> dict[str, Any]:
    week = "10月12日–10月16日"
    return {"title": "每周之星", "class": "三(2)班", "week": week, "teacher": "王老师", "stars": list(stars)}


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_each_star_adds_its_own_height(count: int) -> None:
    held = make("poster", _data(*[STAR] * count), "")
    image = Image.open(io.BytesIO(held))
    assert image.width == poster.WIDTH
    one = poster.page(_data(STAR), find(None)).y
    two = poster.page(_data(STAR, STAR), find(None)).y
    assert image.height == round(one + (count - 1) * (two - one))


def test_long_words_stay_inside_and_on_their_ground() -> None:
    long = {"dimension": "劳动之星", "name": "买买提·阿卜杜拉·吐尔逊㛃", "deed": "好" * 40}
    canvas = poster.page(_data(long, STAR | {"deed": ""}), find(None))
    for placed in canvas.lines:
        width = sum(run.face.at(placed.style.size).getlength(run.text) for run in placed.line.runs)
        assert placed.x >= poster.MARGIN
        assert placed.x + width <= poster.WIDTH - poster.MARGIN + 1
    grounds = [box for box in canvas.boxes if box.radius]
    assert len(grounds) == 2
    assert grounds[0].bottom < grounds[1].top


def test_it_reads_in_grey() -> None:
    ground = tint(poster.ACCENT, 0.07)
    for colour, behind in ((poster.ACCENT, ground), (poster.ACCENT, PAPER)):
        light, dark = sorted((_light(colour), _light(behind)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def _light(colour: tuple[int, int, int]) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    red, green, blue = (channel(value) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_same_week_gives_the_same_bytes() -> None:
    assert make("poster", _data(STAR), "") == make("poster", _data(STAR), "")


def test_what_is_missing_is_said() -> None:
    with pytest.raises(Undrawable, match="bad_data"):
        make("poster", {"title": "每周之星"}, "")


@pytest.mark.parametrize("name", ["李明", "林小满", "欧阳明月", "买买提·阿卜杜拉·吐尔逊㛃"])
@pytest.mark.parametrize("deed", ["", "好" * 40])
def test_a_certificate_keeps_inside_its_frame(name: str, deed: str) -> None:
    data = {
        "title": "喜报", "class": "三(2)班 每周之星", "name": name, "dimension": "劳动之星", "deed": deed,
        "week": "10月12日–10月16日", "teacher": "王老师",
    }  # fmt: skip
    canvas = certificate.page(data, find(None))
    for placed in canvas.lines:
        assert placed.x >= certificate.MARGIN - 1
        assert placed.x + placed.line.width <= certificate.WIDTH - certificate.MARGIN + 1
        assert abs(placed.x + placed.line.width / 2 - certificate.WIDTH / 2) <= 1
    assert "〓" not in "".join(placed.line.text for placed in canvas.lines)
    assert make("certificate", data, "") == make("certificate", data, "")
