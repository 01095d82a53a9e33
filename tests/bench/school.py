"""A school of any number of classes, as ``serve`` imports it, and its settings file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench import callbacks, wecom_callbacks
from tests.bench.callbacks import Speaker

PUPILS = 45
TEACHER = "teacher-{room}"
GUARDIAN = "guardian-{room}-{pupil}"
NAMES = "子梓雨思浩欣宇嘉奕若诗晨佳一语俊可天书景涵轩萱琪然彤怡辰妍睿航瑶博宁阳悦霖颖楠桐安平和乐清"


def speakers(classes: int) -> list[Speaker]:
    """One guardian of each pupil, class by class in turn."""
    return [
        Speaker(GUARDIAN.format(room=room, pupil=pupil), f"cid-{room}-{pupil}", "家长")
        for pupil in range(PUPILS)
        for room in range(classes)
    ]


def write(directory: Path, classes: int, database: str, sink_port: int, **limits: float) -> Path:
    """Write the school and the settings; returns the settings' path.

    Args:
        database: An empty database's URL.
        sink_port: Where the platform is.
        limits: Overrides of ``[limits]``.
    """
    school = directory / "school.json"
    school.write_text(json.dumps(_school(classes), ensure_ascii=False), encoding="utf-8")
    config = directory / "classbridge.toml"
    base = f"http://127.0.0.1:{sink_port}"
    lines = [
        f'data_dir = "{directory / "data"}"',
        f'seed = "{school}"',
        "[server]", "port = 0",
        "[database]", f'url = "{database}"',
        "[limits]", *(f"{name} = {value}" for name, value in limits.items()),
        "[dingtalk.school]",
        f'client_id = "{callbacks.CLIENT_ID}"', f'client_secret = "{callbacks.SECRET}"',
        f'corp_id = "{callbacks.CORP}"', f'api_base = "{base}"', f'oapi_base = "{base}"',
    ]  # fmt: skip
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    config.chmod(0o600)
    return config


def write_wecom(directory: Path, database: str, sink_port: int) -> Path:
    """Write the settings of a WeCom app without a school: enough to be called. Returns their path."""
    config, base = directory / "classbridge.toml", f"http://127.0.0.1:{sink_port}"
    lines = [
        f'data_dir = "{directory / "data"}"',
        "[server]", "port = 0",
        "[database]", f'url = "{database}"',
        "[wecom.school]",
        f'corp_id = "{wecom_callbacks.CORP}"', f"agent_id = {wecom_callbacks.AGENT}",
        'secret = "bench-secret"', f'api_base = "{base}"',
        f'token = "{wecom_callbacks.TOKEN}"', f'aes_key = "{wecom_callbacks.AES_KEY}"',
    ]  # fmt: skip
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    config.chmod(0o600)
    return config


def _school(classes: int) -> dict[str, Any]:
    terms = [{"name": "学年", "first": "2020-01-01", "last": "2039-12-31"}]
    rooms = range(classes)
    return {
        "school": {
            "name": "晨光路小学", "corp": callbacks.CORP, "tz": "Asia/Shanghai", "duty_phone": "021-55550100",
            "terms": terms, "overrides": [],
        },
        "classes": [_class(room) for room in rooms],
        "people": [_teacher(room) for room in rooms]
        + [_guardian(room, pupil) for room in rooms for pupil in range(PUPILS)],
        "pupils": [
            {"id": f"s{room}-{pupil}", "class": f"c{room}", "name": _name(room, pupil)}
            for room in rooms
            for pupil in range(PUPILS)
        ],
    }  # fmt: skip


def _name(room: int, pupil: int) -> str:
    return "王" + NAMES[pupil % len(NAMES)] + NAMES[(pupil + room + 1) % len(NAMES)]


def _class(room: int) -> dict[str, Any]:
    return {
        "id": f"c{room}", "name": f"{'一二三四五六'[room // 7 % 6]}({room % 7 + 1 + room // 42 * 7})班",
        "group": {"platform": "dingtalk", "app": "school", "id": f"cid-group-{room}"},
        "dismissal": "16:30", "digest_preview": "16:30", "digest_send": "16:50", "digest_auto": True,
    }  # fmt: skip


def _teacher(room: int) -> dict[str, Any]:
    return _person(TEACHER.format(room=room), "王老师", [{"kind": "teacher", "class": f"c{room}"}])


def _guardian(room: int, pupil: int) -> dict[str, Any]:
    role = {"kind": "guardian", "class": f"c{room}", "pupil": f"s{room}-{pupil}", "relation": "妈妈"}
    return _person(GUARDIAN.format(room=room, pupil=pupil), f"{_name(room, pupil)}妈妈", [role])


def _person(user_id: str, name: str, roles: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": user_id, "name": name, "roles": roles, "consents": [], "windows": [], "code": None,
        "identity": {"kind": "dingtalk_user", "corp": callbacks.CORP, "id": user_id},
    }  # fmt: skip
