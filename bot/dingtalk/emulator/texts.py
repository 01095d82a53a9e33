"""Every Chinese word of the emulated DingTalk: its error messages, and what its clients show."""

from __future__ import annotations

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
    "invalid.processQueryKey": "无效的processQueryKey",
    "invalidParameter.processQueryKey.missing": "缺少processQueryKey",
    "invalidParameter.processQueryKeys.overMax": "processQueryKeys超过最大限制",
    "invalidParameter.pageSize.invalid": "无效的maxResults",
    "invalidParameter.cursor.invalid": "无效的nextToken",
    "invalidParameter.mediaId.invalid": "无效的mediaId",
    "processQueryKey.expireTime": "processQueryKey还未生成消息查询数据或已过期",
    "send.too.fast": "发送太快",
    "ding.serverquota.insufficient": "DING额度不足",
    "ding.receivercount.limit": "DING接收人数超过限制",
    "groupPermissionDenied": "没有群权限",
    "permession.checkFailed": "权限校验失败",
    "60003": "部门不存在",
    "60121": "找不到该用户",
    "33001": "无效的参数",
    "33012": "无效的USERID",
    "40004": "无效的媒体文件类型",
    "40005": "无效的文件类型",
    "40006": "无效的文件大小",
    "40009": "无效的图片大小",
    "40104": "无效的手机号码",
    "44001": "多媒体文件为空",
    "90002": "接口调用超过频率限制",
    "90018": "您的服务器调用钉钉开放平台当前接口的所有请求被限流",
    "90020": "企业本月接口调用次数已达上限",
    "300005": "token is not exist",
    "310000": "安全设置不符合要求",
    "400002": "无效的agentId",
    "400013": "群不存在",
    "400027": "消息体过长",
    "410100": "发送速度太快而限流",
    "300001": "session 不存在",
    "400105": "不支持的消息类型",
    "20001": "消息接收配额已用完",
}
WEBHOOK_ROBOT = "班级通知"
WEBHOOK_STAMP = "invalid timestamp"
WEBHOOK_SIGN = "sign not match"
WEBHOOK_KEYWORD = "keywords not in content"
WEBHOOK_ADDRESS = "ip 127.0.0.1 not in whitelist"
EVERYBODY = "所有人"
GRADE = "三年级"
RELATION_CODES = {"妈妈": "M", "爸爸": "F", "奶奶": "GM", "爷爷": "GF", "外婆": "GMA", "外公": "GFA"}
MISSING_JSON = "缺少参数 json"
MISSING_PARAMETER = "缺少参数 {name}"
UNKNOWN_CONTENT = "暂不支持的消息类型"
DEFAULT_FILE_NAME = "附件.pdf"


WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WHEN = "{month}月{day}日（{weekday}）{time}"
