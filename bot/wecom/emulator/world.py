"""The invented school on WeCom: teachers are members, guardians are on WeChat."""

from __future__ import annotations

import hashlib
from typing import Any

from typing_extensions import override

from bot.emulation import texts
from bot.emulation.world import Person, SchoolClass, World

NOT_SUBSCRIBED = (texts.CAST[1] + texts.FATHER,)
"""Always among those who do not follow the school's notices."""


def is_guardian(person: Person) -> bool:
    """Whether somebody is a parent only: on WeChat, no member."""
    return bool(person.roles) and all(role.kind == "guardian" for role in person.roles)


def robot_key(corp: str, klass: SchoolClass) -> str:
    """The key of the webhook robot in a class's internal group; always the same one."""
    made = hashlib.sha256(f"webhook:{corp}:{klass.id}".encode()).hexdigest()
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:32]))


class WeComWorld(World):
    """See the module.

    ``full``: the class group belongs to its teacher, who confirms each post · ``internal``: an internal group
    with the AI bot in it · ``forward``: no interface posts there.
    """

    platform = "wecom"
    corp_prefix = "ww"

    def __init__(self, seed: str = "1", unbound: int = 0, app: str = "school", profile: str = "full") -> None:
        super().__init__(seed, unbound, app, profile)
        self._left: dict[str, bool] = {}
        self.by_external = {self.external_id(person): person for person in self.people.values()}
        self.by_parent = {self.parent_id(person): person for person in self.people.values()}

    @override
    def _chat_id(self, what: str) -> str:
        if what.startswith("group"):
            return "wr" + self._digest(f"chat:{what}").hex()[:30]
        if what.startswith("outsider:"):
            return f"kf:{what}"
        return f"kf:{what}" if what.startswith("g-") else f"app:{what}"

    def external_id(self, person: Person) -> str:
        """``external_userid``: who the person is in customer service, and in the book once subscribed."""
        return "wm" + self._digest(f"external:{person.id or person.name}").hex()[:30]

    def parent_id(self, person: Person) -> str:
        """The person's id in the school's address book."""
        return f"p-{person.id}"

    @override
    def reachable(self, person: Person) -> bool:
        return True

    @override
    def subscribed(self, person: Person) -> bool:
        if person.id in self._left:
            return self._left[person.id]
        if not is_guardian(person) or person.name in NOT_SUBSCRIBED:
            return False
        return person.name.startswith(texts.CAST) or self._digest(f"follows:{person.id}")[0] >= 26

    def subscribe(self, person: Person, *, on: bool) -> None:
        """The parent follows the notices from now on, or does not."""
        self._left[person.id] = on

    @override
    def _outsider(self, reference: str) -> Person:
        person = super()._outsider(reference)
        self.by_external[self.external_id(person)] = person
        return person

    @override
    def _group_json(self, klass: SchoolClass) -> dict[str, Any]:
        place: dict[str, Any] = {"platform": self.platform, "app": self.app}
        if self.profile == "internal":
            robot = {"webhook": texts.ROBOT, "token": robot_key(self.corp, klass)}
            return {**place, "kind": "group", "id": klass.group, **robot}
        if self.profile == "forward":
            return {**place, "kind": "forward", "id": klass.id}
        return {**place, "kind": "broadcast", "id": klass.group}

    @override
    def _identities(self, person: Person) -> list[dict[str, Any]]:
        if not is_guardian(person):
            return [{"kind": "wecom_member", "corp": self.corp, "id": person.id}]
        return [
            {"kind": "wecom_kf", "corp": self.corp, "id": self.external_id(person)},
            {"kind": "wecom_parent", "corp": self.corp, "id": self.parent_id(person)},
        ]
