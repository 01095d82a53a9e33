"""The invented school on DingTalk: who the robot reaches, and which group has a custom robot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from bot.emulation.world import Person, SchoolClass, World


@dataclass(frozen=True, slots=True)
class WebhookRobot:
    """A custom robot of a group, with the security its owner chose.

    Args:
        name: What the product's school document calls it.
        token: ``access_token`` of its address.
        secret: The key of its signature; empty without one.
        keywords: Words of which every message must contain one; empty without.
        addresses: Where it may be called from; empty for anywhere.
    """

    name: str
    group: str
    token: str
    secret: str = ""
    keywords: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return f"custom-{self.name}"


class DingTalkWorld(World):
    """See the module.

    ``custom-robot-only``: the app's robot is in no class group and reaches no guardian; each group has a
    custom robot, and guardians have pages. ``professional``: an edition in which robots may send DING.
    """

    platform = "dingtalk"
    corp_prefix = "ding"

    def __init__(self, seed: str = "1", unbound: int = 0, app: str = "school", profile: str = "full") -> None:
        super().__init__(seed, unbound, app, profile)
        self.webhooks = {robot.token: robot for robot in map(self._webhook, self.classes)}

    @property
    def robot_in_groups(self) -> bool:
        """Whether the app's robot is a member of the class groups."""
        return self.profile != "custom-robot-only"

    @property
    def has_ding(self) -> bool:
        """Whether the school's edition lets a robot send DING."""
        return self.profile == "professional"

    @override
    def reachable(self, person: Person) -> bool:
        return self.robot_in_groups or any(role.kind != "guardian" for role in person.roles)

    @override
    def page_session(self, person: Person) -> str | None:
        if self.reachable(person) or not person.bound:
            return None
        return self._digest(f"page:{person.id}").hex()

    def _webhook(self, klass: SchoolClass) -> WebhookRobot:
        token, secret = self._digest(f"webhook:{klass.id}").hex(), self._digest(f"secret:{klass.id}").hex()
        return WebhookRobot(klass.id, klass.group, token, f"SEC{secret}")

    @override
    def _group_json(self, klass: SchoolClass) -> dict[str, Any]:
        place = {"platform": self.platform, "app": self.app}
        if self.robot_in_groups:
            return {**place, "id": klass.group}
        robot = next(robot for robot in self.webhooks.values() if robot.group == klass.group)
        return {**place, "webhook": robot.name, "token": robot.token, "secret": robot.secret}

    @override
    def _identities(self, person: Person) -> list[dict[str, Any]]:
        session = self.page_session(person)
        if session is not None:
            return [{"kind": "page", "corp": self.corp, "id": person.id, "session": session}]
        return [{"kind": "dingtalk_user", "corp": self.corp, "id": person.id}]
