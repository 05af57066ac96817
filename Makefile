# Everything runs in .venv, which is made on first use and made anew when the locked dependencies change.
# `make serve ARGS="--port 8400"` hands arguments on; `make test WORKERS=4` tests in more processes.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
ARGS ?=

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON := $(shell for python in python3.11 python3 python3.12 python3.13; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && command -v $$python && break; done)
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve demo test check lint bench turns eval clients lock wheel picture clean

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

serve: $(READY) ## serve on 127.0.0.1:8383
	@$(BIN)/steno serve $(ARGS)

demo: $(READY) ## record sample conversations with a stand-in model, and show them
	@$(BIN)/steno demo $(ARGS)

test: $(READY) ## run every test
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@command -v chromium >/dev/null || echo "The pages were not tested in a browser: on Debian, apt-get install chromium" >&2

check: lint test ## all that must hold: lint, types, imports, tests, coverage
	$(BIN)/coverage report
	$(BIN)/coverage report --fail-under=100 --include="$$($(BIN)/python tools/pure_core.py)"

lint: $(READY) ## lint, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure latency, throughput and memory; needs nginx
	$(BIN)/python -m bench $(ARGS)

turns: $(READY) ## walk a conversation of 10,000 turns through the proxy, and draw docs/turns.svg
	$(BIN)/python -m bench.turns docs/turns.svg $(ARGS)

clients: $(READY) ## try real clients, from the package registries, and compare what was recorded; needs Node and npm
	$(BIN)/python -m clients $(ARGS)

lock: $(READY) ## resolve the dependencies anew, within pyproject.toml
	$(or $(UV),$(BIN)/uv) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group dev --extra demo --extra mcp pyproject.toml -o requirements.lock $(ARGS)

eval: $(READY) ## measure compaction: EVAL=/path/to/driver.py ARGS="--budget 4000"
	$(BIN)/python -m tools.evaluate $(EVAL) $(ARGS)

wheel: $(READY) ## build dist/*.whl
	$(BIN)/hatchling build

picture: $(READY) ## draw docs/demo.svg anew
	$(BIN)/python -m tools.draw_demo docs/demo.svg

clean: ## remove everything that was made here
	rm -rf $(VENV) .clients dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The stamp is written last, so that a set-up which failed is begun again.
$(READY): requirements.lock pyproject.toml
ifeq ($(PYTHON),)
	@echo "Steno needs Python 3.11 or later, and there is none: on Debian, apt-get install python3 python3-venv" >&2
	@exit 1
else ifneq ($(UV),)
	@$(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null || { rm -rf $(VENV) && $(UV) venv --quiet --python $(PYTHON) $(VENV); }
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); } || \
		{ echo "Python's venv is missing: on Debian, apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
# Where only pip is told which way the packages come, uv doesn't find them.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock || \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
endif
