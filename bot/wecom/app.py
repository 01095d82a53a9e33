"""The self-built app's messages to members: words, cards, files, recall.

Facts from developer.work.weixin.qq.com, path 90236: words are cut at 2 048 bytes; with the duplicate check
the same JSON is not received a second time within the interval, four hours at most. So what is sent is a
pure function of the command, and a second try sends the very same bytes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from bot.command import Command, Maybe, Outcome, Refused, Sent, TakeBack
from bot.dingtalk.escape import clean
from bot.wecom import cards

if TYPE_CHECKING:
    from bot.wecom.core import Bucket, Core
    from bot.wecom.errors import Verdict
    from bot.wecom.media import Uploads

SEND, RECALL = "/cgi-bin/message/send", "/cgi-bin/message/recall"
MOST_WORDS = 2048
"""Bytes of UTF-8; longer words go in several messages, in order."""
INTERVAL_S = 14_400
MINUTE_S = 60.0
_MARKS = 16
"""Unseen characters that make words a row's own: 32 bits, three bytes each."""
_WHOLE = MOST_WORDS - _MARKS * 3
"""Bytes of words that go in one message, with room for the mark."""
_BODY = 1_900
"""Bytes of one of several parts."""


_UNSEEN = "\u200b\u200c\u2060\ufeff"
"""Characters without a width: they tell rows of equal words apart for the platform, and for nobody else."""
_COUNTED = 4
"""Messages of one row that are counted at most; more names than that do not fit into its column."""


def mark_of(outbox_id: str) -> str:
    """What makes a row's words its own.

    The platform drops what it takes for a second copy and says ok, whether it compares the whole request or
    only the words its page does not say; so 「收到」 said twice in an afternoon has to differ in its words.
    """
    digest = hashlib.sha256(outbox_id.encode()).digest()
    return "".join(_UNSEEN[byte % 4] for byte in digest[:_MARKS])


def words(command: Command, *, plain: bool) -> list[str]:
    """The texts to send, each short enough; the parts of a long one begin where a line ends."""
    text = command.plain if plain else command.text
    titled = bool(command.title) and not text.startswith(command.title)
    whole = clean(f"{command.title}\n{text}" if titled else text)
    if not whole:
        return []
    parts = [whole] if len(whole.encode()) <= _WHOLE else _parts(whole)
    # Two parts may be of equal words, too.
    return [part + mark_of(f"{command.outbox_id}.{number}") for number, part in enumerate(parts)]


def _parts(text: str) -> list[str]:
    parts, held = [], ""
    for line in text.split("\n"):
        for piece in _pieces(line):
            joined = f"{held}\n{piece}" if held else piece
            if len(joined.encode()) > _BODY:
                parts.append(held)
                held = piece
            else:
                held = joined
    return [*parts, held] if held else parts


def _pieces(line: str) -> list[str]:
    """A line that is too long by itself, cut between characters."""
    pieces = []
    while len(line.encode()) > _BODY:
        head = line.encode()[:_BODY].decode("utf-8", "ignore")
        pieces.append(head)
        line = line[len(head) :]
    return [*pieces, line]


def body_of(agent_id: int, user_id: str, kind: str, content: dict[str, Any]) -> bytes:
    """The request, always the same bytes for the same content."""
    return orjson.dumps(
        {
            "touser": user_id,
            "msgtype": kind,
            "agentid": agent_id,
            kind: content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": INTERVAL_S,
        }
    )


def messages(command: Command) -> int:
    """How many messages a member gets of it."""
    return max(1, len(words(command, plain=True)) + (command.file is not None))


def buckets(core: Core, user_id: str) -> list[Bucket]:
    """What one member may get: above thirty a minute and a thousand an hour WeCom drops it in silence."""
    member = f"wecom:{core.name}:member:{user_id}"
    limits = core.limits
    return [
        core.bucket(SEND),
        (member, limits.member_per_minute, MINUTE_S),
        (f"{member}:hour", limits.member_per_hour, 3600.0),
    ]


def counted(limits: list[Bucket], count: int) -> list[Bucket]:
    """The same for several messages at once: a minute must have room for all, and each is counted.

    Args:
        limits: Of one message.
        count: How many there are.
    """
    more = range(1, min(count, _COUNTED))
    minute = [one for one in limits if one[2] == MINUTE_S]
    # A bucket is counted as often as it is named; each time it must have room for one more.
    return limits + [(name, most - n, window) for name, most, window in minute for n in more if most > n]


async def say(core: Core, command: Command, user_id: str) -> Outcome:
    """Words, in as many messages as they need."""
    outcome: Outcome = Refused("empty", "content")
    for number, text in enumerate(words(command, plain=True)):
        came = await post(core, user_id, "text", {"content": text})
        if not isinstance(came, Sent):
            # What went before may be shown already; a second try of the whole shows nothing twice.
            return Maybe(came.code) if number and not _again_later(came) else came
        outcome = came
    return outcome


def _again_later(came: Refused | Maybe) -> bool:
    return isinstance(came, Maybe) or came.action in ("retry", "slow")


async def show_card(core: Core, command: Command, user_id: str) -> tuple[Outcome, str]:
    """A card with what can be pressed; what came of it, and the code by which it can be changed."""
    content = cards.card(command.title, command.text, command.buttons) | {"task_id": command.outbox_id}
    verdict = await core.call_bytes(SEND, body_of(core.app.agent_id, user_id, "template_card", content))
    code = verdict.data.get("response_code", "")
    return _came_of(verdict, user_id), code if isinstance(code, str) else ""


async def show_file(core: Core, command: Command, user_id: str, uploads: Uploads) -> Outcome:
    """A file, and its caption behind it."""
    if command.file is None:
        return Refused("file.none", "content")
    # An upload of its own for each row: the same picture asked for twice is shown twice.
    made = await uploads.media_id(command.file, command.outbox_id)
    if not isinstance(made, tuple):
        return made
    kind, media_id = made
    came = await post(core, user_id, kind, {"media_id": media_id})
    if isinstance(came, Refused) and came.code == "40007" and command.tried is None:
        # Under another id it is another message: of one in doubt that would be a second copy.
        await uploads.forget(media_id)
        return Refused(came.code, "retry")
    if not isinstance(came, Sent) or not command.plain:
        return came
    said = await say(core, command, user_id)
    return came if isinstance(said, Sent) else Maybe(f"caption.{said.code}")


async def post(core: Core, user_id: str, kind: str, content: dict[str, Any]) -> Outcome:
    """One message."""
    return _came_of(await core.call_bytes(SEND, body_of(core.app.agent_id, user_id, kind, content)), user_id)


def _came_of(verdict: Verdict, user_id: str) -> Outcome:
    if verdict.meaning != "ok":
        return verdict.outcome()
    data = verdict.data
    # errcode 0, and yet nobody got it: the one recipient stands among those who cannot.
    if user_id in str(data.get("invaliduser") or "").split("|"):
        return Refused("invaliduser", "recipient")
    if user_id in str(data.get("unlicenseduser") or "").split("|"):
        return Refused("unlicenseduser", "recipient")
    return Sent(str(data.get("msgid") or ""))


async def take_back(core: Core, command: TakeBack) -> Outcome:
    """Recall what was sent within a day; only WeCom's own clients forget it."""
    for message in command.platform_ids:
        verdict = await core.call(RECALL, {"msgid": message})
        if verdict.meaning != "ok":
            return verdict.outcome()
    return Sent("")
