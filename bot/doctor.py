"""``classbridge doctor``: is this installation ready, and if not, what is to be done?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from config.settings import Settings, SettingsError, load_settings

Finding = tuple[bool, str]


def examine(config: Path, env: Mapping[str, str]) -> int:
    """Print a line for each check; returns 0 if nothing needs doing, else 1."""
    try:
        settings = load_settings(config, env)
    except SettingsError as error:
        print(f"✗ settings: {error}")
        return 1
    findings = [(True, f"settings: {config}"), *_apps(settings), *_database(settings)]
    for good, text in findings:
        print(f"{'✓' if good else '✗'} {text}")
    return 0 if all(good for good, _text in findings) else 1


def _apps(settings: Settings) -> Iterator[Finding]:
    if not settings.dingtalk:
        yield False, "no app: add a table [dingtalk.NAME] to the settings"
    for name, app in settings.dingtalk.items():
        for key in ("digest_card_template", "message_card_template"):
            if getattr(app, key) is None:
                yield False, f"dingtalk.{name}.{key} is not set: {_WHY_CARDS}"
            else:
                yield True, f"dingtalk.{name}.{key} is named"


_WHY_CARDS = (
    "without a card a send whose answer is lost cannot be repeated safely; "
    "publish the template and name it here"
)


def _database(settings: Settings) -> Iterator[Finding]:
    from storage.engine import Refused, open_store
    from storage.schema import HEAD, revision
    from storage.sealing import KeyFileError

    try:
        store = open_store(settings.database.url, settings.keys.file, create=False)
    except KeyFileError as error:
        yield False, f"key: {error}"
        return
    yield True, "key: readable by its owner only"
    try:
        found = store.read(lambda db: revision(db.conn)).result()
    except Refused:
        yield False, "database: cannot be opened; start it, or correct database.url"
        return
    finally:
        store.close()
    if found == HEAD:
        yield True, f"database: schema {found}"
    else:
        yield False, f"database: schema {found}, this version needs {HEAD}; run classbridge migrate"
