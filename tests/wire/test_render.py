"""Pictures from a real process: what is on them, and what happens when the process does not do its work."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.drawing import digest, fonts, layout
from bot.drawing.fonts import Fonts
from bot.drawing.layout import SOFT, Canvas, Style, drawable, set_text
from bot.drawing.texts import NOT_FIRST, NOT_LAST
from bot.render import NotDrawn, Renderer
from tests.wire import drawings

ROOT = Path(__file__).parents[2]
RARE = "䶮㛃𬭊𫖯𣸣"
URL = "https://www.example.com/activities/2026/autumn/field-trip?class=302&form=sign-up-for-all"
TEXT = Style(50, 80)
WIDTH = 868.0


def _data(*items: str, **changed: Any) -> dict[str, Any]:
    half = len(items) // 2
    return {
        "class": "三(2)班",
        "day": "10月12日（周一）",
        "teacher": "王老师",
        "blocks": [
            {"kind": "praise", "title": "表扬", "items": list(items[:half])},
            {"kind": "reminder", "title": "提醒", "items": list(items[half:])},
        ],
    } | changed


TWELVE = (
    "数学课学了两位数乘法，课堂上每个小组都上台讲了自己的算法",
    "下午大扫除，图书角重新整理好了",
    "小明主动扫了地",
    "乐乐和林小满一起帮新同学搬书、擦桌子，还教他怎么用借书卡",
    "豆豆讲了《西游记》里“三打白骨精”的故事（12:10–12:40）",
    f"赵{RARE[0]}、钱{RARE[1]}、孙{RARE[2]}、李{RARE[3]}、周{RARE[4]}一起浇花",
    "明天10月13日（周二）带跳绳、水彩笔（12色）和一张A4纸",
    "10月14日（周三）16:00–16:20家长会，请从东门进",
    f"研学报名：{URL}",
    "天气转凉，早晚加一件外套；感冒的同学请戴口罩",
    "「跳绳」「毽子」「沙包」各带一样就行",
    "交回执。",
)


@pytest.fixture(scope="module")
def found() -> Fonts:
    return fonts.find(None)


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    made = Renderer(None)
    yield made
    await made.stop()


def _extremes(image: Image.Image) -> tuple[int, int]:
    values = image.convert("L").tobytes()
    return min(values), max(values)


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


async def test_a_digest_is_a_small_picture(renderer: Renderer) -> None:
    data = await renderer.draw("digest", _data(*TWELVE))
    image = _opened(data)
    assert image.format == "PNG"
    assert image.width == 1080
    assert image.height > 1500
    assert len(data) < 300_000
    darkest, lightest = _extremes(image)
    assert darkest < 60  # ink
    assert lightest == 255  # paper
    assert "PIL" not in _modules_of_a_service()


def _child(renderer: Renderer) -> int | None:
    return renderer.child


def _modules_of_a_service() -> str:
    look = "import sys, bot.app, bot.render, bot.media; print('PIL' if 'PIL' in sys.modules else '')"
    return subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True).stdout


async def test_nothing_touches_the_margins(renderer: Renderer) -> None:
    """Where no text may be, there is paper or the ground of the reminders."""
    image = _opened(await renderer.draw("digest", _data(*TWELVE))).convert("L")
    for left, right in ((0, 38), (1042, 1080)):
        edge = image.crop((left, 24, right, image.height))  # below the bar
        assert _extremes(edge) == (255, 255)
    assert _extremes(image.crop((46, 24, 80, image.height)))[0] > 225


async def test_a_killed_process_is_replaced(renderer: Renderer) -> None:
    await renderer.draw("digest", _data("小明扫地"))
    assert renderer.child is not None
    before = renderer.child
    os.kill(before, signal.SIGKILL)
    assert _opened(await renderer.draw("digest", _data("小明扫地"))).width == 1080
    assert renderer.child not in (None, before)


async def test_two_deaths_are_said() -> None:
    renderer = Renderer(None, work=drawings.die)
    with pytest.raises(NotDrawn) as caught:
        await renderer.draw("digest", {})
    assert caught.value.code == "broken"
    await renderer.stop()


async def test_a_drawing_that_hangs_is_given_up() -> None:
    renderer = Renderer(None, deadline_s=0.2, work=drawings.hang)
    with pytest.raises(NotDrawn) as caught:
        await renderer.draw("hang", {})
    assert caught.value.code == "late"
    assert _child(renderer) is None
    renderer._deadline_s = 20.0
    assert int(await renderer.draw("ok", {})) == renderer.child
    await renderer.stop()


async def test_stop_does_not_wait_for_a_drawing() -> None:
    renderer = Renderer(None, work=drawings.hang)
    await renderer.draw("ok", {})
    under_way = asyncio.create_task(renderer.draw("hang", {}))
    await asyncio.sleep(0)
    await renderer.stop()
    with pytest.raises(NotDrawn) as caught:
        await under_way
    assert caught.value.code == "stopped"
    with pytest.raises(NotDrawn):
        await renderer.draw("ok", {})


async def test_an_idle_process_is_let_go() -> None:
    renderer = Renderer(None, idle_s=0.0, work=drawings.hang)
    first = await renderer.draw("ok", {})
    for _turn in range(2):  # the timer's turn comes
        await asyncio.sleep(0)
    assert _child(renderer) is None
    assert await renderer.draw("ok", {}) != first
    await renderer.stop()


async def test_nothing_is_loaded_before_the_first_drawing() -> None:
    renderer = Renderer(None, work=drawings.loaded)
    assert _child(renderer) is None
    assert await renderer.draw("x", {}) == b""
    await renderer.stop()


@pytest.mark.parametrize(
    ("recipe", "data", "code"),
    [
        ("postcard", {}, "no_recipe"),
        ("digest", {"class": "三(2)班"}, "bad_data"),
        ("digest", _data(*["很长" * 150] * 40), "too_tall"),
    ],
    ids=["no recipe", "bad data", "too tall"],
)
async def test_what_cannot_be_drawn(renderer: Renderer, recipe: str, data: dict[str, Any], code: str) -> None:
    with pytest.raises(NotDrawn) as caught:
        await renderer.draw(recipe, data)
    assert caught.value.code == code


async def test_a_fault_says_nothing_of_what_was_drawn(caplog: pytest.LogCaptureFixture) -> None:
    renderer = Renderer(None, work=drawings.fail)
    with pytest.raises(NotDrawn) as caught:
        await renderer.draw("digest", {})
    assert caught.value.code == "fault"
    assert caught.value.__cause__ is None
    assert "林小满" not in caplog.text
    await renderer.stop()


def test_the_process_does_not_outlive_a_killed_service() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from bot.render import Renderer\n"
        "from tests.wire import drawings\n"
        "async def main():\n"
        "    r = Renderer(None, work=drawings.hang)\n"
        "    await r.draw('ok', {})\n"
        "    print(r.child, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
    )
    # Both pipes were the child's, too: that run() came back says that nobody holds them any more.
    assert killed.returncode == -signal.SIGKILL
    assert int(killed.stdout) > 0


# What stands where, before it is drawn


def _drawn(canvas: Canvas) -> str:
    return "".join(placed.line.text for placed in canvas.lines)


def _bare(text: str) -> str:
    return "".join(text.split())


def test_no_character_is_lost(found: Fonts) -> None:
    drawn = _bare(_drawn(digest.page(_data(*TWELVE), found)))
    for item in TWELVE:
        assert _bare(item) in drawn
    for said in ("三(2)班", "10月12日（周一）", "表扬", "提醒", "小助手整理·王老师"):
        assert said in drawn


def test_every_glyph_is_inside_its_column(found: Fonts) -> None:
    canvas = digest.page(_data(*TWELVE), found)
    right = digest.WIDTH - digest.MARGIN
    for placed in canvas.lines:
        for run in placed.line.runs:
            box = run.face.at(placed.style.size).getbbox(run.text, anchor="ls")
            assert placed.x + run.x + box[0] >= digest.MARGIN - 1, placed.line.text
            assert placed.x + run.x + box[2] <= right + 1, placed.line.text
        assert placed.y + placed.style.size / 2 < canvas.y


def test_lines_do_not_lie_on_each_other(found: Fonts) -> None:
    placed = digest.page(_data(*TWELVE), found).lines
    for above, below in itertools.pairwise(placed):
        assert below.y - above.y >= (above.style.size + below.style.size) / 2


@pytest.mark.parametrize("width", [230, 310, 415, 523, 868])
def test_marks_stand_where_they_may(found: Fonts, width: int) -> None:
    for item in TWELVE:
        for line in set_text(item, found, TEXT, width):
            assert line.text[0] not in NOT_FIRST, line.text
            assert line.text[-1] not in NOT_LAST, line.text
            assert line.width <= width


@pytest.mark.parametrize("width", [310, 415, 523, 868])
def test_numbers_keep_their_units(found: Fonts, width: int) -> None:
    lines = [line.text for line in set_text("家长会改到10月14日（周三）16:00在三(2)班", found, TEXT, width)]
    for whole in ("10月14日", "16:00", "三(2)班"):
        assert any(whole in line for line in lines), lines


def test_words_stay_whole_and_addresses_break_behind_their_marks(found: Fonts) -> None:
    lines = [line.text for line in set_text("我们用ClassBridge看通知", found, TEXT, 400)]
    assert any("ClassBridge" in line for line in lines)
    lines = [line.text for line in set_text(URL, found, TEXT, 868)]
    assert "".join(lines) == URL
    assert len(lines) > 1
    assert all(line[-1] in "/?&=-._" for line in lines[:-1])


def test_no_line_is_left_with_one_character(found: Fonts) -> None:
    text = "今天的速递里写了十八个字再多出一个尾"
    width = TEXT.size * 16.2
    lines = set_text(text, found, TEXT, width)
    assert len(lines) == 2
    assert len(lines[-1].text) >= 3


@pytest.mark.parametrize("character", RARE)
def test_rare_names_are_drawn_as_they_are(found: Fonts, character: str) -> None:
    assert drawable(character, found) == character
    [line] = set_text(character, found, TEXT, WIDTH)
    box = line.runs[0].face.at(50).getmask(character).getbbox()
    missing = line.runs[0].face.at(50).getmask("\U000ffffd").getbbox()
    assert box is not None
    assert box != missing


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("真棒👍🏻", "真棒[赞]"),
        ("⭐️", "⭐" if fonts.find(None).regular[-1].has("⭐") else "★"),
        ("\U00030000", "〓"),
        ("a\u200b\u202eb\x07c", "abc"),
        ("一\n二\t三", "一 二 三"),
        ("e\u0301", "é"),
        ("ﬁ", "ﬁ"),
    ],
)
def test_what_no_font_has_is_replaced(found: Fonts, said: str, shown: str) -> None:
    assert drawable(said, found) == shown


def test_chinese_beside_latin_gets_air_and_dates_do_not(found: Fonts) -> None:
    def width(text: str) -> float:
        [line] = set_text(text, found, TEXT, WIDTH)
        return line.width

    apart = width("看A") - width("看") - width("A")
    assert apart == pytest.approx(TEXT.size / 10, abs=1)
    assert width("10月") - width("10") - width("月") == pytest.approx(0, abs=1)
    assert width("）。") == pytest.approx(TEXT.size * 1.5, abs=2)


def test_words_on_paper_can_be_read_in_grey() -> None:
    """Contrast of at least 4.5 : 1, the ratio WCAG asks of text."""
    ground = layout.tint(digest.ACCENT, 0.08)
    for ink in (layout.INK, SOFT, digest.ACCENT):
        for paper in (layout.PAPER, ground):
            assert _contrast(ink, paper) >= 4.5


def _contrast(one: layout.Colour, other: layout.Colour) -> float:
    def light(colour: layout.Colour) -> float:
        parts = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = max(light(one), light(other)), min(light(one), light(other))
    return (brighter + 0.05) / (darker + 0.05)


def test_a_named_font_comes_first(tmp_path: Path, found: Fonts) -> None:
    named = tmp_path / "named.otf"
    named.write_bytes(next(face for face in found.regular if face.index == 0).path.read_bytes())
    assert fonts.find(named).regular[0].path == named


@pytest.mark.parametrize("held", [b"", b"no font at all", b"ttcf\0\0"])
def test_a_broken_font_is_passed_over(tmp_path: Path, found: Fonts, held: bytes) -> None:
    named = tmp_path / "named.ttf"
    named.write_bytes(held)
    assert fonts.find(named).regular == found.regular
