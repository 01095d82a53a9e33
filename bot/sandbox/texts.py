"""Every Chinese word of the sandbox: the page gets them as one JSON object."""

from __future__ import annotations

CLASS_NAME = "三(2)班"
GROUP_NAME = "{room} 家长群"
GROUP_TAB = "群"
TEACHER = "王老师"
PEOPLE = (
    ("teacher", TEACHER, "王"),
    ("guardian", "小明妈妈", "明"),
    ("guardian", "乐乐奶奶", "乐"),
    ("guardian", "林小满爸爸", "满"),
)
"""Whose phones lie on the table: role, name, the letter on the round picture."""

TRIES = {
    "group": ["明天带什么", "谢谢老师", "你是谁"],
    TEACHER: ["表扬小明今天主动扫了地", "提醒大家明天带彩笔", "看一下", "发送", "谁还等我回复"],
    "小明妈妈": ["孩子今天有点不舒服，麻烦您多看一眼", "明天带什么", "今天的速递再发我一遍"],
    "乐乐奶奶": ["明天带什么", "乐乐的水壶落在教室了吗", "明天请假一天，看牙"],
    "林小满爸爸": ["明天要带什么东西吗", "老师，小满最近上课怎么样", "你是谁"],
}
"""What a newcomer may try, by phone."""

ON_WECOM: dict[str, object] = {
    "subtitle": "晨光路小学 三(2)班 · 企业微信和微信 · 人是编的，程序是真的",
    "guide_2": "看预览，点发送，再点一次确认 → 班级群里看到速递",
    "hint_2a": "王老师说「看一下」，预览就来；或者把钟拨到放学 16:30。",
    "hint_2b": "预览到了：点「发送」；群发任务到了，再点它的「发送」，班级群里就看到。",
    "hint_done": "三步走完了。再试试：把钟拨到明早，再让王老师说「回复乐乐奶奶：…」，看微信里来的是哪一种。",
    "group_members": "家长在微信里，没有机器人",
    "empty_group": "家长的班级群进不了机器人：只看得到老师点了确认的那一条。",
    "unheard": "群里没有机器人，听不到",
    "unheard_help": "家长的班级群里没有机器人，平台不推",
    "mention_off": "群里没有机器人，说了它听不到",
    "no_mention": True,
    "by_teacher": "broadcast",
    "robot_of": {"teacher": "企业微信 · 家校桥", "guardian": "微信 · 学校客服和学校通知"},
    "offline": "模拟的企业微信不应答了，正在重连…",
    "step_files": [
        "bot/server.py",
        "bot/wecom/",
        "bot/intake.py",
        "bot/worker.py",
        "handlers/router.py",
        "handlers/…/",
        "storage/engine.py",
        "bot/sender.py",
    ],
}
"""What is said otherwise where the platform is WeCom."""
LANES: dict[str, str] = {
    "kf": "学校客服",
    "school_notice": "学校通知",
    "page": "网页",
    "broadcast": "班级群群发",
    "app": "小助手",
}
"""Who a message comes from, where it is not simply the robot."""

ANSWERABLE = "「([0-9]+) 加您的话」"
"""How a relayed message says that its number wants words after it."""
ANSWER_BUTTON = "回复(.+)"
"""The same as a button."""
ANSWER_TRY = "{number} 好的，我来看看，您放心"
ANSWER_NAMED_TRY = "回复{name}：好的，我来看看，您放心"

PAGE: dict[str, object] = {
    "title": "家校桥 · 一个班的沙盒",
    "brand": "家校桥",
    "subtitle": "晨光路小学 三(2)班 · 人是编的，程序是真的",
    "mark": "桥",
    "skip": "跳到聊天",
    "robot": "小助手",
    "robot_mark": "助",
    "mention": "@小助手",
    # the guide
    "guide": "三分钟走一遍",
    "guide_1": "王老师说一句",
    "guide_2": "看预览，点发送 → 群里看到速递",
    "guide_3": "家长问一句，老师回一句",
    "hint_1": "在王老师的手机上点「表扬小明今天主动扫了地」。",
    "hint_2a": "王老师说「看一下」，预览就来；或者把钟拨到放学 16:30。",
    "hint_2b": "预览到了：点「发送」，群里就看到。",
    "hint_3a": "换到小明妈妈，点「孩子今天有点不舒服，麻烦您多看一眼」。",
    "hint_3b": "王老师收到了：点「好的」那一句，回给小明妈妈。",
    "hint_done": "三步走完了。再试试：老师说「长图」「撤回」，把钟拨到明早，断一次网、杀一次进程，看看丢没丢。",
    "done": "已完成",
    "hide_guide": "收起",
    # the clock
    "clock": "时间",
    "clock_mark": "钟",
    "weekdays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "date": "{month}月{day}日（{weekday}）{time}",
    "move_hour": "+1 小时",
    "move_dismissal": "到放学 16:30",
    "move_digest": "到速递 16:50",
    "move_morning": "明早 8:00",
    "move_friday": "周五 16:00",
    "mode": "怎么走",
    "walk": "逐步走",
    "jump": "直接跳",
    "walk_help": "逐步走：路上每件到点的事都做",
    "jump_help": "直接跳：像电脑睡了一觉",
    "moving": "钟在走…",
    "moved": "已到 {when}",
    "not_settled": "钟到了，事还没做完",
    "cannot_move": "钟没有动：{reason}",
    # the phones
    "phones": "群和四部手机",
    "phone_of": "{name}的手机",
    "private_with": "和小助手的私聊",
    "group_members": "45 家和三位老师",
    "empty_group": "群里还没有人说话。小助手只听得到 @它 的话。",
    "empty_private": "还没有说过话。",
    "log": "{name}的聊天记录",
    "write": "说点什么",
    "write_group": "在群里说",
    "write_voice": "写下这段语音说了什么",
    "send": "发送",
    "speaks": "谁在说",
    "picture": "图片",
    "picture_help": "发一张编的图片",
    "voice": "语音",
    "voice_help": "发一段语音，写下它的文字",
    "voice_seconds": "4″",
    "picture_alt": "{who}发的图片",
    "picture_name": "图画.png",
    "picture_lost": "［图片打不开］",
    "tries": "可以试着说",
    "pending": "送达中",
    "delivered": "已送达",
    "retrying": "机器人没收到，平台会再推（第 {count} 次）",
    "lost": "平台推了几次，机器人都没收到",
    "unheard": "机器人听不到这句",
    "unheard_help": "群里没有 @小助手 的话，平台不推给机器人",
    "doubled": "平台推了 {count} 遍，只办一次",
    "mention_off": "没有 @小助手，机器人听不到",
    "updated": "已更新",
    "recalled": "这条已撤回",
    "day": "{month}月{day}日（{weekday}）",
    "digest_word": "速递",
    "preview_word": "速递】",
    "file": "文件",
    "kinds": {
        "picture": "［图片］",
        "voice": "［语音］",
        "video": "［视频］",
        "file": "［文件］",
        "richtext": "［图文］",
        "unknown": "［其他消息］",
    },
    "not_said": "没说出去：{reason}",
    "pressed": "已点「{label}」",
    "not_pressed": "没点成，机器人没收到。请再点一次",
    "link": "打开链接",
    "unread": "有新消息",
    # the eight steps
    "steps": "一条消息的八步",
    "steps_none": "说一句，看它怎么走。点任何一句说过的话，也能看它走过的路。",
    "steps_of": "「{text}」",
    "steps_unheard": "没有 @小助手，平台没有推：一步也没走",
    "steps_waiting": "还在平台手里",
    "steps_fast": "从到门口到发出 {ms} 毫秒",
    "steps_replies": "{done}/{all} 条已发出",
    "steps_on_card": "答在卡片上，没有另发",
    "steps_kept": "已落袋，等进程回来接着办",
    "steps_unsent": "{count} 条在发件箱里等着",
    "steps_off": "产品没有跟着这个钟走，看不到它的步子",
    "steps_private": "这句不留痕迹：匿名的话不进收件箱",
    "answered_here": "已答平台",
    "step_names": ["到门口", "验签拆信", "落袋", "领活", "认人找事", "拿主意", "一起提交", "发出去"],
    "step_helps": [
        "原文和签名头原样收下",
        "限大小，对签名，解开成一条消息",
        "写进收件箱提交了，才答平台「成功」",
        "同一个对话一次只办一条",
        "说话的是谁，归哪个功能管",
        "规则算出新的状态和要说的话",
        "状态、回话、「已办」一次提交",
        "到时候、还要发、没超限，才发",
    ],
    "step_files": [
        "bot/server.py",
        "bot/dingtalk/",
        "bot/intake.py",
        "bot/worker.py",
        "handlers/router.py",
        "handlers/…/",
        "storage/engine.py",
        "bot/sender.py",
    ],
    "ms": "{ms} ms",
    # faults
    "faults": "出点故障，看看丢没丢",
    "fault_net": "断网",
    "fault_limit": "限流",
    "fault_slow": "慢网",
    "fault_double": "重复推送",
    "kill": "杀进程",
    "help_net": "机器人打不出去，平台推得进来。话都记下了，关掉「断网」就补发。",
    "help_limit": "平台对多数调用答「太快了」。按 1、2、4 秒退开再试，一条不少。",
    "help_slow": "每次调用慢一秒半。顺序不乱。",
    "help_double": "每句话平台都推两遍。只办一次，只回一次。",
    "help_none": "一切正常。",
    "help_refused": "已挡下 {count} 次调用。",
    "killed": "进程被 kill -9 了，门还开着；守着它的进程正在把它拉起来…",
    "revived": "进程回来了（新的进程号 {pid}）。没办完的接着办。",
    "not_killed": "没杀成：它正在起来。",
    "fault_failed": "故障没设上：{reason}",
    "robot_of": {},
    "lanes": {},
    "no_mention": False,
    "by_teacher": "",
    "offline": "模拟的钉钉不应答了，正在重连…",
    "controls_tab": "时间",
    "reason_unknown": "没有说明原因",
}

INVITATION = (
    "在浏览器里打开 / open in a browser:  {base}/",
    "三分钟走一遍：王老师说一句，点发送，回一位家长。Ctrl-C 结束。Three minutes, three steps; Ctrl-C ends it.",
)
"""What the demo prints once everything is up."""
