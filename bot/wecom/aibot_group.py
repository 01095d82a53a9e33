"""The AI bot's lane with what stands in for it in a class's group."""

from __future__ import annotations

import asyncio

from bot.command import Command, Outcome, Webhook
from bot.wecom import webhook
from bot.wecom.aibot import AiBotLane
from bot.wecom.aibot_upload import Files
from bot.wecom.core import Core
from storage import classes, group_robots
from storage.engine import Db, Refused, Store


def lane(core: Core, store: Store, files: Files) -> AiBotLane:
    """The lane of one app's AI bot.

    Args:
        core: The app's connection.
        store: Knows the webhook robots of the classes.
        files: The bytes of a message's file.
    """

    def find(db: Db, key: str) -> Webhook | None:
        of = classes.by_group(db, key)
        robot = group_robots.of_class(db, of.id) if of is not None else None
        return Webhook(robot.token, robot.secret) if robot is not None else None

    async def robot(chat_id: str) -> Webhook | None:
        key = f"wecom/{core.name}/group/{chat_id}"
        try:
            return await asyncio.wrap_future(store.read(lambda db: find(db, key)))
        except Refused:
            return None

    async def by_robot(command: Command, target: Webhook) -> Outcome:
        return await webhook.send(core, command, target, files)

    return AiBotLane(core.name, core.app, core.limits, core.http, core.clock, files, robot, by_robot)
