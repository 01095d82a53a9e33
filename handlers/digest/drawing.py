"""The digest as a recipe for a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.context import Ctx
from handlers.digest import picture_texts, texts
from handlers.digest.desks import Sheet, teacher_name
from handlers.language.say import say_day, say_short_day
from handlers.reply import Drawn
from storage.digests import Kind

RECIPE = "digest"


def drawn(ctx: Ctx, sheet: Sheet, sections: Mapping[Kind, Sequence[str]]) -> Drawn:
    """The digest as a picture: its sections as they go to the group."""
    data: dict[str, Any] = {
        "class": sheet.of.name,
        "day": say_day(sheet.day),
        "teacher": teacher_name(ctx, sheet.of.id),
        "blocks": [
            {"kind": kind, "title": texts.KIND[kind], "items": [item.rstrip("。；; ") for item in items]}
            for kind, items in sections.items()
        ],
    }
    return Drawn(RECIPE, picture_texts.file_name(sheet.of.name, say_short_day(sheet.day)), data)
