# `make demo` and `make test` are the two commands of the README; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := $(VENV)/.peers
# One thread for the libraries, whatever the machine: runs on a busy one can be compared.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
# A process for each core and one more, as tests in a browser wait a lot; at most four: each of them holds PyTorch.
PARALLEL := --numprocesses $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? n + 1 : 4)))
SOURCES := $(wildcard csrc/*.cpp csrc/*/*.cpp)
HEADERS := $(wildcard csrc/*.h csrc/*/*.h csrc/*/*.inl)
INPUTS := pyproject.toml setup.py constraints.txt $(SOURCES) $(HEADERS)

.PHONY: help install demo test test-quick types test-deep test-gpu robustness bench docs libfastrti npm format clean

help:
	@echo "make demo       render a sample, fit it, relight it (writes demo/)"
	@echo "make test       linters, types and the test suite"
	@echo "make test-deep  sanitizers, compile targets, instruction sets, the wheel, oldest and newest versions"
	@echo "make test-gpu   the Triton kernels on this machine's GPU; fails where there is none"
	@echo "make robustness kills, flipped bits and several processes at one path, for some minutes"
	@echo "make bench      the CPU renderer beside its peers and this machine's ceilings"
	@echo "make docs       the documentation as HTML (build/docs/index.html)"
	@echo "make libfastrti the CPU renderer for programs in C (build/libfastrti.a, csrc/fastrti.h)"
	@echo "make npm        the viewer as a package for npm (build/rti-viewer-VERSION.tgz)"
	@echo "make format     rewrite the sources in the project's style"

install: $(STAMP)

# Build isolation is off so that building the kernel installs nothing beside what the constraints pin. setuptools-scm
# is for bagit, which PyPI has as source only: without it, its version would be 0.0.0.
$(STAMP): $(INPUTS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt "setuptools>=77" setuptools-scm "pybind11>=2.13" torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable ".[dev]"
	touch $@

demo: install
	$(BIN)/fastrti demo -o demo

test: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory --jobs 2 types test-quick

# What `make test` runs beside the linters. Types are checked at the same time: tests leave some of the cores idle.
test-quick: install
	$(PYTEST) $(PARALLEL) --dist worksteal -m "not deep"

# mypy looks for fastrti.kernels inside fastrti/; the links show it the package as it is installed.
types: install
	rm -rf $(VENV)/types && mkdir -p $(VENV)/types/fastrti
	ln -s $(CURDIR)/fastrti/* $(CURDIR)/kernels $(VENV)/types/fastrti/
	cd $(VENV)/types && ../bin/mypy --config-file $(CURDIR)/pyproject.toml -p fastrti

test-deep: install
	$(PYTEST) $(PARALLEL) --dist loadgroup -m deep

# Triton's interpreter is off: without a GPU this fails.
test-gpu: install
	TRITON_INTERPRET=0 $(PYTEST) -m gpu

KILLS := 320
BITS := 1000
ROUNDS := 400
robustness: install
	OMP_NUM_THREADS=1 $(BIN)/python -X dev tests/robustness/file_campaign.py $(KILLS) $(BITS) $(ROUNDS)

bench: $(PEERS)
	$(BIN)/python -m benchmarks.cpu.speed
	$(BIN)/python -m benchmarks.cpu.report

$(PEERS): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable ".[bench]"
	touch $@

docs: install
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/docs

# BUILD=folder builds it elsewhere; with OPTIMIZE=-O0 in half the time, drawing the same bytes slowly.
BUILD := build
OPTIMIZE := -O3
CORE := $(filter-out csrc/bindings.cpp,$(SOURCES))
libfastrti: $(BUILD)/libfastrti.a

$(BUILD)/libfastrti.a: $(CORE:csrc/%.cpp=$(BUILD)/objects/%.o)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/objects/%.o: csrc/%.cpp $(HEADERS)
	mkdir -p $(@D) && $(CXX) -std=c++17 $(OPTIMIZE) -ffp-contract=off -fPIC -pthread -Icsrc -c $< -o $@

# The same sources as every web export, beside what only npm needs.
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)".*/\1/p' fastrti/__init__.py)
npm:
	rm -rf $(BUILD)/npm && mkdir -p $(BUILD)/npm
	cp -r fastrti/sharing/npm/. fastrti/sharing/viewer/*.js fastrti/sharing/viewer/*.d.ts LICENSE $(BUILD)/npm/
	cd $(BUILD)/npm && npm pkg set version=$(VERSION) && npm pack --silent --pack-destination ..

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build dist demo *.egg-info fastrti/*.so .pytest_cache .mypy_cache .ruff_cache
