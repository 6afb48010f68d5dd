"""Real runs with the SDK's own scripted models, one and many at a time, and runs that tracing must not disturb."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import warnings
from contextlib import closing

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    Usage,
    custom_span,
    function_tool,
    trace,
)
from agents.testing import ScriptedModel, assistant_message, function_call

from nbagents import openai_client
from nbagents._sqlite import connect, migrate
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.capture.queue_writer import TraceWarning
from nbagents.tracing.capture.writer import writer_of


@function_tool
def lookup(order_id: str) -> str:
    return f"{order_id}: shipped"


def agent(name="triage"):
    call = function_call("lookup", {"order_id": name}, call_id="call-1")
    model = ScriptedModel(
        [[call], [assistant_message(f"done with {name}")]],
        emit_traces=True,
        default_usage=Usage(requests=1, input_tokens=10, output_tokens=3, total_tokens=13),
    )
    return Agent(name, tools=[lookup], model=model)


def lookups(record):
    return [(span.agent, span.input, span.output) for span in record.spans if span.type == "function"]


async def test_many_runs_at_once_do_not_mix(processor, store):
    """Concurrent runs are traces of their own, each with its own spans in its own order."""
    names = [f"agent {n}" for n in range(20)]
    await asyncio.gather(*(Runner.run(agent(name), "go") for name in names))
    records = store.records()
    assert sorted(lookups(record)[0][0] for record in records) == sorted(names)
    assert {tuple(span.row.seq for span in record.spans) for record in records} == {
        tuple(range(len(records[0].spans)))
    }
    assert all(record.status == "ok" for record in records)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
async def test_token_totals_are_the_sdk_s_usage(processor, store, kind, streamed):
    """Over turns, a handoff and an agent that is a tool, through the SDK's own models: every figure, exactly."""
    client = openai_client()
    settings = ModelSettings(include_usage=True)
    common = {"model": kind("gpt-4.1", client), "model_settings": settings}
    expert = Agent("expert", instructions="Know.", **common)
    refunds = Agent("refunds", instructions="Refund orders.", tools=[lookup], **common)
    tool = expert.as_tool("ask_expert", "Ask an expert about an order.")
    support = Agent("support", tools=[lookup, tool], handoffs=[refunds], **common)
    question = "Look up order A-1, ask the expert, then refund order A-1."
    if streamed:
        result = Runner.run_streamed(support, question)
        async for _ in result.stream_events():
            pass
    else:
        result = await Runner.run(support, question)
    used, record = result.context_wrapper.usage, store.last()
    assert used.requests > 1
    assert used.total_tokens > 0
    assert (record.usage.requests, record.usage.total_tokens) == (used.requests, used.total_tokens)
    assert (record.usage.input_tokens, record.usage.output_tokens) == (used.input_tokens, used.output_tokens)
    assert record.usage.cached_tokens == used.input_tokens_details.cached_tokens
    assert record.usage.reasoning_tokens == used.output_tokens_details.reasoning_tokens


def test_runs_in_threads_do_not_mix(processor, store):
    """Runs in threads, each on a loop of its own, are traced as one in the main thread is."""

    def run(name):
        asyncio.run(Runner.run(agent(name), "go"))

    threads = [threading.Thread(target=run, args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lookups(record)[0][0] for record in store.records()) == [f"thread {n}" for n in range(6)]


async def test_a_streamed_run_has_the_same_spans(processor, store):
    """Streaming changes when words come, not what is recorded."""
    await Runner.run(agent(), "go")
    streamed = Runner.run_streamed(agent(), "go")
    async for _ in streamed.stream_events():
        pass
    second, first = store.records()
    assert [(span.type, span.name) for span in second.spans] == [(span.type, span.name) for span in first.spans]


def test_an_exception_marks_what_it_went_through(processor, store):
    """The span that was told of the error carries it; all of them end."""
    with pytest.raises(RuntimeError), trace("run"), custom_span("outer"), custom_span("inner") as inner:
        inner.set_error({"message": "no", "data": None})
        raise RuntimeError("no")
    record = store.last()
    assert [(span.name, span.status) for span in record.spans] == [("outer", "ok"), ("inner", "error")]
    assert record.status == "error"


def test_an_observer_that_fails_harms_nobody(path, only, store):
    """A display that raises costs one warning; the run goes on and everything is stored."""

    class Broken:
        def trace_started(self, trace_id, name):
            raise RuntimeError("no cell")

        def committed(self, traces, spans):
            raise RuntimeError("no display")

    processor = NotebookTracingProcessor(path, observer=Broken())
    only(processor)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            with trace("run", metadata={"a": "b"}), custom_span("step"):
                pass
        processor.force_flush()
    assert [type(warning.message) for warning in caught].count(TraceWarning) <= 2
    records = store.records()
    assert [len(record.spans) for record in records] == [1, 1, 1]
    assert records[0].metadata == {"a": "b"}
    processor.shutdown()


def test_span_data_that_raises_harms_nobody(processor, store):
    """Whatever a span holds, the run goes on, and the spans beside it are whole."""

    class Rude:
        def __repr__(self):
            raise RuntimeError("no repr")

    with trace("run"):
        with custom_span("rude", {"value": Rude(), "again": [Rude()]}):
            pass
        with custom_span("kind", {"value": 1}):
            pass
    assert [(span.name, span.status) for span in store.last().spans] == [("rude", "ok"), ("kind", "ok")]


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path, only):
    """While the file cannot be opened there is one warning and nothing is lost; then everything is written."""
    folder = tmp_path / "not yet"
    processor = NotebookTracingProcessor(folder / "lamp.db")
    only(processor)
    with pytest.warns(TraceWarning, match="there is no folder") as caught:
        for _ in range(3):
            with trace("early"), custom_span("step"):
                pass
        processor.force_flush()
    assert len(caught) == 1
    folder.mkdir()
    with trace("late"), custom_span("step"):
        pass
    processor.force_flush()
    with sqlite3.connect(folder / "lamp.db") as connection:
        assert connection.execute("SELECT count(*) FROM nb_spans").fetchone() == (4,)
    connection.close()
    processor.shutdown()


def test_one_row_that_cannot_be_stored_loses_only_itself(processor, store, path):
    """What SQLite refuses is said and left out; its neighbours are stored."""
    with pytest.warns(TraceWarning, match="is lost"):
        with trace("run", trace_id="trace_\ud800"), custom_span("lost"):
            pass
        with trace("run"), custom_span("kept"):
            pass
        processor.force_flush()
    assert [span.name for span in store.last().spans] == ["kept"]


def test_a_locked_file_is_waited_for(processor, store, path):
    """While another connection holds the file, runs go on; afterwards everything is there."""
    with trace("first"), custom_span("step"):
        pass
    processor.force_flush()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with trace("second"), custom_span("step"):
        pass
    assert writer_of(path).flush(0.05) is False
    holder.execute("ROLLBACK")
    holder.close()
    assert [record.name for record in store.records()] == ["second", "first"]


def test_a_file_that_was_removed_is_made_again(processor, store, path):
    """Whoever deletes the file starts afresh: later runs are in a new one."""
    for name in ("old", "new"):
        with trace(name), custom_span("step"):
            pass
        assert [record.name for record in store.records()] == [name]
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        if name == "old":
            with closing(connect(path)) as connection:  # and a session may be the first in the new one
                migrate(connection, path)
