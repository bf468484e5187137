PYTHON ?= python3
PORT ?= $(or $(AISLE_PORT),7860)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-setup bench-search bench-recommend bench-learn bench-million clean browser

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## create .venv with everything pinned (done by the others when needed)
	@$(PYTHON) assistant/bootstrap.py

demo: setup ## set up, build the models, import the demo store, serve it at http://127.0.0.1:7860
	@$(BIN)/aisle serve --store demo --port $(PORT)

browser: ## install Chromium for the browser tests, where this user may
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the browser tests ..."; \
	    apt-get update -q >/dev/null && apt-get install -y -q chromium fonts-noto-cjk >/dev/null; \
	  else echo "No Chromium: the browser tests will be skipped (install the package chromium)."; fi

test: setup browser ## run every test, with the real language model and a real browser
	@$(BIN)/python -m pytest tests/browser
	@$(BIN)/python -m pytest --ignore=tests/browser

check: setup ## ruff, formatting, mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench-setup: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'

bench: bench-setup ## the measurements behind the numbers in docs/evaluation.md
	@$(BIN)/python -m benchmarks.run

bench-search: bench-setup ## search quality and speed beside the baselines
	@$(BIN)/python -m benchmarks.search

bench-recommend: setup ## next-item recommendation beside its baselines (half an hour)
	@$(BIN)/python -m benchmarks.recommend

bench-learn: setup ## learning, recommendations and experiments (an hour)
	@$(BIN)/python -m benchmarks.experiments
	@$(BIN)/python -m benchmarks.recommend
	@$(BIN)/python -m benchmarks.learn_serving

bench-million: bench-setup ## query times at a million synthetic products (long, much memory)
	@$(BIN)/python -m benchmarks.million

clean: ## remove .venv and caches of this clone (models and stores stay: aisle reset)
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
