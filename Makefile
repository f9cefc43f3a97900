# make report | test | slow | lint | docs | bench | sample-data | clean
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= out/sample-report
CONSTRAINTS ?= constraints.txt
TOOLS ?= --group test --group lint
# tests start many processes: what these import is compiled once, and the cores have work as it is
export PYTHONDONTWRITEBYTECODE :=
test slow: export OPENBLAS_NUM_THREADS := 1
slow: export WBCVAL_SLOW_SHARE ?= 1

.PHONY: help report test slow lint docs bench sample-data clean

help:
	@echo "make report       the sample data's evidence bundle, its verdict, and where it is"
	@echo "make test         all tests but the slow and the further ones"
	@echo "make slow         the simulations, the further tests, and in full what make test draws a few of"
	@echo "make lint         style, types, layers"
	@echo "make docs         the documentation, in out/docs"
	@echo "make bench        benchmarks, as ratios"
	@echo "make sample-data  draw the sample data anew"

$(STAMP): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wbcval needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -c $(CONSTRAINTS) -e ".[torch,onnx,fields,fast]" $(TOOLS)
	@touch $@

# Written is what counts here: a rejected or undecided sample report is a report.
report: $(STAMP)
	@$(BIN)/wbcval report sample_data/protocol.toml --out $(OUT) --replace; code=$$?; \
	case $$code in 0|1|3) exit 0;; *) exit $$code;; esac

test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --maxprocesses=4 --dist worksteal

slow: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --maxprocesses=4 --dist worksteal -m "slow or drawn or further"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs out/docs
	@echo "documentation: out/docs/index.html"

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

sample-data: $(STAMP)
	$(BIN)/python sample_data/make_sample_data.py
	$(BIN)/python sample_data/make_images.py

clean:
	rm -rf $(VENV) out dist build
