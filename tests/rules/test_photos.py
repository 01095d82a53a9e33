"""Photos of a digest: asked about, posted after the words, held back and taken back with them."""

from __future__ import annotations

import pytest

from handlers.message import Attachment
from handlers.photos import words
from handlers.photos.beside import NAME, THING
from handlers.reply import Kept, Outcome, Subject, Thing
from storage import access, classes, consent, digest_photos, digests, people, schools
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom

PICTURE = (Attachment("picture", "code-1"),)
NOTE = "要闻：科学课种下了豌豆"


def _photo(room: Classroom, *, fetched: bool = True) -> str:
    """The teacher sends a picture and wants it in; returns what is said."""
    room.say("王老师", "", kind="picture", attachments=PICTURE)
    fetch = room.fetches[-1]
    if fetched:
        room.fetched(fetch)
    return room.say("王老师", "放进速递")


def test_it_follows_the_words(room: Classroom) -> None:
    room.say("王老师", NOTE)
    assert _photo(room).startswith("放好了：10月12日的速递，共 1 张照片。")
    assert "（带 1 张照片）" in room.say("王老师", "看一下")
    room.say("王老师", "发送")
    (text,) = room.posts
    assert "豌豆" in text.text
    room.ended(text, "sent")
    _, photo = room.posts
    assert photo.file == Kept(room.fetches[-1].medium_id)
    assert (photo.text, photo.owner) == ("", NAME)


def test_what_has_not_come_stays_away(room: Classroom) -> None:
    room.say("王老师", NOTE)
    _photo(room, fetched=False)
    room.say("王老师", "发送")
    room.ended(room.posts[0], "sent")
    assert [post.file for post in room.posts] == [None]


def test_no_words_no_photo(room: Classroom) -> None:
    room.say("王老师", NOTE)
    _photo(room)
    room.say("王老师", "发送")
    room.ended(room.posts[0], "refused", "gone")
    assert [post.file for post in room.posts] == [None]
    room.say("王老师", "重发")
    room.ended(room.posts[-1], "sent")
    room.ended(room.posts[1], "sent")  # told twice, posted once
    assert [post.file is not None for post in room.posts] == [False, False, True]


def test_a_photo_that_cannot_be_fetched_is_said_and_left_out(room: Classroom) -> None:
    room.say("王老师", NOTE)
    _photo(room, fetched=False)
    fetch = room.fetches[-1]
    failed = Outcome("row", "refused", "gone", fetch.thing, "", None, None, "fetch")
    (told,) = room.hear(NAME, failed)
    assert told.text.startswith("有一张照片没取到")
    assert "照片" not in room.say("王老师", "看一下")
    assert room.hear(NAME, failed) == []


def test_words_beside_a_picture_are_a_note(room: Classroom) -> None:
    said = room.say("王老师", NOTE, kind="richtext", attachments=PICTURE)
    assert "记下了（要闻）" in said
    assert "这张照片放进速递" in said


def test_who_has_not_agreed_is_named_while_few(room: Classroom) -> None:
    assert "还没有家庭同意用照片" in room.say("王老师", "", kind="picture", attachments=PICTURE)

    def agree(db: Db) -> None:
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        assert mother is not None
        child = access.children_of(db, mother.id)[0]
        consent.put(db, room.new_id, room.now, mother.id, child.id, consent.PHOTO, True)

    room.store.run(agree).result()
    said = room.say("王老师", "", kind="picture", attachments=PICTURE)
    assert "只有小明同意用照片" in said or "没同意用照片的" in said
    assert "还没有家庭" not in said


def test_three_are_enough(room: Classroom) -> None:
    for _ in range(3):
        _photo(room)
    assert _photo(room).startswith("一条速递最多 3 张照片")


def test_where_the_teacher_confirms_there_is_room_for_one(room: Classroom) -> None:
    room.group_is("broadcast")
    room.say("王老师", NOTE)
    _photo(room)
    assert _photo(room).startswith("您的班级群一条消息只带一张照片")
    room.say("王老师", "发送")
    (post,) = room.posts
    assert post.file == Kept(room.fetches[0].medium_id)


def test_where_only_people_post_the_teacher_gets_them(room: Classroom) -> None:
    room.group_is("forward")
    room.say("王老师", NOTE)
    _photo(room)
    room.say("王老师", "发送")
    assert Kept(room.fetches[0].medium_id) in [reply.file for reply in room.answers]


def _still_wanted(room: Classroom) -> bool:
    def look(db: Db) -> bool:
        of = next(
            one for one in classes.of_school(db, schools.all_schools(db)[0].id) if one.name == "三(2)班"
        )
        digest = digests.for_day(db, of.id, room.now.date())
        assert digest is not None
        (photo,) = digest_photos.of_digest(db, digest.id)
        from handlers.photos.feature import FEATURE

        return FEATURE.checks[THING](db, Subject(THING, photo.id))

    return room.store.read(look).result()


def test_a_digest_that_is_held_back_takes_its_photos_along(room: Classroom) -> None:
    room.say("王老师", NOTE)
    _photo(room)
    assert not _still_wanted(room)
    room.say("王老师", "发送")
    assert _still_wanted(room)
    room.ended(room.posts[0], "sent")
    assert _still_wanted(room)  # the words are there, the photo is on its way
    room.say("王老师", "撤回")
    room.say("王老师", "撤回")
    things = [act.thing.kind for act in room.taken_back]
    assert things == ["digest", THING]


def test_a_photo_that_did_not_arrive_is_told(room: Classroom) -> None:
    room.say("王老师", NOTE)
    _photo(room)
    room.say("王老师", "发送")
    room.ended(room.posts[0], "sent")
    photo = room.posts[-1]
    assert photo.thing is not None
    failed = Outcome("row", "refused", "file.size", Thing(THING, photo.thing.id), "", None, "class")
    (told,) = room.hear(NAME, failed)
    assert told.text == "三(2)班的照片没发到群里，文字不受影响。要补就自己转一张。"


@pytest.mark.parametrize("line", ["速递去掉照片", "照片不要了", "删掉那张照片", "速递里的图片都去掉吧"])
def test_words_that_take_them_out(line: str) -> None:
    assert words.REMOVE.fullmatch(line)


@pytest.mark.parametrize("line", ["提醒：明天带一寸照片", "照片什么时候发", "不要带照片"])
def test_words_that_do_not(line: str) -> None:
    assert not words.REMOVE.fullmatch(line)
