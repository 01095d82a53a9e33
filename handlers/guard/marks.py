"""Marks and ranks: single marks, lists, bands, averages, places; sports results are none."""

from __future__ import annotations

import re

from handlers.guard.folding import Folded
from handlers.guard.people import NAME, people_in

Spans = list[tuple[int, int]]

_EXAM = re.compile(
    r"考|成绩|分数|得分|测验|测试|单元测|期中|期末|小测|听写|默写|满分|及格|卷|(?:语文|数学|英语|学科|单元|质量)检测"
)
_CN = "[一二三四五六七八九]十[一二三四五六七八九]?多?"
_SUBJECT = re.compile(
    r"(?:语文|数学|英语|科学|道法|物理|化学|生物|历史|地理|政治|总分|语|数|英)\s*(?:才|只|都|就|考|得|是|为|有){0,3}了?[:：]?\s*"
    rf"(?:\d{{2,3}}(?:\.5)?|{_CN}(?=分|[，,。 \n]|$)|一百(?=分))(?!\d|\s*(?:[页题课字遍个道本班点月号年元节楼室届人名套张份支%:：\-–~～/]|分钟|分享))"
)
_GOT = re.compile(
    rf"(?:考|得|测|扣|分数|成绩)(?:试|验)?(?:了|到|出|的|是|为|才|只|有){{0,3}}[:：]?\s*(?P<n>\d{{1,3}}(?:\.5)?|{_CN}|一百|零)\s*分(?!钟|享|组|给)"
    rf"|(?:才|只)?考了?\s*(?:\d{{2,3}}(?:\.5)?|{_CN}|个位数|鸭蛋|零蛋)(?!\d|\s*(?:分钟|[页题课人个场天次点月号年间科门节]))"
    r"|(?:我家|孩子|儿子|女儿|娃)(?:的|是|才|只){0,2}\d{2,3}(?:\.5)?分(?!钟)"
    r"|(?:拿|得|考|评|是|为)(?:了|到)?(?:个)?[ABCDabcd][+-]?(?:等|级|档)(?![A-Za-z])"
)
_BAND = re.compile(
    r"\d{2,3}\s?[-~～–到至]\s?\d{2,3}\s?分(?!钟)|(?<![\d.])(?:[3-9]\d|1[0-4]\d|150|[三四五六七八九]十)[+＋]?\s*分?\s*(?:(?:多分|以上|以下|及以上|往上|段|档|出头|左右)(?:[^，。\d\n]{0,6}?)(?:有|是|的?同学|的?名单|[:：]|的(?=[一-鿿A-Za-z]))|[+＋]\s*(?:的|有|[:：])|分的?(?:有|是|同学|[:：]))"
    r"|(?:刚|才|勉强)及格|(?:不及格|没及格|未及格|及格|良好|优秀|合格|满分|双百)(?:率|线|的?(?:有|是|同学|名单|学生|人数|孩子)|[:：])|(?:最高|最低|平均)分|均分(?=\s*[:：是为]?\s*\d)|一百分的?(?:有|是|同学)|(?:全对|全错|错了?[一二三四五六七八九十\d]{1,2}个)(?:以上|以下)?的?(?:有|是|同学|[:：])|\d{2,3}分(?:段|档)|(?<![\d.])(?:[3-9]\d|1[0-4]\d)\s*分(?:以上|以下)"
    r"|[得考评拿][了到]?(?:A\+?|B\+?|C|D|优\+?|良|中|差)(?:等)?的(?:有|是|同学|孩子)?|(?:[A-D]|优|良|中|差)等(?:级)?(?:的)?(?:有|是|同学|生|[:：])"
)
_GRADES = re.compile(r"(?:^|(?<=[\s，；;。(（]))(?:优秀?|良好?|合格|及格|中等?|待合格|不合格|差|[ABCD])[:：]")
_BODY = re.compile(
    r"身高|体重|体温|厘米|公斤|毫米|℃|度以上|岁|(?<!单)元|平方|公里|免票|年满|cm|kg|次/|流量|电量|老人|人以上|个以上"
)
_PAIR = re.compile(
    r"(?P<name>[一-鿿]{2,4}|[A-Za-z]{2,12}|(?<!\d)\d{1,2}号)\s*(?:同学)?[:：=\-—(（\[]?\s*(?P<n>\d{2,3}(?:\.5)?|"
    + _CN
    + r"(?=分|[，,。、；; \n]|$)|[ABCD][+-]?(?![A-Za-z])|[优良差](?=[，,。、；; \n]|$))(?!\d|\s*[-–—~～至到:：.]|\s*"
    r"(?:[月日号点时元块人年班楼室路页本个支条名遍岁米级届站度秒次天周期栋层张份套岁斤分%％](?<!分)|分钟|公里|厘米|毫升|cm|kg|CM|KG|棵|颗|把|双|件|只|瓶|包|袋|盒|箱|圈|下|组))"
)
_NOT_PUPIL = re.compile(
    r"共|有|约|第|近|到|至|于|超|达|电|号|路|楼|室|班|课|页|座|位|费|价|早|晚|午|上|下|前|后|带|交|每|各|只|就|才|在|是|用|要|需|请|身|体|温|量|重|分|成|绩|期|中|末|语|数|英|总|学|本|书|题|厅|桌|门|车|线|群|码|会|警|救"
)
_PUBLISH = re.compile(
    r"(?:成绩|分数|得分|考分|卷面分)(?:单|表|册|汇总|统计|截图|明细|情况|一览)?[^，。！\n]{0,8}?(?:发(?:到|在|给)?(?:班级|家长|大)?群|群里(?:发|公|通)|公布|上传|公示|张贴|贴(?:出|在|到)|如下|一览|见(?:附件|下|图|表)|全班(?:都)?(?:看|发)|发给(?:各位|所有|全体)?家长|晒)"
    r"|(?:全班|各位同学|每个人|大家|同学们|班级|所有人|孩子们)的?(?:[^，。！\n]{0,6})(?:成绩|分数|得分)(?:单|表|册|汇总|截图|都|发|在|如|我|[:：])|(?:成绩|分数)(?:单|表|册|汇总表?|截图)(?:[:：]|\.|发|来了|出来|在这|给大家)"
    r"|(?:公布|公示|群发|发一下|晒|贴出|张贴|念一下|报一下|把)[^，。！\n]{0,10}(?:成绩|分数)(?!单独)"
)
_KEPT = re.compile(
    r"不(?:会|再|能|要|得|可|准|允许|在|应|许|用)?(?:.{0,6})?(?:公布|公示|公开|群发|排|张贴|发|晒|比|看|按|搞|讨论|打听|攀比|问)|私[下发信聊]|单独|各自|自己(?:家|孩子|的)|每家|一对一|逐个|分别|禁止|严禁|勿|别(?=在|把|发|晒|排|比|问)|取消|没有(?:排名|名次)|淡化|什么时候|吗|几号|何时|怎么查|如何查|请到|来领|无需|不必"
)
_RANK = re.compile(
    r"倒数|垫底|末位|排名|名次|排行|排位|第\s*(?:\d{1,2}+|[一二三四五六七八九十]{1,3}+)\s*名?(?!课|单元|节|章|天|次|周|题|页|步|组|条|排|学期|小组|轮|期|个|届|遍|阶|季|部分|回|场|册|年|实验|小学|中学|批|篇|段|关|场|幼|人民|十|二|三|四|五|六|七|八|九)|前[三五十百二]十?\s*名|前\s?\d{1,2}\s*名|[Tt][Oo][Pp]\s?\d{1,2}|状元|榜眼|探花|最后一名"
)
_PLAIN_RANK = re.compile(
    r"倒数第?[一二三四五六七八九十\d]{0,2}名?|(?:成绩|考试|分数|学习|学生|同学|班级|年级|全班|期中|期末|月考|单元|总分|语文|数学|英语|各科)的?(?:成绩|考试|分数|测试)?的?(?:大)?(?:排名|名次|排行|排位|位次)|(?:排名|名次|排行)(?:表|榜|单|如下|情况|[:：]|出来|发)|按(?:名次|排名|分数|成绩|总分)[^，。\n]{0,4}(?:排|座|坐)|(?:分数|成绩)(?:从高到低|由高到低)|(?:前|后)\s?[三五十百二四六八\d]{1,3}\s?名(?:[:：]|的?(?:同学|学生|孩子|是|有|家长))|(?:总分|语文|数学|英语|成绩|单科)(?:考了?|得了?|是|排|在)?(?:全班|班级|年级)?第[一二三四五六七八九十\d]{1,3}+(?!课|单元|节|页|题|章|册|次|组|部分|轮|场|小)|(?:并列|位列|名列|排在|排到|考到|跌到|掉到|升到)(?:全班|班级|年级)?(?:第|前|后|倒数)[一二三四五六七八九十\d]{0,3}|(?:进步|退步)(?:了)?\s*\d{1,3}\s*名|(?:班级|年级|班里|全班)第[一二三四五六七八九十\d]{1,3}+(?!小组|组|次|节|届|批|周)|(?:班级|年级|全班)前[一二三四五六七八九十\d]{1,3}|全班最后|排(?:在)?(?:全班|班级|年级|班里)?(?:第|倒数|最后|前)[一二三四五六七八九十\d]{0,3}名?"
)
_SPORT = re.compile(
    r"运动会|比赛|接力|拔河|跳绳|跑|足球|篮球|合唱|大赛|竞赛|艺术节|广播操|队|朗诵|演讲|书法|绘画|画展|机器人|象棋|围棋|游泳|跳远|跳高|实心球|乒乓|羽毛球|排球|班级评比|卫生|流动红旗|文明班|诗词|歌|舞|科技节|航模|轮滑|武术|健美操|征文|获奖|决赛|奥运|田径|米"
)


def marks(line: Folded) -> Spans:
    """Where marks are told: one child's, a list, a band, a class's average, or that they go to the group."""
    text = line.text
    exam = _EXAM.search(text) is not None
    found = [hit.span() for hit in _SUBJECT.finditer(text) if _marks_near(text, hit)]
    found += [
        hit.span() for hit in _GOT.finditer(text) if not _sport(text, hit) and not _rule_of_paper(text, hit)
    ]
    grades = list(_GRADES.finditer(text))
    found += [hit.span() for hit in grades] if exam and len(grades) >= 2 else []
    found += [hit.span() for hit in _BAND.finditer(text) if _band(text, hit)]
    pairs = [hit for hit in _PAIR.finditer(text) if _is_pair(hit)]
    if len(pairs) >= (2 if exam else 3) and not _BODY.search(text) and not _SPORT.search(text):
        found += [hit.span() for hit in pairs]
    if exam and not found:
        found = [hit.span() for hit in pairs if _named(text, hit) and not _SPORT.search(text)]
    return sorted(set(found)) or [
        hit.span() for hit in _PUBLISH.finditer(text) if not _KEPT.search(_clause(text, hit))
    ]


def ranks(line: Folded) -> Spans:
    """Where places in learning are told; a team's or a race's place is none."""
    text = line.text
    plain = [
        hit.span()
        for hit in _PLAIN_RANK.finditer(text)
        if not _KEPT.search(_clause(text, hit)) and not _sport(text, hit)
    ]
    if plain:
        return plain
    if not _EXAM.search(text):
        return []
    return [
        hit.span()
        for hit in _RANK.finditer(text)
        if not _SPORT.search(_clause(text, hit))
        and not _KEPT.search(_clause(text, hit))
        and (hit[0][0] != "第" or _of_somebody(text, hit))
    ]


_ORDER = re.compile(r"名|稳?居$|(?:考|得|是|排|拿)(?:了|到|在|全班|班级|年级|班里|班上)*$")


def _of_somebody(text: str, hit: re.Match[str]) -> bool:
    """「考了第三」, 「第三名」; not 「第一场考试」."""
    return "名" in hit[0] or _ORDER.search(text, max(0, hit.start() - 6), hit.start()) is not None


_FULL_MARKS = re.compile(r"满分(?:是|为|共)?\s*$|共\s*$|总分(?:是|为|共)?\s*$|满分值?$|占\s*$|每题\s*$")


def _marks_near(text: str, hit: re.Match[str]) -> bool:
    word = hit[0]
    if (
        word[0] in "语数英"
        and word[1:2] not in ("文", "学", "语")
        and not re.search(r"[语数英]\s*\d", text[hit.end() : hit.end() + 6])
    ):
        return "考" in word or "得" in word
    return not _FULL_MARKS.search(text[max(0, hit.start() - 6) : hit.start()]) and not word.startswith(
        "总分150"
    )


def _rule_of_paper(text: str, hit: re.Match[str]) -> bool:
    return (
        bool(re.search(r"满分|总分|每题|共\d|占分|题型|试卷结构", text[max(0, hit.start() - 8) : hit.end()]))
        and "满分的" not in text
    )


def _sport(text: str, hit: re.Match[str]) -> bool:
    return _SPORT.search(_clause(text, hit)) is not None


def _band(text: str, hit: re.Match[str]) -> bool:
    if hit[0].startswith(("优秀", "良好", "合格")) and not _EXAM.search(text):
        return False
    return not _BODY.search(text, max(0, hit.start() - 10), min(len(text), hit.end() + 6)) and not _sport(
        text, hit
    )


def _is_pair(hit: re.Match[str]) -> bool:
    if not hit["name"][0].isdigit() and _NOT_PUPIL.search(hit["name"]):
        return False
    number = hit["n"]
    return not number[0].isdigit() or 20 <= float(number) <= 150


def _named(text: str, hit: re.Match[str]) -> bool:
    person = NAME.match(text, hit.start())
    return (
        person is not None
        and person.end() >= hit.end("name") - 1
        and bool(people_in(text, hit.start(), hit.end("name")))
    )


def _clause(text: str, hit: re.Match[str]) -> str:
    """The sentence around a hit."""
    start = max(text.rfind(end, max(0, hit.start() - 60), hit.start()) for end in "。！？\n；") + 1
    ends = [place for end in "。！？\n；" if (place := text.find(end, hit.end(), hit.end() + 60)) >= 0]
    return text[max(start, hit.start() - 60) : min(ends, default=hit.end() + 60)]
