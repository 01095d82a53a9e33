# ClassBridge. Every target makes its own virtual environment; a Python and make are all it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help venv demo test test-browser check bench nightly lock

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
ARGS   ?=
# Kills per database in the long tier, and the workers of the test run.
KILLS  ?= 1000
JOBS   ?= 3
# Arguments of uv for both locks: hashes for every platform, no host names.
COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# Made again only when a lock changes; the stamp is written last, so a broken run is repeated.
$(VENV)/.locked: requirements.lock requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ClassBridge needs Python 3.11 or newer (make PYTHON=python3.12 ...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "this Python has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install -q --require-hashes -r requirements.lock -r requirements-dev.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml requirements.in
	$(PIP) install -q --no-deps --no-build-isolation --no-index -e .
	@touch $@

venv: $(VENV)/.installed ## the virtual environment only

demo: venv ## play with a class: SQLite and the emulated DingTalk; ARGS="--platform wecom", ARGS="--story" ...
	$(BIN)/classbridge demo $(ARGS)

# WeCom's own packages for Node, as peers of the wire tests: only where npm is, and never needed.
$(VENV)/node/.installed: $(VENV)/.locked
	@mkdir -p $(VENV)/node
	@command -v npm >/dev/null && npm install --prefix $(VENV)/node --no-audit --no-fund --silent \
	  @wecom/crypto@1.0.1 @wecom/aibot-node-sdk@1.0.7 >/dev/null 2>&1 || true
	@touch $@

test: venv $(VENV)/node/.installed ## all tests but the browser's
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

# The browser is the distribution's own package, never a download.
test-browser: venv ## install Chromium where it is missing, then the browser tests
	@command -v chromium >/dev/null || { \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	$(BIN)/python -m pytest tests/browser $(ARGS)

check: venv ## linters, types, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.locks

bench: venv ## the budgets with their peers, as a table
	$(BIN)/python -m tests.bench $(ARGS)

nightly: venv ## the long tiers: kill -9 on both databases, KILLS=1000 each; faulty sends; half-open connections; forgeries
	$(BIN)/python -m tests.chaos.kill --kills $(KILLS) --seed 1 --database sqlite
	$(BIN)/python -m tests.chaos.kill --kills $(KILLS) --seed 1 --database postgresql
	$(BIN)/python -m tests.chaos.kill --kills 40 --seed 1 --database sqlite --receive stream
	$(BIN)/python -m tests.chaos.kill --kills 20 --seed 1 --database sqlite --control
	$(BIN)/python -m tests.chaos.kill --kills 20 --seed 1 --database postgresql --control
	$(BIN)/python -m tests.chaos.faulty_sends --sends 10000 --share 0.02 --seed 1
	$(BIN)/python -m tests.chaos.faulty_sends --sends 10000 --share 0.02 --seed 1 --no-cards
	$(BIN)/python -m tests.chaos.half_open --seconds 60 --strangers 1000
	$(BIN)/python -m tests.chaos.half_open --seconds 5 --strangers 1000 --control
	CLASSBRIDGE_MUTATIONS=20000 $(BIN)/python -m pytest -q tests/wire/test_attacks.py -k mutation
	$(BIN)/python -m tests.chaos.mutations --count 20000
	$(BIN)/python -m tests.chaos.sync_kill --kills 100
	$(BIN)/python -m tests.chaos.wecom_faulty --sends 5000 --share 0.02 --seed 1
	$(BIN)/python -m tests.chaos.wecom_faulty --sends 1000 --profile internal
	$(BIN)/python -m tests.chaos.wecom_faulty --sends 500 --profile internal --receive stream
	$(BIN)/python -m tests.chaos.kill --platform wecom --kills 40 --seed 6
	$(BIN)/python -m tests.chaos.kill --platform wecom --kills 6 --seed 5 --control

lock: venv ## compile both locks again (needs the network)
	$(PIP) install -q uv
	$(BIN)/uv pip compile $(COMPILE) --upgrade requirements.in -o requirements.lock
	$(BIN)/uv pip compile $(COMPILE) --upgrade -c requirements.lock requirements-dev.in -o requirements-dev.lock
