"""Numbers that tell who somebody is or where: identity numbers, phones and accounts, homes."""

from __future__ import annotations

import re

from handlers.guard.folding import Folded, digits

_ID = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}[ .\-—_]{0,2}(?:19|20)\d{2}[ .\-—_]{0,2}(?:0[1-9]|1[0-2])[ .\-—_]?(?:0[1-9]|[12]\d|3[01])[ .\-—_]{0,2}\d{3}[\dXx](?![0-9A-Za-z])"
)
_ID_SPACED = re.compile(r"(?<!\d)[1-9](?P<s>[ .\-—_*])\d(?:(?P=s)\d){15}(?P=s)[\dXx](?![0-9A-Za-z])")
_OLD_ID = re.compile(r"(?<!\d)[1-6]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_SAID_ID = re.compile(
    r"(?:身份证|学籍|准考证|护照|户口|证件|考生|社保)[^\d\n，。]{0,8}[A-Za-z]?\d[\dXx -]{4,22}[\dXx]"
)
_S = r"[ .\-—–_*·]{0,3}"
_MOBILE = (
    re.compile(rf"(?<!\d)(?:\+?(?:00)?86{_S})?1[3-9]\d{_S}\d{{4}}{_S}\d{{4}}(?!\d)"),
    re.compile(rf"(?<!\d)1[3-9]\d{_S}\d{{3}}{_S}\d{{5}}(?!\d)"),
    re.compile(rf"(?<!\d)1[3-9]\d{{2}}{_S}\d{{3}}{_S}\d{{4}}(?!\d)"),
    re.compile(r"(?<!\d)1(?P<s>[ .\-—_*、,，/])[3-9](?:(?P=s)\d){9}(?!\d)"),
)
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- )）]{0,2}[2-9]\d{6,7}(?!\d)")
_SAID_PHONE = re.compile(
    r"(?:(?<!群)电话|手机|手机号|联系方式|微信|[Tt]el|TEL|(?<![A-Za-z])QQ|qq|威信|薇信|[Vv][Xx信])(?!群)[^\d\n，。A-Za-z]{0,6}(?P<n>\d{6,12})(?!\d)"
)
_WECHAT = re.compile(
    r"(?:微信号?|威信|薇信|[Vv]信|[Vv][Xx]|[Ww]echat)(?:号)?[是:： ]{1,3}(?P<n>[A-Za-z][A-Za-z0-9_-]{5,19})"
)
_PUBLIC = re.compile(r"(?:400|800)\d{5,7}$|(?:12|95|96|1[01])\d{1,4}$")
_OFFICE = re.compile(
    r"学校|校办|办公室|门卫|值班室|热线|咨询|教务|总务|医院|派出所|保安|传达室|客服|教育局|心理援助|援助|图书馆|基地|场馆|群号|少年宫|中心|公司|景区|活动联系|社区|会议号|快递"
)
_HOME = re.compile(
    r"(?:路|街|弄|道|巷)\d{1,4}号\d{1,3}(?:幢|栋|号楼)\d{0,2}(?:单元)?\d{0,4}|(?:家住|住在|家(?:的)?地址|住址|家庭地址|家庭住址|家在|住(?=[一-鿿]{2,12}(?:小区|花园|公寓|苑|村|路|街|弄|里|府|城)))[^。！\n]{0,24}?(?:\d{1,5}|[一二三四五六七八九十]{1,3})(?:-\d{1,4}){0,2}\s?(?:号楼|号|栋|幢|室|单元|楼|弄|座|层)?(?:\d{1,5}(?:号|栋|幢|室|单元|楼|-)?){0,4}"
)
_FLAT = re.compile(
    r"[一-鿿]{0,8}(?:小区|花园|公寓|苑|新村|府|家园|花苑|雅苑|名城|庭)?\s?[0-9A-Z]{1,4}(?:栋|幢|号楼|座)[ -]?(?:\d{1,2}单元[ -]?(?:\d{3,4}室?)?|\d{3,4}室)"
)
_ESTATE = re.compile(r"小区|花园|公寓|苑|新村|家园|府|单元|名城|住|家")


def identities(line: Folded) -> list[tuple[int, int]]:
    """Where numbers of identity cards, school registers and exams stand."""
    seen = digits(line.text)
    found = [hit.span() for pattern in (_ID, _ID_SPACED, _OLD_ID) for hit in pattern.finditer(seen)]
    return found or [hit.span() for hit in _SAID_ID.finditer(line.text)]


def phones(line: Folded) -> list[tuple[int, int]]:
    """Where phone numbers and accounts of people stand; help lines and a school's own landline do not count."""
    seen = digits(line.text)
    found = [hit.span() for pattern in _MOBILE for hit in pattern.finditer(seen)]
    if found:
        return found
    said = [hit.span("n") for hit in _SAID_PHONE.finditer(seen) if not _PUBLIC.match(hit["n"])]
    lines = [hit.span() for hit in _LANDLINE.finditer(seen)]
    private = [(a, b) for a, b in (*lines, *said) if not _OFFICE.search(line.text, max(0, a - 14), a)]
    return private or [hit.span("n") for hit in _WECHAT.finditer(line.text)]


def homes(line: Folded) -> list[tuple[int, int]]:
    """Where somebody's home is told."""
    found = [hit.span() for hit in _HOME.finditer(line.text)]
    flats = (hit for hit in _FLAT.finditer(line.text) if _ESTATE.search(hit[0]))
    return found or [hit.span() for hit in flats]
