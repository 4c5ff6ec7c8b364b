# `make help` lists what there is. Everything is kept in .venv and var; both may be deleted.

.DEFAULT_GOAL := help
.PHONY: help run demo manage test test-full check bench lock clean venv venv-dev

# The first Python that is new enough; when there is none, python3, which then says so in one line.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.14 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; exit; }; done; echo python3)

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv  ## start ipdash with the bundled plans at http://127.0.0.1:8000/ (another port: make run PORT=8001)
	@IPDASH_MODE=local .venv/bin/python -m ipdash.serve

demo: venv  ## the same with invented progress, in a database of its own
	@IPDASH_MODE=local .venv/bin/python -m ipdash.serve --demo

manage: venv  ## a management command: make manage ARGS="createsuperuser"
	@.venv/bin/python manage.py $(ARGS)

test: venv-dev  ## checks, then the tests on SQLite, PostgreSQL, Redis and in a browser, as far as these are here
	@.venv/bin/python tests/lanes.py

test-full: venv-dev  ## the same with the slow tests
	@.venv/bin/python tests/lanes.py --slow

check: venv-dev  ## format, lint, types and import contracts only
	@.venv/bin/python tests/lanes.py --checks-only

bench: venv-dev  ## compare with DuckDB, polars and PostgreSQL: make bench NAME=rebuild SCALE=nation
	@.venv/bin/pip install --quiet --disable-pip-version-check polars==2.1.0 duckdb==2.0.0 pyarrow==26.0.1
	@.venv/bin/python -m bench $(or $(NAME),calculate) --scale $(or $(SCALE),nation)

lock: venv  ## write requirements.txt and requirements-dev.txt anew from pyproject.toml, newest allowed versions
	@set -e; uv=$$(mktemp -d); trap 'rm -rf "$$uv"' EXIT; \
	.venv/bin/python -m venv "$$uv"; "$$uv/bin/pip" install --quiet --disable-pip-version-check uv; \
	compile() { "$$uv/bin/uv" pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet "$$@"; }; \
	compile -o requirements.txt; compile --extra dev -c requirements.txt -o requirements-dev.txt

clean:  ## remove what can be made again; databases and uploads stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	rm -rf var/log var/static var/demo/log var/demo/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv venv-dev:
	@command -v $(PYTHON) >/dev/null || { echo "ipdash: 需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) ipdash/bootstrap.py $(if $(filter venv-dev,$@),requirements-dev.txt,requirements.txt)
