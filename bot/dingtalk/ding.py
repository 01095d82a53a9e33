"""DING: a message that covers the receiver's screen, comes by SMS, or calls them up and reads itself out.

Facts from open.dingtalk.com, 'Send a DING message by robot': the professional and exclusive editions only,
with the permission ``Premium.Ding.Write``; SMS and calls use up a quota of the organisation.
"""

from __future__ import annotations

from bot.command import Outcome, Refused, Ring, Sent
from bot.dingtalk.core import Core
from bot.dingtalk.escape import clean

SEND = "/v1.0/robot/ding/send"
_TYPES = {"app": 1, "sms": 2, "phone": 3}


async def ring(core: Core, command: Ring) -> Outcome:
    """One DING to one person, by the means the settings name."""
    kind = _TYPES.get(core.app.ding)
    if kind is None:
        return Refused("ding.off", "config")
    body = {
        "robotCode": core.robot_code,
        "remindType": kind,
        "receiverUserIdList": [command.user_id],
        "content": clean(command.text),
    }
    verdict = await core.call_new(SEND, body)
    if verdict.meaning != "ok":
        return verdict.outcome()
    failed = verdict.data.get("failedList")
    if isinstance(failed, dict) and any(command.user_id in _ids(ids) for ids in failed.values()):
        return Refused("ding.failed", "recipient")
    return Sent(str(verdict.data.get("openDingId") or ""))


def _ids(ids: object) -> list[str]:
    return [str(one) for one in ids] if isinstance(ids, list) else []
