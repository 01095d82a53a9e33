"""Slots with a fixed set of values: the first pattern that fits decides; one table for each slot."""

from __future__ import annotations

import re
from functools import cache

from handlers.language.dates.numbers import NUMBER, number

_MODE = (
    (
        "home_visit",
        r"家访|上门|入户|来(?:我|咱)?(?:们)?家|到(?:我|咱)?(?:们)?家|登门|去(?:您|你|他|她|我|咱)?(?:们)?家|走访|来家|家里(?:来|坐)|拜年",
    ),
    ("video", r"圆桌|视频|线上|腾讯会议|连线|午间半小时|网上见|开摄像头"),
    ("phone", r"电话|通话|打给|打过来|来电|打(?:个|一个)|座机|语音通话|拨"),
    (
        "school_visit",
        r"到校|去(?:一趟)?(?:趟)?学校|来(?:一趟)?(?:趟)?学校|到学校|学校见|进校|面谈|见(?:个|一)?面|当面|来访|来校|校门口|办公室|接待日|跑一趟|过去(?:一趟|找)|见见|碰(?:个)?(?:头|面)|坐下(?:来)?聊",
    ),
)
_NOT_MODE = re.compile(r"(?:不要|别|不用|不是|改掉|不方便|不(?:想)?(?:打|来|去)|不便)[^，,。改换是]{0,4}")
_TABLE: dict[str, tuple[tuple[object, str], ...]] = {
    "program": (
        ("午间半小时", r"午间半小时|午间半个?(?:小时|钟)"),
        ("家庭圆桌会", r"圆桌"),
        ("接待日", r"接待日"),
    ),
    "category:urgent_notice": (
        ("weather", r"雨|雪|台风|冰|雾霾|高温|大风|沙尘|雷|降温|天气|寒潮|预警"),
        ("facility", r"停水|停电|漏水|管道|电梯|暖气|空调|食堂|断网|围墙|塌|水管|燃气管"),
        ("health", r"流感|诺如|中毒|传染|消毒|疫|病"),
        ("traffic", r"校车|堵|封路|交通|车祸|绕行|修路|地铁"),
        ("safety", r"."),
    ),
    "rule": (
        ("no_aid_list", r"贫困|补助|低保|资助|减免|特困|困难生|助学金|建档立卡"),
        ("no_ranking", r"排名|名次|排行|排个|倒数|前十|第一名|最后一名|榜(?!样)|前三|前五|后进|垫底"),
        ("no_score_list", r"成绩|分数|得分|\d{2,3}分|考了|卷面|不及格|及格|满分|均分|平均分|优良率|分儿"),
        (
            "no_public_criticism",
            r"批评|没交|没完成|没写|罚|检讨|曝光|通报|点名|捣乱|打架|迟到|丢人|不听话|扣分|没戴|拖后腿|红黑榜|黑榜|名单",
        ),
    ),
    "rule:policy_warn": (
        (
            "late_message",
            r"半夜|深夜|凌晨|这么晚|(?:夜里|晚上)?(?:十|十一|十二|1[0-2]|2[1-3])点(?!到|前)|(?:夜|晚)(?:里|上)?[^，,。]{0,6}(?:九|十)点半?",
        ),
        (
            "no_forced_app",
            r"下载|注册|APP|App|app|软件|截图|截屏|打卡|公众号|关注|小程序|投票|点赞|链接|扫码|安装|平台",
        ),
        (
            "no_parent_grading",
            r"批改|检查|对答案|签字|签名|家长[^，,。]{0,4}(?:改|判|批|查|订正|听写|默写)|打勾|打对错|批一|改完",
        ),
        ("homework_in_group", r"作业|练习|抄写|背诵|口算|预习|第\d|页|遍|默写|作文"),
    ),
    "need": (
        ("voice", r"语音|念|读给|播|听|说给|不识字|不认(?:得|识)字|认不(?:得|到|全)|看不见|盲"),
        (
            "large_text",
            r"字[^，,。]{0,8}(?:大|小)|大字|放大|看不清|老花|眼(?:睛)?[^，,。]{0,3}(?:花|不好)|字号|字体",
        ),
        ("text", r"文字|听不(?:见|到|清)|耳|失聪|聋|助听"),
        ("dialect", r"方言|粤语|土话|家乡话|白话"),
        ("translation", r"翻译|英文|英语|维语|藏|蒙|双语|外语|外国"),
        ("picture", r"图片|图(?!书)"),
        ("simple", r"简单|看不懂|短(?:一)?点|长句|讲白|通俗"),
    ),
    "kind": (
        ("vote", r"投(?:上)?(?:一|个|宝贵|我|他|她|\d)|投票|票"),
        ("bargain", r"砍|拼(?:单|团|一)|助力|0\.01"),
        ("chain", r"转发|转(?:到|给)[^，,。]{0,4}群|集赞|扩散|接力"),
        ("job", r"兼职|日结|招(?:聘|工)|刷单"),
        ("link", r"链接|点(?:一下|击|开)|https?|网址|扫(?:码|一扫)"),
        ("ad", r"."),
    ),
    "frequency": (
        ("weekly", r"(?:一|每)(?:个)?(?:周|星期|礼拜)|周报"),
        ("important_only", r"重要|要紧|大事|要事"),
        ("monthly", r"(?:一|每)个?月"),
        ("daily", r"(?:一|每)[天日晚]|天天|汇总|合并|攒|打包|一起发|一次发|总的|归拢"),
        ("more", r"多发|随时|实时|即时|有了就|立刻"),
        ("less", r"少|太多|太频|别(?:老|总)|频繁|刷屏|不要(?:老|总|那么)"),
    ),
    "result:record_contact_attempt": (("no_answer", r"."),),
    "decision": (
        ("disagree", r"不(?:同意|参加|去|愿|想|签|订|买|报|接种|打|赞成|行|可以|要)|拒绝|反对|算了|弃权"),
        ("agree", r"同意|参加|愿|可以|好|行|去|签|报|订|要|接种|赞成|没意见|没问题|答应"),
    ),
    "purpose": (
        ("apologize", r"道歉|致歉|对不起|赔"),
        ("thank", r"感谢|谢"),
        ("comfort", r"安慰|安抚|宽慰|鼓励"),
        ("invite", r"邀请|请家长(?:来|到|参加)|邀"),
        ("de-escalate", r"投诉|吵|火气|平息|冲突|激动|生气|骂|发火|情绪|打架|降温|质疑|矛盾"),
        ("concern", r"走神|退步|下滑|不交|作业|最近|表现|拖拉|问题|早恋|撒谎|沉迷|上课|迟到|成绩|专注"),
        ("remind", r"提醒|催"),
        ("reply", r"回(?:复|他|她|家长)|怎么回"),
        ("inform", r"."),
    ),
    "topic:ask_data_use": (
        ("visibility", r"谁(?:能|会|可以|都|看)|看得|看到|看见|哪些人|公开|别人|其他|给谁|泄|外人|能不能看"),
        ("retention", r"多久|保存|存到|多长|什么时候删|期限|留(?:着|到|多)|毕业|删|保留|存几"),
        ("consent_required", r"不(?:点|选|同意|填|给)|必须|非要|一定要|强制|可以不"),
        ("third_party", r"第三方|卖|公司|外面|商家|广告"),
        ("storage", r"存(?:在|哪)|服务器|哪里|云|安全|加密"),
        ("purpose", r"干(?:什么|嘛)|用(?:来|途|处|在|做)|做什么|为什么|拿(?:来|去)|收集"),
    ),
    "allow": ((False, r"不|别|勿|禁|免|没签|撤|停|打码"), (True, r"可以|能发|允许|放|同意|发")),
    "scope:photo_policy": (("home_visit", r"家访|上门|家里"),),
    "scope:photo_opt_out": (
        ("name+photo", r"(?:名字|姓名|名)[^。]{0,8}(?:照|相|图|脸)|(?:照|相|图|脸)[^。]{0,8}名"),
        ("name", r"名字|姓名|实名|全名|点名|写名|的名|名$"),
    ),
    "field": (
        ("id_number", r"身份证"),
        ("birthday", r"生日|出生"),
        ("phone", r"电话|手机|号码|联系方式"),
        ("address", r"地址|住址|住(?:在|的|哪)|家在|小区|搬"),
        ("photo", r"照片|相片|头像|合影"),
        ("allergy", r"过敏|忌口"),
        ("health", r"病|健康|体检|药"),
        ("name", r"名字|姓名|名(?!单|额|册)|字写"),
        ("relation", r"关系|妈妈|爸爸|奶奶|爷爷|监护"),
        ("class", r"班级|哪个班|几班"),
        ("gender", r"性别|男|女"),
        ("bank", r"银行|卡号"),
    ),
    "filter:remind_unread": (("unsigned", r"签|确认|回执|接龙"),),
    "filter:query_unread": (("unsigned", r"签|确认|回执|接龙"),),
    "filter:query_coverage": (("not_contacted", r"没|未|谁|哪些|还差|漏|剩|空白|不曾|从来"),),
    "filter:query_binding": (("unbound", r"没|未|还差|谁|哪些|几个|几家|剩|缺"),),
    "filter:query_inbox": (("overdue", r"超|没回|未回|过了|一天|拖|没处理|没答|漏"),),
    "filter:query_followup": (("overdue", r"超期|过期|逾期|到期|拖|没跟|该"),),
    "filter:star_query": (
        ("never", r"没(?:得|有|上|当|拿)|从来|一次都|还没|漏"),
        ("balance", r"最多|谁多|多少|平衡|总(?:是|那)|几个|老是|轮|均|分布"),
    ),
    "filter:ask_digest": (("my_child", r"我(?:们)?(?:家|的|娃|孩|儿|女)|(?:安安|我娃)"),),
    "metric": (
        ("home_visit_rate", r"家访|走访|上门|入户"),
        ("meeting_attendance", r"家长会|到会|出席|来了多少"),
    ),
    "deidentify": (
        (True, r"不(?:要|带|含|出现|写)?[^，,。]{0,6}(?:姓名|名字|名)|去(?:掉|除)|隐|脱敏|匿名|遮|抹"),
    ),
    "require": (
        ("sign", r"签字|签名|签(?!收|到)|同意书|回执"),
        ("ack", r"确认|签收|回复|收到|点一下|反馈|知晓"),
    ),
    "transport": (),
    "tone": (
        (
            "impatient",
            r"怎么(?:还|都|也|就)|到底|为什么|还不|半天|几天|三天|好久|！|!|\?\?|？？|急|回不回|没人|又|都\S{0,4}了还|这么久|不理|装",
        ),
    ),
    "risk": (
        (
            "safeguarding",
            r"打(?:孩子|学生|人|耳光|手|我|他|她)|体罚|耳光|猥亵|摸|虐|霸凌|欺凌|欺负|自杀|不想活|活着|自残|性侵|殴|骂.{0,3}哭|罚跪|要钱|给钱|不给就打",
        ),
        ("names_individual", r"[一-鿿](?:老师|主任|校长)|[一-鿿]{2,3}(?:同学|妈妈|爸爸|家长)"),
        ("self_identifying", r"我是[一-鿿]{1,4}(?:妈|爸|奶|爷|家|的)|我(?:家|儿子|女儿)[一-鿿]{2,3}"),
    ),
    "topic:report_problem": (
        ("double_booking", r"别(?:的|家)|另|重|撞|同一|两家|冲突|也(?:约|是)|占"),
        ("teacher_absent", r"没(?:人|来|见|在|到|等|接|打)|不在|人呢|空的|没上线|没等|关着|锁着"),
        ("app", r"按钮|打不开|点了|页面|闪退|链接|报错"),
    ),
    "alternative": (("phone", r"电话"), ("video", r"圆桌|视频|线上"), ("school_visit", r"到?学校|到校|来校")),
    "issue": (
        ("gate", r"门卫|保安|不让进|登记|进不|拦|校门|没有我名字"),
        ("parking", r"停车|车位"),
        ("location", r"哪|找不到|几楼|几号|办公室在"),
    ),
    "constraint": (
        ("later", r"太早|往后|晚(?:一)?点|再晚|迟(?:一)?点|之后|后面|稍晚"),
        ("earlier", r"太晚|早(?:一)?点|提前|太迟|往前|之前|早些"),
        ("same_day", r"同一天|当天|一天"),
        ("weekend", r"周末"),
    ),
    "reason:leave_request": (
        ("bereavement", r"丧|过世|去世|走了|葬|没了|白事|清明上坟|下葬"),
        (
            "sick",
            r"病|烧|感冒|咳|流感|甲流|痛|疼|吐|拉肚|医院|不舒服|头晕|水痘|过敏|骨折|手术|复查|看牙|输液|挂水|针|牙|肺炎|扭|摔|喉|嗓|眼|疹|症|受伤|住院|发热|难受|诊",
        ),
        (
            "personal",
            r"事|喜|丧|婚|过世|走了|去世|旅游|回老家|比赛|出门|搬家|签证|考试|面试|演出|火车|飞机|葬|奔丧|外地|祭|老家|亲戚|家里",
        ),
    ),
    "reason:late_report": (
        ("traffic", r"堵|爆胎|公交|车|路上|地铁|红灯"),
        ("overslept", r"睡过|起晚|没起|闹钟|赖床"),
        ("sick", r"病|烧|医院|疼|痛|吐|看牙|体检|抽血"),
    ),
    "flag:leave_request": (
        ("infectious", r"流感|甲流|乙流|水痘|手足口|诺如|传染|腮腺炎|猩红热|新冠|肺结核|红眼"),
    ),
    "flag:book_appointment": (
        ("out_of_hours", r"半夜|凌晨|深夜"),
        ("holiday", r"国庆|春节|初[一二三四五六七]|五一|元旦|中秋|清明|端午"),
    ),
    "note:private_message": (("says_urgent_but_not", r"^(?:急|十万火急|紧急|救急|加急|火急|急急)"),),
    "dimension": (),
    "channel": (
        ("call", r"电话|打给|call|叫"),
        ("sms", r"短信"),
        ("voice", r"语音"),
        ("private", r"私信|单独"),
    ),
    "claim": (
        ("校长", r"校长"),
        ("管理员", r"管理员|后台"),
        ("教育局", r"教育局|上级"),
        ("开发者", r"开发|程序员|工程师|测试"),
    ),
    "photo:star_nominate": (("avatar", r"头像"), ("pending", r"照片|相片|图")),
    "photo:star_edit": (("avatar", r"头像"), ("pending", r"照片|相片|图")),
    "health": (),
}
_TRUE = {
    ("urgent_report", "urgent"): r".", ("safeguarding_report", "urgent"): r".", ("health_info", "urgent"): r"今天|现在|马上|立刻|刚|食堂|午饭|！|!", ("pickup_change", "recurring"): r"以后|每|都是|长期|这学期|从今|往后|一直", ("leave_request", "extend"): r"续|再[请休歇多]|多请|延|还没好",
    ("create_reading", "voluntary"): r"自愿|不强制|随意|不勉强", ("anonymous_question", "urgent"): r"打|体罚|不想活|自杀|耳光|猥亵|霸凌|要钱",
}  # fmt: skip
_FALSE = {
    ("private_message", "urgent"): r"^(?:急|十万火急|紧急|救急|加急|火急)|不急|不着急|有空(?:再)?|慢慢|得空|方便(?:的)?时候|明天再回|不忙", ("create_reading", "photo"): r"(?:不|别|无需|免)[^，,。]{0,4}(?:拍|照|图|截)", ("reading_checkin", "photo"): r"(?:没|不|无)[^，,。]{0,4}(?:拍|照|图)",
}  # fmt: skip
_SHORT = re.compile(r"\+?\d{1,2}|👍|👌|🙏|ok|OK|收到")
_HERE = {"individual_issue_in_group": "move_to_private", "conflict_in_group": "move_to_private"}
_N = NUMBER
_NUMBERS: dict[str, str] = {
    "index": rf"第?({_N})(?:条|个|项|题|号|则|句|点(?!\d)|$|[，,、：: ]|(?=改|不要|删|那|回|悄|答|写|换|去))",
    "item": rf"第?({_N})(?:条|项|个|点|句|题|款|(?=改))",
    "option": rf"第?({_N})(?:个|项|号(?!楼)|吧|$|[，,。 ])",
    "count": rf"({_N})\s?(?:个|名|位|人|家|户|份)",
    "capacity": rf"(?:限|最多|每次|一次|名额|放|开|各|收|接|共|上限|由[一-鿿\d]{{1,2}}改为|加到)[^，,。\d]{{0,6}}?({_N})\s?(?:个|名|位|人|家|户|场)?",
    "max_per_day": rf"(?:一天|每天|每日|单日|当天|一日)[^，,。\d]{{0,8}}?({_N})\s?(?:家|个|场|位|次|户)?",
    "questions": rf"({_N})\s?(?:道|个|题|问)",
    "attempt": rf"(?:第({_N})次|({_N})\s?(?:次|遍|个电话|回|个))",
    "day": rf"(?:第|D|d|day ?)\s?({_N})\s?(?:天|日)?",
    "children": rf"({_N}|俩|双|三)\s?(?:个|胞胎)?(?:孩子|娃|宝|都|胞胎)",
    "max_chars": r"([\d一二两三四五六七八九十百]+)\s?(?:个)?字|(?:控制在|压到|不超过|限)\s?(\d{2,3})",
    "rating": rf"({_N})\s?(?:分|星|颗星)",
    "minutes": rf"(半|一|{_N}|\d{{3}})\s?(?:个)?(?:小时|分钟|刻钟|钟头)",
    "duration_min": r"(?!)",
    "buffer_min": rf"(?:间隔|隔|中间|留|空|缓冲|路上)[^，,。\d]{{0,6}}?(半|{_N})\s?(?:个)?(?:分钟|小时|刻钟|刻|分)",
    "chapters": rf"第?({_N}(?:\s?[-到至、~]\s?第?{_N})?)\s?章",
}
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{4,6}(?![A-Za-z0-9]))(?=[A-Za-z0-9]{0,5}\d)(?=[A-Za-z0-9]{0,5}[A-Za-z])([A-Za-z0-9]{4,6})"
)
_DELTA = re.compile(rf"(加|添|多|增|减|砍|少|撤)[^，,。\d]{{0,6}}?({_N})\s?(?:个|名|位|人|家)")
_PICKUP = re.compile(
    r"(?:不用|不|改|还是|别)?坐(?:不了)?(?:校车|公交|地铁|班车)|自己(?:走(?:回家)?|回家|放学|回)|(?:上|去)?晚托|托管班?|步行"
)
_WHOLE_RAW = re.compile(r"接龙|\+\d+|^\d{1,2}$|👍|👌|ok|OK|收到|已阅|知悉|1")


def fixed(intent: str, name: str, line: str) -> object | None:
    """The value of a slot with fixed values, or None where nothing says one.

    Args:
        intent: Decides which table is looked in where a name means two things.
        name: The slot.
        line: Simplified, as written.
    """
    if name == "mode":
        return _mode(line)
    for table, value in ((_TRUE, True), (_FALSE, False)):
        pattern = table.get((intent, name))
        if pattern is not None:
            return value if re.search(pattern, line) else None
    if name == "raw":
        return (
            "接龙"
            if re.match(r"\d{1,2}[.、．]|接龙|#接龙", line)
            else line
            if _SHORT.fullmatch(line) and line != "收到"
            else None
        )
    if intent == "sign_amend" and not re.search(r"应该|改成|改为|想|是|要", line):
        return None
    if (intent, name) == ("followup_update", "value"):
        return _progress(line)
    if name == "privacy":
        return _HERE.get(intent)
    if name in ("code", "ticket"):
        found = _CODE.search(line)
        return found[1].upper() if found else None
    if name == "capacity_delta":
        delta = _DELTA.search(line)
        return None if delta is None else (number(delta[2]) or 0) * (-1 if delta[1] in "减砍少撤" else 1)
    if name == "transport":
        ride = _PICKUP.search(line)
        return None if ride is None else re.sub("不用坐|坐不了|别坐", "不坐", ride[0])
    if name == "anonymous":
        return True if "匿名" in line or "不记名" in line else False if re.search("实名|记名", line) else None
    return _counted(intent, name, line) if name in _NUMBERS else _listed(intent, name, line)


def _progress(line: str) -> str | None:
    """How often or how long something was kept up: 「五天」 as 5天."""
    part = re.search(rf"({_N})条里的?({_N})条", line)
    if part:
        return f"{number(part[2])}/{number(part[1])}"
    found = re.search(rf"({_N}|\d{{3}})\s?(次|天|回|遍|个|分钟|页|晚)", line)
    if found is None or number(found[1]) is None:
        return None
    return f"{number(found[1])}{ {'回': '次', '遍': '次', '晚': '天'}.get(found[2], found[2]) }"


def _mode(line: str) -> str | None:
    """The way to meet; one that is refused does not count where another is named."""
    hits = [
        (hit.start(), code)
        for code, pattern in _modes()
        for hit in pattern.finditer(line)
        if not _refused(line, hit.start())
    ]
    if not hits:
        return None
    moved = [
        hit for hit in hits if re.search(r"(?:改|换|转)(?:成|为|到|用|作)?[^，,。]{0,4}$", line[: hit[0]])
    ]
    strong = [hit for hit in hits if hit[1] != "school_visit"]
    return (moved or strong or hits)[0][1]


def _refused(line: str, at: int) -> bool:
    found = _NOT_MODE.search(line[max(0, at - 6) : at])
    return found is not None and found.end() == min(6, at)


@cache
def _modes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((code, re.compile(pattern)) for code, pattern in _MODE)


@cache
def _tables() -> dict[str, tuple[tuple[object, re.Pattern[str]], ...]]:
    return {
        name: tuple((code, re.compile(pattern)) for code, pattern in rows) for name, rows in _TABLE.items()
    }


def _listed(intent: str, name: str, line: str) -> object | None:
    rows = _tables().get(f"{name}:{intent}", _tables().get(name, ()))
    return next((code for code, pattern in rows if pattern.search(line)), None)


def _counted(intent: str, name: str, line: str) -> object | None:
    if name == "index" and intent in ("remove_item", "anonymous_merge"):
        many = [
            value
            for hit in re.finditer(rf"(?<![\d年月])({_N})(?!月|点|号线|年级)", line)
            if (value := number(hit[1])) is not None
        ]
        if intent == "anonymous_merge" and len(many) > 1:
            return many
        if re.search(rf"第?{_N}条?\s?[、和跟，,]\s?第?{_N}", line) and len(many) > 1:
            return many
    if name == "rating" and intent == "survey_answer":
        word = re.search(r"非常满意|很满意|不满意|基本满意|比较满意|满意|一般|还行|很好|挺好", line)
        if word:
            return word[0]
    found = re.search(_NUMBERS[name], line)
    if found is None:
        return None
    return _value(name, next(group for group in found.groups() if group), found[0])


def _value(name: str, word: str, whole: str) -> object | None:
    if name == "chapters":
        return re.sub(
            r"[到至、~\s]+", "-", re.sub(_N, lambda hit: str(number(hit[0])), word.replace("第", ""))
        )
    if name == "max_chars":
        return _hundreds(word)
    if name in ("minutes", "buffer_min"):
        count = 0.5 if word == "半" else float(number(word) or 0)
        return int(count * (60 if "小时" in whole or "钟头" in whole else 15 if "刻" in whole else 1)) or None
    if name == "children":
        return {"俩": 2, "双": 2, "三": 3}.get(word, number(word))
    return number(word)


def _hundreds(word: str) -> int | None:
    if "百" not in word:
        return number(word)
    head, _, tail = word.partition("百")
    rest = (number(tail) or 0) * (10 if len(tail) == 1 else 1) if tail else 0
    return (number(head) or 1) * 100 + rest
