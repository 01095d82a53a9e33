"""Settings for a product that shall talk to the emulated WeCom, and the school it imports."""

from __future__ import annotations

from pathlib import Path

from bot.emulation.config_file import Table, write_school_and_settings
from bot.wecom.emulator.aibot import BotState
from bot.wecom.emulator.platform import Platform


def write_config(
    platform: Platform, bot: BotState, path: Path, serve_port: int, database: str | None, receive: str
) -> None:
    """Write the school beside ``path``, then the settings to ``path``, each in one step.

    Args:
        serve_port: The public port in it; 0: the system chooses.
        receive: ``http`` or ``stream``: how the AI bot's messages come.
    """
    write_school_and_settings(
        platform.world, platform.base_url, path, serve_port, database,
        {f"wecom.{platform.world.app}": _app(platform, bot, receive)},
    )  # fmt: skip


def _app(platform: Platform, bot: BotState, receive: str) -> Table:
    app, base = platform.app, platform.base_url
    values: Table = {
        "corp_id": app.corp_id,
        "agent_id": app.agent_id,
        "secret": app.secret,
        "token": app.token,
        "aes_key": app.aes_key,
        "kf_id": platform.kf.account,
        "api_base": base,
        "login_base": base,
        "script_base": base,
        "socket_base": base.replace("http://", "ws://") + "/_aibot",
    }
    if platform.world.profile == "internal":
        if receive == "stream":
            return values | {"aibot_id": bot.id, "aibot_secret": bot.secret}
        return values | {"aibot_token": bot.token, "aibot_aes_key": bot.aes_key}
    return values
