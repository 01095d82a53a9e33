"""What a feature gets beside the message: everything it may know, nothing it could do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.school_calendar import SchoolCalendar
from storage import schools
from storage.engine import Db
from storage.people import Person, Role
from storage.schools import School


@dataclass(frozen=True, slots=True)
class Ctx:
    """The arguments of one decision.

    Args:
        db: The open unit of work; reads and writes are committed with the replies or not at all.
        now: The moment of the decision, UTC.
        school: The school concerned.
        person: Who wrote, if we know them; None for a stranger or a job.
        roles: The person's roles as of now.
        new_id: Allocates ids before the insert.
    """

    db: Db
    now: datetime
    school: School
    person: Person | None
    roles: tuple[Role, ...]
    new_id: Callable[[], str]

    @property
    def calendar(self) -> SchoolCalendar:
        """The school's days, from rows and the calendar packages; read only when asked for."""
        return schools.calendar(self.db, self.school)

    @property
    def local(self) -> datetime:
        """The moment in the school's own time zone."""
        return self.now.astimezone(ZoneInfo(self.school.tz))
