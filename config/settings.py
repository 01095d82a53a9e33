"""What an installation sets: one TOML file and the environment.

A bad value stops the start, named with its file, line and key. Secrets are never printed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from config.settings_file import SettingsError, SettingsSource, read_source

__all__ = [
    "ClockSettings",
    "DatabaseSettings",
    "DingTalkApp",
    "KeySettings",
    "LimitSettings",
    "PictureSettings",
    "Secret",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "WeComApp",
    "is_loopback",
    "load_settings",
]

Secret = SecretStr
"""A value that shows as stars; ``get_secret_value()`` gives the words."""


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself (``localhost``, 127.0.0.0/8, ::1)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a base like https://api.dingtalk.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("write scheme, host and port only, without a path")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("http is for this machine only; write https")
    return url.rstrip("/")


def _database_url(url: str) -> str:
    if not re.match(r"sqlite:///.|postgresql://.", url):
        raise ValueError("write sqlite:///FILE or postgresql://USER@HOST/NAME")
    return url


Base = Annotated[str, AfterValidator(_base)]
Port = Annotated[int, Field(ge=0, le=65535)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
AppName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("write an address like 127.0.0.1") from None


Address = Annotated[str, AfterValidator(_address)]


def _aes_key(key: SecretStr) -> SecretStr:
    if re.fullmatch(r"[A-Za-z0-9]{43}", key.get_secret_value()) is None:
        raise ValueError("an EncodingAESKey has exactly 43 letters and digits")
    return key


def _socket_base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write a base like wss://openws.work.weixin.qq.com")
    if parts.scheme == "ws" and not is_loopback(url):
        raise ValueError("ws is for this machine only; write wss")
    return url.rstrip("/")


SocketBase = Annotated[str, AfterValidator(_socket_base)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DatabaseSettings(_Model):
    """Where everything is remembered. The URL may hold a password and is never shown."""

    url: Annotated[str, AfterValidator(_database_url)] = Field(repr=False)


class ServerSettings(_Model):
    """The two listeners; the admin listener is on 127.0.0.1 whatever ``host`` says."""

    host: Text = "127.0.0.1"
    port: Port = 8080
    # Port 0 lets the system choose, for both.
    admin_port: Port = Field(default_factory=lambda known: known.get("port", 0) and known["port"] + 1)
    # Links are built from it, never from what a request says its host is.
    public_url: Base | None = None
    max_connections: int = Field(default=256, ge=8)
    per_address: int = Field(default=32, ge=1)
    trusted_proxies: tuple[Address, ...] = ("127.0.0.1", "::1")
    access_log: bool = True


class KeySettings(_Model):
    """The installation's key, outside the database."""

    file: Path


class ClockSettings(_Model):
    """Whose clock is followed; None is the system's own."""

    follow: str | None = None


class LimitSettings(_Model):
    """What the sender keeps to. Platform limits are a little higher; the distance is on purpose."""

    app_api_per_second: int = Field(default=18, ge=1)
    group_per_minute: int = Field(default=18, ge=1)
    webhook_per_minute: int = Field(default=18, ge=1)
    member_per_minute: int = Field(default=25, ge=1)
    member_per_hour: int = Field(default=800, ge=1)
    aibot_per_minute: int = Field(default=27, ge=1)
    aibot_per_hour: int = Field(default=900, ge=1)
    connect_timeout_s: float = Field(default=3.0, gt=0)
    total_timeout_s: float = Field(default=10.0, gt=0)


class DingTalkApp(_Model):
    """One DingTalk app with its robot (open.dingtalk.com, "Create an app")."""

    client_id: Text
    client_secret: Secret = Field(min_length=1)
    corp_id: Text
    robot_code: Text = Field(default_factory=lambda known: known.get("client_id", ""))
    agent_id: int | None = None
    receive: Literal["http", "stream"] = "http"
    guardians: Literal["robot", "page"] = "robot"
    monthly_calls: int = Field(default=5000, ge=1)
    api_base: Base = "https://api.dingtalk.com"
    oapi_base: Base = "https://oapi.dingtalk.com"
    freshness_s: int = Field(default=300, ge=1, le=3600)
    digest_card_template: Text | None = None
    message_card_template: Text | None = None
    # Beside urgent words; needs an edition with DING and the permission Premium.Ding.Write.
    ding: Literal["off", "app", "sms", "phone"] = "off"
    # Encrypted event callbacks, only with receive = "http".
    event_token: Secret | None = None
    event_aes_key: Secret | None = None


AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]


class WeComApp(_Model):
    """One self-built WeCom app with what goes with it (developer.work.weixin.qq.com, path 90556).

    ``kf_id`` is the customer service account for guardians; its callback may have a token and key of its own.
    The AI bot of internal groups is reached by a long connection (``aibot_id`` and ``aibot_secret``) or by
    callback (``aibot_token`` and ``aibot_aes_key``).
    """

    corp_id: Text
    agent_id: int
    secret: Secret = Field(min_length=1)
    token: Secret = Field(min_length=3)
    aes_key: AesKey
    # For an hour after a change in the console both are accepted.
    previous_token: Secret | None = None
    previous_aes_key: AesKey | None = None
    kf_id: Text | None = None
    kf_token: Secret | None = None
    kf_aes_key: AesKey | None = None
    aibot_id: Text | None = None
    aibot_secret: Secret | None = None
    aibot_token: Secret | None = None
    aibot_aes_key: AesKey | None = None
    freshness_s: int = Field(default=300, ge=1, le=3600)
    api_base: Base = "https://qyapi.weixin.qq.com"
    login_base: Base = "https://open.weixin.qq.com"
    script_base: Base = "https://wwcdn.weixin.qq.com"
    socket_base: SocketBase = "wss://openws.work.weixin.qq.com"

    @property
    def bot_socket(self) -> bool:
        """Whether the AI bot is reached by a long connection."""
        return self.aibot_id is not None and self.aibot_secret is not None

    @property
    def bot_callback(self) -> bool:
        """Whether the AI bot's messages come by callback."""
        return self.aibot_token is not None and self.aibot_aes_key is not None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        for one, other in (
            ("previous_token", "previous_aes_key"),
            ("kf_token", "kf_aes_key"),
            ("aibot_token", "aibot_aes_key"),
        ):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"write {one} and {other} together")
        if self.aibot_secret is not None and self.aibot_id is None:
            raise ValueError("aibot_secret needs aibot_id")
        if self.bot_socket and self.bot_callback:
            raise ValueError("the AI bot has a long connection or a callback, never both")
        return self


class PictureSettings(_Model):
    """How pictures are drawn."""

    font: Path | None = None


class Settings(_Model):
    """The whole installation."""

    data_dir: Path = Path("data")
    database: DatabaseSettings
    server: ServerSettings = ServerSettings()
    keys: KeySettings
    clock: ClockSettings = ClockSettings()
    seed: Path | None = None
    dingtalk: dict[AppName, DingTalkApp] = {}
    wecom: dict[AppName, WeComApp] = {}
    limits: LimitSettings = LimitSettings()
    pictures: PictureSettings = PictureSettings()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        """The database and the key lie in the data folder unless said otherwise."""
        if not isinstance(given, Mapping):
            return given
        filled = dict(given)
        data_dir = filled.get("data_dir", "data")
        for table, key, default in (
            ("database", "url", f"sqlite:///{data_dir}/classbridge.db"),
            ("keys", "file", f"{data_dir}/keys/installation.key"),
        ):
            value = filled.get(table, {})
            if isinstance(value, Mapping):
                filled[table] = {key: default, **value}
        return filled

    @model_validator(mode="after")
    def _follow_on_loopback_only(self) -> Self:
        """A movable clock next to real people would send real messages at wrong times."""
        follow = self.clock.follow
        if follow is None:
            return self
        if urlsplit(follow).scheme not in ("http", "https", "ws", "wss") or not is_loopback(follow):
            raise _about(
                "clock.follow", "only a clock on this machine can be followed; write http://127.0.0.1:PORT"
            )
        for where, host in self._hosts():
            if not is_loopback(host):
                raise _about(
                    "clock.follow", f"{where} is not on this machine; remove follow or use an emulator"
                )
        return self

    def _hosts(self) -> Iterator[tuple[str, str]]:
        """Every platform host, by its key."""
        for name, app in self.dingtalk.items():
            for key in ("api_base", "oapi_base"):
                yield f"dingtalk.{name}.{key}", getattr(app, key)
        for name, mine in self.wecom.items():
            for key in ("api_base", "login_base", "script_base", "socket_base"):
                yield f"wecom.{name}.{key}", getattr(mine, key)

    @model_validator(mode="after")
    def _one_name_one_app(self) -> Self:
        for name in self.dingtalk.keys() & self.wecom.keys():
            raise _about(f"wecom.{name}", "there is a DingTalk app of this name; give each app its own")
        return self

    @property
    def apps(self) -> dict[str, str]:
        """The organisation behind each app of any platform, by the app's name."""
        dingtalk = {name: app.corp_id for name, app in self.dingtalk.items()}
        return dingtalk | {name: app.corp_id for name, app in self.wecom.items()}


def _about(key: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("about", "{text}", {"text": text, "key": key})


SECRETS: tuple[tuple[str, ...], ...] = (
    ("database", "url"),
    ("dingtalk", "*", "client_secret"),
    ("dingtalk", "*", "event_token"),
    ("dingtalk", "*", "event_aes_key"),
    ("wecom", "*", "secret"),
    ("wecom", "*", "token"),
    ("wecom", "*", "aes_key"),
    ("wecom", "*", "previous_token"),
    ("wecom", "*", "previous_aes_key"),
    ("wecom", "*", "kf_token"),
    ("wecom", "*", "kf_aes_key"),
    ("wecom", "*", "aibot_secret"),
    ("wecom", "*", "aibot_token"),
    ("wecom", "*", "aibot_aes_key"),
)
"""Each of these may be written as ``<key>_file`` or ``<key>_env`` instead."""

_TABLES: dict[str, type[BaseModel]] = {
    "database": DatabaseSettings,
    "server": ServerSettings,
    "keys": KeySettings,
    "clock": ClockSettings,
    "limits": LimitSettings,
    "dingtalk": DingTalkApp,
    "wecom": WeComApp,
    "pictures": PictureSettings,
}

PATHS: tuple[tuple[str, ...], ...] = (("data_dir",), ("seed",), ("keys", "file"), ("pictures", "font"))
"""Relative ones are meant from the settings file's folder."""


def load_settings(path: Path, env: Mapping[str, str]) -> Settings:
    """Read the installation's settings.

    Args:
        path: The TOML file.
        env: The environment; ``CLASSBRIDGE_SERVER__PORT`` overrides ``port`` in ``[server]``.

    Raises:
        SettingsError: Naming file, line and key of everything that is wrong, and what to do.
    """
    source = read_source(path, env, frozenset(Settings.model_fields))
    source.resolve_secrets(SECRETS)
    source.resolve_paths(PATHS)
    try:
        settings = Settings.model_validate(source.values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # A default that depends on a wrong value is no mistake of its own.
        problems = [
            _problem(source, dict(one)) for one in found if one["type"] != "default_factory_not_called"
        ]
    else:
        problems = _open_secrets(source, settings)
    if problems:
        # Not chained: the original carries the values.
        raise SettingsError("\n".join(problems)) from None
    return settings


def _problem(source: SettingsSource, error: dict[str, Any]) -> str:
    key = tuple(str(part) for part in error["loc"] if part != "[key]")
    about = error.get("ctx", {}).get("key")
    if isinstance(about, str):
        key = tuple(about.split("."))
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        text = "is missing; write it here"
    elif error["type"] == "extra_forbidden":
        text = f"no such setting; there are: {', '.join(_known(key[:-1]))}"
    return source.say(key, text)


def _known(table: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = _TABLES.get(table[0], Settings) if table else Settings
    return sorted(model.model_fields)


def _open_secrets(source: SettingsSource, settings: Settings) -> list[str]:
    """A real platform's secret in a file that others may read is refused."""
    if not source.others_may_read(source.path):
        return []
    real = [("dingtalk", name) for name, app in settings.dingtalk.items() if not is_loopback(app.api_base)]
    real += [("wecom", name) for name, app in settings.wecom.items() if not is_loopback(app.api_base)]
    keys = [(*table, key[-1]) for table in real for key in SECRETS if key[0] == table[0]]
    name = source.path.name
    return [
        source.say(key, f"others may read this file; chmod 600 {name}, or use {key[-1]}_file")
        for key in keys
        if source.is_in_file(key)
    ]
