"""Pictures from recipes. Loaded in the drawing process only: Pillow has no place in the service itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.drawing import certificate, digest, poster, sheet
from bot.drawing.fonts import Fonts, NoFont, find
from bot.drawing.layout import TooTall

RECIPES: dict[str, Callable[[Mapping[str, Any], Fonts], bytes]] = {
    "certificate": certificate.draw,
    "digest": digest.draw,
    "poster": poster.draw,
    "sheet": sheet.draw,
}
"""What can be drawn, by name."""

_found = cache(find)


class Undrawable(Exception):
    """It cannot be drawn: ``no_recipe``, ``no_font``, ``too_tall`` or ``bad_data``."""


def make(recipe: str, data: Mapping[str, Any], font: str) -> bytes:
    """Draw a recipe.

    Args:
        recipe: A name of :data:`RECIPES`.
        data: What is on it.
        font: A font file to prefer, or empty.

    Raises:
        Undrawable: See there; drawing it again will not help.
    """
    draw = RECIPES.get(recipe)
    if draw is None:
        raise Undrawable("no_recipe")
    try:
        return draw(data, _found(Path(font) if font else None))
    except NoFont:
        raise Undrawable("no_font") from None
    except TooTall:
        raise Undrawable("too_tall") from None
    except (KeyError, TypeError, AttributeError):
        raise Undrawable("bad_data") from None
