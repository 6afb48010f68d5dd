# Two commands matter: `make lab` opens the first notebook, `make test` runs everything.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Every extra is tested.
EXTRAS := agentops,braintrust,cost,dask,encrypt,logfire,otlp,redis,sqlalchemy,voice-local
# Tests and notebooks are run the way a machine without a key would run them.
KEYLESS := env -u OPENAI_API_KEY -u OPENAI_BASE_URL -u NBAGENTS_MODE -u NBAGENTS_DB -u NBAGENTS_NOTEBOOK

.PHONY: lab test soak lint bench clean system-packages

lab: $(VENV)/.lab
	$(BIN)/nbagents lab notebooks $(ARGS)

test: $(VENV)/.dev system-packages lint
	rm -rf dist artifacts && $(BIN)/python -m build --wheel --outdir dist . > /dev/null
	$(KEYLESS) PYTHONPATH=.ci NBAGENTS_OFFLINE_SPEED=0 \
		$(BIN)/python -m pytest -c .ci/notebooks.ini --rootdir=. --nbmake notebooks
	$(KEYLESS) $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.dev system-packages
	$(KEYLESS) $(BIN)/python -m pytest -m soak $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(KEYLESS) $(BIN)/python benchmarks

clean:
	rm -rf $(VENV) dist artifacts .mypy_cache .pytest_cache .ruff_cache

system-packages:
	@sh .ci/system-packages

$(BIN)/python:
	@sh .ci/make-venv $(PYTHON) $(VENV)

# With what the notebooks on voice and on costs use.
$(VENV)/.lab: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[cost,voice-local]'
	touch $@

$(VENV)/.dev: $(VENV)/.lab
	$(BIN)/pip install --quiet --editable '.[$(EXTRAS)]' --group dev
	touch $@
