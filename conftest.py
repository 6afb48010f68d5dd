"""Every test runs without a key, without waiting for the offline model, and away from the checkout's own files."""

from __future__ import annotations

import pytest

from nbagents._sqlite import set_default_path


@pytest.fixture(autouse=True)
def keyless(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NBAGENTS_MODE", "NBAGENTS_NOTEBOOK", "NBAGENTS_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NBAGENTS_OFFLINE_SPEED", "0")
    monkeypatch.chdir(tmp_path)
    yield
    set_default_path(None)
