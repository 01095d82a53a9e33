"""What concerns one child: health, absence, trouble. With a name it is no matter for the group."""

from __future__ import annotations

import re

_HEALTH = (
    r"发烧|发热|高烧|生病|病了|病假|感冒|咳嗽|水痘|流感|甲流|手足口|腮腺炎|呕吐|吐了|拉肚子|肚子疼|肚子痛|头疼|头痛|过敏|受伤|摔伤|骨折|"
    r"住院|看病|就医|确诊|感染|多动|抑郁|自闭|焦虑|不舒服|尿裤子"
)
_ABSENCE = r"请假|事假|缺勤|缺课|没来(?:上)?学|没到校|旷课|迟到|早退"
_TROUBLE = (
    r"打架|打人|打了?同学|骂人|骂了?同学|欺负|偷(?!偷)|撒谎|说谎|作弊|抄作业|(?:没有?|未|不|忘)(?:按时)?(?:交|带|写|完成|做)(?:完|了)?[^，,。]{0,4}作业|"
    r"没交|未交|不交|没带|忘带|拖拉|捣乱|违纪|走神|上课(?:睡觉|讲话|说话|吵闹)|顶嘴|批评|罚|检讨|表现(?:不好|差|很差)|不听话|不认真|退步|后进|落后|"
    r"离婚|单亲|贫困|低保|补助|残疾|留守"
)
_CONCERN = re.compile(f"{_HEALTH}|{_ABSENCE}|{_TROUBLE}")
# Praise speaks of such things when somebody helped with them, or of what did not happen.
_KIND_DEED = re.compile(
    r"照顾|帮|陪|送|扶|关心|安慰|看望|劝|主动|提醒|从不|从来|从没|不怕|没有?(?:一次)?(?:迟到|请假)|全勤"
)


def concern_in(text: str) -> str:
    """The words that make a note a private matter once a child is named in it, or an empty string."""
    found = _CONCERN.search(text)
    return found[0] if found else ""


def kind_deed_end(text: str) -> int:
    """Where praise has said what somebody did for others: 「小明照顾」; who is named after it was helped.

    Returns:
        The position behind those words, or 0 when there are none.
    """
    found = _KIND_DEED.search(text)
    return found.end() if found else 0
