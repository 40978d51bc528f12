# Every target does its own set-up: a fresh machine needs python3 (3.11 or newer) with venv, make and git.
#   make run    the window; without a display the demo, its picture and its run log in out/
#   make test   lint, types and tests       make lint   only the first two
#   make coverage  the tests, and how many lines of each room they run (make test COVERAGE=1 does the same)
#   make torture [N=25]  kills, tails lost by them, full disks, locks, damage, changed run logs, secrets: how often a promise was broken
#   make soak [MINUTES=10]  the window at 1,000 executions a second for so long, twice: memory, frames, counts, nothing left behind
#   make bench [AGAINST=FILE]  benchmarks, results in benchmarks/results.json; AGAINST compares these with those of another run
#   make stacks  inspector run over every real stack, on Python 3.12 and 3.13
#   make libraries  the libraries that are known by name, in two versions each; without them their tests are skipped
#   make pictures  the pictures of README and docs, and of every panel and dialog in out/pictures, made by the program itself
#   make clean  back to a fresh clone
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
# Processes that run the tests side by side.
WORKERS ?= 2
PYTEST_ARGS ?=
# Files that take long come first (tests/conftest.py), so that the workers end at about the same time.
PYTEST = pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.DEFAULT_GOAL := help
# Not empty: `make test` measures which lines it runs, as `make coverage` does.
COVERAGE ?=

.PHONY: help setup run test coverage lint format torture soak bench stacks libraries pictures clean

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@sh tools/setup

run: setup
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec $(PY) -m inspector; \
	fi; \
	mkdir -p out && rm -f out/window.png out/run.jsonl && \
	$(PY) -m inspector demo --screenshot out/window.png --export out/run.jsonl && \
	printf 'There is no display, so the demo ran without one and left:\n  %s\n  %s\n' out/window.png out/run.jsonl

lint: setup
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy --no-error-summary
	@$(PY) -m mypy --no-error-summary --config-file tools/guest-types.ini

test: lint
ifeq ($(COVERAGE),)
	@QT_QPA_PLATFORM=offscreen $(PY) -m $(PYTEST)
else
	@$(MAKE) coverage
endif

# Processes that tests start are measured too; the core of Python 3.12 and newer takes least time.
coverage: setup
	@rm -rf out/coverage && mkdir -p out/coverage
	@if $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then export COVERAGE_CORE=sysmon; fi; \
		QT_QPA_PLATFORM=offscreen $(PY) -m coverage run -m $(PYTEST)
	@$(PY) tools/coverage_rooms.py $(if $(PYTEST_ARGS),--part)

format: setup
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format --quiet .

# Some seconds for each of N.
N ?= 25
torture: setup
	@$(PY) -m tests.torture $(N)

# A minute more than twice as long. S is the same in seconds.
MINUTES ?=
S ?= 600
soak: setup
	@QT_QPA_PLATFORM=offscreen $(PY) -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES),$(S))

AGAINST ?=
bench: setup
	@QT_QPA_PLATFORM=offscreen $(PY) -m benchmarks$(if $(AGAINST), || missed=1; \
		$(PY) -m benchmarks --against $(AGAINST) && test -z "$$missed")

# Some minutes; FastStream needs a redis-server.
stacks: setup libraries
	@ALL_STACKS=1 $(PY) -m $(PYTEST) tests/stacks

libraries:
	@tools/library-venvs

pictures: setup
	@$(PY) tools/pictures
	@$(PY) tools/timeline_pictures.py
	@$(PY) tools/gallery

clean:
	@rm -rf .venv .venv-libs out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
