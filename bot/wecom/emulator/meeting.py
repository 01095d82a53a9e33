"""``meeting/*`` and ``oa/schedule/add``: appointments to talk by video.

Facts from developer.work.weixin.qq.com, paths 99104 and 93648; a field that is not known is refused, which is
stricter than any page says.
"""

from __future__ import annotations

from typing import Any

from bot.wecom.emulator.endpoint import ApiError, Done, Endpoint, Request, Table
from bot.wecom.emulator.platform import Platform
from bot.wecom.emulator.world import is_guardian

FIELDS = frozenset((
    "admin_userid", "title", "meeting_start", "meeting_duration", "description", "location", "agentid",
    "invitees", "guests", "settings", "cal_id", "reminders", "skip_duplicate_check",
))  # fmt: skip
MOST_TITLE_BYTES, MOST_TITLE = 40, 20
MOST_WORDS, MOST_PLACE = 500, 128
SHORTEST_S, LONGEST_S = 300, 86_399
AGAIN_MS = 300_000
PAID = ("password_mode", "enable_cloud_record")


def create(platform: Platform, call: Request) -> Done:
    """``meeting/create``."""
    body, now = call.body, platform.now_ms()
    _check(platform, body)
    key = repr((body["admin_userid"].lower(), body["title"], body["meeting_start"], body["meeting_duration"]))
    made_ms = platform.meetings_made.get(key)
    if made_ms is not None and now - made_ms < AGAIN_MS and not body.get("skip_duplicate_check"):
        raise ApiError(400302, "the same meeting exists")
    number, code = platform.new_id("meeting"), f"{len(platform.meetings) + 1:09}"
    link = f"{platform.base_url}/_meeting/{number}"

    def effect() -> None:
        platform.meetings_made[key] = now
        platform.meetings[number] = {**body, "status": 1, "code": code}

    return Done({"meetingid": number, "meeting_code": code, "meeting_link": link, "excess_users": []}, effect)


def _check(platform: Platform, body: dict[str, Any]) -> None:
    if set(body) - FIELDS:
        raise ApiError(40058, f"unknown field {sorted(set(body) - FIELDS)[0]}")
    title, start, length = (body.get(name) for name in ("title", "meeting_start", "meeting_duration"))
    if not isinstance(title, str) or not title:
        raise ApiError(40058, "title missing")
    if len(title.encode()) > MOST_TITLE_BYTES or len(title) > MOST_TITLE:
        raise ApiError(40058, "title too long")
    if not _number(start) or not _number(length) or not SHORTEST_S <= int(str(length)) <= LONGEST_S:
        raise ApiError(40058, "invalid meeting_start or meeting_duration")
    if int(str(start)) * 1000 < platform.now_ms():
        raise ApiError(400222, "meeting_start is in the past")
    for name, most in (("description", MOST_WORDS), ("location", MOST_PLACE)):
        if not isinstance(body.get(name, ""), str) or len(body.get(name, "")) > most:
            raise ApiError(40058, f"invalid {name}")
    if body.get("agentid", platform.app.agent_id) != platform.app.agent_id:
        raise ApiError(301002, "not allow operate another agent with this accesstoken")
    if any(name in (body.get("settings") or {}) for name in PAID):
        raise ApiError(400226, "this field needs the advanced package")
    invited = (body.get("invitees") or {}).get("userid", [])
    for user in (body.get("admin_userid"), *(invited if isinstance(invited, list) else [None])):
        _member(platform, user)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _member(platform: Platform, user: object) -> None:
    members = {one.id.lower() for one in platform.world.people.values() if not is_guardian(one)}
    if not isinstance(user, str) or user.lower() not in members:
        raise ApiError(40058, "invalid userid")


def _found(platform: Platform, body: dict[str, Any]) -> dict[str, Any]:
    found = platform.meetings.get(str(body.get("meetingid", "")))
    if found is None:
        raise ApiError(40058, "invalid meetingid")
    return found


def cancel(platform: Platform, call: Request) -> Done:
    """``meeting/cancel``."""
    found = _found(platform, call.body)

    def effect() -> None:
        found["status"] = 4
        key = (
            found["admin_userid"].lower(),
            found["title"],
            found["meeting_start"],
            found["meeting_duration"],
        )
        platform.meetings_made.pop(repr(key), None)

    return Done({}, effect)


def info(platform: Platform, call: Request) -> Done:
    """``meeting/get_info``."""
    found = _found(platform, call.body)
    names = ("admin_userid", "title", "meeting_start", "meeting_duration", "status")
    invited = (found.get("invitees") or {}).get("userid", [])
    attendees = {"member": [{"userid": user, "status": 2} for user in invited], "tmp_external_user": []}
    shown = {name: found[name] for name in names}
    return Done({**shown, "meeting_code": found["code"], "attendees": attendees})


def schedule(platform: Platform, call: Request) -> Done:
    """``oa/schedule/add``: for members only."""
    given = call.body.get("schedule")
    if not isinstance(given, dict):
        raise ApiError(40058, "schedule missing")
    admins = given.get("admins") or [given.get("organizer")]
    if not admins or not all(isinstance(one, str) and one for one in admins):
        raise ApiError(90456, "organizer missing")
    first, last = given.get("start_time"), given.get("end_time")
    if not _number(first) or not _number(last) or int(str(last)) <= int(str(first)):
        raise ApiError(40058, "invalid start_time or end_time")
    attendees = given.get("attendees", [])
    if not isinstance(attendees, list) or len(attendees) > 1000:
        raise ApiError(90464, "too many attendees")
    for one in attendees:
        _member(platform, one.get("userid") if isinstance(one, dict) else None)
    return Done({"schedule_id": platform.new_id("schedule")})


ENDPOINTS: Table = {
    ("POST", "/cgi-bin/meeting/create"): Endpoint(create),
    ("POST", "/cgi-bin/meeting/cancel"): Endpoint(cancel),
    ("POST", "/cgi-bin/meeting/get_info"): Endpoint(info),
    ("POST", "/cgi-bin/oa/schedule/add"): Endpoint(schedule),
}
