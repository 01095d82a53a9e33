"""A school made up for these tests, in the form that is imported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from storage.engine import Db
from storage.seed import import_school

CORP = "dingcorp0001"
MONDAY = datetime(2026, 10, 12, 0, 30, tzinfo=UTC)
NAMED = ("小明", "乐乐", "林小满")


def document(classes: int = 3, pupils: int = 45) -> dict[str, Any]:
    """Classes 三(1)班 … with their teachers, each child with one guardian, the named ones with two."""
    made = [_class(number, pupils) for number in range(1, classes + 1)]
    return {
        "school": {
            "name": "桥头小学",
            "corp": CORP,
            "tz": "Asia/Shanghai",
            "duty_phone": "010-55550110",
            "terms": [
                {"name": "2026秋", "first": "2026-09-01", "last": "2027-01-22"},
                {"name": "2027春", "first": "2027-02-24", "last": "2027-07-09"},
            ],
            "overrides": [{"day": "2026-10-16", "school": False, "note": "运动会"}],
        },
        "classes": [each[0] for each in made],
        "people": [person for each in made for person in each[1]]
        + [
            {
                "id": "admin",
                "name": "教务张老师",
                "identity": None,
                "code": None,
                "roles": [{"kind": "admin"}],
            },
            {
                "id": "chen",
                "name": "陈老师",
                "identity": {"kind": "dingtalk_user", "corp": CORP, "id": "t-chen"},
                "code": None,
                "roles": [{"kind": "co_teacher", "class": f"c{n}"} for n in range(1, classes + 1)],
            },
        ],
        "pupils": [pupil for each in made for pupil in each[2]],
    }


def _class(n: int, count: int) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    school_class = {
        "id": f"c{n}",
        "name": f"三({n})班",
        "group": {"platform": "dingtalk", "app": "school", "id": f"cid-{n}=="},
        "dismissal": "16:30",
        "digest_preview": "16:30",
        "digest_send": "16:50",
        "digest_auto": True,
    }
    pupils = [
        {"id": f"s{n}-{i}", "class": f"c{n}", "name": NAMED[i] if i < len(NAMED) else f"孩子{n}零{i}"}
        for i in range(count)
    ]
    people: list[dict[str, Any]] = [
        {
            "id": f"t{n}",
            "name": "王老师",
            "identity": {"kind": "dingtalk_user", "corp": CORP, "id": f"t-30{n}"},
            "code": None,
            "roles": [{"kind": "teacher", "class": f"c{n}"}],
            "windows": ["08:00-10:00", "16:00-18:00"],
        },
        {
            "id": f"d{n}",
            "name": "李老师",
            "identity": {"kind": "dingtalk_user", "corp": CORP, "id": f"d-30{n}"},
            "code": None,
            "roles": [{"kind": "deputy", "class": f"c{n}"}],
        },
    ]
    for i, pupil in enumerate(pupils):
        for relation in ("妈妈", "爸爸") if i < len(NAMED) else ("妈妈",):
            people.append(_guardian(n, i, pupil, relation))
    return school_class, people, pupils


def _guardian(n: int, i: int, pupil: dict[str, Any], relation: str) -> dict[str, Any]:
    mother = relation == "妈妈"
    return {
        "id": f"g{n}-{i}{relation}",
        "name": f"{pupil['name']}{relation}",
        # The last child's mother has not bound herself yet.
        "identity": {"kind": "dingtalk_user", "corp": CORP, "id": f"g-{n}-{i}-{'m' if mother else 'f'}"}
        if i != 44
        else None,
        "code": f"{n}{i:02}{1 if mother else 2}0000",
        "roles": [{"kind": "guardian", "class": f"c{n}", "pupil": pupil["id"], "relation": relation}],
        "consents": [{"pupil": pupil["id"], "purpose": "praise_name", "given": True}]
        if mother and i != 1
        else [],
    }


class Ids:
    """Ids in a fixed order, different for each prefix."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix, self._count = prefix, 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count:0{32 - len(self._prefix)}x}"


def seed_small(db: Db) -> None:
    """One class of five."""
    import_school(db, document(1, 5), Ids(), MONDAY)
