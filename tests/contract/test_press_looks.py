"""What two presses in one moment leave to be sent: a card shows its last look, a page says both answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.budget import Budget
from bot.lanes import Home, Lanes, Origin
from bot.letters import Post
from config.ids import new_id
from handlers.context import Ctx
from handlers.message import Chat, Identity, Message
from handlers.reply import Asker, Reply
from handlers.router import Press
from storage import numbers, outbox, people, schools
from storage.engine import Db, Store
from storage.seed import import_school
from tests.contract.invented import CORP, MONDAY, Ids, document

NOW = datetime(2026, 10, 12, 4, tzinfo=UTC)
USER = "g-2-0-m"
CARD = "c" * 32


class _Platform:
    """Takes everything."""

    def bucket_names(self, _command: object) -> tuple[()]:
        return ()

    def idempotent(self, _command: object) -> bool:
        return True


def _press(db: Db, post: Post, platform: str, said: str) -> None:
    person = people.by_identity(db, "dingtalk_user", CORP, USER)
    assert person is not None
    ctx = Ctx(db, NOW, schools.all_schools(db)[0], person, (), new_id)
    offer = numbers.give(db, new_id, NOW.date(), person.id, "relay", "which", "w1", said, said)
    given = numbers.by_token(db, offer.token)
    assert given is not None
    chat = Chat(platform, "school", "private", "")
    message = Message(new_id(), chat, Identity("dingtalk_user", CORP, USER), "", "text", "", NOW)
    post.press(ctx, Press(given, [("relay", Reply(Asker(), said))]), CARD, Origin(message, None))


@pytest.mark.parametrize(("platform", "left"), [("dingtalk", ["乙"]), ("page", ["甲", "乙"])])
def test_of_two_looks(store: Store, platform: str, left: list[str]) -> None:
    store.run(lambda db: import_school(db, document(2, 2), Ids(), MONDAY)).result()
    platforms = cast("Any", {f"{platform}/school": _Platform()})
    post = Post(platforms, Lanes({CORP: Home("dingtalk", "school")}), Budget({}), cast("Any", None))
    for said in ("甲", "乙"):
        store.run(lambda db, said=said: _press(db, post, platform, said)).result()  # type: ignore[misc]

    def unsent(db: Db) -> list[str]:
        rows = db.conn.execute(outbox.outbox.select().order_by(outbox.outbox.c.id)).all()
        found = [outbox.find(db, row.id) for row in rows if row.state == outbox.NEW]
        return [row.payload["text"][-1] for row in found if row is not None]

    assert store.run(unsent).result() == left
