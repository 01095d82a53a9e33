"""Pictures, voices, videos and files from a parent to the teacher: what each reads at each moment."""

from __future__ import annotations

import pytest

from handlers.message import Attachment, MessageKind
from handlers.relay import texts
from handlers.relay.attachments import FILE, RECORDING
from handlers.reply import Kept
from storage import access, contact_log, media, people
from storage.access import System
from storage.engine import Db
from tests.contract.invented import CORP
from tests.rules.classroom import IDS, Classroom
from tests.rules.test_relay import _second_child

PICTURE = (Attachment("picture", "code-1"),)
NUMBERED = "\n回复「1 加您的话」，就发给小明妈妈。"


def _log(room: Classroom) -> list[str]:
    def look(db: Db) -> list[str]:
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        assert mother is not None
        child = access.children_of(db, mother.id)[0]
        log = contact_log.timeline(db, System("test"), child.id)
        assert isinstance(log, tuple)
        return [entry.content for entry in log]

    return room.store.read(look).result()


def test_a_picture_goes_to_the_teacher_when_it_is_here(room: Classroom) -> None:
    said = room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    assert said == "图片收到，正在转给王老师，预计今天 10:00 前回复。"
    assert not room.seen("王老师")  # nothing is said of what is not here yet
    [fetch] = room.fetches
    assert fetch.thing.kind == FILE
    room.fetched(fetch)
    assert room.seen("王老师") == "小明妈妈（小明）发来图片" + NUMBERED
    assert not room.seen("小明妈妈")
    assert room.answers[-1].file == Kept(fetch.medium_id)
    assert room.say("王老师", "1 看到了，谢谢") == "已发给小明妈妈。"
    assert room.seen("小明妈妈") == "王老师：看到了，谢谢"
    assert _log(room) == ["看到了，谢谢", "[图片]"]


def test_its_ticket_is_remembered_until_then(room: Classroom) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    kept = room.store.read(lambda db: [each.ticket for each in media.waiting(db)]).result()
    assert kept == ["code-1"]


@pytest.mark.parametrize(
    ("kind", "said"), [("voice", "语音"), ("video", "视频"), ("file", "文件"), ("picture", "图片")]
)
def test_every_kind(room: Classroom, kind: MessageKind, said: str) -> None:
    receipt = room.say("小明妈妈", "", kind=kind, attachments=(Attachment(kind, "t", "请假条.pdf"),))
    assert receipt == f"{said}收到，正在转给王老师，预计今天 10:00 前回复。"
    room.fetched(room.fetches[-1])
    assert room.seen("王老师").startswith(f"小明妈妈（小明）发来{said}")
    assert _log(room) == [f"[{said}]"]


def test_the_caption_says_what_the_bytes_are(room: Classroom) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    room.fetched(room.fetches[-1], of="file")
    assert room.seen("王老师").startswith("小明妈妈（小明）发来文件")


def test_words_go_at_once_and_their_pictures_follow(room: Classroom) -> None:
    both = (Attachment("picture", "a"), Attachment("picture", "b"))
    said = room.say("小明妈妈", "这是昨晚的作业", kind="richtext", attachments=both)
    assert said == "已转给王老师，2 张图片随后到，预计今天 10:00 前回复。"
    assert room.seen("王老师") == "小明妈妈（小明）：这是昨晚的作业\n（2 张图片随后到）" + NUMBERED
    for fetch in room.fetches:
        room.fetched(fetch)
        assert room.seen("王老师") == "小明妈妈（小明）发来图片" + NUMBERED
    assert _log(room) == ["这是昨晚的作业 [图片] [图片]"]


def test_a_voice_with_words_is_passed_on_as_text_and_the_recording_follows(room: Classroom) -> None:
    said = room.say("小明妈妈", "今天有点咳嗽", kind="voice", attachments=(Attachment("voice", "t"),))
    assert said == "已转给王老师，预计今天 10:00 前回复。"
    assert room.seen("王老师") == "小明妈妈（小明）：（语音转文字）今天有点咳嗽" + NUMBERED
    [fetch] = room.fetches
    assert fetch.thing.kind == RECORDING
    room.fetched(fetch)
    assert room.seen("王老师") == "小明妈妈（小明）发来语音" + NUMBERED


def test_a_lost_recording_is_nobodys_trouble(room: Classroom) -> None:
    room.say("小明妈妈", "今天有点咳嗽", kind="voice", attachments=(Attachment("voice", "t"),))
    room.fetched(room.fetches[-1], "expired", "expired")
    assert room.sent == []


@pytest.mark.parametrize("kind", ["refused", "expired", "unknown"])
def test_what_cannot_be_fetched_is_said_to_both(room: Classroom, kind: str) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    room.fetched(room.fetches[-1], kind, "invalidParameter.robotCode.downloadCode")  # type: ignore[arg-type]
    assert room.seen("小明妈妈") == "刚才的图片没有取到，没能转给老师。请再发一次，或用文字说一句。"
    assert room.seen("王老师") == "小明妈妈（小明）发来图片，没有取到，已请家长再发一次。" + NUMBERED
    room.fetched(room.fetches[-1], kind, "again")  # type: ignore[arg-type]
    assert room.sent == []


@pytest.mark.parametrize("code", ["file.too_large", "link.tooLarge"])
def test_too_large_says_how_large_it_may_be(room: Classroom, code: str) -> None:
    room.say("小明妈妈", "", kind="video", attachments=(Attachment("video", "t"),))
    room.fetched(room.fetches[-1], "refused", code)
    assert room.seen("小明妈妈").startswith("刚才的视频太大，没能转给老师。请发小一点的")


def test_of_several_lost_pictures_one_word_is_said(room: Classroom) -> None:
    three = tuple(Attachment("picture", ticket) for ticket in "abc")
    room.say("小明妈妈", "作业", kind="richtext", attachments=three)
    told = []
    for fetch in room.fetches:
        room.fetched(fetch, "refused", "gone")
        told.append(room.seen("小明妈妈"))
    assert [bool(said) for said in told] == [True, False, False]


@pytest.mark.parametrize("kind", ["unknown", "picture"])
def test_what_has_no_ticket_is_asked_for_in_words(room: Classroom, kind: MessageKind) -> None:
    said = room.say("小明妈妈", "", kind=kind)
    assert said.endswith("已告诉王老师有这么一条。麻烦用文字说一句，我马上转。")
    assert "已请家长用文字说" in room.seen("王老师")
    assert room.fetches == []
    assert _log(room) == [f"[{texts.MEDIA[kind]}]"]


def test_which_child_may_be_said_before_the_picture_is_here(room: Classroom) -> None:
    _second_child(room)
    asked = room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    assert asked.startswith("您说的是哪个孩子的事？")
    [fetch] = room.fetches  # fetched meanwhile: the ticket does not wait for an answer
    assert room.say("小明妈妈", "乐乐") == "图片收到，正在转给王老师，预计今天 10:00 前回复。"
    assert not room.seen("王老师")
    room.fetched(fetch)
    assert room.seen("王老师").startswith("乐乐妈妈（乐乐）发来图片")
    assert len(room.fetches) == 1


def test_which_child_may_be_said_after_the_picture_is_here(room: Classroom) -> None:
    _second_child(room)
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    room.fetched(room.fetches[-1])
    assert room.sent == []
    room.say("小明妈妈", "小明")
    assert room.seen("王老师").startswith("小明妈妈（小明）发来图片")


def test_a_picture_lost_before_the_child_was_named_is_asked_for_again(room: Classroom) -> None:
    _second_child(room)
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    room.fetched(room.fetches[-1], "refused", "gone")
    assert "请再发一次" in room.seen("小明妈妈")
    assert not room.seen("王老师")
    assert "请再发一次" in room.say("小明妈妈", "小明")
    assert not room.seen("王老师")


def test_a_family_that_left_is_not_handed_on(room: Classroom) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)

    def leave(db: Db) -> None:
        mother = people.by_identity(db, "dingtalk_user", CORP, IDS["小明妈妈"])
        assert mother is not None
        for role in people.roles(db, mother.id):
            people.end_role(db, room.now, role.id)

    room.store.run(leave).result()
    room.fetched(room.fetches[-1])
    assert room.sent == []


def test_an_erased_family_leaves_nothing_to_say(room: Classroom) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    fetch = room.fetches[-1]

    def erase(db: Db) -> None:
        medium = media.get(db, fetch.medium_id)
        assert medium is not None
        assert medium.person_id is not None
        db.destroy_key(people.subject(medium.person_id))

    room.store.run(erase).result()
    from handlers.reply import Outcome

    assert room.hear("relay", Outcome("o", "refused", "gone", fetch.thing, "", None, None, "fetch")) == []


def test_danger_with_a_picture_names_the_numbers_first(room: Classroom) -> None:
    said = room.say("小明妈妈", "孩子摔伤了", kind="richtext", attachments=PICTURE)
    assert said.startswith("有危险请先打 110 或 120")
    assert "孩子摔伤了" in room.seen("王老师")


def test_a_file_that_did_not_reach_the_teacher_is_told(room: Classroom) -> None:
    room.say("小明妈妈", "", kind="picture", attachments=PICTURE)
    room.fetched(room.fetches[-1])
    room.ended(room.answers[-1], "refused", "gone")
    assert room.seen("小明妈妈").startswith("刚才发的没能转到老师那里")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("file.kind", "刚才的文件在聊天里发不了。请换成照片、PDF 或 Word 文件再发，或用文字说一句。"),
        ("file.size", "刚才发的太大，没能转给老师。请发小一点的，或用文字说一句。"),
        ("file.gone", "刚才发的没能转给老师。请再发一次，或用文字说一句。"),
    ],
)
def test_a_file_the_chat_would_not_take_is_asked_for_in_another_form(
    room: Classroom, code: str, said: str
) -> None:
    room.say("小明妈妈", "", kind="file", attachments=(Attachment("file", "t", "a.heic"),))
    room.fetched(room.fetches[-1])
    room.ended(room.answers[-1], "refused", code)
    assert room.seen("小明妈妈") == said
    assert room.seen("王老师") == "小明妈妈（小明）发来文件，在聊天里发不了，已请家长换一种发。"


def test_a_teachers_file_is_no_note(room: Classroom) -> None:
    said = room.say("王老师", "", kind="file", attachments=(Attachment("file", "code-1"),))
    assert said == "语音没听清，文件我还放不进速递，请把内容用文字说一遍。"
    assert room.fetches == []
