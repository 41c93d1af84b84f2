# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
export HEADWATER_DATA ?= $(DATA)
ifeq ($(strip $(HEADWATER_DATA)),)
unexport HEADWATER_DATA
endif

.PHONY: run dev test test-slow check install requirements
run: .venv/installed          ## the main job on the embedded default
	$(BIN)/headwater run

dev: .venv/installed          ## the Dagster UI with daemon and lasting history
	$(BIN)/headwater dev

test: .venv/installed check   ## lint, types, walls and the tests
	$(BIN)/pytest -m "not slow" -n 2

test-slow: .venv/installed    ## kill, soak and scale tests
	$(BIN)/pytest -m slow -n 2

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: .venv/installed
.venv/installed: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned requirements into .venv (once; about a minute)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(shell cat .uv-version)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --config-setting editable_mode=compat --editable .
	@touch $@

requirements:                 ## pin anew what pyproject.toml asks for
	$(BIN)/uv pip compile --quiet --python-version 3.11 --upgrade --no-header --no-annotate \
	  --no-emit-index-url --extra dev pyproject.toml --output-file requirements.txt
