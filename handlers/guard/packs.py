"""Rule packs: which rules hold in a school and how hard. A table, chosen per school or class like any setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from storage import preferences
from storage.engine import Db

Severity = Literal["off", "warn", "block"]
KEY = "guard.pack"
"""The preference's key; a class's own word goes before its school's."""

SEVERITIES: Mapping[str, Severity] = {
    "id_number": "block",
    "phone_number": "block",
    "address": "block",
    "no_ranking": "block",
    "no_score_list": "block",
    "aid_list": "block",
    "medical_fact": "block",
    "no_public_criticism": "block",
    "names_individual_problem": "block",
    "money_or_gift": "block",
    "at_all_by_parent": "block",
    "parent_grading": "warn",
    "homework_in_group": "warn",
    "forced_app": "warn",
    "late_message": "warn",
    "praise_by_name": "off",
    "check_in": "off",
    "vote": "off",
}
"""The default; its order is the order of rules of the same severity."""
ASKED = frozenset({"homework_in_group", "parent_grading", "forced_app", "late_message"})
"""Rules about what families are asked to do: by likeness alone a text is never more than doubtful by these."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One set of rules.

    Args:
        name: What it is chosen by.
        origin: Whose rules they are.
        changes: What differs from :data:`SEVERITIES`.
        quiet: From this hour in the evening to that in the morning nothing goes to a group.
    """

    name: str
    origin: str
    changes: Mapping[str, Severity] = field(default_factory=dict)
    quiet: tuple[time, time] = (time(21, 0), time(7, 0))

    def severity(self, rule: str) -> Severity:
        """How hard a rule is here."""
        return self.changes.get(rule, SEVERITIES[rule])


_NO_TASKS: Mapping[str, Severity] = {"homework_in_group": "block", "parent_grading": "block"}
DEFAULT = Pack("default", "national rules")
STRICTEST = Pack(
    "strictest",
    "all local rules together",
    {
        **_NO_TASKS,
        "forced_app": "block",
        "late_message": "block",
        "praise_by_name": "block",
        "check_in": "block",
        "vote": "block",
    },
    (time(20, 0), time(7, 0)),
)
PACKS: Mapping[str, Pack] = {
    each.name: each
    for each in (
        DEFAULT,
        Pack(
            "jingan",
            "Shanghai Jing'an: nobody named, no blame, no marks or ranks",
            {"praise_by_name": "block"},
        ),
        Pack(
            "putuo",
            "a school in Putuo: no homework, no tasks for parents, no pupil named",
            {**_NO_TASKS, "check_in": "block", "praise_by_name": "block"},
        ),
        Pack(
            "xining",
            "Xining: nothing in rest time; no homework, lists of praise, votes",
            {**_NO_TASKS, "late_message": "block", "praise_by_name": "block", "vote": "block"},
        ),
        Pack(
            "taiyuan",
            "Taiyuan: no homework through groups, no marks or ranks",
            {"homework_in_group": "block"},
        ),
        STRICTEST,
    )
}


def chosen(db: Db, school_id: str, class_id: str | None) -> Pack:
    """The pack of a class, else its school's, else the default. An unknown name is the strictest."""
    name = preferences.get(db, "class", class_id, KEY) if class_id else None
    name = name or preferences.get(db, "school", school_id, KEY) or DEFAULT.name
    return PACKS.get(name, STRICTEST)
