# Everything here sets itself up: Python >= 3.11 and make are all a machine needs.
# PYTHON=... chooses the interpreter; ARGS=... goes to pytest or to the benchmarks.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench clean

BIN := .venv/bin
ARGS ?=
MEMBERS := $(wildcard plugins/*/pyproject.toml)
SOURCES := $(wildcard engine tests benchmarks docs plugins)

# ruff has a part of flake8-async; these are the rules it lacks. Left out: 106 (import style),
# 910 and 911 (every coroutine without a checkpoint: none of their reports was of use).
ASYNC_RULES := ASYNC101,ASYNC102,ASYNC103,ASYNC104,ASYNC111,ASYNC112,ASYNC113,ASYNC118,ASYNC119,ASYNC120,ASYNC121,ASYNC122,ASYNC123,ASYNC126,ASYNC128,ASYNC300,ASYNC900,ASYNC912,ASYNC913

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/.installed ## run a pod: two init containers, a sidecar, two apps
	@$(BIN)/seedpod run --link-mounts-under /tmp docs/examples/demo.yaml

test: .venv/.installed-test ## run every test
	@$(BIN)/python -m pytest $(ARGS)

lint: .venv/.installed-lint ## format, lint, types, import contracts: all of them, then the verdict
	@failed=; \
	check() { name=$$1; shift; echo "--- $$name"; "$$@" || failed="$$failed $$name"; }; \
	check format $(BIN)/ruff format --check --output-format concise .; \
	check ruff $(BIN)/ruff check --output-format concise .; \
	check flake8-async $(BIN)/flake8-async --anyio --enable=$(ASYNC_RULES) \
	  $$(grep -rl --include='*.py' 'async ' $(SOURCES)); \
	check mypy $(BIN)/mypy; \
	check basedpyright $(BIN)/basedpyright --pythonpath $(BIN)/python; \
	check import-linter $(BIN)/lint-imports --no-logo; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

format: .venv/.installed-lint ## rewrite the sources as ruff would have them
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: .venv/.installed-test ## measure against floors: prints ratios
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove everything made here
	rm -rf .venv .venv-* build dist .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: a second run starts at once. Each is what its targets need and no more.
.venv/.installed: pyproject.toml $(MEMBERS) .ci/venv
	@python=$$(.ci/venv find) && .ci/venv .venv "$$python" && touch $@

.venv/.installed-test: .venv/.installed
	@.ci/venv .venv $(BIN)/python test && touch $@

.venv/.installed-lint: .venv/.installed-test
	@.ci/venv .venv $(BIN)/python test lint && touch $@
