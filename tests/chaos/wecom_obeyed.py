"""Which faults strike WeCom's interfaces, and whether the sender did after each answer what its table asks.

The table here is written down a second time, from developer.work.weixin.qq.com, path 90313, so that the
product's own cannot vouch for itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.emulation.faults import Fault
from bot.emulation.records import CallRecord
from tests.chaos.obeyed import Sort, Try, against

MEMBER = "/cgi-bin/message/send"
UPDATE = "/cgi-bin/message/update_template_card"
KF = "/cgi-bin/kf/send_msg"
NOTICE = "/cgi-bin/externalcontact/message/send"
LAY = "/cgi-bin/externalcontact/add_msg_template"
FIND = "/cgi-bin/externalcontact/get_groupmsg_list_v2"
RESULT = "/cgi-bin/externalcontact/get_groupmsg_send_result"
OWNERS = "/cgi-bin/externalcontact/get_groupmsg_task"
STOP = "/cgi-bin/externalcontact/cancel_groupmsg_send"
UPLOAD = "/cgi-bin/media/upload"
WEBHOOK = "/cgi-bin/webhook/send"
AIBOT = "/_aibot/aibot_send_msg"
TOKEN = "/cgi-bin/gettoken"
LANES = (MEMBER, KF, NOTICE, LAY, WEBHOOK, AIBOT)

Plan = tuple[tuple[str, Any], ...]
About = tuple[CallRecord, int | None, tuple[Fault | None, int]]
"""A call, the number of its message, the fault that struck it and when it began (ms)."""
LINE: Plan = (
    ("refuse", None),
    ("timeout_before", 4000),
    ("timeout_after", 4000),
    ("reset", None),
    ("truncate", 7),
    ("slow", 20),
    ("slow", 4000),
    ("http", 502),
    ("http", 504),
    ("code", "-1"),
    ("code", "6000"),
    ("code", "45009"),
    ("code", "45033"),
)
STALE: Plan = (("code", "42001"), ("code", "40014"), ("code", "40001"), ("expire_token", None))
NEVER: Plan = (("code", "48002"), ("code", "40058"))
DROP: Plan = (("silent_drop", None),)
CLOSED: Plan = tuple(("code", code) for code in ("95000", "95001", "95002", "95013", "95018"))
PLANS: dict[str, Plan] = {
    MEMBER: LINE + STALE + NEVER + DROP
    + (("code", "81013"), ("code", "60111"), ("code", "43012"), ("code", "40007")),
    UPDATE: LINE + STALE + NEVER + (("code", "60140"),),
    KF: LINE + STALE + NEVER + DROP + CLOSED,
    NOTICE: LINE + STALE + NEVER + DROP + (("code", "81013"),),
    LAY: LINE + STALE + NEVER + DROP + (("code", "40050"),),
    FIND: LINE + STALE,
    RESULT: LINE + STALE + NEVER,
    OWNERS: LINE + STALE,
    STOP: LINE + STALE + DROP,
    UPLOAD: LINE + STALE,
    WEBHOOK: LINE + DROP + (("code", "93000"), ("code", "40058")),
    AIBOT: (
        ("timeout_before", None), ("timeout_after", None), ("reset", None), ("code", "-1"),
        ("code", "6000"), ("code", "45009"), ("code", "40058"), ("code", "846605"),
    ),
    TOKEN: (("refuse", None), ("timeout_after", 4000), ("reset", None), ("http", 502), ("code", "-1")),
}  # fmt: skip

PATIENCE_MS = 2000
"""How long the client waits for an answer: its time is real, and a loaded machine takes some of it."""
_UNSURE = ("refuse", "timeout_before", "timeout_after", "reset", "truncate")
_CODES: dict[str, tuple[Sort, float]] = {
    "ok": ("done", 0),
    "fault.silent_drop": ("done", 0),
    "-1": ("unsure", 0),
    "http.502": ("unsure", 0),
    "http.504": ("unsure", 0),
    "6000": ("wait", 0),
    "45009": ("wait", 60),
    "45033": ("wait", 2),
    "42001": ("token", 0),
    "40014": ("token", 0),
    "40001": ("token", 0),
}
"""Every other code is the last word."""
_JUDGED = (MEMBER, WEBHOOK)
"""Interfaces where one message is one call; of the others what people saw has to tell."""


def sort_of(fault: Fault | None, code: str) -> tuple[Sort, float]:
    """What the caller could know after one call, and how long it has to wait."""
    if fault is not None and (fault.kind in _UNSURE or (fault.kind == "slow" and fault.ms(0) > PATIENCE_MS)):
        return "unsure", 0
    return _CODES.get(code, ("stop", 0))


def against_the_table(
    found: dict[str, int], wrong: list[str], rows: Sequence[Any], calls: Sequence[About]
) -> None:
    """Count what was not done as the answers ask for, by what it was.

    Args:
        found: Where it is counted.
        wrong: Where it is told.
        rows: The outbox rows.
        calls: What was called for whom.
    """
    tries: dict[int, list[Try]] = defaultdict(list)
    for call, number, (fault, began_ms) in calls:
        if number is None or call.api not in _JUDGED:
            continue
        body = call.body
        sort, wait_s = sort_of(fault, call.code)
        if call.code == "43012" and "template_card" in body:
            sort, wait_s = "wait", 0.0  # words instead
        if call.code == "40007" and "image" in body:
            # Uploaded again it would be another message: of one in doubt a second copy.
            doubtful = any(one.sort == "unsure" for one in tries[number])
            sort, wait_s = "stop" if doubtful else "wait", 0.0
        tries[number].append(Try(began_ms, call.api == MEMBER, False, sort, wait_s))
    for row in rows:
        number = int(row.thing_id) if row.thing_kind == "say" else -1
        if number % 10 in (0, 1):
            continue  # equal words: whose call it was cannot be told
        if row.code == "lane_changed":
            continue  # a card in doubt, and cards are refused now: its words would be seen beside it
        story = sorted(tries[number], key=lambda one: one.at_ms)
        if row.code == "no_answer" and story and story[-1].sort != "unsure":
            story[-1] = replace(story[-1], sort="unsure")  # this machine was busy
        if story and (reason := against(story, row.state, must=False)):
            found[reason] = found.get(reason, 0) + 1
            wrong.append(f"{number} {reason}: {row.state} {row.code} {story}")
