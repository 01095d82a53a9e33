"""All about class groups on WeChat, and links to a member as a contact."""

from __future__ import annotations

from bot.wecom.emulator import contact_way, groupchat, groupmsg
from bot.wecom.emulator.endpoint import Table

ENDPOINTS: Table = {**groupchat.ENDPOINTS, **groupmsg.ENDPOINTS, **contact_way.ENDPOINTS}
