"""One child's matters: blame, health, family, absence, aid. With a name they are nothing for a group."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.guard.folding import Folded
from handlers.guard.people import people_in
from handlers.guard.private import kind_deed_end

Spans = list[tuple[int, int]]

_WELL = (
    r"(?<!不)(?<!没有)(?<!从不)(?<!未)(?<!别)(?<!避免)(?<!预防)(?<!防止)(?<!不要)(?<!禁止)(?<!从没)(?<!无)"
)
BLAME = re.compile(
    _WELL
    + r"(?:打架|打人|(?:没有?|未|不)[^，。！\n的]{1,8}的(?:同学|学生|孩子|名单|有)(?=[:：是有如]|[一-鿿]{2,3}[、，,和])|打起来|被[^，。\n]{1,6}?(?:打|骂|推|欺负|咬|踢|掐|抓)(?:了|伤|倒|哭|下)|砸了|砸坏|坐不住|注意力不集中|逃跑|讲(?:小|悄悄)?话|打了?(?:同学|人|他|她|我)|打(?=[一-鿿]{0,6}(?:耳光|一拳))|推(?:了|倒|搡)|踢了?(?:人|同学|我)|咬了?(?:人|同学|我)|掐了?(?:人|同学)|抓伤|动手|骂人|骂了?(?:同学|人|老师|脏)|骂脏话|说脏话|欺负|霸凌|偷(?!偷|懒)|偷懒|撒谎|说谎|作弊|抄袭|抄(?:别人|同学|了?.{0,4}的?)?作业"
    r"|(?:没有?|未|不|忘|缺|漏|欠)(?:能|按时|认真|有|记|写完)?(?:交|带|写|完成|做|背|订正|改|戴|穿)(?:完|好|了|齐|来|出)?(?:的)?[^，,。！!\n]{0,5}?(?:作业|红领巾|校服|书|本子?|卷子?|课文|练习|材料|回执|水杯|跳绳|生字|口算|日记|作文)|没交(?!费|钱)|未交(?!费|钱)|不交(?!费|钱)|缺交|漏交|没写完|没做完|没完成|未完成|没背(?:出|完|下)|不会背|没带|忘带|不带"
    r"|拖拉|拖(?:了|班级|全班|大家|我们).{0,4}后腿|捣乱|捣蛋|调皮|违纪|走神|开小差|发呆|玩手机|上课(?:老|总|又|一直|还|在)?(?:睡觉|讲话|说话|吵|闹|玩|走神|吃东西|聊天|传纸条|捣乱|不听|不认真|乱跑|发呆|画画|看课外书|顶嘴)|顶嘴|顶撞|批评|罚(?:站|抄|款|值日|跑)|检讨|表现(?:很|较|太|非常|特别|一直|最)?(?:不好|差|不佳|糟|恶劣)"
    r"|不听话|不听讲|不守纪律|不认真|不专心|不遵守|不讲卫生|不文明|不礼貌|不做值日|逃值日|态度(?:很|太)?(?:差|不端|恶劣)|字(?:迹)?(?:太|很|特别|写得|写的){0,2}(?:潦草|乱|差|丑)|迟到|早退|旷课|逃课|弄坏|打碎|损坏|打破|摔了|撕(?:了|坏)|乱扔|乱涂|乱跑|吵闹|插嘴|起哄|抢(?:了|走|同学|别人)|后进|差生|成绩(?:太|很|最|比较|不太|一直|有点|明显|直线|急剧|又|持续|严重){0,2}(?:下降|滑坡|下跌|不稳|差|不好|不理想|下滑|落后)|考(?:得)?(?:很|太|最|不太)?(?:差|砸|糟|不好)|不及格|没及格|太笨|很笨|(?:最|真|特别)笨|懒惰|太懒|很懒|屡教不改|说不听|管不(?:住|了)|影响(?:全班|班级|别人|其他|大家|上课|课堂)|大喊|大叫|大吵|大闹|哭闹|发脾气|摔东西|摔门|掀桌|吐痰|吐口水|扔(?:纸|垃圾|东西|石)|不负责任|不配合|不管孩子|小偷|有病(?!的|假|请|需)|手脚不干净|嘴(?:馋|贱|碎)|脏兮|邋遢|不洗澡|不讲(?:理|道理|信用)|自私|霸道|任性|贪玩|爱哭|娇气|磨蹭|拖沓|马虎|粗心|丢三落四|三心二意|心不在焉|坐不稳|离开座位|随意走动|下座位|钻桌|追跑|追逐|推人|绊(?:倒|人)|揪|扯头发|起外号|嘲笑|辱骂|威胁|勒索|敲诈|孤立|排挤|起冲突|发生(?:冲突|争执|矛盾)|闹(?:矛盾|事|别扭)|犯错|犯了错|违反|违规|不服从|不尊重|抄答案|偷看|代写|代签|伪造|狡辩|抵赖|拿(?:了|走)(?:别人|同学|人家)|占座|不排队|插队|浪费|挑食|不吃饭|带(?:了)?(?:手机|零食|玩具|刀)(?:来|到|进)|玩(?:笔|橡皮|玩具|水|火|卡片|游戏)|看(?:课外书|漫画|小说)|吃零食|逃学|翻墙|打瞌睡|趴(?:着|桌)|不举手|不肯|涂改|催交|补交|补作业|留堂|家长来校|叫家长|写保证|扣(?:了)?(?:班级|我们班)?\S{0,3}分|老(?:是|吵|打|爱)|作业[^，。\n]{0,4}(?:质量|书写)?(?:太|很|最)?(?:差|糟|乱)|睡觉|讲话|说话(?!算|稿)|吵(?:架|我|到)|欠(?:了)?作业|红灯|尿裤子|拉裤子|早恋|谈恋爱|恋爱|抽烟|吸烟|打游戏|沉迷)"
)
HEALTH = re.compile(
    _WELL
    + r"(?:发烧|发热|高烧|低烧|生病|病了|病假|感冒|咳嗽|水痘|流感|甲流|乙流|支原体|肺炎|手足口|腮腺炎|结膜炎|红眼病|诺如|新冠|阳了|呕吐|吐了|拉肚子|腹泻|肚子疼|肚子痛|头疼|头痛|头晕|过敏(?!原)|哮喘|癫痫|心脏病|糖尿病|白血病|肺结核|乙肝|近视|色盲|弱视|斜视|受伤|摔伤|摔断|扭伤|烫伤|骨折|骨裂|手术|住院|看病|看医生|就医|确诊|感染|心脏(?:不|有|手术|病)|体重超|色弱|多动|抑郁|自闭|焦虑|躁狂|自残|割腕|自杀|心理(?:问题|疾病|障碍|咨询|医生)|ADHD|妥瑟|抽动|发育迟缓|智力|读写障碍|不舒服|流鼻血|晕倒|昏倒|服药|吃药|喂药|输液|打点滴|生理期|脊柱|侧弯|晕(?:车|血|针)|吐血|便血|中毒|烧到|烧了|三十[八九]度|3[89]度|40度|阳性|密接|发病|犯病|进了?医院|挂水|吊针|打针|缝了?\S?针|开刀|先天|遗传|癌|肿瘤|胃病|胃炎|肠炎|阑尾|鼻炎|中耳炎|猩红热|麻疹|风疹|百日咳|疱疹|牙疼|嗓子|喉咙|扁桃|眼睛(?:红|疼|痒|手术)|惊厥|抽搐|休克|厌食|暴食|失眠|强迫症|双相|情感障碍|阿斯伯格|唐氏|脑瘫|矮小症|性早熟|体检(?:异常|不合格)|贫血|肥胖|超重|乳糖|尿床|月经|来例假|痛经|怀孕|湿疹|皮肤病|头虱|虱子|蛀牙|残疾|残障|听力|口吃|结巴|血型|病史|传染|高热|(?:腿|胳膊|手|脚|手臂|骨头|牙|脚踝|手指)(?:断|折|崴|扭|摔|骨|破)|送医|脑震荡|病情)"
)
FAMILY = re.compile(
    _WELL
    + r"(?:离婚|离异|单亲|再婚|后妈|后爸|继父|继母|抚养权|家暴|分居|去世|过世|坐牢|监狱|(?:妈妈?|爸爸?|父母|父亲|母亲)跑了|入狱|服刑|失业|下岗|欠债|破产|家境|家里(?:很|太|比较|特别|真的)?(?:穷|困难|贫困)|家里出事|没钱|交不起|付不起|养父|养母|重组家庭|私生|改嫁|吸毒|赌博|酗酒|欠钱|打官司|不爱说话|内向|孤独|想不开|轻生|离家出走|反应(?:慢|迟)|接受能力|学不会|听不懂|脑子(?:慢|笨)|贫困|低保|留守|孤儿|残疾|厌学|抑郁|情绪(?:很|不|失控|低落|崩溃)|学习困难|跟不上|智力|退步|落后|基础(?:太|很|比较)?(?:差|弱|薄弱)|自卑|孤僻|没(?:有)?朋友|不合群|被孤立|退学|转学|休学|留级|领养|收养|拖欠|欠费|没交费|没交钱|隔代|父母(?:在|不|常|长)|家长不管|没人管|没有?(?:妈妈|爸爸|爸|妈)|家庭(?:情况|问题|困难|矛盾))"
)
ABSENCE = re.compile(
    r"(?<!不能)(?<!要)(?:请(?:了)?(?:[一二两三半]天|\d天)?(?:事|病|个)?假|事假|缺勤|缺课|缺席|没来(?:上)?(?:学|课|校)|没到校|未到校|没来(?:$|[，。！ ])|未到)"
)
_GENERAL = re.compile(
    r"大家|有的|有些|有人|个别|部分|少数|孩子们|同学们|各位|病毒|季节|如果|如有|如(?=发|出|生|有)|若|不要|请勿|勿|别|避免|防止|注意|预防|警惕|谨防|杜绝|拒绝|禁止|的孩子|我们(?!班)|怎么|讲座|安全|教育|主题|防|知识|应对|宣传|家长会|提醒|谨防|克服|不再|(?<!是)不是|没有|从不|从未|(?<!没)(?<!没有)改掉|零|学会|讲(?:了|一讲)|疫苗|医生"
)
_GENERIC = re.compile(
    r"(?:有|个别|部分|少数|一些|几个|几位|某些|哪个|哪位|所有|全体|全班|每个|两个|三个|一个|一名|一位|有个|有位)(?:的)?(?:小)?(?:同学|孩子|学生|朋友)"
)
_LIST = re.compile(
    r"[^，。！\n：:]{0,10}?(?:的)?(?:同学|孩子|学生|人|人员|名单)?(?:有|是|如下|包括|为|的|名单)?(?:[:：、，,\s]|同学){0,4}"
)
_MODIFIES = re.compile(
    r"[^，。！\n]{0,5}?的(?:小)?(?:同学|孩子|朋友|人|同伴|同桌|弟弟|妹妹)(?!的|照片|有|是|[:：])"
)
_ASKED = re.compile(r"考(?:了|得)?(?:多少|几分|怎么样|如何|咋样)|第几名")
_FAINT = re.compile(
    r"一塌糊涂|惹(?:事|祸|了)|毛病|屡次|屡教|又(?=没|不|把|在|是|被|犯|忘|开始)|还是(?=没|不|老)|老是|总是(?=不|没|在|说|打|吵|玩|和|跟|要|抢|忘)|一直(?=吵|不|没|在说|说|讲|闹|玩|哭)|太(?:吵|闹|慢|乱|差|皮|懒|笨)|很(?:吵|闹|乱|差|皮|懒|笨)|写字慢|动作慢|请注意(?:纪律|言行|行为|影响|卫生)|注意(?:纪律|言行)|进办公室|请进办公室|谈话|问题(?:很|较|比较|最)?(?:大|多|严重)|(?:很|太|最)?让人头疼|让我(?:很|非常)?(?:失望|生气|头疼)|令人失望|不像话|不懂事|不自觉|不争气|不用功|不努力|不上进|不团结|不友好|不诚实|不爱(?:学习|读书|劳动|干净)|欠(?:揍|管)"
)
"""Words that blame only beside a name, and only where nothing kind is said."""
_KINDLY = re.compile(
    r"表扬|感谢|谢谢|祝|恭喜|主动|帮|照顾|捡|获|奖|当选|值得|学习(?=$|[。！，])|进步|鼓掌|欢迎|真棒|点赞|认真|坚持|勇敢|热心|借给|让给|送给|分享|值日|老师(?:请假|生病)"
)
_OWN = re.compile(
    r"我(?:们)?家(?:的)?(?:孩子|娃|宝贝|宝宝|儿子|女儿|闺女|小[一-鿿]|老[大二]|[一-鿿]{2,3}(?=[今昨没发考数上又]))?|我(?:的)?(?:儿子|女儿|孩子|娃|闺女)|(?<![一-鿿])(?:孩子|儿子|女儿|娃)"
)
_LIGHT = re.compile(r"忘|没带|不带|迟到|早退|睡觉|讲话|没交|未交|没写完|没做完")
"""Of one's own child these are everyday words."""
_OTHERS = re.compile(
    r"谁家(?:的)?(?:孩子|娃|小孩)?|(?:那|这)个(?:孩子|同学|小孩|家长)|[他她](?:家|们家)?(?:孩子|儿子|女儿)|隔壁座|同桌|你家(?:的)?(?:孩子|娃)?|你们家|后排(?:的|那个)?|前排"
)
_DEMAND = re.compile(
    r"谁家[^。\n]{0,20}(?:站出来|赔|道歉|摔|打|弄|抢|拿(?!错|走错|混|反)|欺负|踢|推|咬)|站出来|给我?个说法|讨(?:个)?说法|管不管|出来(?:解释|说清|给|道歉)|给个解释|怎么(?:教|管)(?:育)?(?:的)?孩子|怎么教(?:育)?的|必须(?:给我)?道歉|赔钱|赔我"
)
_SHOWN = re.compile(
    r"(?:某|有个|有位|这位|这个|该|那个|几个|以下|下面)(?:同学|学生|孩子|小朋友|几位)?[^。\n]{0,14}?(?:照片|视频|截图|图片|录像|监控)|(?:照片|视频|截图|监控|录像)[^。\n]{0,8}(?:某|这位|这个|该)(?:同学|学生|孩子)"
)
_ORDERED = re.compile(
    r"点名批评|通报批评|公开批评|批评(?:一下|以下|下列|这几|今天)|曝光|(?:黑|批评|违纪|欠交|未交|没交|缺交|迟到|处分|后进生|差生|问题学生)(?:学生|同学|作业)?(?:的)?名单|害群之马|老鼠屎|拖(?:了)?(?:全班|班级|大家|我们班?|班里)的?后腿|差生|后进生|问题学生|笨(?:蛋|死)|猪脑|脑子有(?:病|问题)|白痴|不要脸|丢人现眼|给(?:班级|全班|我们班)丢脸|没家教|没教养"
)
_NOT_ORDERED = re.compile(
    r"不(?:点名|要|会|做|能|得|可|搞|称|叫|应|再|通报|公开)|没有|没有差生|杜绝|禁止|严禁|勿|别|避免|私下|单独"
)
_AID = re.compile(
    r"(?:贫困|困难|特困|低保|资助|补助|助学金|救助|建档立卡|孤儿|残疾|留守|单亲|减免|扶贫|随迁|低收入|孤困|营养餐补|免费午餐|受助)(?:户|生|学生|同学|儿童|家庭|子女|补助|补贴|资助|金|费|对象|申请)?"
)
_LISTED = re.compile(
    r"发放表|明细|下来|到账|名单|公示|公布|如下|汇总|[:：]|获得|领取|享受|通过(?:的|了)|是|有(?!关|困难|需|疑|什么|意)|评上|发放给|发到群|截图|统计表|登记表(?:如|见|已)"
)
_AID_PRIVATE = re.compile(
    r"私[下信聊]|单独|不(?:公示|公布|公开|会|在群|发|要在|得)|保密|申请表|申请(?:流程|时间|条件|截止|材料|办法)|可以(?:申请|联系|找)|需要(?:申请|的家长|的家庭)|政策|请(?:联系|找|到)|自愿|严禁|禁止|勿"
)

_WEAK = re.compile(r"(?:困难|单亲|留守|残疾|孤儿|减免|随迁)(?:家庭|儿童|子女|学生|同学|生)?$")
_WEAK_LISTED = re.compile(
    r"名单|公示|(?:有|是|[:：])[^，。\n]{2,4}[、和 ]|(?:同学|学生|家庭)(?:有|[:：])|汇总|统计表"
)


@dataclass(frozen=True, slots=True)
class Matter:
    """A child's matter: which rule, the words, and where the names stand that would have to go."""

    rule: str
    spans: tuple[tuple[int, int], ...]
    names: tuple[tuple[int, int], ...] = ()


def matter(line: Folded, role: str) -> Matter | None:
    """The first matter of one child a text tells, hardest first."""
    text = line.text
    aid = aid_list(line)
    if aid:
        return Matter("aid_list", tuple(aid))
    for rule, pattern in (
        ("medical_fact", HEALTH),
        (_blame_rule(role), BLAME),
        ("names_individual_problem", FAMILY),
        ("names_individual_problem", ABSENCE),
    ):
        found = _told(text, pattern, role, absence=pattern is ABSENCE)
        if found:
            return Matter(rule, (found[0],), tuple(found[1:]))
    if role == "parent" and (asked := _told(text, _ASKED, role, absence=True)):
        return Matter("no_score_list", (asked[0],), tuple(asked[1:]))
    if not _KINDLY.search(text) and (found := _told(text, _FAINT, role, absence=True)):
        return Matter(_blame_rule(role), (found[0],), tuple(found[1:]))
    if role == "teacher":
        shown = [hit.span() for hit in (*_SHOWN.finditer(text), *_ORDERED.finditer(text)) if _bad(text, hit)]
        return Matter("no_public_criticism", tuple(shown)) if shown else None
    demand = _DEMAND.search(text)
    return Matter("names_individual_problem", (demand.span(),)) if demand else None


def _blame_rule(role: str) -> str:
    return "no_public_criticism" if role == "teacher" else "names_individual_problem"


def _bad(text: str, hit: re.Match[str]) -> bool:
    if _ORDERED.match(text, hit.start()):
        return not _NOT_ORDERED.search(text, max(0, hit.start() - 8), hit.end() + 8)
    return BLAME.search(text) is not None


def _told(text: str, pattern: re.Pattern[str], role: str, *, absence: bool) -> Spans:
    for count, hit in enumerate(pattern.finditer(text)):
        if count == 30:
            break
        names = _before(text, hit, role, absence=absence) or _after(text, hit)
        if names:
            return [hit.span(), *names]
    return []


def _before(text: str, hit: re.Match[str], role: str, *, absence: bool) -> Spans:
    """Names before the words in the same sentence, with nothing general between."""
    start = max(text.rfind(end, max(0, hit.start() - 22), hit.start()) for end in "。！？!?\n；;")
    begin = max(start + 1, hit.start() - 22)
    deed = kind_deed_end(text[begin : hit.end()])
    if deed and begin + deed <= hit.start() + 1 and not _named_after(text, begin + deed, hit.start()):
        return []
    people = [(one.start, one.end) for one in people_in(text, begin, hit.start(), most=8)]
    if role == "parent":
        people += [own.span() for own in _OTHERS.finditer(text, begin, hit.start())]
        if not absence and not _LIGHT.match(hit[0]):
            people += [own.span() for own in _OWN.finditer(text, begin, hit.start())]
    near = max(people, key=lambda one: one[1], default=None)
    if near is None:
        return []
    between = text[near[1] : hit.start()]
    if _MODIFIES.match(text, hit.end()) and not between.endswith(("是", "有", "和", "、")):
        return []
    if _GENERAL.search(between) or _GENERIC.search(between):
        return []
    return sorted(set(people))


def _named_after(text: str, start: int, end: int) -> bool:
    return bool(people_in(text, start, end, most=1))


def _after(text: str, hit: re.Match[str]) -> Spans:
    """Names told behind the words: 「没交作业的：张三、李四」, 「批评张三」."""
    lead = _LIST.match(text, hit.end())
    end = min(len(text), hit.end() + 24)
    people = people_in(text, hit.end(), end, most=6)
    if not people or lead is None or people[0].start > lead.end() + 8:
        return []
    gap = text[hit.end() : people[0].start]
    named = re.search(r"比如|例如|尤其|特别是|就是|说的是|像", gap) is not None
    if not named and hit[0] != "批评" and _GENERAL.search(text, max(0, hit.start() - 8), hit.start()):
        return []
    if hit[0] != "批评" and not re.search(r"[:：、]|有|是|的|名单|如下|包括|比如|例如|像|尤其", gap):
        return []
    if re.search(r"[，。！\n]", gap) and not named:
        return []
    return [(one.start, one.end) for one in people]


def aid_list(line: Folded) -> Spans:
    """Where it is told who gets aid."""
    text = line.text
    for count, hit in enumerate(_AID.finditer(text)):
        if count == 20:
            break
        start = max(text.rfind(end, max(0, hit.start() - 30), hit.start()) for end in "。！\n；") + 1
        ends = [place for end in "。！\n；" if (place := text.find(end, hit.end(), hit.end() + 40)) >= 0]
        sentence = text[max(start, hit.start() - 30) : min(ends, default=hit.end() + 40)]
        if _AID_PRIVATE.search(sentence) and "名单" not in sentence:
            continue
        if _AID_PRIVATE.search(sentence) and re.search(r"不|私|单独|保密|严禁|禁止|勿", sentence):
            continue
        if _WEAK.match(hit[0]) and not _WEAK_LISTED.search(sentence):
            continue
        offset = sentence.find(hit[0])
        rest, before = sentence[offset + len(hit[0]) :], sentence[:offset]
        listed = _LISTED.search(rest) and (
            re.search(r"名单|公示|公布|汇总|统计表|登记表|发放表|明细", rest) or people_in(rest)
        )
        if listed or re.search(r"公示|名单", before) or people_in(rest, most=1) or _aided(before):
            return [hit.span()]
    return []


def _aided(before: str) -> bool:
    people = people_in(before, most=4)
    return (
        bool(people)
        and re.search(r"领|获|享|申请|是|属于|拿|评|有", before[people[-1].end :] or "") is not None
    )
