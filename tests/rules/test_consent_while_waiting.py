"""A family takes its word back while a post waits in a limit: what goes out no longer names its child."""

from __future__ import annotations

from handlers import router
from handlers.reply import Outcome, Reply, Subject
from tests.rules.classroom import Classroom


def _wanted(room: Classroom, feature: str, post: Reply) -> bool:
    assert post.subject is not None
    subject: Subject = post.subject
    return room.store.read(lambda db: router.wanted(db, feature, subject)).result()


def _withdrawn(room: Classroom, feature: str, post: Reply) -> list[Reply]:
    """What the sender reports of a row that is not wanted any more, and what is decided then."""
    to_class = getattr(post.to, "class_id", None)
    gone = Outcome("row", "withdrawn", "withdrawn", post.thing, post.text, None, to_class)
    return room.hear(feature, gone)


def test_a_digest_goes_out_without_the_name(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "发送")
    (post,) = room.posts
    assert "小明" in post.text
    assert _wanted(room, "digest", post)
    room.consent("小明妈妈", given=False)
    assert not _wanted(room, "digest", post)
    (again,) = _withdrawn(room, "digest", post)
    assert "小明" not in again.text
    assert "有同学主动扫了地" in again.text
    assert _wanted(room, "digest", again)


def test_somebody_elses_word_changes_nothing(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "发送")
    (post,) = room.posts
    room.consent("乐乐妈妈", given=False)
    assert _wanted(room, "digest", post)


def test_what_is_in_the_group_is_not_posted_again(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "发送")
    (post,) = room.posts
    room.ended(post, "sent")
    room.consent("小明妈妈", given=False)
    assert _withdrawn(room, "digest", post) == []


def test_stars_go_out_without_the_name(room: Classroom) -> None:
    room.at("2026-10-15T10:00")
    room.say("王老师", "小明评劳动之星，主动扫地")
    room.say("王老师", "这周的每周之星")
    room.say("王老师", "就这些")
    room.at("2026-10-15T16:49")
    room.due()
    (post,) = room.posts
    assert "小明" in post.text
    assert _wanted(room, "stars", post)
    room.consent("小明妈妈", given=False)
    assert not _wanted(room, "stars", post)
    (again,) = _withdrawn(room, "stars", post)
    assert "小明" not in again.text
    assert _wanted(room, "stars", again)


def test_a_report_goes_out_without_the_name(room: Classroom) -> None:
    room.say("王老师", "表扬小明主动扫了地")
    room.say("王老师", "发送")
    room.ended(room.posts[-1], "sent")
    room.at("2026-10-13T10:00")
    room.say("王老师", "周报")
    room.say("王老师", "周报就这样发")
    room.at("2026-10-13T16:55")
    room.due()
    post = room.posts[-1]
    assert "表扬：小明主动扫了地" in post.text
    assert _wanted(room, "reports", post)
    room.consent("小明妈妈", given=False)
    assert not _wanted(room, "reports", post)
    (again,) = _withdrawn(room, "reports", post)
    assert "小明" not in again.text
    assert _wanted(room, "reports", again)
    assert "小明" not in room.say("小明妈妈", "周报")
