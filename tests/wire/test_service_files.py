"""The units and the nginx example: valid, filled in, and the bot serves when started as they would."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bot import service_files
from bot.service_files import CannotRender, render, write_files
from bot.supervisor import bind
from config.settings import Settings, load_settings

SYSTEMD_ANALYZE = shutil.which("systemd-analyze")

# What systemd does: sockets from descriptor 3 on, two variables, and the command.
LIKE_SYSTEMD = """
import os, sys
count = int(sys.argv[1])
for place, fd in enumerate(sys.argv[2 : 2 + count]):
    os.dup2(int(fd), 60 + place)
for place in range(count):
    os.dup2(60 + place, 3 + place)
os.closerange(3 + count, 100)
os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"] = str(count), str(os.getpid())
command = sys.argv[2 + count :]
os.execv(command[0], command)
"""


def write_config(folder: Path, port: int, admin_port: int, more: str = "") -> Path:
    config = folder / "classbridge.toml"
    config.write_text(
        f'data_dir = "{folder}/data"\n[server]\nport = {port}\nadmin_port = {admin_port}\n{more}'
        '[dingtalk.school]\nclient_id = "d"\nclient_secret = "not-a-real-secret"\ncorp_id = "c"\n'
        'api_base = "http://127.0.0.1:9"\noapi_base = "http://127.0.0.1:9"\n'
    )
    config.chmod(0o600)
    return config


def parsed(text: str) -> dict[str, dict[str, list[str]]]:
    """A unit's sections; systemd allows a key more than once."""
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return sections


@pytest.fixture
def rendered(tmp_path: Path) -> dict[str, str]:
    config = write_config(tmp_path, 8080, 8081, 'public_url = "https://class.school.test"\n')
    return render(load_settings(config, {}), config)


def test_the_sockets_are_the_settings_ports_in_order(rendered: dict[str, str]) -> None:
    unit = parsed(rendered["classbridge.socket"])
    assert unit["Socket"]["ListenStream"] == ["127.0.0.1:8080", "127.0.0.1:8081"]
    assert unit["Socket"]["Backlog"] == ["1024"]


def test_the_service_is_shut_in(rendered: dict[str, str], tmp_path: Path) -> None:
    service = parsed(rendered["classbridge.service"])["Service"]
    expected = {
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "PrivateTmp": "true",
        "LimitCORE": "0",
        "CapabilityBoundingSet": "",
        "Restart": "always",
        "RestartPreventExitStatus": "78",
        "ReadWritePaths": f"{tmp_path}/data",
    }
    assert {key: service[key] for key in expected} == {key: [value] for key, value in expected.items()}
    assert service["ExecStart"][0].endswith(f" serve --config {tmp_path}/classbridge.toml")
    assert service["User"] != ["root"]
    configparser.ConfigParser(strict=False, interpolation=None).read_string(rendered["classbridge.service"])


def test_no_field_is_left_open_and_no_secret_gets_in(rendered: dict[str, str]) -> None:
    for text in rendered.values():
        assert not re.search(r"@[A-Z]+@", text)
        assert "not-a-real-secret" not in text


def test_what_systemd_says(rendered: dict[str, str], tmp_path: Path) -> None:
    if SYSTEMD_ANALYZE is None:
        return  # the other tests read the units
    for name, text in rendered.items():
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in ("classbridge.service", "classbridge.socket")]
    done = subprocess.run([SYSTEMD_ANALYZE, "verify", *units], capture_output=True, text=True, check=False)
    about_us = [line for line in done.stderr.splitlines() if "classbridge" in line]
    assert about_us == []


def test_nginx_forwards_known_paths_only_and_logs_none(rendered: dict[str, str]) -> None:
    text = rendered["classbridge.nginx.conf"]
    assert text.count("{") == text.count("}")
    server = text[text.index("ssl_certificate ") :]
    assert re.findall(r"location (.+) \{", server) == [
        '~ "^/dingtalk/([a-z0-9][a-z0-9_-]{0,31}/)?(robot|card|event)$"',
        '~ "^/wecom/([a-z0-9][a-z0-9_-]{0,31}/)?(callback|kf|aibot)$"',
        "/h5/",
        "= /healthz",
        "/",
    ]
    assert "access_log off;" in server
    assert text.count("server_name class.school.test;") == 2
    assert "server 127.0.0.1:8080;" in text
    assert "return 404;" in server.rpartition("location / {")[2]


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ({"port": 0}, "server.port"),
        ({"port": 80, "host": "class.school.test"}, "server.host"),
    ],
)
def test_what_cannot_be_a_unit_is_said(tmp_path: Path, server: dict[str, object], says: str) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "server": server})
    with pytest.raises(CannotRender, match=says):
        render(settings, tmp_path / "a.toml")


def test_a_blank_in_a_path_is_said(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    with pytest.raises(CannotRender, match="plain letters"):
        render(settings, tmp_path / "a folder" / "a.toml")


def test_ipv6_and_all_addresses(tmp_path: Path) -> None:
    for host, listen, near in (("::", "[::]", "[::1]"), ("0.0.0.0", "0.0.0.0", "127.0.0.1")):
        settings = Settings.model_validate({"data_dir": tmp_path, "server": {"host": host}})
        text = render(settings, tmp_path / "a.toml")
        assert f"ListenStream={listen}:8080" in text["classbridge.socket"]
        assert f"server {near}:8080;" in text["classbridge.nginx.conf"]


def test_files_are_written_and_a_database_elsewhere_is_writable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, 8080, 8081, f'[database]\nurl = "sqlite:///{tmp_path}/elsewhere/a.db"\n')
    assert write_files(tmp_path / "units", config, {}) == 0
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == sorted(service_files.NAMES)
    service = parsed((tmp_path / "units/classbridge.service").read_text())["Service"]
    assert service["ReadWritePaths"] == [f"{tmp_path}/data {tmp_path}/elsewhere"]
    assert "systemctl" in capsys.readouterr().out
    assert write_files(tmp_path / "units", tmp_path / "none.toml", {}) == 1


def test_started_as_the_unit_says_it_serves_both_listeners_and_stops_in_order(tmp_path: Path) -> None:
    public, admin = bind("127.0.0.1", 0), bind("127.0.0.1", 0)
    ports = public.getsockname()[1], admin.getsockname()[1]
    config = write_config(tmp_path, *ports)
    settings = load_settings(config, {})
    units = {name: parsed(text) for name, text in render(settings, config).items() if "nginx" not in name}
    assert units["classbridge.socket"]["Socket"]["ListenStream"] == [f"127.0.0.1:{port}" for port in ports]
    service = units["classbridge.service"]["Service"]
    command = service["ExecStart"][0].split()
    fds = [str(public.fileno()), str(admin.fileno())]
    process = subprocess.Popen(
        [sys.executable, "-c", LIKE_SYSTEMD, "2", *fds, *command],
        pass_fds=(public.fileno(), admin.fileno()),
        cwd=service["WorkingDirectory"][0],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert ask(ports[0]) == {"status": "ok"}  # waits in the socket's queue until the bot accepts
        health = ask(ports[1])
        assert (health["status"], health["pid"]) == ("ok", process.pid)
    finally:
        process.terminate()
        _out, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    with socket.create_connection(("127.0.0.1", ports[0])):
        pass  # the door itself is systemd's and still open
    public.close()
    admin.close()


def ask(port: int) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
        found: dict[str, object] = json.load(answer)
        return found
