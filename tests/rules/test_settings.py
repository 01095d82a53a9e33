"""Settings: every value explained, a bad one named with line and key, a secret never shown."""

from __future__ import annotations

import re
import tomllib
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from config.settings import (
    SECRETS,
    DingTalkApp,
    Settings,
    SettingsError,
    WeComApp,
    is_loopback,
    load_settings,
)

SECRET = "hunter2-very-secret"
EXAMPLE = Path(__file__).parents[2] / "config" / "example.toml"

SMALL = f"""\
[dingtalk.school]
client_id = "ding1"
client_secret = "{SECRET}"
corp_id = "corp1"
"""

LOOPBACK = """\
api_base = "http://127.0.0.1:8090"
oapi_base = "http://127.0.0.1:8090"
"""


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "classbridge.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def load(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Settings:
    return load_settings(write(folder, text), env or {})


def refusal(folder: Path, text: str, env: Mapping[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder, text, env)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    return str(caught.value)


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL)
    app = settings.dingtalk["school"]
    assert app.client_secret.get_secret_value() == SECRET
    assert app.robot_code == "ding1"
    assert (app.receive, app.freshness_s, app.agent_id, app.digest_card_template) == ("http", 300, None, None)
    assert (app.api_base, app.oapi_base) == ("https://api.dingtalk.com", "https://oapi.dingtalk.com")
    assert settings.data_dir == tmp_path / "data"
    assert settings.database.url == f"sqlite:///{tmp_path}/data/classbridge.db"
    assert settings.keys.file == tmp_path / "data/keys/installation.key"
    assert (settings.server.host, settings.server.port, settings.server.admin_port) == (
        "127.0.0.1",
        8080,
        8081,
    )
    assert settings.clock.follow is None
    assert settings.seed is None
    limits = settings.limits
    assert (limits.app_api_per_second, limits.group_per_minute) == (18, 18)
    assert (limits.connect_timeout_s, limits.total_timeout_s) == (3.0, 10.0)


def test_an_empty_file_is_an_installation_without_a_platform(tmp_path: Path) -> None:
    assert load(tmp_path, "").dingtalk == {}


def test_data_folder_moves_database_and_key(tmp_path: Path) -> None:
    settings = load(tmp_path, 'data_dir = "/srv/cb"\n')
    assert settings.database.url == "sqlite:////srv/cb/classbridge.db"
    assert settings.keys.file == Path("/srv/cb/keys/installation.key")


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    text = 'seed = "school.json"\n[database]\nurl = "sqlite:///x.db"\n[keys]\nfile = "k"\n'
    settings = load(tmp_path, text)
    assert settings.seed == tmp_path / "school.json"
    assert settings.database.url == f"sqlite:///{tmp_path}/x.db"
    assert settings.keys.file == tmp_path / "k"


def test_the_admin_port_follows_the_port(tmp_path: Path) -> None:
    assert load(tmp_path, "[server]\nport = 9000\n").server.admin_port == 9001
    assert load(tmp_path, "[server]\nport = 9000\nadmin_port = 7\n").server.admin_port == 7
    assert load(tmp_path, "[server]\nport = 0\n").server.admin_port == 0


def test_settings_without_a_file(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    assert settings.database.url == f"sqlite:///{tmp_path}/classbridge.db"


# The environment


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env = {
        "CLASSBRIDGE_SERVER__PORT": "9000",
        "CLASSBRIDGE_DATA_DIR": "elsewhere",
        "CLASSBRIDGE_DINGTALK__SCHOOL__CORP_ID": "corp2",
        "CLASSBRIDGE_LIMITS__TOTAL_TIMEOUT_S": "",
        "CLASSBRIDGE_SUPERVISOR_PID": "12",
        "SERVER__PORT": "1",
    }
    settings = load(tmp_path, f"[server]\nport = 8000\n{SMALL}", env)
    assert settings.server.port == 9000
    assert settings.data_dir == tmp_path / "elsewhere"
    assert settings.dingtalk["school"].corp_id == "corp2"
    assert settings.limits.total_timeout_s == 10.0


def test_a_bad_value_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    message = refusal(tmp_path, "", {"CLASSBRIDGE_SERVER__PORT": "many"})
    assert message.startswith("environment CLASSBRIDGE_SERVER__PORT: server.port: ")
    assert "many" not in message
    message = refusal(tmp_path, "", {"CLASSBRIDGE_SERVER__PROT": "1"})
    assert message.startswith("environment CLASSBRIDGE_SERVER__PROT: server.prot: no such setting")
    message = refusal(tmp_path, 'seed = "x"\n', {"CLASSBRIDGE_SEED__X": "1"})
    assert "CLASSBRIDGE_SEED__X" in message


# What is wrong is named


@pytest.mark.parametrize(
    ("text", "line", "key", "part"),
    [
        ("[server]\n\nport = 70000\n", 3, "server.port", "less than or equal to 65535"),
        ('[server]\nport = "many"\n', 2, "server.port", "integer"),
        (
            "[server]\nprot = 1\n",
            2,
            "server.prot",
            "no such setting; there are: access_log, admin_port, host",
        ),
        ("# hello\nservr = 1\n", 2, "servr", "no such setting"),
        ("[limits]\napp_api_per_second = 5\ngroup_per_minute = 0\n", 3, "limits.group_per_minute", "greater"),
        (
            '[dingtalk.school]\nclient_id = "a"\ncorp_id = "b"\n',
            1,
            "dingtalk.school.client_secret",
            "is missing",
        ),
        (f'{SMALL}receive = "both"\n', 5, "dingtalk.school.receive", "'http' or 'stream'"),
        (f"{SMALL}freshness_s = 7200\n", 5, "dingtalk.school.freshness_s", "3600"),
        (f'{SMALL}api_base = "http://api.example.com"\n', 5, "dingtalk.school.api_base", "https"),
        (
            f'{SMALL}api_base = "https://api.example.com/v1"\n',
            5,
            "dingtalk.school.api_base",
            "without a path",
        ),
        (f'{SMALL}oapi_base = "api.example.com"\n', 5, "dingtalk.school.oapi_base", "write a base like"),
        (SMALL.replace("school", '"My School"'), 1, "dingtalk.My School", "match"),
        ('database.url = "mysql://x"\n', 1, "database.url", "sqlite:///FILE or postgresql://"),
        ('[clock]\nfollow = "http://192.0.2.1:80"\n', 2, "clock.follow", "on this machine"),
        ("[server\n", 1, "", "no TOML"),
        ("a = 1\nb = \n", 2, "", "no TOML"),
    ],
)
def test_a_bad_value_names_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, part: str
) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(f"{tmp_path / 'classbridge.toml'}:{line}: {key}")
    assert part in message


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, "[server]\nport = -1\nhost = ''\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == ["server.host", "server.port"]


def test_a_missing_or_odd_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml", {})
    (tmp_path / "odd.toml").write_bytes(b"a = '\xff'\n")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(tmp_path / "odd.toml", {})


# Secrets


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    url = f"postgresql://cb:{SECRET}@127.0.0.1/cb"
    settings = load(tmp_path, f'[database]\nurl = "{url}"\n{SMALL}')
    assert settings.database.url == url
    for shown in (repr(settings), str(settings), f"{settings.dingtalk}", repr(settings.database)):
        assert SECRET not in shown


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace(f'"{SECRET}"', f'["{SECRET}"]'),
        SMALL + f'robot_code = ["{SECRET}"]\n',
        f'[database]\nurl = "mysql://cb:{SECRET}@h/x"\n',
        f'[database]\nurl = ["{SECRET}"]\n',
        f'dingtalk = "{SECRET}"\n',
        f'[clock]\nfollow = "http://{SECRET}@192.0.2.1"\n',
    ],
)
def test_a_secret_is_never_in_an_error(tmp_path: Path, text: str) -> None:
    refusal(tmp_path, text)


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "secret").chmod(0o400)
    text = SMALL.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "secret"')
    assert load(tmp_path, text).dingtalk["school"].client_secret == SecretStr(SECRET)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(mode)
    text = SMALL.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "secret"')
    message = refusal(tmp_path, text)
    assert "classbridge.toml:3: dingtalk.school.client_secret_file: others may read secret" in message


def test_a_secret_file_that_is_missing_or_empty_is_refused(tmp_path: Path) -> None:
    text = SMALL.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "secret"')
    assert "cannot be read" in refusal(tmp_path, text)
    (tmp_path / "secret").touch(0o600)
    assert "is empty" in refusal(tmp_path, text)


def test_a_secret_from_a_variable(tmp_path: Path) -> None:
    text = SMALL.replace(f'client_secret = "{SECRET}"', 'client_secret_env = "SCHOOL_SECRET"')
    found = load(tmp_path, text, {"SCHOOL_SECRET": SECRET}).dingtalk["school"].client_secret
    assert found.get_secret_value() == SECRET
    assert "classbridge.toml:3: " in refusal(tmp_path, text)


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, SMALL + 'client_secret_env = "X"\n', {"X": SECRET})
    assert "give only one of client_secret, client_secret_env" in message
    assert "write a name" in refusal(
        tmp_path, SMALL.replace(f'client_secret = "{SECRET}"', "client_secret_env = 1")
    )


def test_a_secret_from_the_environment_replaces_the_file_s(tmp_path: Path) -> None:
    text = SMALL.replace(f'client_secret = "{SECRET}"', 'client_secret_file = "not there"')
    env = {"CLASSBRIDGE_DINGTALK__SCHOOL__CLIENT_SECRET": SECRET}
    assert load(tmp_path, text, env).dingtalk["school"].client_secret.get_secret_value() == SECRET
    (tmp_path / "other").write_text("other")
    (tmp_path / "other").chmod(0o600)
    env = {"CLASSBRIDGE_DINGTALK__SCHOOL__CLIENT_SECRET_FILE": str(tmp_path / "other")}
    assert load(tmp_path, SMALL, env).dingtalk["school"].client_secret.get_secret_value() == "other"


def test_the_database_address_may_come_from_a_variable(tmp_path: Path) -> None:
    settings = load(tmp_path, '[database]\nurl_env = "DB"\n', {"DB": "postgresql://u:p@127.0.0.1/x"})
    assert settings.database.url == "postgresql://u:p@127.0.0.1/x"


def test_a_real_secret_in_a_settings_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"toml:3: dingtalk.school.client_secret: others may read this file"
    ):
        load_settings(write(tmp_path, SMALL, 0o644), {})
    # An emulator's secret is nobody's secret.
    assert load_settings(write(tmp_path, SMALL + LOOPBACK, 0o644), {}).dingtalk


# Following a clock


def test_a_clock_is_followed_only_where_every_platform_is_on_this_machine(tmp_path: Path) -> None:
    follow = '[clock]\nfollow = "http://127.0.0.1:8090"\n'
    assert load(tmp_path, follow + SMALL + LOOPBACK).clock.follow == "http://127.0.0.1:8090"
    message = refusal(tmp_path, follow + SMALL)
    assert message.split(": ", 1)[0].endswith("classbridge.toml:2")
    assert "dingtalk.school.api_base is not on this machine" in message
    other = SMALL.replace("school", "other") + 'api_base = "http://[::1]:1"\n'
    assert "dingtalk.other.oapi_base" in refusal(tmp_path, follow + SMALL + LOOPBACK + other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1", True),
        ("https://localhost", True),
        ("ws://[::1]:9/x", True),
        ("http://127.8.9.1", True),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://0.0.0.0", False),
        ("http://192.168.0.1", False),
        ("", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


# The example


def _fields(model: type[BaseModel], table: str) -> list[tuple[str, str]]:
    inner = {"database", "server", "keys", "clock", "limits", "dingtalk", "wecom", "pictures"}
    return [(table, name) for name in model.model_fields if table or name not in inner]


def test_every_setting_is_explained_in_the_example() -> None:
    text = EXAMPLE.read_text("utf-8")
    found: set[tuple[str, str]] = set()
    table = ""
    for line in text.splitlines():
        if head := re.match(r"(?:# )?\[([a-z.]+)\]$", line):
            table = head[1]
        elif key := re.match(r"(?:# )?([a-z_]+) = ", line):
            found.add((table, key[1]))
    only_elsewhere = [("dingtalk.school", name) for name in ("event_token", "event_aes_key")]
    only_elsewhere += [("wecom.campus", key[-1]) for key in SECRETS if key[0] == "wecom"]
    wanted = _fields(Settings, "") + _fields(DingTalkApp, "dingtalk.school")
    wanted += _fields(WeComApp, "wecom.campus")
    wanted = [one for one in wanted if one not in only_elsewhere]
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            wanted += _fields(field.annotation, name)
    forms = {("database", "url_file"), ("database", "url_env")}
    forms |= {("dingtalk.school", f"client_secret_{form}") for form in ("file", "env")}
    forms |= {(table, f"{name}_file") for table, name in only_elsewhere}
    assert found == set(wanted) | forms


def test_the_example_loads_and_its_defaults_are_the_true_ones(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/dingtalk-school").write_text(SECRET)
    (tmp_path / "secrets/dingtalk-school").chmod(0o600)
    text = EXAMPLE.read_text("utf-8")
    plain = load(tmp_path, text)
    # Every commented default written out changes nothing, apart from those that are samples.
    samples = "seed|.*_file|.*_env|.*_url|font|follow|client_secret|robot_code|agent_id|.*_template"
    text, wecom = text.split("# [wecom.campus]\n")
    wecom, pictures = wecom.split("[pictures]\n")
    full = re.sub(
        rf"^# (?!(?:{samples}) = )([a-z_]+ = )", r"\1", f"{text}[pictures]\n{pictures}", flags=re.MULTILINE
    )
    assert len(tomllib.loads(full)["server"]) == 7
    assert load(tmp_path, full) == plain


def test_the_example_of_a_wecom_app_loads(tmp_path: Path) -> None:
    """Its values are samples, its hosts the defaults; a key is made for each secret it names."""
    wecom = EXAMPLE.read_text("utf-8").split("# [wecom.campus]\n")[1].split("[pictures]\n")[0]
    body = re.sub(r"^# (?=[a-z_]+ = )", "", wecom, flags=re.MULTILINE)
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r'_file = "secrets/([^"]+)"', body):
        (tmp_path / "secrets" / name).write_text("k" * 43)
        (tmp_path / "secrets" / name).chmod(0o600)
    long_connection = re.sub(r"^aibot_(token|aes_key)_file.*$", "", body, flags=re.MULTILINE)
    app = load(tmp_path, f"[wecom.campus]\n{long_connection}").wecom["campus"]
    assert app.bot_socket
    assert not app.bot_callback
    bases = {name: getattr(app, name) for name in WeComApp.model_fields if name.endswith("_base")}
    assert bases == {name: WeComApp.model_fields[name].default for name in bases}
    with pytest.raises(SettingsError, match="a long connection or a callback"):
        load(tmp_path, f"[wecom.campus]\n{body}")


WECOM = """[wecom.school]
corp_id = "ww1"
agent_id = 1
secret = "s"
token = "tok"
aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
"""


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("", ""),
        ('kf_token = "tok"\n', "kf_token and kf_aes_key together"),
        ('aibot_secret = "s"\n', "aibot_secret needs aibot_id"),
        ('socket_base = "ws://example.com"\n', "ws is for this machine only"),
        ('socket_base = "https://example.com"\n', "a base like wss"),
        (
            '[dingtalk.school]\nclient_id = "a"\nclient_secret = "s"\ncorp_id = "c"\n',
            "there is a DingTalk app",
        ),
    ],
)
def test_a_wecom_app(tmp_path: Path, more: str, problem: str) -> None:
    if not problem:
        assert load(tmp_path, WECOM + more).apps == {"school": "ww1"}
        return
    with pytest.raises(SettingsError, match=problem):
        load(tmp_path, WECOM + more)


@pytest.mark.parametrize("key", ["short", "k" * 42, "k" * 44, "k" * 42 + "="])
def test_a_key_of_wecom_has_forty_three_characters(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="exactly 43") as error:
        load(tmp_path, re.sub(r"aes_key = .*", f'aes_key = "{key}"', WECOM))
    assert key not in str(error.value)


def test_a_clock_is_followed_only_beside_an_emulated_wecom(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"wecom\.school\.api_base is not on this machine"):
        load(tmp_path, f'{WECOM}[clock]\nfollow = "http://127.0.0.1:1"\n')


def test_a_secret_of_wecom_in_a_file_that_others_may_read(tmp_path: Path) -> None:
    path = tmp_path / "open.toml"
    path.write_text(WECOM)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="others may read this file") as error:
        load_settings(path, {})
    assert str(error.value).count("others may read") == 3
