# The two commands of the README, and what developers use. Everything lives in $(VENV); remove it to start afresh.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STORE  ?= embedseq-store
# One test process a core, each of one thread.
TESTS  := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadscope

.PHONY: quickstart test test-all lint format bench clean

quickstart: $(BIN)/.installed
	$(BIN)/embedseq run pipelines/quickstart.yaml --store $(STORE) $(ARGS)

test: $(BIN)/.installed-test lint
	$(TESTS)

test-all: $(BIN)/.installed-test lint
	$(TESTS) -m ""

lint: $(BIN)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# An hour or more, on a machine that does nothing else; EMBEDSEQ_DATA must hold multi30k and us-speeches. One: make bench ARGS='--only training'
bench: $(BIN)/.installed-bench
	$(BIN)/python benchmarks/all.py $(ARGS)

format: $(BIN)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "embedseq needs Python 3.11 to 3.13; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(BIN)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[chinese]'
	touch $@

$(BIN)/.installed-bench: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	touch $@ $(BIN)/.installed-test $(BIN)/.installed

$(BIN)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@ $(BIN)/.installed

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
