"""The photos a digest takes along."""

from __future__ import annotations

from handlers.broadcast import Photo
from handlers.context import Ctx
from handlers.reply import Thing
from storage import digest_photos, media
from storage.sealing import KeyGone

NAME = "photos"
THING = "digest_photo"


def of_digest(ctx: Ctx, digest_id: str) -> tuple[Photo, ...]:
    """Those whose bytes are here, in order."""
    return tuple(
        Photo(one.medium_id, Thing(THING, one.id), NAME)
        for one in digest_photos.of_digest(ctx.db, digest_id)
        if _is_here(ctx, one.medium_id)
    )


def _is_here(ctx: Ctx, medium_id: str) -> bool:
    try:
        medium = media.get(ctx.db, medium_id)
    except KeyGone:
        return False
    return medium is not None and medium.fetched_at is not None
