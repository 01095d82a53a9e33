"""The pieces of a date in a text: days, parts of the day, hours, and the words that join them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.language.dates.numbers import NUMBER

WEEKDAYS = "一二三四五六日天"
_WEEK = r"(?:周|星期|礼拜|週|禮拜)"
_N = NUMBER
_CN = "零〇一二两三四五六七八九十"

# One alternative per way of naming a day. The order matters where one begins another.
_DAYS: tuple[tuple[str, str], ...] = (
    (
        "later",
        rf"(?P<later>半|[一三]刻(?=钟)|一个半|两个半|{_N}(?:个半)?|几)\s*(?:个)?(?P<unit>小时|钟头|刻?钟|分钟|分(?=后|以后|之后)|天|周|星期|礼拜|个?月)(?:之|以)?[后後](?!天)",
    ),
    (
        "ago",
        rf"(?P<ago>{_N}|几)\s*(?:个)?(?P<agounit>小时|分钟|天|周|星期|礼拜|月)(?:之|以)?前(?!面|天|排|后)",
    ),
    (
        "full",
        rf"(?P<year>\d{{4}}|[二][零〇○][{_CN}]{{2}}|明年|今年|去年|后年)(?:年|[-/.])?\s*(?P<fmonth>{_N})(?:月|[-/.])\s*(?P<fday>{_N})[日号號]?",
    ),
    (
        "lunar",
        rf"(?:农历|阴历|旧历)?(?P<lmonth>正月|腊月|冬月|大年(?=初)|年(?=初[一二三四五六七八])|(?:农历|阴历|旧历)(?:{_N})月)(?P<lday>初[{_CN}]|{_N})",
    ),
    (
        "month_day",
        rf"(?P<nextyear>明年)?(?P<month>{_N})月(?:份)?(?:的)?(?P<day>{_N})[日号號]?(?!\s*(?:个|点|:))",
    ),
    (
        "slash",
        r"(?<![\d./-])(?P<smonth>1[0-2]|0?[1-9])[/.](?P<sday>3[01]|[12]\d|0?[1-9])(?=\s*(?:$|[（(，,。;；上下中早晚凌前之去来到有号日那]|\d{1,2}[:：点]| \d))(?![\d./])",
    ),
    (
        "month_end",
        rf"(?:(?P<whose>下个?|这个?|本|当|上个?)|(?P<emonth>{_N}))?月(?:份)?(?:月)?(?P<vague>底|末|初|中旬|上旬|下旬|中(?![旬心间午国学小等]))|(?P<yearend>年底|年末|岁末)",
    ),
    (
        "month_of",
        rf"(?P<of>下下个?|下个?|这个?|本|上个?)月(?:份)?(?:的)?(?P<ofday>{_N})[日号號]?(?!\s*(?:个|点|:))|(?P<ofonly>下下个?|下个?|这个?|本|上个?)月(?![{_CN}\d])",
    ),
    (
        "near",
        r"(?P<near>大后天|明后(?:两)?天|今明(?:两)?天|后天|明天|明日|明儿个?|明早|明晚|明晨|今天|今日|今儿个?|今晚|今早|今晨|今夜|昨天|昨日|昨儿个?|昨晚|前天|大前天|当天晚上|后儿|后日|後日|聽日|听日|听朝|听晚|今朝|琴日|寻日|尋日|噚日|翌日|次日|第二天|隔天)",
    ),
    (
        "makeup",
        rf"(?:补班|补课|调休(?:上班|补课|补班)?|补上班)(?:的)?(?:那个|那)?(?:{_WEEK}(?P<mday>[六日天])|天|日)",
    ),
    ("weekend", rf"(?P<wwhose>下下个?|下个?|这个?|本|上个?)?(?:{_WEEK}末|双休日?)"),
    (
        "weekday",
        rf"(?P<wwhich>上上个?|下下个?|上个?|(?<![一撤拿停])下个?|这个?|本|每个?|逢)?(?P<unused>{_WEEK})\s?(?P<wday>[{WEEKDAYS}])(?![律鸣诺凡帆航涵然丹老师路次级线号楼个些定]|共|起)",
    ),
    ("week", rf"(?P<week>上上个?|下下个?|上个?|(?<![一撤拿停])下个?|这个?|本){_WEEK}(?![{WEEKDAYS}末几围])"),
    ("every_day", r"(?P<everyday>每天|天天|每日)"),
    (
        "festival",
        r"(?P<festival>元旦|春节|大年初一|除夕|年三十|大年三十|小年|元宵节?|清明节?|五一(?:劳动节)?|劳动节|母亲节|六一(?:儿童节)?|儿童节|端午节?|父亲节|七夕|中秋节?|教师节|国庆节?|十一(?=放假|假期|长假|期间|黄金周|回|那天|前(?!面)|后(?!面))|重阳节?|冬至|腊八节?|圣诞节?|平安夜|植树节|妇女节|三八节|立春|立夏|立秋|立冬|夏至|春分|秋分|小寒|大寒)(?:节)?(?P<whole>假期|长假|期间|小长假)?(?:放假)?(?P<over>节?(?:过?后|之后|以后|收假|回来|放完假)(?:第一天|的?第一个?(?:工作|上学|上课)日)?)?(?:的)?(?:那天|当天)?(?P<festday>"
        + _N
        + r"(?=[号日]))?[号日]?",
    ),
    (
        "vague",
        r"(?P<soon>节后|假期后|放假后|收假后)|(?P<event>(?:(?:运动会|期末考试?|期中考试?|期末|期中|考试|月考|家长会|秋游|春游|放假|开学|毕业|演出|比赛|艺术节|高考|中考|过年|寒假|暑假|军训|研学)(?:考?完(?:了|试)?(?:以后|之后|后)?|结束(?:了|以后|之后|后)?|那天|那周|(?:以|之)?[后前](?!面|天|半))|考完试?(?:以后|之后|后)?|期末|期中|放假|开学|寒假|暑假|过年))|(?P<someday>改天|过几天|过两天|哪天|这几天|这两天|最近|近期|有空的?时候|随时)",
    ),
    (
        "day",
        rf"(?<![第\d月年/.:：A-Za-z])(?<!\d-)(?P<dday>{_N})[号號日](?!楼|线|门|教室|房|店|院|馆|桌|位|车|机|台|棋|口|球|选手|字|题|记|常|本|期|子)",
    ),
)
_PART = r"(?P<part>凌晨|清晨|早晨|早上|一早|大清早|上午|中午|正午|午后|下午|傍晚|晚饭后|晚间|晚上|夜里|夜晚|半夜|深夜|午休|午饭后|午间(?!半小时)|[早晚](?!\s*[一1]点(?![半钟整\d零〇一二三四五]))(?=\s*[\d一二两三四五六七八九十]{1,3}[点:：])|(?<=周[一二三四五六日天])[早晚]|AM|PM|am|pm)"
_CLOCK = rf"(?P<hour>{_N})\s*(?:[:：](?P<colon>\d{{2}})(?!\d)|[点點时時](?!候|间|段|刻(?!)|光|差|期|都|也|儿|建议|意见|要求|希望|问题|说明|事|想法|感受|评|心得)(?:(?P<quarter>[一二三])刻|(?P<half>半)|(?P<minute>{_N})分?(?!钟)|整|钟)?)"
_LOOSE = (
    r"(?!(?<=[早晚])[一1]点(?![半钟整\d零〇一二三四五]))(?<![有差快慢多少大小好高低近远长短轻重紧松第再稍])"
)
_SCHOOL = r"(?P<school>放学(?!期)后?|放了学|下了?学(?![期年校生习])|下课后?|大课间|课间|晚自习|早读|午托|第[一二三四五六七八\d]节课?(?:后|上)?|(?:上|下)午第[一二三四五六七八\d]节课?)"

TOKEN = re.compile(
    "|".join(f"(?P<{name}_>{pattern})" for name, pattern in _DAYS)
    + rf"|{_PART}|{_LOOSE}(?P<clock_>{_CLOCK})|{_SCHOOL}"
    + r"|(?P<to>到|至|—+|–|[-~～－])|(?P<or>或者|或是|或|还是|要么|要不|、|和|跟|与)|(?P<before>下班(?:之|以)?前|之前|以前|前(?!面|天|排|后|几|两|夫|妻|任|台|门)|截止)|(?P<after>之后|以后|(?<=[点半号日\d])后)"
    + r"|(?P<aside>[（(]\s*(?:周|星期|礼拜)[一二三四五六日天]\s*[)）])"
)
_NAMES = tuple(f"{name}_" for name, _ in _DAYS)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece.

    Args:
        kind: A way of naming a day, ``part``, ``clock``, ``school``, ``to``, ``or``, ``before``, ``after``, ``aside``.
        found: Where and how it stands there.
    """

    kind: str
    found: re.Match[str]

    @property
    def is_day(self) -> bool:
        """Whether it names a day."""
        return f"{self.kind}_" in _NAMES

    def __getitem__(self, name: str) -> str:
        return self.found[name] or ""


def tokens(text: str) -> list[Token]:
    """All pieces of a text, in order."""
    return [Token(_kind(found), found) for found in TOKEN.finditer(text)]


def _kind(found: re.Match[str]) -> str:
    for name in _NAMES:
        if found[name] is not None:
            return name[:-1]
    for name in ("part", "clock_", "school", "to", "or", "before", "after", "aside"):
        if found[name] is not None:
            return name.rstrip("_")
    raise AssertionError("every alternative has a name")


def weekday_of(token: Token) -> int:
    """Monday 0 to Sunday 6, of a token of kind ``weekday``."""
    return min(WEEKDAYS.index(token["wday"]), 6)
