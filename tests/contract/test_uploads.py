"""What was uploaded: many may upload the same bytes at once, and each is served."""

from __future__ import annotations

from datetime import timedelta

from storage import uploads
from storage.engine import Db
from tests.contract.conftest import World
from tests.contract.invented import MONDAY
from tests.contract.test_nouns import at_once

DIGEST = "d" * 64


def test_the_same_bytes_uploaded_by_many_at_once(world: World) -> None:
    def put(db: Db) -> bool:
        uploads.put(db, world.new_id, "school", DIGEST, "media-1", MONDAY)
        return True

    assert all(at_once(world, put))
    assert world.run(lambda db: uploads.find(db, "school", DIGEST, MONDAY)) == "media-1"


def test_a_later_upload_takes_the_place_of_an_earlier_one(world: World) -> None:
    later = MONDAY + timedelta(days=3)
    world.run(lambda db: uploads.put(db, world.new_id, "school", DIGEST, "media-1", MONDAY))
    world.run(lambda db: uploads.put(db, world.new_id, "school", DIGEST, "media-2", later))
    assert world.run(lambda db: uploads.find(db, "school", DIGEST, later)) == "media-2"
