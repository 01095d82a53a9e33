"""What a callback is answered with: a card's new look, or words, before whoever pressed looks away.

Facts from developer.work.weixin.qq.com, path 90241: the answer to a press may replace the card for whoever
pressed; its parts are those of a card that is sent, each word of a name with a capital.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.dingtalk.escape import clean
from bot.intake import Look
from bot.wecom import cards, xml
from bot.wecom.codec import Codec
from bot.wecom.envelope import answer
from config.ids import new_token

MAX_TEXT = 2048
"""Bytes of UTF-8 of an answer in words; the platform would cut it anywhere."""
_ONE_WORD = {
    "keyname": "KeyName", "userid": "UserId", "appid": "AppId", "pagepath": "PagePath",
    "checkbox": "CheckBox",
}  # fmt: skip
_NOT_ANSWERED = ("task_id", "feedback")
"""Parts of a card that is sent which an answer has no name for."""


def text(codec: Codec, corp: str, user_id: str, words: str, now: datetime) -> bytes:
    """Words, in the same breath.

    Args:
        codec: Seals the answer.
        corp: Who answers.
        user_id: Who is answered.
        words: As they are; what is too long is cut.
        now: UTC.
    """
    short = clean(words).encode()[:MAX_TEXT].decode("utf-8", "ignore")
    return _sealed(codec, corp, user_id, {"MsgType": "text", "Content": short}, now)


def card(codec: Codec, corp: str, user_id: str, look: Look, now: datetime) -> bytes:
    """A look in the place of the card that was pressed.

    Args:
        codec: Seals the answer.
        corp: Who answers.
        user_id: Who pressed.
        look: What the card shall show.
        now: UTC.
    """
    made = cards.card(look.title, look.text, look.buttons)
    shown = {name: value for name, value in made.items() if name not in _NOT_ANSWERED}
    tree: dict[str, xml.Value] = {"MsgType": "update_template_card", "TemplateCard": _named(shown)}
    return _sealed(codec, corp, user_id, tree, now)


def _sealed(codec: Codec, corp: str, user_id: str, tree: Mapping[str, xml.Value], now: datetime) -> bytes:
    seconds = int(now.timestamp())
    common: dict[str, xml.Value] = {"ToUserName": user_id, "FromUserName": corp, "CreateTime": seconds}
    return answer(codec.seal(xml.build({**common, **tree}), new_token(), str(seconds)))


def _named(value: Any) -> xml.Value:
    """The same with the names of an answer."""
    if isinstance(value, Mapping):
        return {_name(name): _named(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_named(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else value


def _name(name: str) -> str:
    return _ONE_WORD.get(name) or "".join(part.capitalize() for part in name.split("_"))
