"""A page to look at: the chats as bubbles, read only, drawn on the server, no script."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from aiohttp import web

from bot.dingtalk.emulator import texts
from bot.dingtalk.emulator.platform import Platform
from bot.dingtalk.emulator.records import HERE, Item, Spoken

SHOWN = 300
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0 auto;max-width:44rem;padding:16px;font:18px/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",
"Microsoft YaHei",sans-serif;background:#fff;color:#111}
h1{font-size:20px;margin:0}p{margin:0}.now{color:#444;font-size:17px;margin-bottom:12px}
nav{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 16px}
nav a{padding:9px 14px;border:2px solid #767676;border-radius:22px;color:#111;
text-decoration:none;font-size:17px}
nav a[aria-current]{background:#0b4f9e;border-color:#0b4f9e;color:#fff}
ol{list-style:none;margin:0;padding:0}li{margin:0 0 14px;max-width:88%}
li.said{margin-left:auto;text-align:right}
.meta{font-size:17px;color:#444}.bubble{display:inline-block;text-align:left;white-space:pre-wrap;
overflow-wrap:anywhere;padding:10px 14px;border-radius:12px;border:2px solid #c9c9c9;background:#f4f4f4}
.said .bubble{background:#e5f0ff;border-color:#0b4f9e}.card .bubble{background:#fff;border-color:#111}
.button{display:inline-block;margin:8px 8px 0 0;padding:4px 12px;border:2px solid #0b4f9e;
border-radius:8px;color:#0b4f9e}
.gone{text-decoration:line-through}
"""


class Page:
    """``GET /``: everything said and seen, newest last; ``?chat=`` shows one conversation."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def show(self, request: web.Request) -> web.Response:
        chat = request.query.get("chat")
        everything: list[Item | Spoken] = [*self._platform.seen.items, *self._platform.spoken]
        entries = [entry for entry in everything if chat is None or entry.chat == chat]
        # What was said comes before the answer of the same millisecond.
        entries.sort(key=lambda entry: (entry.at_ms, isinstance(entry, Item)))
        rows = "".join(self._row(entry, named=chat is None) for entry in entries[-SHOWN:])
        cut = texts.PAGE_CUT.format(count=SHOWN) if len(entries) > SHOWN else ""
        title = escape(texts.PAGE_TITLE.format(school=texts.SCHOOL))
        empty = "" if rows else f"<p>{escape(texts.PAGE_EMPTY)}</p>"
        now = escape(texts.PAGE_NOW.format(when=_when(self._platform.now_ms())))
        body = (
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f'<meta http-equiv="refresh" content="5"><style>{_STYLE}</style></head><body>'
            f'<h1>{title}</h1><p class="now">{now}{escape(cut)}</p>{self._tabs(chat)}'
            f"<main><ol>{rows}</ol>{empty}</main></body></html>"
        )
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return web.Response(text=body, content_type="text/html", headers=headers)

    def _tabs(self, chosen: str | None) -> str:
        """All, the groups, and every private conversation in which something happened."""
        chats: dict[str, None] = {klass.group: None for klass in self._platform.world.classes}
        chats.update(dict.fromkeys(item.chat for item in self._platform.seen.items))
        chats.update(dict.fromkeys(spoken.chat for spoken in self._platform.spoken))
        links = [_tab("/", texts.PAGE_ALL, chosen is None)]
        links += [_tab(f"/?chat={quote(chat, safe='')}", self._title(chat), chat == chosen) for chat in chats]
        return f'<nav aria-label="{escape(texts.PAGE_FILTER)}">{"".join(links)}</nav>'

    def _title(self, chat: str) -> str:
        world = self._platform.world
        if chat in world.group_class:
            return texts.PAGE_GROUP.format(name=world.group_class[chat].name)
        owner = world.chat_owner(chat)
        if owner is None:
            return chat
        places = {role.class_id for role in owner.roles if role.class_id}
        klass = world.class_(places.pop()).name if len(places) == 1 else ""
        return texts.PAGE_PRIVATE.format(klass=klass, name=owner.name).strip()

    def _row(self, entry: Item | Spoken, *, named: bool) -> str:
        where = f"{self._title(entry.chat)} · " if named else ""
        if isinstance(entry, Spoken):
            lost = "" if entry.delivered else f" · {texts.PAGE_NOT_DELIVERED}"
            meta = f"{where}{entry.who} {_time(entry.at_ms)}{lost}"
            return _bubble("said", meta, entry.text, "")
        change = {"new": "", "updated": f" · {texts.PAGE_UPDATED}", "recalled": f" · {texts.PAGE_RECALLED}"}
        meta = f"{where}{texts.ROBOT} {_time(entry.at_ms)}{change[entry.change]}"
        buttons = "".join(f'<span class="button">{escape(b.label)}</span>' for b in entry.content.buttons)
        kind = entry.content.kind + (" gone" if entry.change == "recalled" else "")
        return _bubble(kind, meta, entry.content.text, buttons)


def _tab(url: str, label: str, current: bool) -> str:
    mark = ' aria-current="page"' if current else ""
    return f'<a href="{escape(url)}"{mark}>{escape(label)}</a>'


def _bubble(kind: str, meta: str, text: str, buttons: str) -> str:
    return (
        f'<li class="{kind}"><p class="meta">{escape(meta)}</p>'
        f'<div class="bubble">{escape(text)}{f"<div>{buttons}</div>" if buttons else ""}</div></li>'
    )


def _here(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(HERE)


def _time(at_ms: int) -> str:
    return f"{_here(at_ms):%H:%M}"


def _when(at_ms: int) -> str:
    here = _here(at_ms)
    weekday = texts.WEEKDAYS[here.weekday()]
    return texts.WHEN.format(month=here.month, day=here.day, weekday=weekday, time=f"{here:%H:%M}")
