# laconic's commands. Each makes .venv, installs what is missing (once), and runs; GNU make 3.81 is enough.
#
#   make demo     train on the built-in digits, encode, decode, compare, write a report page
#   make test     check, then every test that takes seconds
#   make check    ruff (lint and format) and mypy --strict
#   make slow     the tests that take minutes or ask the package index
#   make bench    the ratios of benchmarks/, each against its limit
#   make docs     every example in docstrings, README and guides, executed
#   make clean    remove .venv and caches
#
#   ARGS="..."                  passed on to the command:                  make demo ARGS=--json
#   PYTHON=/path/to/python3.12  the interpreter of a new .venv:            make clean test PYTHON=python3.12
#   TORCH=default               Linux: PyTorch's default build in a new .venv (CUDA: gigabytes), not the CPU's

# 3.11 first: it is the one that the tests run on. The pinned wheels exist up to 3.14.
PYTHON ?= python3.11 python3.12 python3.13 python3.14 python3 python
TORCH ?= cpu
PIP := .venv/bin/python -m pip --disable-pip-version-check
PYTEST := OMP_NUM_THREADS=1 .venv/bin/python -m pytest
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))

define NO_PYTHON
laconic needs a Python from 3.11 to 3.14 with its venv module, and found none of: $(PYTHON)
  Debian, Ubuntu:   sudo apt-get install python3 python3-venv      (Ubuntu 22.04: python3.11 python3.11-venv)
  Fedora:           sudo dnf install python3
  macOS:            brew install python@3.13
Then run make again, or name one: make PYTHON=/path/to/python3
endef
export NO_PYTHON

.PHONY: help demo test check slow bench docs clean

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/.installed
	.venv/bin/laconic demo $(ARGS)

test: check
	$(PYTEST) -n 2 $(ARGS)

check: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

slow: .venv/.installed
	$(PYTEST) -m slow $(ARGS)

bench: .venv/.installed
	.venv/bin/laconic bench $(ARGS)

docs: .venv/.installed
	$(PYTEST) laconic $(wildcard tests/test_docs.py) $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# A .venv that works is kept, so that a changed pyproject.toml does not install everything again.
# On Linux the index's torch is the CUDA build; the CPU's is taken if it lies where pip looks (README says how to have
# it there). `torch==X` in constraints.txt accepts X+cpu.
.venv/.installed: pyproject.toml constraints.txt
	@$(PIP) --version >/dev/null 2>&1 || { \
	  for python in $(PYTHON) ""; do "$$python" -c '$(SUITABLE)' 2>/dev/null && break; done; \
	  if [ -z "$$python" ]; then printf '%s\n' "$$NO_PYTHON" >&2; exit 1; fi; \
	  echo "making .venv with $$("$$python" --version); the packages take 2 GB of disk, once"; \
	  "$$python" -m venv --clear .venv; }
	@if [ "$(TORCH)" = cpu ] && [ "$$(uname -s)" = Linux ]; then \
	  torch="torch==$$(sed -n 's/^torch==//p' constraints.txt)+cpu"; \
	  $(PIP) install --quiet --no-deps "$$torch" 2>/dev/null || \
	  echo "no CPU-only torch where pip looks: taking the default build (gigabytes; README, Installing, has the choice)"; fi
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@
