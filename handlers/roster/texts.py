"""Every sentence about the roster and the phone list."""

from __future__ import annotations

from collections.abc import Sequence

PARENT = "家长"
CALLED_ALL = "都打过了"
APPLY = "照通讯录改"
MOST_LINES = 8
"""With the heading and the line about the rest it stays a list of ten."""

SYNCING = "开始对名册了，一般几分钟。对好有变化或有不对的，我再告诉您。"
NOT_HERE = "这里没有家校通讯录可对：学校接的不是企业微信。名册请管理员用导入文件更新。"
NO_RIGHT = (
    "读不了家校通讯录，名册没有动。请在企业微信管理后台的家校沟通里，"
    "把小助手加到「可调用接口的应用」，再回复「同步名册」。"
)
NO_BOOK = "名册这次没有读到，旧的还在用，今晚会再试一次。想现在试，就回复「同步名册」。"
NOBODY_CALLED = "电话名单是空的，每家都有办法收到消息。"
CALLED = "记下了，名单清空了。下次又有哪家收不到，我再告诉您。"

COUNTED = {"pupil": "个孩子", "parent": "位家长"}

_RELATIONS = {
    "妈妈": ("妈妈", "母亲", "妈", "母", "mother", "mom", "mum"),
    "爸爸": ("爸爸", "父亲", "爸", "父", "father", "dad"),
    "奶奶": ("奶奶", "祖母"),
    "爷爷": ("爷爷", "祖父"),
    "外婆": ("外婆", "姥姥", "外祖母"),
    "外公": ("外公", "姥爷", "外祖父"),
}
_NORMAL = {word: relation for relation, words in _RELATIONS.items() for word in words}


def relation_of(said: str) -> str:
    """What the child calls somebody, in the words we use; 家长 where the book does not say."""
    plain = said.strip()
    return _NORMAL.get(plain.lower(), plain[:8]) or PARENT


def name_of(pupil: str, relation: str) -> str:
    """A guardian whose own name the book does not hold."""
    return f"{pupil}{relation}"


def held(class_name: str, what: str, gone: int, known: int) -> str:
    """Too many would vanish at once: nothing is changed until somebody says so."""
    return (
        f"{class_name}的通讯录里少了 {gone} {what}（原来有 {known} {what}），像是没读全，我先没有改。"
        "真的走了这么多，就点「照通讯录改」。"
    )


def nobody_follows(class_name: str) -> str:
    """The notices reach nobody."""
    return (
        f"{class_name}还没有家长关注「学校通知」，我发的消息他们收不到。"
        "请把企业微信里家校沟通的二维码发到班级群，扫一下就行。"
    )


def no_head(class_names: Sequence[str]) -> str:
    """Classes whose head teacher we do not know."""
    names = "、".join(class_names[:5])
    more = f"等 {len(class_names)} 个班" if len(class_names) > 5 else ""
    return f"{names}{more}还没有班主任绑定小助手。请把绑定码给班主任，在企业微信里发给我就行。"


def phone_list(lines: Sequence[str], more: int) -> str:
    """The families, and what to do."""
    rest = [f"还有 {more} 家，打完这些再看。"] if more else []
    return "\n".join([f"这 {len(lines) + more} 家消息收不到，只能打电话：", *lines, *rest])


def family(class_name: str, name: str) -> str:
    """One line of it."""
    return f"{class_name} {name}".strip()
