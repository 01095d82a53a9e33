"""The lock check, on our locks and on broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.locks import ROOT, problems

PIN = "aiohttp==3.14.5 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via -r requirements.in\n"
DEV = "pytest==9.2.0 --hash=sha256:22\n" + PIN


def test_our_locks_hold_what_is_asked_for() -> None:
    assert problems(ROOT) == []


@pytest.mark.parametrize(
    ("wanted", "lock", "dev", "said"),
    [
        ("aiohttp>=3.14", PIN, DEV, None),
        ("aiohttp[speedups]>=3.14 # why", PIN, DEV, None),
        ("aiohttp>=4", PIN, DEV, "aiohttp 3.14.5 is not >=4"),
        ("aiohttp\nmissing_one", PIN, DEV, "missing_one is missing"),
        ("aiohttp", "aiohttp==3.14.5\n", DEV, "aiohttp has no hash"),
        ("", "--index-url https://example.org\n", DEV, "no pin"),
        ("aiohttp", PIN, DEV.replace("3.14.5", "3.14.6"), "aiohttp is 3.14.6 here and 3.14.5 at run time"),
        ("x", "x==1 --hash=sha256:00 # https://example.org\n", DEV, "x names an address"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, wanted: str, lock: str, dev: str, said: str | None) -> None:
    (tmp_path / "requirements.in").write_text(wanted)
    (tmp_path / "requirements.lock").write_text(lock)
    (tmp_path / "requirements-dev.in").write_text("# why\npytest>=9\n")
    (tmp_path / "requirements-dev.lock").write_text(dev)
    found = problems(tmp_path)
    if said is None:
        assert found == []
    else:
        assert any(said in line for line in found)
