"""The invented school's names, and how media look in a line of text."""

from __future__ import annotations

ROBOT = "小助手"
SCHOOL = "晨光路小学"
TERM_AUTUMN = "2026学年第一学期"
TERM_SPRING = "2026学年第二学期"
CLASS_NAMES = ("三(1)班", "三(2)班", "三(3)班")
CLASS_TEACHER = "王老师"
DEPUTY = "李老师"
CO_TEACHER = "陈老师"
ADMIN = "教务张老师"
CAST = ("小明", "乐乐", "林小满")
MOTHER, FATHER, GRANDMOTHER = "妈妈", "爸爸", "奶奶"
SECOND_GUARDIANS = ("爸爸", "爸爸", "爸爸", "奶奶", "外婆", "爷爷")
CAST_RELATIONS = (("妈妈", "爸爸"), ("妈妈", "爸爸", "奶奶"), ("妈妈", "爸爸"))
SURNAMES = tuple("赵钱孙周吴郑冯褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马方俞任袁柳史唐")
GIVEN_FIRST = tuple("子梓雨思浩欣宇嘉奕若诗晨佳一语俊可天书景")
GIVEN_SECOND = tuple("涵轩萱琪然彤怡辰妍睿航瑶博宁阳悦霖颖楠桐")

PLACEHOLDERS = {
    "picture": "［图片］",
    "voice": "［语音］",
    "video": "［视频］",
    "file": "［文件］",
    "unknown": "［其他消息］",
    "richtext": "［图文］",
}
