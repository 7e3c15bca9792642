# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs Python 3.11 or later with venv; everything else goes into .venv and .nox here.
PYTHON ?= python3
VENV := .venv
NOX := $(VENV)/bin/nox
PACKAGES := "nox>=2026.8.10" "antsibull-nox>=1.10.0" "uv>=0.8.0"

# `make test LOCKED=1`, after `make clean`: the versions in the lock file, each with the hash that it has there.
LOCK := tests/development.lock
ifdef LOCKED
PACKAGES := --require-hashes --requirement $(LOCK)
export UV_CONSTRAINT := $(CURDIR)/$(LOCK)
endif

# uv reads none of pip's settings: pass on the package index that pip is configured with.
INDEX = $(or $(PIP_INDEX_URL),$(shell $(VENV)/bin/pip config get global.index-url 2>/dev/null))
USE_INDEX = $(if $(INDEX),UV_DEFAULT_INDEX=$(INDEX))

# Trust the system's certificate authorities too, which may include a company's own.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help test matrix lint format docs demo bench fuzz lock clean

help:
	@echo "make test    everything that CI runs, with a count at the end"
	@echo "make matrix  the same with every check on every ansible-core that this machine can run: an hour and more"
	@echo "make lint    the checks that need no ansible-core: formatting, lint, types, licenses, documentation"
	@echo "make format  formats the Python code, and generates the documentation of the event source"
	@echo "make docs    the documentation as HTML, in build/docs/build/html"
	@echo "make demo    a tour on a local emulator of Microsoft Graph; its page is in build/demo"
	@echo "make bench   the figures of docs/benchmarks.md"
	@echo "make fuzz    every parser of input from outside, FUZZ_SECONDS=60 each"
	@echo "make lock    writes the newest versions of all development requirements, with hashes, to $(LOCK)"
	@echo "make clean   removes everything that these create in this folder"
	@echo
	@echo "make test needs about 2 GB of disk: 1.3 GB in .nox and .venv here, the rest in uv's cache (~/.cache/uv),"
	@echo "which other projects share and \`make clean\` leaves alone."

test: $(NOX)
	@$(USE_INDEX) $(VENV)/bin/python -m tests.run

matrix: $(NOX)
	@$(USE_INDEX) MATRIX=all $(VENV)/bin/python -m tests.run

lint: $(NOX)
	@$(USE_INDEX) CI=true $(NOX) --parallel auto --sessions lint docs-check license-check extra-checks changelog ansible-lint execution-environment

format: $(NOX)
	@$(VENV)/bin/python -m tests.eda.generate
	@$(USE_INDEX) $(NOX) --sessions formatters

docs demo bench: $(NOX)
	@$(USE_INDEX) $(NOX) --sessions $@

fuzz: $(NOX)
	@$(USE_INDEX) $(NOX) --sessions fuzz -- $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS))

# Without ansible-core and resolvelib: each check installs its own release of ansible-core, with the resolvelib it needs.
lock: $(NOX)
	sed -n '1,/^$$/p' tests/development.in > $(LOCK).new
	echo "# The versions and hashes of all that development.in names. Made by \`make lock\`; do not edit." >> $(LOCK).new
	@$(USE_INDEX) $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-emit-package ansible-core --no-emit-package resolvelib \
		--no-annotate --no-header tests/development.in >> $(LOCK).new
	mv $(LOCK).new $(LOCK)

$(NOX): Makefile
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet $(PACKAGES)
	@touch $(NOX)

clean:
	rm -rf .ansible .cache .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache build $(VENV) tests/output
	rm -f *.tar.gz changelogs/.plugin-cache.yaml tests/integration/inventory tests/integration/integration_config.yml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
