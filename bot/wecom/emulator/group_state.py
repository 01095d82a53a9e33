"""The class groups on WeChat as the platform keeps them: tasks laid before teachers, what was then sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.emulation.records import Content
    from bot.emulation.world import SchoolClass
    from bot.wecom.emulator.platform import Platform

NOT_SENT, SENT, NOT_FRIEND, ANOTHER = 0, 1, 2, 3
"""Results, from the vendor's page, path 93338, not tried against the live service."""


@dataclass(slots=True)
class Task:
    """Something a teacher is to send.

    Args:
        owner: Whose task it is: the groups' owner.
        groups: The groups it goes to.
        contents: What they then see, in order.
        message: The item the teacher sees.
        sent_ms: When it was confirmed.
        results: What became of it, by group.
    """

    id: str
    owner: str
    groups: tuple[str, ...]
    contents: tuple[Content, ...]
    message: str
    created_ms: int
    sent_ms: int | None = None
    cancelled: bool = False
    results: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class GroupState:
    """See the module.

    Args:
        listed: Whether class groups are told by ``groupchat/list`` and ``get``; else 90501.
        broadcast_refused: The code ``add_msg_template`` is refused with; 0 takes it.
        owners: The owners of groups that are not their class teacher's.
        sent: When (ms) each group was sent to.
    """

    platform: Platform
    listed: bool = True
    broadcast_refused: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)

    def class_of(self, group: object) -> SchoolClass | None:
        """The class of a group on WeChat; None if there is no such group."""
        world = self.platform.world
        if world.profile == "internal":
            return None
        return next((klass for klass in world.classes if klass.group == group), None)

    def owner(self, klass: SchoolClass) -> str:
        """Whose group it is: the class teacher's unless handed on."""
        return self.owners.get(klass.group, f"t-{klass.id[1:]}")
