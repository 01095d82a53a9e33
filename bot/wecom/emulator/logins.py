"""Login codes: who was sent back to the product's page with which code (path 91022)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.emulation.world import Person
    from bot.wecom.emulator.platform import Platform

CODE_MS = 300_000


@dataclass(slots=True)
class Logins:
    """See the module.

    Args:
        trusted: The hosts entered as trusted domain.
    """

    platform: Platform
    trusted: tuple[str, ...] = ("127.0.0.1", "localhost")
    codes: dict[str, tuple[Person, int]] = field(default_factory=dict)

    def give(self, person: Person) -> str:
        """A code for somebody: once, for five minutes."""
        code = self.platform.new_id("login")
        self.codes[code] = (person, self.platform.now_ms() + CODE_MS)
        return code

    def whose(self, code: str) -> Person | None:
        """Whose code it is, while it is good."""
        person, until_ms = self.codes.get(code, (None, 0))
        return person if self.platform.now_ms() < until_ms else None
