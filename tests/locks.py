"""Do the locks hold what the ``.in`` files ask for? ``python -m tests.locks``, without the network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PAIRS = (("requirements.in", "requirements.lock"), ("requirements-dev.in", "requirements-dev.lock"))

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>\S+)(?P<rest>.*)$")


def problems(root: Path) -> list[str]:
    """What is wrong with the locks below ``root``, one line each."""
    wrong: list[str] = []
    held: dict[str, Version] = {}
    for wanted, lock in PAIRS:
        pins, bad = _pins(root / lock)
        wrong += bad
        for name, version in pins.items():
            if held.setdefault(name, version) != version:
                wrong.append(f"{lock}: {name} is {version} here and {held[name]} at run time")
        for requirement in _wanted(root / wanted):
            found = pins.get(canonicalize_name(requirement.name))
            if found is None:
                wrong.append(f"{lock}: {requirement.name} is missing")
            elif not requirement.specifier.contains(found, prereleases=True):
                wrong.append(f"{lock}: {requirement.name} {found} is not {requirement.specifier}")
    return wrong


def _wanted(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def _pins(path: Path) -> tuple[dict[str, Version], list[str]]:
    pins: dict[str, Version] = {}
    wrong: list[str] = []
    # A pin and its hashes are one line, continued.
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pin = _PIN.match(line)
        if pin is None:
            wrong.append(f"{path.name}: no pin: {line[:60].strip()}")
            continue
        if "--hash=sha256:" not in pin["rest"]:
            wrong.append(f"{path.name}: {pin['name']} has no hash")
        if "://" in line:
            wrong.append(f"{path.name}: {pin['name']} names an address")
        pins[canonicalize_name(pin["name"])] = Version(pin["version"])
    return pins, wrong


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    found = problems(ROOT)
    for line in found:
        print(line)
    if found:
        print("run `make lock`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
