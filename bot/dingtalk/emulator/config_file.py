"""Settings for a product that shall talk to the emulated DingTalk, and the school it imports."""

from __future__ import annotations

from pathlib import Path

from bot.dingtalk.emulator.platform import Platform
from bot.emulation.config_file import Table, write_school_and_settings


def write_config(
    platform: Platform, path: Path, serve_port: int, database: str | None, receive: str = "http"
) -> None:
    """Write the school as JSON beside ``path``, then the settings to ``path``, each in one step.

    Args:
        path: The TOML file; readable by its owner only.
        serve_port: The public port in it; 0: the system chooses.
        database: The database URL; None is a SQLite file beside the settings.
        receive: ``http`` or ``stream``.
    """
    apps = {f"dingtalk.{platform.world.app}": _app(platform, receive)}
    write_school_and_settings(platform.world, platform.base_url, path, serve_port, database, apps)


def _app(platform: Platform, receive: str) -> Table:
    app, world = platform.app, platform.world
    values: Table = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "robot_code": app.robot_code,
        "corp_id": world.corp,
        "agent_id": app.agent_id,
        "receive": receive,
        "guardians": "robot" if world.robot_in_groups else "page",
        "api_base": platform.base_url,
        "oapi_base": platform.base_url,
        "message_card_template": platform.message_template,
    }
    if world.robot_in_groups:  # a custom robot has no cards
        values["digest_card_template"] = platform.digest_template
    if world.has_ding:
        values["ding"] = "app"
    if receive == "http":
        values |= {"event_token": platform.event_token, "event_aes_key": platform.event_aes_key}
    return values
