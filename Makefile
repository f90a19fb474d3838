# Two commands for a newcomer: `make run` and `make test`. Both need only Python >= 3.11, a C compiler and, the first
# time, a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint check-all results clean

run: $(VENV)/.quick  ## plays the quick suite with the baselines, replays what was recorded, prints the board
	$(BIN)/arena run --agents random,scripted,ppo --suite quick --out runs --verify

test: $(VENV)/.dev  ## the tests that run in minutes; `make test ARGS="-m slow"` runs the long ones
	$(BIN)/python -m pytest -n logical --dist loadfile $(ARGS)

lint: $(VENV)/.dev  ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p arena
	$(BIN)/lint-imports

check-all: $(VENV)/.dev  ## every environment that can run here keeps the contract; prints the table
	$(BIN)/arena check --all --workers 2

results: $(VENV)/.quick  ## makes the shipped records again (about five minutes on two cores) and verifies them
	$(BIN)/arena run --agents random,scripted,ppo,oracle --suite quick --episodes 100 --out results
	$(BIN)/arena run --agents random,scripted,ppo --env classic/CartPole-v1 --episodes 100 --out results
	$(BIN)/arena match --agents random,scripted,ppo --env boardgames/ConnectFour-v0 --games 200 --out results
	$(BIN)/arena verify results

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Arena needs Python 3.11 or newer; '$(PYTHON)' is older: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps are newer than what they were installed from, so that a second run needs no network.
$(VENV)/.quick: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[quick]'
	touch $@

$(VENV)/.dev: $(VENV)/.quick
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[quick,games,robotics,text,web,llm,dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
