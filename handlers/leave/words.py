"""The words leave listens for: what asks, what answers, which half of a day, what takes back."""

from __future__ import annotations

import re

SICK, PERSONAL = "病假", "事假"
MORNINGS, AFTERNOON = re.compile(r"上午|早上"), "下午"
ASIDE = re.compile(r"昨(?:天|日|晚|夜)(?:晚上|夜里|上|开始|起|就)*(?=[^，,。]{0,6}[发烧吐咳疼痛难不拉摔])")
"""When it began is not when the child is away."""
UNTIL = re.compile(r"(?:请假?|休息?|一直|延长?|隔离|请个?假)[^，,。]{0,3}到")
OR = re.compile(r"或|还是")
HALF = re.compile(
    r"半天|(?:上午|下午|早上)[^，,。；;]{0,10}(?:请|不来|不去|不能|缺|来不了)"
    r"|请[^，,。]{0,4}(?:上午|下午)[^，,。]{0,2}的?假"
)
RETURNS = re.compile(
    r"下午(?![^，,。；;]{0,8}不)[^，,。；;]{0,8}(?:来|到校|回校|返校|上学|去学校)(?:$|[，,。；;！!吧了])"
)
"""Away in the morning only: 「下午看情况再来」."""
STOPPED = re.compile(
    r"(?:奶|饭|餐|点心|水果|校车|班车|延时|晚托|托管|社团|兴趣班|课后|训练|合唱|乐队|自习|选修|补课|校服)"
    r"[^，,。；;]{0,8}(?:不|别|停|退|取消)|[不别退](?:用|要|想)?(?:再)?[订买吃喝坐]"
)
"""Milk, lunch, the bus, a club: what is stopped is not school."""
AWAY = re.compile(r"假|病|烧|不(?:来|去|到)(?:学校|上学|上课|校|了)|上学|到校|住院|医院|没法来|来不了")
WEEKS = re.compile(r"周|星期|礼拜")
ASKS = re.compile(
    r"[？?]|吗|[嘛么][。！!～~ ]*$|能不能|可不可以|需不需要|要不要|用不用|是不是|怎么|如何"
    r"|哪|谁|什么|几[天号点个]|多少"
)
BOTH = re.compile(r"(?:两|2)个(?:孩子|娃|小孩)?(?:[^，,。]{0,4})都?|俩|姐弟|兄弟|姐妹|兄妹|哥俩|都(?:请|不)")
ANSWER = re.compile(
    r"烧|\d(?:度|°)|咳|吐|泻|肚|疼|痛|医|药|诊|检查|感冒|流感|水痘|疹|肺炎|支原体|腺病毒|手足口|诺如|过敏"
    r"|扭|骨|牙|眼|炎|症|不舒服|难受|没精神|鼻|嗓|喉|头晕|^(?:还)?没(?:有)?(?:去)?|去[过了]|休息|在家|输液|挂水|正在去"
)
NEW = re.compile(r"作业|请假|接|老师您|麻烦|可以|能否|家访|预约|约|通知|提醒|帮")
OWN = re.compile(
    r"(?:我|孩子|娃|宝|[一-鿿]{2,3})?(?:的|请的?)?(?:请?假)(?:条)?(?:记|请)?(?:上|下|好)?(?:了)?(?:吗|没有|没)[？?]?|(?:看一?下|看看|查一?下)?我?(?:的|请的)?请假(?:记录|情况)|我?请了(?:哪几天|几天|什么)假[？?]?"
)
"""「假请了吗」「请假记录」: the own child's leaves, and nothing else asked."""
CANCELS = re.compile(
    r"(?:不|别|不用|不必|不需要|无需)[^，,。]{0,3}请|取消|销假|撤(?:销|回|掉|了)|作废|假[^，,。]{0,4}(?:不要|销|退)"
)
"""Without one of these nothing is cancelled unasked."""
APPROVES = re.compile(r"准|批|同意|知道|看到|收到|可以|没问题|好好(?:休息|养)|行")
"""Without one of these no family reads that the teacher has seen it."""
LISTS = re.compile(
    r"名单|列表|统计|汇总|情况|记录|看一?下|看看|查|(?:请假|缺勤|没来)的(?:人|学生|孩子|同学)?$"
)
"""A teacher wants to read who is away."""
