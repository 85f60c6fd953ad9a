# What can be done here? `make run` starts Muster; `make test` tries it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install install-dev test test-stored test-browser effort check bench demo

PYTHON ?= python3
BIN := .venv/bin
# An environment is as old as the list it was made from: the stamp carries the list's checksum.
RUNTIME := .venv/.runtime-$(shell cat requirements.txt requirements-inference.txt | sha256sum | cut -c1-16)
DEVELOPMENT := .venv/.development-$(shell cat requirements*.txt | sha256sum | cut -c1-16)
MODELS := $(or $(MUSTER_MODELS_DIR),$(or $(MUSTER_VAR),var)/models)
export OMP_NUM_THREADS ?= 1
# A file of tests stays with one process, which keeps what the file has opened. Each process loads torch and takes about
# 1 GB; on Redis there is room for four. (`nproc` would answer OMP_NUM_THREADS.)
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$(( n > 4 ? 4 : n )))
PYTEST := $(BIN)/pytest --hypothesis-profile=whole -n $(WORKERS) --dist loadfile --no-loadscope-reorder

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(RUNTIME):
	@$(PYTHON) -c 'import sys; sys.exit("Muster needs Python 3.11 or newer") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-inference.txt \
	  || echo "OpenVINO was not installed: the networks run on torch and OpenCV, at half the speed"
	rm -f .venv/.runtime-*
	touch $@

$(DEVELOPMENT): $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	rm -f .venv/.development-*
	touch $@

install: $(MODELS)/sface.json  ## make the environment and prepare the models, nothing else

$(MODELS)/sface.json: $(RUNTIME) verifier/weights/sface.json
	$(BIN)/python -m verifier prepare --to $(MODELS)
	touch $@

install-dev: $(DEVELOPMENT)  ## the same with what checks and tests need

run: install  ## start web server, worker and beat; Ctrl-C stops them
	$(BIN)/python -m config.run

demo: install  ## fill the running instance with 30 invented people; PHOTOS=dir enrols a folder per person
	$(if $(PHOTOS),,$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $(shell grep -hE '^(scikit-image|matplotlib)==' requirements-dev.txt))
	$(BIN)/python manage.py demo $(if $(PHOTOS),--photos "$(PHOTOS)")

test: install-dev  ## the suite on the embedded default, without the browser
	$(PYTEST) -m "not browser"

test-stored: install-dev  ## what meets the database or the broker, on those that DATABASE_URL and REDIS_URL name
	$(PYTEST) -m "stored and not browser and not dataset"

test-browser: install-dev  ## the browser tests; need Chromium
	$(PYTEST) -m browser

effort: install-dev  ## measure which tests the plain pytest leaves out, after many were added
	$(BIN)/pytest -q --measure-effort

check: install-dev  ## style, types, contracts, migrations, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/djlint --lint templates

bench: install-dev  ## measure what the documentation claims; PHOTOS=dir takes photos from a folder per person
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-bench.txt
	PHOTOS="$(PHOTOS)" $(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.divided
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.closing
