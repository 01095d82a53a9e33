"""A few lines of WeCom's customer service and school notices, in memory, for the tests of parents' ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bot.command import Maybe, Outcome, Refused
from bot.intake import Intake
from bot.metrics import Metrics
from bot.wecom import kf, school
from bot.wecom.kf_sync import KfPuller, Pace
from config.clock import MovableClock
from config.settings import LimitSettings, WeComApp
from storage.engine import Store
from storage.inbox import mail_key
from storage.spool import Spool

if TYPE_CHECKING:
    from bot.wecom.core import Core

KF_ID = "kf-1"
APP = WeComApp.model_validate(
    {
        "corp_id": "ww01",
        "agent_id": 7,
        "secret": "secret",
        "token": "token",
        "aes_key": "a" * 43,
        "kf_id": KF_ID,
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the platform, judged."""

    meaning: str
    code: str = ""
    after_s: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    def outcome(self) -> Outcome:
        if self.meaning == "maybe":
            return Maybe(self.code)
        return Refused(self.code, cast("Any", self.meaning), self.after_s)


OK = Said("ok")


@dataclass
class Line:
    """A connection that answers what it was handed, else with what the platform would do."""

    name: str = "school"
    app: WeComApp = APP
    limits: LimitSettings = field(default_factory=LimitSettings)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[Said]] = field(default_factory=dict)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 1000
    token: str = ""
    before: Callable[[str, dict[str, Any]], None] = lambda _path, _body: None

    def will(self, path: str, *answers: Said) -> None:
        self.answers.setdefault(path, []).extend(answers)

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [body for name, body in self.calls if name == path]

    @property
    def texts(self) -> list[str]:
        """What customers were shown, each message once."""
        return [_words(body) for body in self.shown.values()]

    async def call(
        self,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, str] | None = None,
        method: str = "POST",
    ) -> Said:
        asked = body or {}
        self.calls.append((path, asked))
        self.before(path, asked)
        if self.answers.get(path):
            planned = self.answers[path].pop(0)
            if planned.meaning == "maybe":  # done, and the answer lost
                self._do(path, asked)
            return planned
        return self._do(path, asked)

    def _do(self, path: str, asked: dict[str, Any]) -> Said:
        if path in (kf.SEND, kf.WELCOME):
            self.shown.setdefault(asked["msgid"], asked)
        if path == kf.SYNC:
            return self._page(asked)
        return OK

    def _page(self, asked: dict[str, Any]) -> Said:
        if asked.get("token") and asked["token"] != self.token:
            return Said("content", kf.TICKET_OVER)
        begin = int(asked.get("cursor") or 0)
        end = min(begin + self.page_size, len(self.items))
        more = int(end < len(self.items))
        listed = [item for item in self.items[begin:end] if item]
        return Said("ok", data={"msg_list": listed, "next_cursor": str(end), "has_more": more})

    @property
    def notices(self) -> list[dict[str, Any]]:
        return self.asked(school.SEND)

    @property
    def core(self) -> Core:
        return cast("Core", self)


def _words(body: dict[str, Any]) -> str:
    kind = body["msgtype"]
    if kind == "text":
        return str(body["text"]["content"])
    if kind == "msgmenu":
        labels = "".join(f"[{one['click']['content']}]" for one in body["msgmenu"]["list"])
        return f"{body['msgmenu']['head_content']}{labels}"
    return f"<{kind} {body[kind]['media_id']}>"


class Owner:
    """A lease nobody else wants."""

    held = True

    async def take(self) -> bool:
        return True

    async def keep(self) -> None:
        raise AssertionError("not started in this test")

    async def give_back(self) -> None:
        return None


def puller(
    line: Line, store: Store, clock: MovableClock, folder: Path, woken: Callable[[], None] = lambda: None
) -> KfPuller:
    """What reads, not started: nothing happens but by :meth:`KfPuller.pull`."""
    key = store.run(mail_key).result()
    metrics = Metrics()
    intake = Intake(store, Spool(folder / "spool", 1 << 20), clock, key, metrics, woken)
    return KfPuller("school", APP, line.core, intake, store, clock, Owner(), metrics, Pace())
