"""Finding what looks like somebody's name, without a roster: 张小明, 小明, 乐乐, ZXM, zhang xiaoming, 12号."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史"
    "陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤章鲁葛柳岳齐康伍庄樊倪兰殷施洪俞翁季丘辛欧池裴霍凌柯阮冉骆祁虞翟艾宁牛蓝华项祝童鞠甄"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|慕容|皇甫|令狐|公孙|夏侯|尉迟|端木"
_STOP = (
    "的了在是不没未有请和与及都也就要把被让给到从很太别每各上下今昨前后又再还老总经最近这那无他她它您你我们个同学家长妈爸孩班校课书时间分数点号日月年周"
    "会能可应该将已正因为所以但如果或者即便等对于关跟比向往里外中内看说做写读交带吃喝睡打骂吵闹哭笑跑跳迟早忘考得拿作业练习全部只才却仍曾怎什么谁哪吗呢吧啊呀，。！？；："
)
_NC = f"[^\\W\\d_a-zA-Z{_STOP}]"
_HAN = (
    f"(?:(?:{_DOUBLE}){_NC}{{1,2}}|[{_SURNAMES}]{_NC}{{1,2}}|[{_SURNAMES}](?:同学|某某?|[xX*×]{{1,2}}|[A-Z]{{1,2}}(?![A-Za-z])|[0-9]{_NC})"
    f"|[小阿](?!朋友|学|组|时|心|区|队|测|结|故|红花|程序|卖|助手|升初|课|型|伙伴|考|黑板|食堂|广播|雨|雪|品|视频|孩|小|事|声|步){_NC}{{1,2}}"
    r"|(?![天常妈爸爷奶人家往刚渐慢好谢看试多大偷轻早个每处时默匆宝哥弟姐姑叔公舅婆姥白仅稍纷频屡一想走听说读写练跳星娃问聊等跑笑哈呵嘻种条样点滴方面年月日管数教帮劝])([一-鿿])\1(?!([一-鿿])\2))"
)
_CAPITALS = r"(?<![A-Za-z0-9])(?!APP|PPT|PDF|QQ|VIP|OK|TV|PE|ID|USB|AI|AA|VR|NBA|DIY|AM|PM|VX|WX|KTV|IT|CD|DVD|GPS|TXT|DOC|XLS|XX|AB|CT|ABC|HB|BMI|PK|WC|KET|PET|NO|IP|SD)[A-Z]{2,3}(?![A-Za-z0-9])"
_SPELT = (
    r"(?<![A-Za-z])(?:[Oo]uyang|[Cc]heng|[Hh]uang|[Jj]iang|[Ll]iang|[Xx]iang|[Xx]iong|[Zz]hang|[Zz]heng|[Zz]hong|[Cc]hen|[Dd]eng|[Dd]ing|[Dd]ong|[Dd]uan|[Ff]ang|[Ff]eng|[Gg]ong|[Hh]ong|[Kk]ang|[Kk]ong|[Ll]iao|[Ll]ong|[Mm]eng|[Pp]eng|[Qq]ian|[Ss]hao|[Ss]hen|[Ss]ima|[Ss]ong|[Tt]ang|[Tt]ian|[Ww]ang|[Xx]iao|[Yy]ang|[Yy]uan|[Zz]eng|[Zz]han|[Zz]hao|[Zz]hou|[Bb]ai|[Cc]ai|[Cc]ao|[Cc]ui|[Dd]ai|[Ff]an|[Gg]ao|[Gg]uo|[Hh]an|[Hh]ao|[Hh]ou|[Jj]ia|[Jj]in|[Ll]an|[Ll]ei|[Ll]in|[Ll]iu|[Ll]uo|[Ll]yu|[Nn]iu|[Pp]an|[Pp]ei|[Qq]in|[Qq]iu|[Rr]en|[Ss]hi|[Ss]un|[Tt]an|[Tt]ao|[Ww]an|[Ww]ei|[Xx]ia|[Xx]ie|[Xx]ue|[Yy]an|[Yy]ao|[Yy]in|[Zz]hu|[Zz]ou|[Dd]u|[Ff]u|[Gg]e|[Hh]e|[Hh]u|[Ll]i|[Ll]u|[Ll]v|[Mm]a|[Mm]o|[Qq]i|[Ss]u|[Ww]u|[Xx]u|[Yy]e|[Yy]i|[Yy]u"
    r")[ '.-]?[a-zA-Z]{1,6}(?:[ '.-][a-zA-Z]{1,6})?(?![A-Za-z])"
)
_INITIALS = r"(?<![A-Za-z0-9])(?!app|ppt|pdf|qq|vip|ok|tv|pe|id|wx|vx|www|com|cn|mp|doc|xls|txt|xx|ai)[a-z]{2,3}(?![A-Za-z0-9@])"
_SPACED = r"(?<![A-Za-z0-9])[A-Za-z](?:[ .·*-][A-Za-z]){1,2}(?![A-Za-z0-9])"
_NUMBER = r"(?:学号|座号)\d{1,2}(?!\d)|(?:学号|座号)?\d{1,2}号(?:同学|学生|的?(?:家长|同学))?(?!楼|门|线|桌|教|馆|车|院|厅|前|之|下|上|早|晚|中|开|放|\d)"
_OPENING = f"(?:(?<=[，。！：:\\n])|^){_NC}{{2}}[^\\W\\d_a-zA-Z{_STOP}生组队员友们车机雨馆级部日节性体](?=(?:今天|昨天|又|上课|总是|老是|一直|没|不|在课|作业|打|迟到|欺负|考))"
NAME = re.compile(f"{_HAN}|姓[{_SURNAMES}]的|{_CAPITALS}|{_SPELT}|{_SPACED}|{_INITIALS}|{_NUMBER}|{_OPENING}")
_NOT_A_NAME = re.compile(
    r"周[一二三四五六日末边围期]|任[何务意]|方[便式法向面案]|高[发热烧年中兴度温清低处考强速铁峰]|安|马[上路桶虎]|白[天色板纸开衣]|黄[色金昏]|金[额属色融]|石[头油]|温|雷[雨电]|夏[天季令]|万[一分]|何[时况必]|"
    r"许[多可]|余[下额]|康[复乐]|向|时|于是|项目|祝[福贺愿大]|田[径野间]|胡[乱闹]|凌晨|江|武[术器]|华|童[话年]|于|毛[巾笔衣]|季[节度]|叶子|程[度序]|段|孔|顾[问虑]|严[格重禁肃厉]|钱[币包]|牛[奶]|"
    r"蓝[色球]|金|兰|宁|辛[苦勤]|洪水|章节|龙卷|史|汤|施|侯|付[款费出]|池|柳|齐[心全]|任|章|贺|黎|陆[续]|欧洲|艾|陈[述列旧]$|林[荫]|宋|曾|章|钟[头表]|丁[点]|罗|唐诗|杜绝|范[围文例读]|彭|"
    r"谢[绝意]|戴[红口眼帽手头好上]|张[贴开罗]$|李子$|王者|王国|秦|谢谢|陶[艺瓷]|祝贺|童[手装鞋心]|车|班|夸夸|啦啦|整整|齐齐|[本各全我]班|小[长短半多大]|韩|杨[树柳]|尹|石|孟|程"
)
_STANDING = re.compile(
    r".?(?:老师|主任|校长|师傅|医生|校医|教练|叔叔|阿姨|导师|院长|护士|警官|园长|书记|先生|女士|教授|路|街|镇|县|市|省|区|公园|医院|学校|小学|中学|博物馆)"
)
_IN_PAIRS = (
    "接龙恐龙沙龙四季换季花季雨季冬季夏季秋季春季旺季一张两张三张四张五张几张每张这张那张紧张夸张慌张主张儿童主任责任信任担任兼任每周本周上周下周一周两周三周四周几周感谢谢谢多谢道谢提高身高最高增高登高明白"
    "雪白灰白空白表白洁白金黄发黄地方对方前方后方双方官方一方化石岩石奖金基金现金资金押金花钱零钱省钱马路道路一路铁路公路走路斑马木马森林树林园林羽毛树叶落叶由于关于对于位于至于属于终于等于如何任何为何允许"
    "也许或许方向平安晚安早安公安保安治安正常日常经常平常体温气温保温高温低温测温设施措施实施未曾课程过程流程工程议程全程日程万元佩戴穿戴爱戴阶段时段路段片段八段水牛蜗牛事项各项每项一项两项照顾回顾文章规章"
    "奖章徽章中华才华健康整齐安宁历史祝贺庆祝其余多余业余剩余书包面包红包钱包背包打包基地江边河边校车大巴水池电池雷雨打雷小石沙石水泡"
)
_JOINED = frozenset(_IN_PAIRS[at : at + 2] for at in range(0, len(_IN_PAIRS), 2))
"""Words that end in what could be a family name."""
_TITLE = re.compile(r"主任$|校长$|教练$|医生$|护士$|书记$")
_WORDS = frozenset(
    [
        "英语",
        "数学",
        "语文",
        "科学",
        "体育",
        "音乐",
        "美术",
        "卫生",
        "情绪",
        "成绩",
        "中午",
        "早上",
        "晚上",
        "下午",
        "上午",
        "天天",
        "发烧",
        "发热",
        "高烧",
        "拉肚",
        "生病",
        "感冒",
        "咳嗽",
        "住院",
        "骨折",
        "过敏",
        "确诊",
        "家境",
        "父母",
        "爸爸",
        "妈妈",
        "奶奶",
        "注意",
        "纪律",
        "态度",
        "性格",
        "心理",
        "基础",
        "学习",
        "平时",
        "屡次",
        "屡教",
        "随便",
        "故意",
        "偷偷",
        "动手",
        "动不",
        "欺负",
        "捣乱",
        "违纪",
        "撒谎",
        "受伤",
        "呕吐",
        "头疼",
        "头痛",
        "肚子",
        "总是",
        "一直",
        "始终",
        "依旧",
        "依然",
        "继续",
        "严重",
        "突然",
        "目前",
        "近来",
        "近期",
        "主动",
        "表现",
        "参加",
        "担任",
        "获得",
        "荣获",
        "代表",
        "坚持",
        "午休",
        "课间",
        "放学",
        "语言",
        "体检",
        "视力",
        "身体",
        "身上",
        "座位",
        "同桌",
        "主要",
        "必须",
        "需要",
        "应该",
        "情况",
        "有点",
        "有些",
        "非常",
        "特别",
        "真是",
        "居然",
        "竟然",
        "自己",
        "单元",
        "期中",
        "期末",
        "月考",
        "听写",
        "默写",
        "背诵",
        "家住",
        "家里",
        "家庭",
        "属于",
        "享受",
        "领取",
        "患有",
        "患了",
        "染上",
        "得了",
        "正在",
        "根本",
        "完全",
        "马上",
        "仍然",
        "偶尔",
        "时常",
        "常常",
        "经常",
        "处处",
        "当众",
        "私自",
        "擅自",
        "乱扔",
        "乱跑",
        "推搡",
        "辱骂",
        "顶嘴",
        "走神",
        "缺席",
        "旷课",
        "早退",
        "抄袭",
        "作弊",
        "扰乱",
        "影响",
        "拖欠",
        "厌学",
    ]
)
_UNSURE_FIRST = frozenset("安江武华金兰宁史汤施侯池柳任章贺黎艾宋曾罗彭秦韩尹石孟程段孔雷温向于")


@dataclass(frozen=True, slots=True)
class Person:
    """What looks like a name: where it begins and ends."""

    start: int
    end: int


def people_in(line: str, start: int = 0, end: int | None = None, most: int = 40) -> list[Person]:
    """What looks like names between two places, from left to right."""
    found: list[Person] = []
    last = len(line) if end is None else end
    for hit in NAME.finditer(line, start):
        if hit.start() >= last:
            break
        if min(hit.end(), last) - hit.start() >= 2 and _is_name(line, hit):
            found.append(Person(hit.start(), min(_name_end(line, hit), last)))
            if len(found) == most:
                break
    return found


def _name_end(line: str, hit: re.Match[str]) -> int:
    """Where the name ends: 「孙悦英语」 is 孙悦 and a subject."""
    end = hit.end()
    return end - 1 if end - hit.start() > 2 and line[end - 1 : end + 1] in _WORDS else end


def _is_name(line: str, hit: re.Match[str]) -> bool:
    word = hit[0]
    if _STANDING.match(line, hit.end()) or _TITLE.search(word):
        return False
    if line[max(0, hit.start() - 1) : hit.start() + 1] in _JOINED:
        return False
    common = _NOT_A_NAME.match(word)
    return common is None or (len(common[0]) == 1 and len(word) >= 2 and word[0] in _UNSURE_FIRST)
