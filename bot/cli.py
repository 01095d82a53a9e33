"""The command line. ``serve`` has a file of its own, ``bot/serve.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="ClassBridge 家校桥"
)

Config = Annotated[Path, typer.Option("--config", help="The installation's TOML file.")]


@app.command()
def serve(config: Config) -> None:
    """Serve under the supervisor (as the bot itself where LISTEN_FDS is set)."""
    from bot.serve import main

    raise typer.Exit(main(["--config", str(config)]))


@app.command()
def demo(
    platform: str = "dingtalk",
    port: Annotated[int, typer.Option(help="Port of the emulated platform; 0 takes a free one.")] = 8765,
    story: Annotated[bool, typer.Option("--story", help="Play the day, print it, end.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --story: each seen message as a JSON line.")
    ] = False,
) -> None:
    """Open a class in the browser: the emulated platform with five phones, and the bot beside it."""
    from bot.story import play_story, stay_up

    _known(platform)
    raise typer.Exit(play_story(json, platform) if story else stay_up(port, platform))


@app.command()
def emulator(
    platform: str,
    port: Annotated[int, typer.Option()] = 0,
    start: Annotated[
        str, typer.Option(help="The clock's first moment, ISO with offset.")
    ] = "2026-10-12T07:00+08:00",
    write_config: Annotated[Path | None, typer.Option(help="Write settings for serve to this file.")] = None,
    serve_port: Annotated[int | None, typer.Option(help="The port serve will listen on.")] = None,
    receive: str = "http",
    database: Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://…")] = None,
    unbound: Annotated[int, typer.Option(help="Guardians who still have to bind by code.")] = 0,
    seed: str = "1",
    profile: str = "full",
) -> None:
    """Run the emulated platform on loopback."""
    from bot.emulation.command import CommandError, run_emulator

    try:
        code = run_emulator(
            platform,
            port=port,
            start=start,
            write_config=write_config,
            serve_port=serve_port,
            receive=receive,
            database=database,
            unbound=unbound,
            seed=seed,
            profile=profile,
        )
    except CommandError as error:
        raise _refused(str(error)) from None
    raise typer.Exit(code)


@app.command()
def understand() -> None:
    """What messages mean: JSON lines of text, role and chat in, with intent, slots, family and acts out."""
    from bot import lines

    raise typer.Exit(lines.run(sys.stdin, sys.stdout, lines.understand))


@app.command()
def when() -> None:
    """What phrases say of time: JSON lines of now and text in, with start, end, alt and flag out."""
    from bot import lines

    raise typer.Exit(lines.run(sys.stdin, sys.stdout, lines.when))


@app.command()
def guard() -> None:
    """What may be posted: JSON lines of text, role, chat and at in, with verdict, rule, words out."""
    from bot import lines
    from bot.guard_line import guard as checked

    raise typer.Exit(lines.run(sys.stdin, sys.stdout, checked))


@app.command()
def dialogue(
    files: list[Path],
    platform: str = "dingtalk",
    database: Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://…")] = None,
    mode: Annotated[str, typer.Option(help="A form of the platform; without it the usual one.")] = "",
) -> None:
    """Play dialogue files; ends with 1 at the first difference, named with file and line."""
    from bot.dialogue import MODES, run_dialogues

    _known(platform)
    forms = [name for name, each in MODES.items() if each.platform == platform]
    if (mode or forms[0]) not in forms:
        raise _refused(f"--mode is one of {', '.join(forms)}")
    raise typer.Exit(run_dialogues(files, MODES[mode or forms[0]], database))


@app.command()
def migrate(config: Config) -> None:
    """Bring the database to this version's shape."""
    from config.settings import SettingsError, load_settings
    from storage import schema

    try:
        schema.migrate(load_settings(config, os.environ).database.url)
    except (SettingsError, schema.SchemaError) as error:
        raise _refused(str(error)) from None


@app.command()
def doctor(
    config: Config,
    checklist: Annotated[
        bool, typer.Option("--checklist", help="Only what a person has to look at.")
    ] = False,
    to: Annotated[str | None, typer.Option(help="User id of whoever gets the test messages.")] = None,
    groups: Annotated[
        bool, typer.Option("--groups", help="A test message to each class group, too.")
    ] = False,
    guardian: Annotated[str | None, typer.Option(help="User id of a guardian who gets one.")] = None,
) -> None:
    """Check the installation and try its lanes with real messages; say what is to be done."""
    from bot.doctor import examine

    raise typer.Exit(
        examine(config, os.environ, checklist=checklist, to=to, groups=groups, guardian=guardian)
    )


@app.command("service-files")
def service_files(directory: Path, config: Config) -> None:
    """Write systemd units and an nginx example for this installation into a folder."""
    from bot.service_files import write_files

    raise typer.Exit(write_files(directory, config, os.environ))


def _known(platform: str) -> None:
    from bot.dialogue.mode import PLATFORMS

    if platform not in PLATFORMS:
        raise _refused(f"--platform {platform} is not built; use {' or '.join(PLATFORMS)}")


def _refused(text: str) -> typer.Exit:
    print(text, file=sys.stderr)
    return typer.Exit(2)
