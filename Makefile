# make run: the dashboard.  make test: every check and test.  make test-all: the slow tests and more random examples.
# make test-quick: the tests without a JVM, a browser or a cluster.
# make test-versions: every version of Spark and the lowest of everything, each in an environment of its own.
# Each sets up what it needs in .venv first. ARGS goes to pytest: make test ARGS="-p randomly --randomly-seed=7"
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup run test test-quick test-all test-versions docs lint bench clean

setup: .venv/.runtime

.venv/.runtime: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	$(BIN)/sparklime prepare
	touch $@

.venv/.dev: .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

run: setup
	$(BIN)/python -m streamlit run app.py

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest $(ARGS)

test-quick: .venv/.dev
	$(BIN)/python -m pytest -n 2 -m "not slow and not spark and not browser" $(ARGS)

test-versions: .venv/.dev
	$(BIN)/python -m pytest -m "slow or not slow" tests/versions $(ARGS)

test-all: lint
	$(BIN)/python -m pytest -m "slow or not slow" --hypothesis-profile=thorough $(ARGS)

docs: .venv/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.scale

clean:
	rm -rf .venv site .mypy_cache .ruff_cache .pytest_cache *.egg-info
