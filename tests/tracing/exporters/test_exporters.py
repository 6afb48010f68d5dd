"""Other tools beside ours, each through its real package, in the cells of a notebook, sending to a local sink."""

from __future__ import annotations

import re
import sys

import pytest
from agents import custom_span, trace
from agents.tracing import add_trace_processor, get_trace_provider, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider

from nbagents import add_exporter
from nbagents.errors import ConfigError, MissingExtraError
from nbagents.tracing.capture.presence import keep_registered, register, registered
from nbagents.tracing.processors import exporters

SHARES_WITH_LANGSMITH = {"langsmith", "otlp", "braintrust"}  # a kernel; LangSmith's set-up replaces the processors


def named(spans, word):
    return next(span for span in spans if word in re.findall(r"\w+", span.name))


@pytest.mark.parametrize("name", ["otlp", "logfire", "braintrust", "agentops", "mlflow", "langsmith"])
def test_another_tool_and_ours_both_see_every_span(beside, name):
    """Spans arrive once, with parents, times and errors; ours has them all, whoever replaced the processors."""
    arrived, records, said = beside(name)
    steps, run = records
    assert [span.name for span in steps.spans] == ["outer", "inner"]
    assert steps.spans[1].error == "no such order"
    assert [span.type for span in run.spans] == [
        *("task", "agent", "turn", "generation", "function", "turn", "generation"),
    ]
    own = [span for record in records for span in record.spans]
    assert len(own) <= len(arrived) <= len(own) + 3  # and a root for each trace; MLflow has one for the run too
    inner, outer, root = (named(arrived, word) for word in ("inner", "outer", "steps"))
    assert (inner.parent, outer.parent, root.parent) == (outer.id, root.id, None)
    by_id = {span.id: span for span in arrived}
    assert named(arrived, "triage").id in ancestors(named(arrived, "lookup"), by_id)
    for theirs, ours in zip((outer, inner), steps.spans, strict=True):
        assert theirs.start == pytest.approx(ours.started_at.timestamp(), abs=0.25)
        assert theirs.end == pytest.approx(ours.ended_at.timestamp(), abs=0.25)
    assert "no such order" in inner.error
    assert not any(span.error for span in (outer, named(arrived, "lookup")))
    assert said.count("nbagents is back") == (name in {"mlflow", *SHARES_WITH_LANGSMITH})


def ancestors(span, by_id):
    while span.parent is not None:
        yield span.parent
        span = by_id[span.parent]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("logfire", "logfire"),
        ("braintrust", "braintrust"),
        ("agentops", "agentops"),
        ("otlp", "openinference.instrumentation.openai_agents"),
        ("otlp", "opentelemetry.exporter.otlp.proto.http.trace_exporter"),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch, only, name, module):
    """The message is the command that installs it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install \"nbagents\[{name}\]\"") as info:
        add_exporter(name)
    assert info.value.extra == name


def test_other_options_need_a_fresh_kernel(monkeypatch):
    """Running the cell again is harmless; what cannot be changed says so."""
    calls = []
    monkeypatch.setattr(exporters, "_added", {})
    monkeypatch.setitem(exporters.EXPORTERS, "otlp", lambda **options: calls.append(options))
    add_exporter("otlp", endpoint="http://localhost:6006")
    add_exporter("otlp", endpoint="http://localhost:6006")
    assert calls == [{"endpoint": "http://localhost:6006"}]
    with pytest.raises(ConfigError, match="restart the kernel"):
        add_exporter("otlp", endpoint="http://localhost:4318")


def test_what_was_registered_comes_back(only, processor, store):
    """Also the user's own, and when the setting up failed."""

    class Own(type(processor)):
        pass

    own = Own(store.path.parent / "own.db")
    only(own, processor)
    with pytest.raises(RuntimeError), keep_registered():
        get_trace_provider().set_processors([])
        raise RuntimeError
    assert registered() == (own, processor)
    with trace("run"), custom_span("step"):
        pass
    assert len(store.last().spans) == 1
    add_trace_processor(own)
    own.shutdown()


def test_a_provider_that_replaces_all_others_is_joined(only, processor, store):
    """A new provider calls nobody; registering again is enough, and twice is once."""
    before = get_trace_provider()
    try:
        set_trace_provider(DefaultTraceProvider())
        assert registered() == ()
        assert [register(processor), register(processor)] == [True, False]
        with trace("run"), custom_span("step"):
            pass
    finally:
        set_trace_provider(before)
    assert len(store.last().spans) == 1
