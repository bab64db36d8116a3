# Everything a newcomer needs. It wants Python 3.12 or newer with venv, and make; the rest comes with the dependencies.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# A production-like environment that touches nothing: no database server, no secret written anywhere.
CHECK_ENV := READ_DOT_ENV=no DEBUG=no BASE_URL=https://collavo.example \
	SECRET_KEY=check-only-3c1b52f09a6e4d7786f1e0a95d2b8c4417aa60f2 \
	EMAIL_URL=smtp+tls://check:only@mail.example:587 DATABASE_URL=postgres://check@127.0.0.1:9/only \
	TOKEN_KEYS=Y2hlY2stb25seS1jaGVjay1vbmx5LWNoZWNrLW9ubHk= DATA_DIR=$(CURDIR)/var/check

# Hundreds of processes start here, in tests and proofs above all: none of them has to compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test check lock bench proof screens messages

help:
	@echo "make demo    try it: demo workspace and sandbox, on http://127.0.0.1:8000 (PORT, SANDBOX_PORT)"
	@echo "make run     run it: configured by the environment or .env (see .env.example)"
	@echo "make test    run the test suite"
	@echo "make check   lint, types, migrations, deployment settings"
	@echo "make bench   measure the speed"
	@echo "make proof   kill processes while they publish, and count what is live"
	@echo "make screens take the pictures of README and docs anew"
	@echo "make messages LANGUAGE=de  gather every text for a translation, and compile it (docs/translating.md)"
	@echo "make lock    choose the newest allowed dependencies and pin them with hashes"

demo: .venv/.base
	@exec $(BIN)/python manage.py demo $(ARGS)

run: .venv/.base
	@exec $(BIN)/python manage.py start

test: .venv/.dev
	$(BIN)/python -m pytest --numprocesses 5 --no-loadscope-reorder $(ARGS)

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(CHECK_ENV) $(BIN)/mypy
	$(CHECK_ENV) $(BIN)/python -W "ignore:Got an error checking" manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/.dev
	@exec $(BIN)/python -m tests.bench $(ARGS)

proof: .venv/.dev
	@exec $(BIN)/python -m tests.crash $(ARGS)

screens: .venv/.dev
	@exec $(BIN)/python -m tests.browser.screens

# LANGUAGE counts when it is said here: shells often have a variable of that name.
messages: .venv/.base
	@[ "$(origin LANGUAGE)" = "command line" ] || { echo "Say which language: make messages LANGUAGE=de" >&2; exit 1; }
	@for tool in xgettext msguniq msgmerge msgattrib msgfmt; do command -v $$tool >/dev/null || { \
		echo "$$tool is missing: install GNU gettext (Debian, Ubuntu: apt install gettext; macOS: brew install gettext)." >&2; \
		exit 1; }; done
	$(CHECK_ENV) $(BIN)/python manage.py makemessages --locale=$(LANGUAGE) --add-location=file --no-wrap \
		--ignore=.venv --ignore=tests --ignore=var --ignore=docs --ignore=static
	$(CHECK_ENV) $(BIN)/python manage.py compilemessages --locale=$(LANGUAGE) --ignore=.venv --ignore=var

lock: .venv/.dev
	$(PIP) install pip-tools
	$(LOCK) --upgrade --output-file requirements/base.txt requirements/base.in
	$(LOCK) --upgrade --output-file requirements/dev.txt requirements/dev.in

.venv/.base: requirements/base.txt | $(BIN)/python
	@echo "Installing the dependencies …"
	@$(PIP) install --require-hashes -r requirements/base.txt
	@touch $@

.venv/.dev: requirements/dev.txt | $(BIN)/python
	@echo "Installing the dependencies, with those for tests …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# The first Python that is new enough and can make virtual environments; `make PYTHON=/path/to/python3.13 …` chooses one.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.14; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
			echo "Making a virtual environment with $$($$python --version) …"; \
			exec $$python -m venv --clear .venv; \
		fi; \
	done; \
	echo "Collavo needs Python 3.12 or newer with venv (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1
