"""The class groups on WeChat as the platform keeps them: tasks laid before teachers, what was then sent."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.emulation.records import HERE, Button
from bot.emulation.say import NotPossible
from bot.emulation.world import UnknownReference
from bot.wecom.emulator import texts

if TYPE_CHECKING:
    from bot.emulation.records import Content
    from bot.emulation.world import Person, SchoolClass
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
        most_a_day: Sends to one group in a day; older pages say one, path 92135 only limits the month.
    """

    platform: Platform
    listed: bool = True
    broadcast_refused: int = 0
    owners: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)
    most_a_day: int | None = None

    def __post_init__(self) -> None:
        if self.platform.world.profile == "forward":
            self.broadcast_refused = 48002

    def class_of(self, group: object) -> SchoolClass | None:
        """The class of a group on WeChat; None if there is no such group."""
        world = self.platform.world
        if world.profile == "internal":
            return None
        return next((klass for klass in world.classes if klass.group == group), None)

    def owner(self, klass: SchoolClass) -> str:
        """Whose group it is: the class teacher's unless handed on."""
        return self.owners.get(klass.group, f"t-{klass.id[1:]}")

    # -- sending

    def confirm(self, message: str, person: Person) -> dict[str, Any]:
        """The owner sends a task; the answer says where it arrived.

        Args:
            message: The item the owner sees.

        Raises:
            UnknownReference: There is no such task.
            NotPossible: It is somebody else's, was sent, or is gone.
        """
        task = next((one for one in self.tasks.values() if message in (one.message, one.id)), None)
        if task is None:
            raise UnknownReference(f"there is no task {message!r}")
        if person.id.lower() != task.owner:
            raise NotPossible(f"the task is not {person.name}'s")
        if task.cancelled or task.sent_ms is not None:
            raise NotPossible("the task was sent or is gone")
        task.sent_ms = self.platform.now_ms()
        for group in task.groups:
            task.results[group] = self._send(group, task)
        self._show_sent(task)
        return {"sent": [group for group, result in task.results.items() if result == SENT]}

    def _show_sent(self, task: Task) -> None:
        """The owner sees that it is done."""
        seen = self.platform.seen
        item = next(one for one in reversed(seen.items) if one.message == task.message)
        over = (Button("confirm", texts.SENT, enabled=False),)
        look = replace(item.content, buttons=over)
        now_ms, message = self.platform.now_ms(), task.message
        seen.add(now_ms, item.to, item.chat, item.lane, message, look, "updated", message)

    def _send(self, group: str, task: Task) -> int:
        now = self.platform.clock.now().astimezone(HERE)
        before = [datetime.fromtimestamp(at / 1000, HERE) for at in self.sent.get(group, [])]
        most = self.platform.limits.group_month
        if most == 0:
            most = monthrange(now.year, now.month)[1]
        month = sum(1 for at in before if (at.year, at.month) == (now.year, now.month))
        day = sum(1 for at in before if at.date() == now.date())
        if (most is not None and month >= most) or (self.most_a_day is not None and day >= self.most_a_day):
            return ANOTHER
        self.sent.setdefault(group, []).append(self.platform.now_ms())
        for content in task.contents:
            self.platform.show(None, group, "broadcast", content)
        return SENT
