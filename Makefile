# Whistle's tasks. `make` alone lists them.

PYTHON ?= python3
INSTANCE ?= instance
INTAKE_PORT ?= 8000
CONSOLE_PORT ?= 8001
# Passed on to pytest: make test TESTS="tests/shelf -x"
TESTS ?=

BIN := .venv/bin
# One more than there are cores: many tests wait for a browser or a server.
WORKERS = $(shell expr $$(nproc) + 1)
CODE := whistle/static/intake/code/pages.js
AS_ROOT = $(shell test "$$(id -u)" = 0 || echo sudo --preserve-env=PIP_CERT,SSL_CERT_FILE)
TRIAL := --instance "$(INSTANCE)" --intake-port "$(INTAKE_PORT)" --console-port "$(CONSOLE_PORT)"
LOCKED := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-emit-options --extra build

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-all check lint types bench mutants image-check scan lock clean

help: ## List these tasks
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: .venv/for-tests $(CODE) ## Install everything that tests and benchmarks need
	@dev/system-packages chromium firefox-esr w3m lynx links strace git slowhttptest sqlmap wapiti

run: .venv/for-running $(CODE) ## Start a trial organisation: intake on INTAKE_PORT, a console on CONSOLE_PORT
	@exec $(BIN)/whistle trial $(TRIAL)

demo: .venv/for-running $(CODE) ## As run, with reports of the corpus already sent
	@exec $(BIN)/whistle trial $(TRIAL) --corpus tests/corpus

test: setup ## Run the tests (TESTS="tests/shelf -x" for some)
	npm --prefix browser test --silent
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal $(TESTS)

test-all: setup ## Run every test, also those that take minutes
	npm --prefix browser test --silent
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal -m "" $(TESTS)

check: lint types test ## Everything that a change must pass

lint: .venv/for-tests ## Check style (ruff) and the directions of imports (import-linter)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## Check types (mypy and tsc, strict)
	$(BIN)/mypy
	npm --prefix browser run --silent types

bench: setup ## Measure speed on this machine, also beside floods and slow clients
	$(BIN)/python -m bench

mutants: .venv/for-tests ## Break whistle/protocol line by line and list what no test noticed
	$(BIN)/python -m dev.mutants

image-check: .venv/for-running ## Carry out the Dockerfile's steps in a fresh Debian root, and start the intake in it
	@dev/system-packages mmdebstrap
	$(AS_ROOT) $(BIN)/python -m dev.image_check

scan: setup ## Let wapiti and sqlmap loose on a trial's intake and console; see docs/scanners.md
	$(BIN)/python -m dev.scan

lock: .venv/for-tests ## Choose the versions of requirements.txt and requirements-dev.txt anew
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCKED) --upgrade --output-file requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(LOCKED) --upgrade --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml

clean: ## Remove what the tasks above made, except the trial instance
	rm -rf .venv mutants build whistle/static/intake/code *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What the pages run. The lists of words for it come from the virtual environment.
$(CODE): $(shell find browser/src -name '*.ts') browser/build.mjs browser/words.mjs browser/node_modules/.filled .venv/for-running
	npm --prefix browser run --silent build

browser/node_modules/.filled: browser/package.json browser/package-lock.json
	npm --prefix browser ci --silent --no-audit --no-fund
	@touch $@

# The virtual environment, from hashed locks only. A stamp says what it was last filled from.

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Whistle needs Python 3.11 or later; say which with PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || dev/system-packages python3-venv
	$(PYTHON) -m venv .venv

.venv/for-running: requirements.txt pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/for-tests: requirements-dev.txt .venv/for-running
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
