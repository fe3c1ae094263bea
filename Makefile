# Two commands do everything: `make run` and `make test`. Both work in .venv and need Python 3.11 to 3.13.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint check films bench chaos counterpart pins docs lock clean help

help: ## Shows this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed ## Starts chat, API and worker on http://127.0.0.1:8000
	@$(BIN)/pasito run || test $$? -eq 130

test: $(VENV)/.installed-dev ## Runs all tests
	@$(BIN)/python -m pytest -n 2

lint: $(VENV)/.installed-dev ## Checks style, types and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

check: $(VENV)/.installed ## Checks all packs and plays their conversations
	@$(BIN)/pasito check --all && for pack in base pe ph vn; do $(BIN)/pasito test $$pack || exit 1; done

films: $(VENV)/.installed-video ## Makes the films of the base pack (pasito video --help for others)
	@$(BIN)/pasito video build base

bench: $(VENV)/.installed-dev ## Measures, side by side in one run, and prints ratios
	@$(BIN)/python -m tests.bench

chaos: $(VENV)/.installed-dev ## Breaks what can break under load, and looks for what was lost (FULL=1: long form)
	@$(BIN)/python -m tests.chaos

counterpart: $(VENV)/.installed-dev ## Talks to a Telegram that is not ours (needs node)
	@cd tests/telegram/counterpart && npm ci --silent --no-audit --no-fund
	@PASITO_REQUIRE_COUNTERPART=1 $(BIN)/python -m pytest -q tests/telegram/counterpart

pins: $(VENV)/.installed ## Moves the example packs to the base of today, and lists what to look at again
	@for pack in pe ph vn; do $(BIN)/pasito pack update $$pack || exit 1; done

docs: $(VENV)/.installed-dev ## Writes the generated references anew
	@$(BIN)/python -m pasito.references

lock: ## Makes the lock files anew (needs uv)
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-annotate --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group build --extra video --universal --generate-hashes --no-annotate --no-header -q -c requirements.lock -o requirements-video.lock
	uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-annotate --no-header -q -c requirements-video.lock -o requirements-dev.lock

clean: ## Removes the environment and what tools left behind; the data folder stays
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Pasito needs Python 3.11, 3.12 or 3.13. Install one, or name it: make run PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Pasito needs (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.installed-video: requirements-video.lock $(VENV)/.installed
	@echo "Installing what films need (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-video.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
