"""What help says."""

from __future__ import annotations

TEACHER = (
    "直接告诉我就行：\n"
    "「表扬小明扫地」「提醒明天带跳绳」记进今天的速递\n"
    "「看一下」预览，「第2条改成…」，「发送」发到群里，「今天不发」跳过\n"
    "「发通知：…，要签收」「小明评劳动之星」「联系卡：小明 …」「周报」\n"
    "「回复小明妈妈：…」带话，「谁还等我回复」看留言，「顺延」改时间\n"
    "「速递改到17:20发」「答复时间改成8点到10点」「今天谁请假」"
)


def co_teacher(teacher: str) -> str:
    """For somebody who adds but does not decide."""
    return (
        "直接告诉我就行：\n"
        f"「表扬小明扫地」「提醒明天带跳绳」记进今天的速递（发不发由{teacher}决定）\n"
        "「看一下」预览，「删第2条」「第2条改成…」\n"
        "「回复小明妈妈：…」带话，「谁还等我回复」看留言"
    )


def guardian(teacher: str, duty_phone: str) -> str:
    """For a parent."""
    phone = f"急事请打学校值班电话 {duty_phone}。" if duty_phone else "急事请直接打电话。"
    return f"想问要带什么，说「明天带什么」；想再看一遍，说「今天的速递再发我一遍」「周报」。\n请假、换人接，说一句就行，比如「明天请假」；别的话直接写，我转给{teacher}。\n{phone}"


def stranger(school: str) -> str:
    """One kind line that says what to send."""
    return (
        f"您好，我是{school}的小助手（机器人）。请把学校发的 8 位绑定码发给我；还没有码，向班主任要一个就行。"
    )


GROUP = "我是班级小助手（机器人）。在群里 @我 可以问「明天带什么」；留言、找老师，请点我头像私下说。"
GROUP_STRANGER = "我是班级小助手（机器人）。请点我头像，把学校发的 8 位绑定码私下发给我。"
ADMIN = "您好，学校管理的功能还没有开通。班级速递和家长留言，各班老师和家长直接跟我说就行。"
WHO = "我是小助手，一个机器人，替老师发速递、转留言。您写的话由老师本人看、本人回。"
THANKS = "不客气，有事直接说。"


def hello(name: str) -> str:
    """A greeting back."""
    return f"{name}好。"


CLASS_TEACHER = "班主任"
