"""Pictures that were looked at once, kept small and grey; what is drawn now must look the same.

``python -m tests.rules.test_reference_pictures`` draws them anew: look at each before you commit it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from pylopdf_fonts_zh_cn import sans_path

from bot.drawing import make

FOLDER = Path(__file__).parent / "pictures"
WIDTH = 270
"""px; a quarter: what another version of a font library moves by a hair stays the same."""
TOLERANCE = 1.0
"""Of 255, on average. Another name on a poster makes more than that, see below."""
WEEK = "10月12日–10月16日"


def _poster(*stars: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"dimension": f"{kind}之星", "name": name, "deed": deed} for kind, name, deed in stars]
    return {"title": "每周之星", "class": "三(2)班", "week": WEEK, "teacher": "王老师", "stars": listed}


_THREE = (
    ("劳动", "林小满", "留下来擦讲台"),
    ("友爱", "有同学", "扶同学去医务室"),
    ("进步", "小明", "每天按时交作业，字也比上个月端正，遇到不会的题会先自己想一想再来问老师"),
)
_EIGHT = tuple(
    (kind, name, "主动做了一件好事")
    for kind, name in zip(
        ("劳动", "友爱", "进步", "阅读", "文明", "运动", "诚信", "守纪"),
        ("李明", "林小满", "欧阳明月", "买买提·阿卜杜拉", "王可乐", "有同学", "周子涵", "何一诺"),
        strict=True,
    )
)
_REPORT = {
    "label": "班级周报",
    "class": "三(2)班",
    "day": WEEK,
    "teacher": "王老师",
    "blocks": [
        {"kind": "news", "title": "要闻", "items": ["周一 升旗仪式上我们班领操", "周四 科学课种下了豌豆"]},
        {"kind": "praise", "title": "表扬", "items": ["小明主动扫了地", "有同学扶同学去医务室"]},
        {"kind": "reminder", "title": "接下来", "items": ["10月23日（周五） 秋游，自带午餐和水"]},
    ],
}
_CERTIFICATE = {
    "title": "喜报",
    "class": "三(2)班 每周之星",
    "name": "林小满",
    "dimension": "劳动之星",
    "deed": "留下来擦讲台，还帮值日生把椅子一把一把摆整齐",
    "week": WEEK,
    "teacher": "王老师",
}
PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "poster-1": ("poster", _poster(("劳动", "林小满", "留下来擦讲台"))),
    "poster-3": ("poster", _poster(*_THREE)),
    "poster-8": ("poster", _poster(*_EIGHT)),
    "poster-unnamed": ("poster", _poster(("友爱", "有同学", "扶同学去医务室"), ("劳动", "有同学", ""))),
    "certificate": ("certificate", _CERTIFICATE),
    "report": ("digest", _REPORT),
}


def _drawn(recipe: str, data: dict[str, Any]) -> Image.Image:
    """As it looks with the font that is installed with us, small and grey."""
    picture = Image.open(io.BytesIO(make(recipe, data, str(sans_path())))).convert("L")
    height = round(picture.height * WIDTH / picture.width)
    return picture.resize((WIDTH, height), Image.Resampling.BOX)


def _apart(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures of one size are apart on average, of 255."""
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_it_did(name: str) -> None:
    now, kept = _drawn(*PICTURES[name]), Image.open(FOLDER / f"{name}.png").convert("L")
    assert now.size == kept.size
    assert _apart(now, kept) < TOLERANCE


def test_another_name_is_seen() -> None:
    kept = Image.open(FOLDER / "poster-1.png").convert("L")
    other = _drawn("poster", _poster(("劳动", "欧阳明月", "留下来擦讲台")))
    assert other.size == kept.size
    assert _apart(other, kept) > TOLERANCE


def main() -> int:
    """Draw them all anew."""
    for name, (recipe, data) in PICTURES.items():
        _drawn(recipe, data).save(FOLDER / f"{name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
