# Copydesk: every command a person or CI needs. `make` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo docs test test-crash test-disasters test-peers test-all lint types imports check format bench lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv with everything pinned in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Copydesk needs Python 3.11 or newer; this is $$($(PYTHON) --version). Say PYTHON=python3.11 make …"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## show the main job for real, in a temporary folder (KEEP=1 leaves it running)
	@$(BIN)/copydesk demo $(if $(KEEP),--keep)

test: install ## all tests but the crash tests and those against peers
	$(BIN)/pytest -n 2 -m "not crash and not peers"

test-crash: install ## kill real processes at every step of a delivery
	$(BIN)/pytest -m crash tests/crash/test_kill_points.py
	$(BIN)/pytest -m crash -n 2 tests/crash/test_disasters.py

test-disasters: install ## the crash tests but the enumerated kill points
	$(BIN)/pytest -m crash -n 2 tests/crash/test_disasters.py

test-peers: install ## platforms against real servers, which are installed once (5 minutes)
	$(BIN)/pytest -m peers tests/peers

test-all: test test-crash test-peers ## every test

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

check: lint types imports ## lint, types and import contracts

format: install ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install ## write docs/platforms from the platforms' own files
	$(BIN)/copydesk platforms --write docs/platforms

bench: install ## measure the speed claims beside their peers
	$(BIN)/python -m benchmarks

lock: ## pin dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-emit-index-url \
		--no-annotate --python-version 3.11 --output-file requirements.lock

clean: ## remove what the tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
