"""Every Chinese word of the emulated platform: its error messages, the invented school, the look-at page."""

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

# open.dingtalk.com, "Robot sends a group message" (error codes), "Get the access token".
PLATFORM_MESSAGES = {
    "AuthenticationFailed.MissingParameter": "x-acs-dingtalk-access-token is mandatory for this action.",
    "InvalidAuthentication": "不合法的access_token",
    "invalidClientIdOrSecret": "无效的clientId或者clientSecret",
    "authFailed": "鉴权失败",
    "InvalidAction.NotFound": "Specified api is not found, please check your url and method.",
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": "钉钉开放平台接口调用被限流",
    "Forbidden.AccessDenied.ApiCountLimitForOrg": "企业本月接口调用次数已达上限",
    "invalidParameter.robotCode.empty": "机器人robotCode为空",
    "invalidParameter.robotCode.auth": "此应用appkey和机器人robotCode不匹配，请使用机器人应用的appkey",
    "invalidParameter.robotCode.downloadCode": "downloadCode无效或已过期",
    "invalidParameter.userIds.empty": "用户userId列表为空",
    "invalidParameter.userIds.overMax": "用户userId列表超过最大限制",
    "invalidParameter.msgKey.empty": "缺少msgKey",
    "invalidParameter.msgKey.invalid": "msgKey无效",
    "invalidParameter.msgParam.invalid": "msgParam必须是json格式",
    "invalidParameter.msgParam.tooLong": "消息内容太长",
    "invalidParameter.msgBody.invalid": "body必须是JSON",
    "invalidParameter.param.invalid": "参数不合法",
    "miss.openConversationId": "缺少openConversationId",
    "invalid.openConversationId": "无效的openConversationId",
    "system.busy": "系统繁忙",
    "system.error": "未知的系统错误",
    "40014": "不合法的access_token",
    "40035": "缺少参数",
    "40096": "不合法的appKey或appSecret",
    "22": "无效的接口",
    "300001": "session 不存在",
    "400105": "不支持的消息类型",
    "20001": "消息接收配额已用完",
}
MISSING_JSON = "缺少参数 json"
MISSING_PARAMETER = "缺少参数 {name}"
UNKNOWN_CONTENT = "暂不支持的消息类型"
DEFAULT_FILE_NAME = "附件.pdf"

PLACEHOLDERS = {
    "picture": "［图片］",
    "voice": "［语音］",
    "video": "［视频］",
    "file": "［文件］",
    "unknown": "［其他消息］",
    "richtext": "［图文］",
}

PAGE_TITLE = "{school}：群里和私聊里看到的"
PAGE_NOW = "{when}，模拟的钉钉"
PAGE_EMPTY = "还没有人说话。"
PAGE_GROUP = "{name} 群"
PAGE_PRIVATE = "{klass} {name} 私聊"
PAGE_ALL = "全部"
PAGE_UPDATED = "已更新"
PAGE_RECALLED = "已撤回"
PAGE_NOT_DELIVERED = "机器人没有收到"
PAGE_FILTER = "看哪一个"
PAGE_CUT = "只显示最近 {count} 条。"
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WHEN = "{month}月{day}日（{weekday}）{time}"
