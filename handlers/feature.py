"""The shape of a feature. Each folder in ``handlers/`` holds one; ``handlers/__init__.py`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from handlers.context import Ctx
from handlers.language import Reading
from handlers.message import Message
from handlers.reply import Act, Choice, Outcome, Subject
from storage.engine import Db
from storage.schedule import Occurrence

Check = Callable[[Db, Subject], bool]


class Feature(Protocol):
    """One thing the bot can do.

    ``match`` looks at an already understood message and says with a typed value whether it is
    this feature's; ``handle`` decides. ``choose`` answers a button or its number, ``outcome``
    hears what became of a sent row, ``due`` acts when a scheduled occurrence has come.
    """

    name: str
    checks: Mapping[str, Check]

    def match(self, ctx: Ctx, message: Message, reading: Reading) -> object | None: ...

    def handle(self, ctx: Ctx, message: Message, match: object) -> Sequence[Act]: ...

    def choose(self, ctx: Ctx, message: Message, choice: Choice) -> Sequence[Act]: ...

    def outcome(self, ctx: Ctx, outcome: Outcome) -> Sequence[Act]: ...

    def due(self, ctx: Ctx, occurrence: Occurrence) -> Sequence[Act]: ...
