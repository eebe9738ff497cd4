# Every target does its own set-up, and does it once: what is there already is not touched, and needs no network.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .cache/setup
FRONTEND := fixtures/app/frontend
CLIENTS := fixtures/clients
BACKEND := fixtures/app/backend

# How many browsers at once: as many as the machine keeps busy, or a number; see CONTRIBUTING.md.
WORKERS ?= auto
# Passed on to pytest: make e2e ARGS="--headed -k renews-once"
ARGS ?=
# Which app: make e2e TARGET=my.toml, make doctor TARGET=my.toml
TARGET ?=
# Which apps: make fleet TARGETS=shops, a folder of target files, or several of them
TARGETS ?=
# Where the report is written to, and the run.json of each part that make report puts together
REPORT ?= reports
RUNS ?=
# Where discovery begins: make discover URL=http://localhost:5173 OUT=my.toml
URL ?=
OUT ?=

.PHONY: help
help:
	@echo "make e2e     judge the bundled app in a real browser (ARGS=... is passed on to pytest)"
	@echo "make fleet   judge several apps, one after the other: TARGETS=shops, a folder of target files"
	@echo "make test    the suite's own tests, and everything else that CI runs"
	@echo "make check   formatter, linters and type checkers"
	@echo "make report  put the report of a run's parts together: RUNS='part1/run.json part2/run.json'"
	@echo "make doctor  is an app as its target file says? TARGET=my.toml"
	@echo "make discover   write a target file for an app that runs: URL=http://localhost:5173 OUT=my.toml"
	@echo "make docs    the documentation as a site, with a page for each rule and its cure: site/index.html"
	@echo "make bench   what a rule costs, in what a bare Playwright script needs for the same (half an hour)"
	@echo "make durations  run all tests, and note how long each takes, by which runs are split into parts"
	@echo "make demo    the bundled app by hand: http://localhost:3000, API on port 8000"
	@echo "make setup   only the set-up"
	@echo "make lock    lock the Python packages anew"
	@echo "make clean   remove what was built and installed"

.PHONY: e2e
e2e: setup
	@$(BIN)/pytest -q -n $(WORKERS) e2e/test_scenarios.py --report $(REPORT) $(if $(TARGET),--target=$(TARGET)) $(ARGS)

.PHONY: fleet
fleet: setup
	@$(BIN)/python -m fixtures.fleet $(TARGETS) -- -n $(WORKERS) $(ARGS)

.PHONY: report
report: setup
	@$(BIN)/python -m fixtures.report.pages $(RUNS) --out $(REPORT)

.PHONY: doctor
doctor: setup
	@$(BIN)/python -m fixtures.doctor $(if $(TARGET),--target $(TARGET)) $(ARGS)

.PHONY: discover
discover: setup
	@$(BIN)/python -m fixtures.discovery $(URL) $(if $(TARGET),--target $(TARGET)) $(if $(OUT),--out $(OUT)) $(ARGS)

.PHONY: test
test: setup $(SETUP)/clients
	@$(BIN)/pytest -q -n $(WORKERS) $(ARGS)

.PHONY: check
check: setup $(SETUP)/clients $(SETUP)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m fixtures.apps.builds.toolchain frontend run format:check lint typecheck
	$(BIN)/python -m fixtures.apps.builds.conformance
	$(BIN)/python -m fixtures.apps.builds.toolchain clients run format:check lint typecheck
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci fixtures/pipeline/gitlab-ci.yml
	$(MAKE) --no-print-directory docs

# Material's notice of its own successor is no news to whoever reads the pages.
.PHONY: docs
docs: $(SETUP)/dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --config-file scenarios/docs/mkdocs.yml

.PHONY: bench
bench: setup $(SETUP)/dev
	@$(BIN)/python -m fixtures.bench $(ARGS)

.PHONY: durations
durations: setup $(SETUP)/clients
	@$(BIN)/pytest -q -n $(WORKERS) --store-durations --clean-durations $(ARGS)

.PHONY: demo
demo: setup
	@$(BIN)/python -m fixtures.apps.demo

.PHONY: setup
setup: $(SETUP)/python $(SETUP)/frontend $(SETUP)/browser

$(SETUP)/python: requirements.txt
	@echo "Installing the Python packages"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and this is " + sys.version.split()[0] + ". Name another with make PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@mkdir -p $(@D) && touch $@

$(SETUP)/dev: requirements-dev.txt $(SETUP)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(SETUP)/frontend: $(SETUP)/python $(FRONTEND)/package-lock.json requirements-node.txt
	@$(BIN)/python -m fixtures.apps.builds.toolchain frontend
	@$(BIN)/python -m fixtures.apps.builds
	@touch $@

$(SETUP)/clients: $(SETUP)/frontend $(CLIENTS)/package-lock.json
	@$(BIN)/python -m fixtures.apps.builds.toolchain clients
	@touch $@

$(SETUP)/browser: $(SETUP)/python
	@$(BIN)/python -m fixtures.page.browser
	@touch $@

.PHONY: lock
lock: $(SETUP)/python
	@$(BIN)/python -m pip install --quiet uv
	@for name in requirements requirements-dev requirements-node; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    $$name.in -o $$name.txt; done

.PHONY: clean
clean:
	rm -rf .venv .cache $(FRONTEND)/node_modules $(FRONTEND)/dist $(CLIENTS)/node_modules .pytest_cache .mypy_cache .ruff_cache test-results reports site
