# Every target does its own set-up: a fresh machine needs python3 (3.11 or newer) with venv, make and git.
#   make run    the window; without a display the demo, its picture and its run log in out/
#   make test   lint, types and tests       make lint   only the first two
#   make bench  benchmarks, results in benchmarks/results.json
#   make pictures  the pictures of README and docs, made by the program itself
#   make clean  back to a fresh clone
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
# Processes that run the tests side by side.
WORKERS ?= 2
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench pictures clean

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
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest -q -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

format: setup
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format --quiet .

bench: setup
	@QT_QPA_PLATFORM=offscreen $(PY) -m benchmarks

pictures: setup
	@$(PY) tools/pictures
	@$(PY) tools/timeline_pictures.py

clean:
	@rm -rf .venv out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
