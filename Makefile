# make run, make test: all that a fresh machine needs is Python 3.11 or newer with its venv module, and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-long test-pythons simulate install check style types bench bench-long bench-peers screenshots postgresql cluster-tools openapi-tools format lock clean

PYTHONS := python3.11 python3.12 python3.13 python3.14 python3
PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
FIXED := --require-hashes --no-deps
PYKKA_SUITE := .venv/share/pykka-suite
DATABASE := data/seatkeeper.db
# Twice the cores: half of the time, a test waits for the disk or for a process to start.
WORKERS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
SEEDS := 200
FIRST := 1

help:
	@echo 'make run      install, and start the service on http://127.0.0.1:8080'
	@echo 'make test     install, and run the test suite, on all cores: on two, a quarter of an hour'
	@echo 'make test-long  the same tests with more of everything: an hour and more (as root for all of it)'
	@echo 'make test-pythons  the storage, the API and the documents on each other Python from 3.11 on of this machine'
	@echo 'make simulate run the service on a simulated disk that fails: SEEDS=200 of them (tests/simulation/README.md)'
	@echo 'make install  the set-up that both share'
	@echo 'make check    format, lint, types, layers, tests, wheel'
	@echo 'make bench    the benchmarks, with their tables, in ten minutes at most (ARGS=--help for options)'
	@echo 'make bench-long  what takes longer: ten minutes of one load, and files with 1 and 10 million accounts (30 GB)'
	@echo 'make bench-peers install what the benchmark compares with: FastAPI, pykka threads, Fastify (minutes)'
	@echo 'make screenshots  the pictures of the console in docs/pictures/, with Chromium'
	@echo 'make cluster-tools install Ray, for seatkeeper cluster and its tests'
	@echo 'make postgresql  a throw-away PostgreSQL server on loopback, to try it with; it prints its address'
	@echo 'make format   format and fix what can be fixed'
	@echo 'make lock     pin the dependencies, with uv (ARGS=--upgrade for newer ones)'
	@echo 'make clean    remove everything that was made, except for data/'

run: .venv/.installed
	@mkdir -p $(dir $(DATABASE))
	@exec .venv/bin/seatkeeper serve --database $(DATABASE) --starter-plans $(ARGS)

test: install
	$(PYTHON) -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# What takes longer: SUITE is read in tests/suite.py, and is short, middle or long.
test-long: install
	SUITE=long $(PYTHON) -m pytest --numprocesses $(WORKERS) --dist worksteal -o faulthandler_timeout=3600 $(ARGS)

# Each other Python that is found in PATH or that pyenv has, with an environment of its own in build/.
test-pythons: .venv/.installed
	$(PYTHON) -m tests.pythons --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# A seed is a whole run of the service in virtual time, the same each time to the letter, with one process and with shards.
simulate: .venv/.installed
	$(PYTHON) -m tests.simulation --seeds $(SEEDS) --first $(FIRST) $(ARGS)

install: .venv/.installed .venv/.suite openapi-tools

# The tests hold the layers and the wheel, and come last: the closing line is pytest's.
check: style types test

style: .venv/.installed
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check

types: .venv/.installed .link/seatkeeper
	$(PYTHON) -m mypy

bench: .venv/.installed
	$(PYTHON) -m bench $(ARGS)

bench-long: .venv/.installed
	$(PYTHON) -m bench --long $(ARGS)

# What the benchmark sets beside ours, each with packages of its own in bench/peers/.
bench-peers: .venv/.installed
	$(PYTHON) -m bench.peers

# Each page of the console, light and dark, wide and narrow.
screenshots: install
	$(PYTHON) -m tests.console.pictures $(ARGS)

# A server for a look at PostgreSQL, and for its benchmark: everything in it is gone when it ends.
postgresql: .venv/.installed
	@$(PYTHON) -m tests.postgresql

# Ray, for `seatkeeper cluster` and its tests.
cluster-tools: .venv/.cluster

.venv/.cluster: requirements/cluster.txt | .venv/.installed
	@echo 'installing requirements/cluster.txt'
	@$(PIP) install $(FIXED) --requirement requirements/cluster.txt
	@touch $@

# What tests/openapi runs on Node, and Node itself, which comes as a wheel.
NODE_TOOLS := tests/openapi/tools
openapi-tools: $(NODE_TOOLS)/node_modules/.installed

.venv/.node: requirements/node.txt | .venv/.installed
	@echo 'installing requirements/node.txt'
	@$(PIP) install $(FIXED) --requirement requirements/node.txt
	@touch $@

$(NODE_TOOLS)/node_modules/.installed: $(NODE_TOOLS)/package-lock.json .venv/.node
	@echo 'installing $(NODE_TOOLS)/package-lock.json'
	@cd $(NODE_TOOLS) && PATH=$(CURDIR)/.venv/bin:$$PATH npm ci --omit=dev --no-audit --no-fund --loglevel=error
	@touch $@

format: .venv/.installed
	$(PYTHON) -m ruff format
	$(PYTHON) -m ruff check --fix

LOCK := uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links $(ARGS)
lock:
	$(LOCK) pyproject.toml --group build --output-file requirements/run.txt
	$(LOCK) pyproject.toml --group build --extra postgresql --constraint requirements/run.txt --output-file requirements/postgresql.txt
	$(LOCK) pyproject.toml --group build --extra otel --constraint requirements/run.txt --output-file requirements/otel.txt
	$(LOCK) pyproject.toml --group build --group develop --constraint requirements/run.txt --output-file requirements/develop.txt
	$(LOCK) pyproject.toml --group build --extra cluster --constraint requirements/develop.txt --output-file requirements/cluster.txt
	$(LOCK) --group node --output-file requirements/node.txt
	cd bench/peers/fastapi_sqlalchemy && $(LOCK) --python-version 3.11 requirements.in --output-file requirements.txt
	cd bench/peers/threading_actor && $(LOCK) --python-version 3.11 requirements.in --constraint ../../../requirements/run.txt --output-file requirements.txt
	cd bench/peers/fastify_better_sqlite3 && npm install --package-lock-only --omit=dev
	cd $(NODE_TOOLS) && npm install --package-lock-only --omit=dev

clean:
	rm -rf .venv .link bench/peers/*/node_modules $(NODE_TOOLS)/node_modules build dist *.egg-info .hypothesis .schemathesis .mypy_cache .pytest_cache .ruff_cache
	find actors http storage tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp stands for a step that went through to its end; what was cut off is begun anew.
.venv/.made:
	@for python in $(PYTHONS); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null || { lacking=$$python; continue; }; \
	  echo "making .venv with $$($$python --version)"; \
	  $$python -m venv --clear .venv && touch $@; exit; \
	done; \
	if [ -n "$$lacking" ]; then \
	  echo "$$lacking cannot make a virtual environment: on Debian, 'apt install python3-venv' adds what is missing" >&2; \
	else \
	  echo "Seatkeeper needs Python 3.11 or newer, and none of these is one: $(PYTHONS)" >&2; \
	fi; exit 1

.venv/.installed: .venv/.made requirements/develop.txt pyproject.toml
	@echo 'installing requirements/develop.txt and seatkeeper'
	@$(PIP) install $(FIXED) --requirement requirements/develop.txt
	@$(PIP) install --no-build-isolation --no-deps --no-index --editable .
	@touch $@

# pykka's own tests are only in its source archive; a test of ours runs them against our kind of actor.
.venv/.suite: requirements/pykka-suite.txt | .venv/.installed
	@echo "fetching pykka's own tests"
	@rm -rf $(PYKKA_SUITE) && mkdir -p $(PYKKA_SUITE)
	@$(PIP) download $(FIXED) --no-build-isolation --no-binary :all: --dest $(PYKKA_SUITE) --requirement requirements/pykka-suite.txt
	@tar -xzf $(PYKKA_SUITE)/pykka-*.tar.gz -C $(PYKKA_SUITE) --strip-components=1
	@touch $@

.link/seatkeeper:
	@mkdir -p .link && ln -sfn .. $@
