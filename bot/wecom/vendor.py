"""The API methods of wechatpy over our own connection: its knowledge of paths and fields, nothing else of it.

Only its request is replaced, so each method that hands on what the request gives returns something to await.
Methods that look into the answer themselves cannot be used, because there is none yet: ``agent.list``,
``appchat.get``, ``department.list``, ``.simple_list``, ``.get`` and ``.get_users``, ``misc.get_wechat_ips``,
``tag.list``, ``user.list``, ``.convert_to_user_id``, ``.get_join_qrcode``, ``.get_active_stat`` and
``.getuserid``, ``jsapi.get_jsapi_ticket`` and ``.get_agent_jsapi_ticket``. Two kinds say so at once: those
that send a file (``media.upload``, ``.upload_img``; :mod:`bot.wecom.media` does it) and those that ask for
the token itself (``media.get_url``, ``.get_jssdk_url``). Its token (renewed without end when an answer says
so) and its ``requests`` are never used.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

import orjson
from wechatpy.session.memorystorage import MemoryStorage
from wechatpy.work import WeChatClient

if TYPE_CHECKING:
    from bot.wecom.core import Core
    from bot.wecom.errors import Verdict

PREFIX = "/cgi-bin/"


class Vendor(WeChatClient):  # type: ignore[misc]
    """Its methods, for example ``await vendor.kf.get_account_list()``; each brings a :class:`Verdict`.

    Args:
        core: Our connection; it holds the token and judges the answers.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        super().__init__(core.app.corp_id, "", session=MemoryStorage())

    @property
    def access_token(self) -> str:
        """There is none here; asking wechatpy for one would be a request of its own.

        Raises:
            AttributeError: Always; wechatpy looks at every attribute when it is made, and passes over these.
        """
        raise AttributeError("the token is kept by the connection")

    async def _request(self, method: str, url_or_endpoint: str, **given: Any) -> Verdict:
        if given.get("files"):
            raise TypeError("files go by bot.wecom.media")
        path = PREFIX + url_or_endpoint.removeprefix(self.API_BASE_URL).removeprefix(PREFIX).lstrip("/")
        query = {key: str(value) for key, value in (given.get("params") or {}).items()}
        query.pop("access_token", None)
        body = given.get("data")
        raw = None if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return await self._core.call_bytes(path, raw, query, method.upper())


def asked(made: Any) -> Awaitable[Verdict]:
    """What a method of wechatpy returned, as what it really is here."""
    return cast("Awaitable[Verdict]", made)
