"""What is said apart from how it was typed: simplified, typos mended, dialect and hesitation taken out.

Only for finding out what is meant. What is shown, kept or passed on are the words as they came: who makes
ornaments (饰品) does not want a video (视频).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from handlers.language.clean import clean

if TYPE_CHECKING:
    from opencc import OpenCC

_HAN = "一-鿿"
# Wrong characters of the right sound, only where what stands beside them leaves no doubt.
_TYPOS: tuple[tuple[str, str], ...] = (
    (r"(?:饰品|视屏|试频|是频|视品)(?=一下|家访|吧|吗|行|可以|通话|聊|见|会|$)", "视频"),
    (r"(?<=[用开要想个能以打])(?:饰品|视屏|试频|视品)", "视频"),
    (r"(?<=[想要能再先])月(?=[个一下老师家时周明后今])|月(?=个?家访|个时间|老师)", "约"),
    (r"(?:预月|予约|预越|遇约|玉约)", "预约"),
    (r"(?:清|情|请加|请价|请佳)假|请(?:加|价|佳|架)(?=[一两三半条天个，,。]|$)", "请假"),
    (r"表杨|表样|裱扬|标扬|表洋", "表扬"),
    (r"[你拟逆腻昵]名(?=[：:；;，, 问提信说反])|^(?:[你拟逆腻昵]名|你明(?=[：:；;，, 问提]))", "匿名"),
    (r"再见面|在见面", "见面"),
    (r"佳访|加访|家防|家仿|家坊", "家访"),
    (r"速第|速地|速弟|诉递", "速递"),
    (r"(?<=明天|后天|今天|下周|需要)代(?=什么|啥|点|些|东西|哪)", "带"),
    (r"老是(?=[，,：:！!好您]|$)|老湿|老师师|老时(?=[，,好])", "老师"),
    (r"(?<=[一-鿿])得到不到", "得不到"),
    (r"作叶|做业|作夜|座业", "作业"),
    (r"打咔|打车卡|大卡(?=[，, ]|$)", "打卡"),
    (r"签子(?=[，,。：: ]|$)|前字", "签字"),
    (r"邦定|帮定|绑订|榜定", "绑定"),
    (r"群归|群龟", "群规"),
    (r"志愿着|自愿者|志原者", "志愿者"),
    (r"问券|问倦|文卷", "问卷"),
    (r"家掌会|家长回", "家长会"),
    (r"撤会|彻回|策回", "撤回"),
    (r"发骚(?=[了，,到3]|$)|发哨|法烧", "发烧"),
    (r"学肖|学笑", "学校"),
    (r"通只|通之(?=[，,。：:]|$)", "通知"),
    (r"毕设防|必备忘|备忘路", "备忘录"),
)
# Dialect, written sounds and short forms, to the common word.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"俺们?|偶(?=家|们|想)|阿拉|咱们?(?=家|娃|孩)|吾(?=家|伲)", "我"),
    (
        r"(?:细路仔?|细佬|囡囡|囡|囝囝|崽崽|崽|娃儿|娃娃|娃子|小囡|伢子?|小把戏|细伢子|孩纸|宝贝|宝宝|宝(?=今|不|发|想|要)|神兽)(?!家)",
        "孩子",
    ),
    (r"(?<!洋)(?<!布)娃(?!娃)", "孩子"),
    (r"(?:得闲|有冇空|有木有空|有空没)", "有空"),
    (r"(?:搞掂|弄妥|整好)", "好"),
    (r"(?:莫得|木有|冇得|冇|么有)", "没有"),
    (r"(?:啥子|啥个|啥|咩(?=啊|呀|事|$)|嘛玩意|么子|乜嘢|乜|甚么)(?!呀$)", "什么"),
    (r"(?:咋个|咋|昨个办|点样|点解|哪能(?=办|搞))", "怎么"),
    (r"(?:为毛|为啥|干嘛|做咩)", "为什么"),
    (r"(?:几时|几多点|多暂|啥前儿)", "什么时候"),
    (r"(?:介个|呢个|嗰个|迭个|该个)", "这个"),
    (r"唔见咗", "不见了"),
    (r"(?:俾|畀)人", "被人"),
    (r"被人虾", "被人欺负"),
    (r"揿(?:喺|住)?", "按在"),
    (r"喺", "在"),
    (r"成日", "天天"),
    (r"(?:唔该|唔系|唔)", "不"),
    (r"(?:今儿个?|今朝|今日|今个)", "今天"),
    (r"(?:明儿个?|明朝|明日|听日|明个)", "明天"),
    (r"(?:后儿个?|后日)", "后天"),
    (r"(?:昨儿个?|昨日|寻日|夜来)", "昨天"),
    (r"(?:晓得|知唔知|知啵)", "知道"),
    (r"(?:滴|嘀)(?=[，,。！! ]|$)", "的"),
    (r"(?:木|米)有(?=人|看|收)", "没有"),
    (r"(?:侬|恁|你们那边)", "你"),
    (r"(?:伊|佢|渠)(?=今|不|发|说|想)", "他"),
    (r"(?:闺女|姑娘|妮子|丫头|儿子|女儿|小子|臭小子|仔仔|我仔|大宝|二宝|老大|老二)", "孩子"),
    (r"(?:星期|礼拜)(?=[一二三四五六日天末])", "周"),
    (r"周天", "周日"),
)
_NOISE = re.compile(
    r"\[(?:语音|voice|图片|表情)\]\s*|[呃额嗯唔哎唉欸诶哦噢喔啊呀哈嘛呗啦咯喽嘞](?=[，,、 ])[，,、 ]{0,4}"
    r"|^(?:那个|这个|就是|就是说|然后|嗯|呃|哎|唉|哦|那啥|内个|啊)+(?=[^，,。])[，,、 ]*"
    r"|(?:就是那个|那个那个|就是就是|那个就是|就是说|然后那个|那什么|内个)[，,、 ]*"
)
_SPOKEN = re.compile(r"(?:那个|这个|就是|嗯|呃|然后呢|然后|对吧)[，,、 ]*")
_POLITE = re.compile(
    r"^(?:(?:不好意思|打扰(?:了|一下)?|打搅(?:了|一下)?|麻烦(?:了|您了|你了)?|抱歉|冒昧|请问(?:一下)?|问一?下|想问一?下|您?辛苦了?|"
    r"(?:尊敬的)?[一-鿿]{0,2}老师(?:们)?(?:您|你)?(?:好|早|们好|早上好|晚上好|中午好|下午好)?|小助手|机器人|hello|hi|哈喽|你好|您好|早上好|早)"
    r"[，,。！!～~：: \n]+)+(?=\S)",
    re.IGNORECASE,
)


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # 2 ms and a native library: when a first word is read

    return OpenCC("t2s")


_TRADITIONAL = re.compile("[㐀-鿿]")


def simplify(text: str) -> str:
    """Traditional characters as simplified ones; everything else as it is."""
    return _converter().convert(text) if _TRADITIONAL.search(text) else text


_MENDS = tuple((re.compile(pattern), word) for pattern, word in _TYPOS + _WORDS)
_LONG = 18
"""From so many characters on, a line without punctuation was probably dictated."""


def mend(folded: str) -> str:
    """What a folded line means to say.

    Args:
        folded: See :func:`handlers.language.clean.fold`.

    Returns:
        The line for finding intent and slots; never for showing. Never empty unless ``folded`` is.
    """
    line = simplify(folded)
    line = _POLITE.sub("", clean(line), count=1) or line
    for pattern, word in _MENDS:
        line = pattern.sub(word, line)
    line = _NOISE.sub("", line).strip() or line
    if len(line) >= _LONG and not re.search(r"[，。,？?！!：:；;]", line):
        line = _SPOKEN.sub("", line) or line
    return line
