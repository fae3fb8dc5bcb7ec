# Needs Python 3.11 or later (with venv) and make. Another Python: make demo PYTHON=python3.13
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
.DEFAULT_GOAL := help
# What is compiled is kept: else each of the many processes that the tests start would compile the whole bot again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo story test browser faults bench check lock clean

help:
	@echo "make demo    a shop in two regions, a chat and the bot on this machine: break it, and recover it in the browser"
	@echo "make story   the same, told and played by itself from the power cut to the resolution"
	@echo "make test    check the style, the types and the layers, then run the tests"
	@echo "make browser the page in a real browser, and a whole night there as three people"
	@echo "make faults  kill and break everything at every moment: long"
	@echo "make bench   measure speed and size"
	@echo "make check   check plan.yml, runbooks and templates"
	@echo "make lock    make requirements.lock from pyproject.toml anew"

# Everything is installed once, from the lock alone; a later change of the lock or of pyproject.toml installs again.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "DR Bot needs Python 3.11 or later: make PYTHON=python3.13")'
	@test -x $(BIN)/python || { echo "Making .venv"; $(PYTHON) -m venv .venv; }
	@echo "Installing, which takes a minute the first time"
	@$(BIN)/python -m pip install -qq --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python -m bot.playground demo

story: $(STAMP)
	@$(BIN)/python -m bot.playground story

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 4 --dist worksteal

browser: $(STAMP)
	$(BIN)/pytest -n 2 --dist worksteal tests/browser

faults: $(STAMP)
	$(BIN)/pytest -n 3 --maxschedchunk 1 tests/faults

bench: $(STAMP)
	$(BIN)/python -m bench

check: $(STAMP)
	$(BIN)/dr check

# Versions that still fit are kept. For every platform at once, and without the names of hosts.
lock: $(STAMP)
	@$(BIN)/python -m pip install -qq uv
	echo 'setuptools>=77' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --extra test --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    pyproject.toml - --output-file requirements.lock

clean:
	rm -rf .venv build dist *.egg-info
