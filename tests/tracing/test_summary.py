from __future__ import annotations

import pytest


def test_a_run_by_agent_tool_and_model(span, record):
    """Each agent, tool and model once: how often, how long, with percentiles, tokens and errors."""
    used = {"input_tokens": 10, "output_tokens": 4, "cached_tokens": 2, "reasoning_tokens": 1}
    spans = [
        span(0, kind="agent", name="triage", end=1_000_000, agent="triage"),
        span(1, 0, "response", "gpt", end=400_000, agent="triage", model="gpt", **used),
        span(2, 0, "response", "gpt", begin=400_000, end=500_000, agent="triage", model="gpt", **used),
        span(3, 0, "function", "lookup", begin=500_000, end=800_000, agent="triage", error="no"),
    ]
    frame = record(spans).summary().set_index(["by", "name"])
    assert frame.index.tolist() == [("agent", "triage"), ("tool", "lookup"), ("model", "gpt")]
    agent, tool, model = (frame.loc[label] for label in frame.index)
    assert (agent["count"], agent["total"], agent["self_time"], agent["errors"]) == (1, 1.0, 0.2, 1)
    assert (agent["input_tokens"], agent["output_tokens"]) == (20, 8)
    assert (tool["count"], tool["total"], tool["errors"], tool["input_tokens"]) == (1, 0.3, 1, 0)
    assert (model["count"], model["total"], model["cached_tokens"], model["reasoning_tokens"]) == (2, 0.5, 4, 2)
    assert model[["p50", "p90", "p99"]].tolist() == pytest.approx([0.25, 0.37, 0.397])


def test_tokens_are_counted_once(span, record):
    """A span that only repeats its calls' usage, as a task does, adds none."""
    used = {"input_tokens": 10, "output_tokens": 4}
    spans = [
        span(0, kind="task", agent="a", **used),
        span(1, 0, "agent", "a", agent="a"),
        span(2, 1, "response", agent="a", **used),
    ]
    frame = record(spans).summary()
    assert frame.loc[frame["by"] == "agent", "input_tokens"].tolist() == [10]


def test_nothing_to_sum_up_keeps_the_columns(span, record):
    """An empty trace has the same columns and types as a full one."""
    empty, full = record([]).summary(), record([span(0)]).summary()
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)
