# Balasan's commands. Each one makes .venv by itself; Python 3.11 or newer with venv, and make, are all that it takes.

.DEFAULT_GOAL := help
.PHONY: help run test check lint format bench lock mutants clean
MAKEFLAGS += --no-print-directory

HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= var
ARGS ?=
BIN := .venv/bin
RUN := .venv/installed-run
DEV := .venv/installed-dev

help: ## this list
	@echo "make <command>; the usual ones are run and test"
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile
	@echo "  HOST=$(HOST) PORT=$(PORT) DATA_DIR=$(DATA_DIR) can be given to run, ARGS=\"-k name\" to test"

$(RUN): requirements/run.txt
	@sh requirements/install.sh run

$(DEV): requirements/dev.txt
	@sh requirements/install.sh dev

run: $(RUN) ## start everything: web server, worker, Redis; Ctrl-C stops it
	@HOST='$(HOST)' PORT='$(PORT)' DATA_DIR='$(DATA_DIR)' exec $(BIN)/python manage.py up

test: $(DEV) ## every test, on SQLite and on PostgreSQL, with a real Redis and real workers
	@$(BIN)/python tests/everything.py $(ARGS)

lint: $(DEV) ## format, lint, types, import contracts, migrations, catalogues
	@$(BIN)/python tests/lint.py

check: lint test ## lint, then test: what has to pass before a change is merged

format: $(DEV) ## put the source into its form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(DEV) ## measure posting, reading, checking and memory on this machine
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(DEV) ## pin the packages of pyproject.toml anew, with the digest of each file
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/python requirements/lock.py $(ARGS)

mutants: $(DEV) ## break guarantees one by one in a copy, and see the tests turn red
	@$(BIN)/python tests/mutants.py

clean: ## remove .venv and what tools left behind; DATA_DIR is not touched
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* build
