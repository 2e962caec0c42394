# Needs python3 (3.11 to 3.14, with venv) and make; everything else goes into .venv: from requirements.lock what the lab
# itself needs, and from requirements-dev.lock what tests and tools need besides.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev
PIP := $(BIN)/python -m pip
# A lock names every package, so pip shall not look for any: older ones stop as soon as an index has a newer release of one.
# Whether something is missing, pip check tells afterwards.
INSTALL := $(PIP) install --quiet --no-deps --require-hashes --only-binary :all: -r

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore
# Compiled modules and rewritten tests are kept, whatever the machine's habit: tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report lab app test quick lint soak bench coverage docs params dist lock clean notebooks

help: ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

# A changed lock begins with an empty .venv, for what an older one left there might not go with it.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "Python 3.11 to 3.14 is needed, and $(PYTHON) is none of them; try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(if $(filter %.lock,$?),--clear) .venv || \
		{ echo "No venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the locked packages into .venv (once; about a minute) ..."
	@$(INSTALL) requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(PIP) check
	@echo "Compiling the engine (once; about twenty seconds) ..."
	@$(BIN)/python -m smarketing_sim.engine
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@echo "Installing what tests and tools need besides (once) ..."
	@$(INSTALL) requirements-dev.lock
	@$(PIP) check
	@touch $@

report: $(STAMP) ## install what is missing and publish the baseline planning report
	@echo "Simulating params/baseline.yaml and writing the planning report ..."
	@$(BIN)/smarketing report params/baseline.yaml

lab: $(STAMP) ## open the scenario lab in JupyterLab, on this machine only
	@$(BIN)/smarketing lab

app: $(STAMP) ## open the scenario lab as a web page, on this machine only
	@$(BIN)/smarketing app

notebooks: $(DEV_STAMP) ## run the notebooks and store the few outputs that tests compare
	@$(BIN)/python tests/notebooks/refresh.py

# A notebook is dealt out like a file of tests: whole, for its cells share a kernel.
NBVAL := --nbval-lax --nbval-current-env --nbval-cell-timeout=900 --nbval-kernel-startup-timeout=900 \
	--nbval-sanitize-with tests/sanitize.cfg
# Files keep the order that tests/conftest.py gives them: no worker is left with a long one at the end. Two of them keep two
# cores busy, so what they start simulates in one process, but for the tests that ask for more.
PYTEST := LOKY_MAX_CPU_COUNT=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

test: lint ## lint, run every notebook, run every test
	@$(PYTEST) $(NBVAL) notebooks tests

# Ruff and mypy remember what they have looked at, and so look at what changed alone.
quick: $(DEV_STAMP) ## lint what changed and run the tests that are neither slow nor need a browser: under two minutes
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@$(PYTEST) -m "not slow and not browser" --durations=5 --durations-min=4

lint: $(DEV_STAMP) ## style, types, floors of the house, spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

soak: $(DEV_STAMP) ## the heavy counts of faults and hostile inputs; takes long
	@SMARKETING_SOAK=1 $(BIN)/python -m pytest -m soak -n 2 --dist loadfile -q

bench: $(DEV_STAMP) ## time the engines beside their peers, and append the figures to benchmarks/history.jsonl
	@$(BIN)/python -m benchmarks

coverage: $(DEV_STAMP) ## branch coverage of the package
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q --cov --cov-report=term

docs: $(DEV_STAMP) ## build the docs as a site into build/docs; no network is needed
	@rm -rf build/docs
	@$(BIN)/python -m sphinx --fresh-env --fail-on-warning --quiet --doctree-dir build/doctrees docs build/docs
	@echo "The docs are in build/docs/index.html"

params: $(DEV_STAMP) ## write the reference of scenario keys and their JSON schema anew
	@$(BIN)/python -m smarketing_sim.scenario.json_schema params

dist: $(STAMP) ## build the sdist, the wheel, and the tested versions as constraints.txt, into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build
	@sed -n 's/^\([a-z].*\) \\$$/\1/p' requirements.lock > dist/constraints.txt
	@echo "In dist/: the wheel, its constraints.txt, and the source archive"

RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --upgrade pyproject.toml

# Colorama stands in the second lock: the lab would have it on Windows only, the tools ask for it everywhere.
lock: ## resolve both locks again from pyproject.toml (the only target that needs uv)
	@command -v uv >/dev/null || { echo "Making the locks needs uv; installing from them does not." >&2; exit 1; }
	@$(RESOLVE) --extra pdf --extra cluster --extra build --no-emit-package colorama -o requirements.lock
	@$(RESOLVE) --all-extras --constraint requirements.lock -o requirements-dev.lock \
		$$(sed -n 's/^\([^ =]*\)==.*/--no-emit-package \1/p' requirements.lock)

clean: ## remove .venv and every cache; published reports stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* build dist \
		reports/.years.sqlite
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
