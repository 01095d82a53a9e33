"""What the finer looks let through: forms of a list, a place, an address, a blame that carry none of their words.

Each net has the words that show it is harmless. They are looked at last, so a finer rule names the reason first.
"""

from __future__ import annotations

import re

from handlers.guard.folding import Folded, digits
from handlers.guard.people import people_in

Spans = list[tuple[int, int]]

_ASKING = re.compile(r"能不能|可不可以|是不是|要不要|好不好|会不会|行不行")
_N = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_CALM = re.compile(
    r"不(?:公布|公开|公示|排|发|比|要|能|得|会|准|许|在群|搞|用)|单独|私[下信聊]|各家|自己家|严禁|禁止|勿|避免|预防|防止|如果|若|怎么|领取|查询|封好|带回|讲座|主题|教育|知识|什么时候|自愿"
)
_FEAT = re.compile(
    r"运动会|比赛|接力|拔河|跳绳|跑步|足球|篮球|合唱|大赛|艺术节|书法|绘画|朗诵|演讲|小组|队|米|卫生|评比|表扬|夸|真棒|祝贺|恭喜|进步"
)
_SCORES = re.compile(
    r"(?:优秀|优|良好?|合格|待合格|需努力|达标|[ABCD][+]?)(?:等)?\s?(?:的)?(?:有|[:：])\s?[一-鿿]{2,4}|(?:得了?|拿了?|考了?|是|给)(?:个)?\s?[ABCDE][+-]?(?![A-Za-z])|"
    r"(?:期中|期末|月考|单元|测验|考试|检测|各科)[^，。\n]{0,8}(?:成绩|分数|情况|结果)[^，。\n]{0,6}(?:表|单|汇总|一览|如下|见|附|查收|下载|统计)|(?:成绩|分数)[^，。\n]{0,3}(?:表|单|条|汇总|附件|一览|册)|(?:附件|附|下载|查收)[^，。\n]{0,8}(?:成绩|分数)|"
    r"(?:没到|不到|低于|高于|超过|达到|满|上了?)\s?\d{2,3}分?的?(?:有|是|同学|孩子|[:：])|(?:红色|黄色|标红|标黄)[^，。\n]{0,6}(?:不及格|不合格|没过|低分)|(?:学号|考号|座号|编号)\s?\d{1,3}[^\d\n]{0,3}\d{2,3}|(?:测试|测验|考试|听写|默写|口算|检测)[^。\n]{0,14}\d{2,3}分(?!钟)|"
    r"(?:满分|全对|双百|一百分|100分)[^，。\n]{0,6}(?:有|是|同学|名单|[:：]|的)|(?:挂科|补考|没过关|不过关|红灯)[^，。\n]{0,5}(?:有|是|同学|名单|[:：]|的)|[柒捌玖伍陆][拾十][壹贰叁肆伍陆柒捌玖]?分?|过关情况|(?:[a-z]{4,14}\s?(?:[一二三四五六七八九]十[一二三四五六七八九]?|\d{2,3})[，,、 ]*){2,}|(?:优秀率|及格率|合格率|低分率|均分|平均分)|(?:错|扣)了?\s?"
    + _N
    + r"\s?(?:分|题|个)[^，。\n]{0,4}(?:有|是|[:：]|的)"
)
_PLACES = re.compile(
    rf"第[一1]名[^，。\n第]{{0,8}}[，、,；; ]?\s?第[二2]名|(?:从|由)?\s?{_N}\s?名(?:到|升|降|掉|进|退|滑|变)|(?:进步|退步|上升|下降|提高|前进|后退|掉|升|跌)了?\s?{_N}\s?(?:个)?(?:名|位)|(?:排名|名次)[^，。\n]{{0,6}}(?:靠后|靠前|变化|下降|上升|更新|出来|已|如|在|是|第)|"
    rf"状元|榜眼|探花|学霸|学神|尖子生|优等生|学渣|中等生|尾巴|(?:末|最后|后)\s?{_N}\s?名|(?:前|TOP|Top|top)\s?{_N}(?:名|强|位)?[^，。\n]{{0,3}}(?:[:：是有]|同学|的)|(?:年级|班级|全班|班里|班上)(?:排)?(?:第|前|后|倒)|(?:冠军|亚军|季军|榜首|垫底|拔尖|吊车尾)|(?:成绩|分数)(?:从高到低|由高到低|高低|段)|按(?:成绩|分数|名次)|第[一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾\d]{{1,4}}位|(?:中|下)游|排(?:到|在)了?[一二三四五六七八九十\d]{{1,3}}(?!点|班|楼|号)|(?:排名|名次|成绩|分数|paiming|chengji)[^，。\n]{{0,6}}(?:发|公布|晒|贴|公示)|榜单|(?:\d[一-鿿]{{2,3}}[，、 ]?){{3,}}(?![年月日])|(?:红黑|光荣|龙虎|英雄|成绩)榜"
)
_BLAMED = re.compile(
    r"(?:没|未|不)(?:有)?(?:打卡|签到|戴|订正|回复|签字|读|背|举手|穿|来|听|完成|做|写|交)(?:的|了|完)?(?:同学|孩子|人)?(?:有|是|[:：]|名单)|扣(?:了)?[一二三两\d]{0,2}分|罚(?:站|抄|跑|款|值日)|(?:太|真|很|最|这么|多么)(?:懒|笨|皮|闹|吵|差|不像话|不自觉|没教养|没规矩|过分)|说了(?:多少|好几|很多|几)遍|屡教|(?:大喊大叫|大吵大闹|坐不住|无法无天|不像话|不自觉|没规矩|无组织|目中无人)|"
    r"(?:丢|拖)(?:了)?(?:班级|全班|我们班|大家)[^，。\n]{0,3}(?:脸|后腿)|(?:反面|坏)(?:典型|榜样)|(?:不写|不做|不交|欠)作业的|说的就是|别学|点到名|自己(?:看看|想想)|没收|(?:座位|桌)[^，。\n]{0,4}(?:垃圾|脏|乱)|鬼画符|(?:字|作业)[^，。\n]{0,5}(?:潦草|难看|像|跟)|不客气|(?<![不禁勿别])带手机|(?:还没|没|未)(?:接龙|交|回|填|报)(?:龙|的)?(?:是|有|的)|(?:坐|就)(?:在)?(?:第[一二三四五]排|最后)|(?:家长|爸妈|父母)(?:太|很|也不|从不|根本|都)[^，。\n]{0,6}(?:不管|不配合|不负责|不上心|溺爱|惯)"
)
_PROBLEM = re.compile(
    r"出了?(?:点|些)?事|走了|沉默|矛盾|换座|堵人|怕(?:他|她)|扔|打(?:了|我|他|她)|骂|咬|抢|推|心理|情绪|离婚|单亲|多动|学习(?:下降|障碍|困难|退步|跟不上)|下降(?:厉害|明显|很多)|偷|早恋|撒谎|离家|失眠|抑郁|自闭|孤僻|厌学|休学|留级|暴躁|攻击|打人|转学|网瘾|沉迷|家暴|去世|坐牢"
)
_AIDED = re.compile(
    r"(?:减免|免费|补助|补贴|资助|助学|救助|贫困|困难|低保|特困|爱心(?:款|物资|餐|基金)|营养餐|慰问金|帮扶)"
)
_ILL = re.compile(
    r"骨折|住院|水痘|流感|确诊|过敏|哮喘|癫痫|近视|疫苗|手术|肺炎|发烧|乙肝|传染|心脏|体检|抽动|色弱|石膏|化验|阳性|复查|住进|病(?:了|假|情|休)|隔离|康复|吃药|糖尿"
)
_HOME = re.compile(
    rf"(?:路|街|弄|巷|道|村|里|园|苑|庄|城|府|湾|院|区|公寓|家园|小区|花园)\s?(?:\d{{1,4}}|{_N})\s?(?:期|号|弄|栋|幢|座|楼|单元)|\d{{1,3}}\s?(?:栋|幢|单元)\s?\d{{0,2}}\s?(?:单元|栋|室|号|层)?\s?\d{{2,4}}|(?:家住|住在|住址|家庭地址|家访地址|地址(?:是|为)?[:：]?)\s?[一-鿿]{{2,}}"
)
_PUBLIC = re.compile(
    r"集合|开会|上课|考场|会议|学校|校门|操场|教室|体育馆|图书馆|公园|博物馆|中心|基地|剧院|影院|酒店|广场|车站|医院|派出所|社区服务|少年宫|科技馆|报告厅|食堂|礼堂|不(?:要|用)|登记|填写|更新|私"
)
_CONTACT = re.compile(
    r"(?:wx|WX|vx|VX|v信|V信|微信|QQ|qq|扣扣|企鹅)\s?(?:号|群)?\s?[:：是为]?\s?[A-Za-z0-9_-]{5,}"
)
_PHONE = re.compile(
    r"(?<!\d)1[3-9](?:[\s.\-–_、,，*]?[\doO]){9}(?![\doO])|(?:前|后|中间)[^，。\n\d]{0,3}\d{3,4}[^。\n]{0,4}(?:前|后|中间|末)[^，。\n\d]{0,3}\d{4}"
)
_PAY = re.compile(
    r"(?:支付宝|微信|银行卡|卡号|账号|账户|收款码|付款码|转账|汇款|打款)[^。\n]{0,10}(?:[:：]\s?\S*@|[:：]?\s?\d{6,}|给我|我的|个人|老师|妈妈|爸爸|会长|家委)|(?:转|打款|汇|付)(?:到|给|进|至)[^，。\n]{0,6}(?:(?:妈妈|爸爸|老师|会长|家委|我)(?:的)?(?:卡|账|微信|支付宝|手机|这|$|[，。！ ])|\d{6,})|(?<!\d)\d{16,19}(?!\d)|私下(?:交|转|给|付)|补课[^。\n]{0,12}\d{2,3}|[zZ]huan\s?(?:wo|gei)|(?:茶叶|特产|月饼|水果|烟酒|购物卡|红包|礼物|花|海鲜|土鸡蛋)[^。\n]{0,8}(?:放|给|送|收|拿|笑纳|尝)[^。\n]{0,6}(?:了|您|你|老师|门卫)|(?:凑|众筹|份子|集资|AA|每家|每人|一人|一家)[^。\n]{0,16}(?:老师|班主任|谢师|教师节)"
)
_SCHOOL_PAYS = re.compile(
    r"学校(?:账户|对公|统一|平台|财务)|对公|缴费平台|财务|不(?:收|要|得|许|准|能|用)|严禁|谢绝|拒收|诈骗|谨防|身份证|学籍号"
)
_MARKED_BY = re.compile(
    r"(?:家长|爸爸妈妈|爸妈|父母|爸爸|妈妈|您|大人)[^。\n]{0,14}(?:判|批|改|打(?:个)?分|打勾|对答案|核对答案|报听写|听写|默写|检查|签(?:字|名|上)|订正|把关|抽查|过目)|(?:口算|听写|默写|作业|卷子?|试卷|练习|背诵|课文|错题|生字)[^。\n]{0,14}(?:家长|爸爸|妈妈|父母)[^。\n]{0,8}(?:判|批|改|签|查|评|过目|打分)"
)
_ASKED = re.compile(
    r"截图|截屏|接龙(?:.{0,8}(?:完成|学习|下载))|(?:投票|点赞|转发|助力)[^。\n]{0,10}(?:必|每人|都|全部|务必|回复|截|完成)|(?:必|每人|都|全部|务必|所有家长)[^。\n]{0,10}(?:投|点赞|转发|下载|注册|关注|安装)|(?:平台|软件|小程序|公众号|[Aa][Pp][Pp])[^。\n]{0,14}(?:完成|学习|登录|注册|下载|绑定|关注|必须|务必|都要|打卡|答题|上传)|(?:下载|注册|安装|关注|扫码)[^。\n]{0,14}(?:打卡|上传|学习|必须|务必|都|全部|完成)"
)
_FREE = re.compile(
    r"安全教育平台请|自愿|不(?:强制|要求|用|必|需|要|得|会)|无需|可选|有兴趣|有需要|谨防|诈骗|请勿|勿|严禁|缴费平台|智慧(?:缴费)?"
)


def tight(line: Folded) -> Folded:
    """The same without blanks and little pictures: what is written with gaps is read all the same."""
    kept = [
        at
        for at, sign in enumerate(line.text)
        if not (sign.isspace() or sign in "._·•*~❤️⭐✨🌸🔴" or ord(sign) > 0xFFFF)
    ]
    return Folded("".join(line.text[at] for at in kept), tuple(line.places[at] for at in kept), line.original)


def _calm(text: str) -> bool:
    return _CALM.search(_ASKING.sub("", text)) is not None


def scores(line: Folded) -> Spans:
    """Lists, bands and tables of marks."""
    return [] if _calm(line.text) or _FEAT.search(line.text) else _all(_SCORES, line.text)


def places(line: Folded) -> Spans:
    """Places in learning, in any words."""
    return [] if _calm(line.text) or _FEAT.search(line.text) else _all(_PLACES, line.text)


def blame(line: Folded) -> Spans:
    """Blame of somebody who can be known, or of a list."""
    return [] if _calm(line.text) else _all(_BLAMED, line.text)


def problem(line: Folded) -> Spans:
    """A named child's trouble."""
    return _about_somebody(_PROBLEM, line.text)


def aid(line: Folded) -> Spans:
    """Who gets aid, by name."""
    return _about_somebody(_AIDED, line.text)


def illness(line: Folded) -> Spans:
    """A named child's health."""
    return _about_somebody(_ILL, line.text)


def homes(line: Folded) -> Spans:
    """Where somebody lives."""
    return [] if _PUBLIC.search(line.text) else _all(_HOME, line.text)


def contacts(line: Folded) -> Spans:
    """How to reach somebody outside school."""
    return _all(_CONTACT, line.text) + [hit.span() for hit in _PHONE.finditer(digits(line.text))]


def payments(line: Folded) -> Spans:
    """Money to a person, gifts collected."""
    return [] if _SCHOOL_PAYS.search(line.text) else _all(_PAY, line.text)


def marked_by_parents(line: Folded) -> Spans:
    """Parents made to mark."""
    return (
        []
        if _FREE.search(line.text)
        or re.search("回执|同意书|通知书|告知书|书包|体温|接送卡|登记|责任书|承诺", line.text)
        else _all(_MARKED_BY, line.text)
    )


def asked(line: Folded) -> Spans:
    """Parents made to install, vote, or prove it with a picture."""
    return [] if _FREE.search(line.text) else _all(_ASKED, line.text)


def _all(pattern: re.Pattern[str], text: str) -> Spans:
    return [hit.span() for hit in pattern.finditer(text)]


def _about_somebody(pattern: re.Pattern[str], text: str) -> Spans:
    """The word and the names, where both stand and nothing shows it is meant for everybody."""
    if _calm(text) or re.search(
        "表扬|夸|注意|预防|大家|各位|同学们|小朋友们|孩子们|请|申请|截止|接种|体检|画作", text
    ):
        return []
    found = _all(pattern, text)
    people = people_in(text, most=6) if found else []
    return [*((one.start, one.end) for one in people), *found] if people else []


LOOKS = (
    ("phone_number", contacts),
    ("address", homes),
    ("no_score_list", scores),
    ("no_ranking", places),
    ("aid_list", aid),
    ("medical_fact", illness),
    ("names_individual_problem", problem),
    ("no_public_criticism", blame),
    ("money_or_gift", payments),
    ("parent_grading", marked_by_parents),
    ("forced_app", asked),
)
"""Each rule with its net."""
OF_PARENTS = tuple(
    look
    for look in LOOKS
    if look[0] in ("phone_number", "address", "no_ranking", "names_individual_problem", "money_or_gift")
)
"""What a parent's own words are looked at for."""
