"""Every sentence of the pages."""

from __future__ import annotations

from collections.abc import Sequence

LANG = "zh-CN"
BOT = "小助手"
ME = "我"
NAME = "家校桥"
WAY_IN = "给老师留言"
NEWEST = "看最新的"
NEW_BELOW = "下面是新的"
EARLIER = "看更早的"
NOTHING_YET = "这里还没有消息。有话写在下面，我转给老师。"
WRITE = "写给老师，或者问一句"
SEND = "发送"
ASK_TOMORROW = "明天带什么"
CLOSED = "这个已经选过，或者过期了，没有再做。"
LEAVE = "不在这部手机上用了"

ENTER_TITLE = "我是谁的家长"
ENTER = "请输入学校纸条上的 8 位数字。"
ENTER_LABEL = "8 位绑定码"
ENTER_BUTTON = "下一步"
ENTER_HELP = "没有纸条，或者数字用过了：请班主任给一个新码，或者给一个链接。"

LOGIN_BUTTON = "用微信进来"
LOGIN_TITLE = "没有进来"
LOGIN_BROKEN = (
    "这次登录不是从这部手机开始的，或者放得太久了。请回到微信里重新点开消息，或者输入纸条上的绑定码。"
)
LOGIN_OLD = "这次登录已经用过，或者过了 5 分钟。请回到微信里重新点开消息，或者输入纸条上的绑定码。"
LOGIN_BUSY = "微信刚才没有回答，什么都没有改。请过一分钟再点开，或者输入纸条上的绑定码。"
LOGIN_CONFIG = "学校的微信登录还没有设好，我进不去。请先输入纸条上的绑定码，并告诉班主任。"
LOGIN_UNKNOWN = "微信说了您是谁，学校名册里还没对上。请输入纸条上的 8 位数字，只要这一次。"
LOGIN_TEACHER = "您的企业微信账号还没有绑定。请在企业微信里给小助手发纸条上的 8 位数字，绑好再点开。"
LOGIN_CONFLICT = "您的微信和学校名册对到了两个人，我没有改动。请找班主任核对，先输入绑定码也可以进来。"

YES, NO = "是", "不是"
CONFIRM_TITLE = "先对一下"
WRONG = "这个码没对上，或者已经用过了。请再看一遍纸条上的 8 位数字，或请班主任给一个新码。"
TOO_MANY = "试得太多次了，先歇一小时。也可以请班主任给一个链接，点开就行。"
NOT_ME = "好，没有绑定。可能是码拿错了，请班主任再给一个您自己的码。"

LINK_TITLE = "打开我的页面"
OPEN_PAGE = "打开我的页面"
LINK_ONCE = "链接只能用一次。不是您的，关掉就行，链接还留着。"
LINK_OVER_TITLE = "链接打不开了"
LINK_OVER = "这个链接已经用过，或者过了 7 天。请班主任再给一个；有 8 位绑定码，也可以直接输入。"
TO_CODE = "输入绑定码"

OUT_TITLE = "不在这部手机上用了？"
OUT = "退出以后，这部手机上看不到留言了。内容都在，换一部手机或以后再进来还能看到。"
OUT_YES = "退出"
BACK = "回到我的页面"
OUT_DONE_TITLE = "已经退出"
OUT_DONE = "这部手机上看不到留言了。以后要再进来，请班主任给一个链接。"

MISSING_TITLE = "没有这一页"
MISSING = "地址可能抄漏了一段，或者内容已经不在了。"
REFUSED_TITLE = "没有做"
REFUSED = "这一步不是从您的页面上点过来的，所以没有做。请回到您的页面再点一次。"
SIGNED_OUT = "这部手机还没有进来，或者太久没用了。刚才的话没有发出去，请先进来再发。"
BAD_FORM = "这一步没看懂，什么都没有改。请回到您的页面再试一次。"
TOO_BIG = "内容太大了，没有收下。请写短一点，照片请直接在聊天里发给老师。"
TOO_FAST = "发得太快了，这句没有发。过一分钟再点「发送」。"
TOO_LONG = "这句太长了，没有发。最多 2000 个字，请分两次发。"
EMPTY = "还没有写字。写好了再点「发送」。"
NOT_KEPT = "没存上，这句没有发出去。字还在下面，请再点一次「发送」。"
BROKEN_TITLE = "没有打开"
BROKEN = "这一页刚才没有打开，您的留言都在。请过一会儿再点一次；急事请直接打老师电话。"
WRONG_HOST = "这个地址不是学校给的地址。请用学校发给您的链接进来。"
FILE = "老师发来一个文件，这里看不了，请到班级群里看或问老师要：{name}"

WEEKDAYS = "一二三四五六日"
TEACHER_HERE = "其他的，有话直接在企业微信里和小助手说就行：记一笔、看一下、回复家长，都在那里。"
BAR_TITLE = "发到班级群"
BAR_SEND = "发到本群"
BAR_COPY = "复制文字"
BAR_COPIED = "已复制，到群里粘贴就行。"
BAR_COPY_BY_HAND = "这部手机不让自动复制，请长按上面的文字。"
BAR_AGAIN = "再看一下"
BAR_HELP = "要把今天的消息发到班级群：请在企业微信里打开那个班级群，从群的工具栏点开这一页。"
BAR_WAITING = "正在看这个群今天要发什么。"
BAR_TAKING = "收到了，马上发到本群，请不要关掉这一页。"
BAR_CHANGED = "内容刚刚改过，这次没有发。请再看一遍。"
BAR_SLOW = "群发任务还没有收回，这次没有发。请过一会儿再看一下；收回以后没有发的，我会把文字发给您转。"
BAR_BROKEN = "网络刚才断了一下，我不确定做到哪一步。请先看群里有没有，没有再点「再看一下」。"
BAR_UNSIGNED = "企业微信没有让这一页连上群。请关掉再打开；还是不行，请管理员看一下可信域名。"
BAR_SIGNED_OUT = "登录过期了，没有发。请关掉这一页，从班级群的工具栏重新打开。"
BAR_TOO_FAST = "点得太快了，没有发。请过一分钟再看一下。"
BAR_NOT_KEPT = "没存上，请过一会儿再看一下。"


def confirm(who: str) -> str:
    """The question before anything is bound."""
    return f"您是{who}，对吗？"


def link_for(class_name: str) -> str:
    """Whose page a link opens; nothing a wrong holder could use."""
    return f"这是{class_name}一位家长的页面。" if class_name else "这是一位家长的页面。"


def day(month: int, of_month: int, weekday: int) -> str:
    """「10月12日（周一）」; Monday is 0."""
    return f"{month}月{of_month}日（周{WEEKDAYS[weekday]}）"


def children(pairs: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """「三(2)班 林小满」, a line for each class."""
    return [f"{class_name} {'、'.join(names)}".strip() for class_name, names in pairs]
