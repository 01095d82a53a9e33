"""Whose login code it is: the port of :mod:`bot.pages.oauth` on WeCom.

developer.work.weixin.qq.com, paths 95791 (``school/getuserinfo``: parents and pupils) and 96712
(``auth/getuserinfo``: also the id in customer service). A code works once, for five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.log import get_logger
from bot.pages.oauth import Failed
from handlers.pages.joining import Who

if TYPE_CHECKING:
    from bot.wecom.core import Core

SCHOOL = "/cgi-bin/school/getuserinfo"
AUTH = "/cgi-bin/auth/getuserinfo"
_USED = ("40029",)
_log = get_logger("login")


class WeComLogin:
    """Asks WeCom who logged in.

    Args:
        cores: The connection of each app by name.
    """

    def __init__(self, cores: Mapping[str, Core]) -> None:
        self._cores = cores

    async def __call__(self, app: str, code: str) -> Who | Failed:
        """Whose the code is.

        The second interface is asked only where the app may not use the first: any other answer has used
        the code up.
        """
        core = self._cores.get(app)
        if core is None:
            return Failed("config", "no_app")
        came = await core.call(SCHOOL, None, {"code": code}, method="GET")
        if came.meaning == "config":
            came = await core.call(AUTH, None, {"code": code}, method="GET")
        if came.meaning == "ok":
            return who_of(came.data)
        _log.warning("login_failed", code=came.code)
        if came.code in _USED:
            return Failed("used", came.code)
        return Failed("config" if came.meaning == "config" else "busy", came.code)


def who_of(data: Mapping[str, Any]) -> Who:
    """The ids of an answer; a pupil is nobody here: the pages are for adults."""
    if _id(data, "student_userid"):
        return Who()
    return Who(
        parent_id=_id(data, "parent_userid"),
        external_id=_id(data, "external_userid"),
        member_id=(_id(data, "UserId") or _id(data, "userid")).lower(),
    )


def _id(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) and len(value) <= 128 else ""
