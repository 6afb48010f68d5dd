"""What model calls cost, by the real price list that comes with genai-prices."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from nbagents.errors import MissingExtraError

BEGAN = int(datetime(2026, 3, 5, 12, tzinfo=UTC).timestamp() * 1e6)
SECOND = 1_000_000


@pytest.fixture
def call(span):
    """A call of 1,000 tokens, 400 of them cached, answered with 100."""

    def make(seq=0, model="gpt-4.1-2025-04-14", **more):
        tokens = {"input_tokens": 1000, "output_tokens": 100, "cached_tokens": 400} | more
        return span(seq, kind="response", name=model, model=model, begin=BEGAN, end=BEGAN + SECOND, **tokens)

    return make


def test_a_call_costs_what_the_list_says(call, record):
    """600 new tokens at $2, 400 cached at $0.50 and 100 answered at $8 a million; the day is that of the call."""
    made = record([call(0), call(1)])
    assert made.spans[0].cost == pytest.approx(0.0022)
    assert made.cost.usd == pytest.approx(0.0044)
    assert made.cost.on == date(2026, 3, 5)
    assert str(made.cost).startswith("$0.0044 (genai-prices ")
    assert str(made.cost).endswith("prices of 2026-03-05)")
    assert made.to_frame()["cost"].sum() == pytest.approx(0.0044)


@pytest.mark.parametrize("model", ["my-own-model", "nbagents-offline", "gpt-4.1\n", "whisper-1", "gpt-realtime"])
def test_an_unknown_price_is_unknown_and_not_0(model, call, record):
    """Not in the list, or not charged by text tokens alone: None, NA, and the word, with the model's name."""
    made = record([call(0), call(1, model)])
    assert made.spans[1].cost is None
    assert (made.cost.usd, made.cost.unknown) == (None, (model,))
    assert made.cost.known_usd == pytest.approx(0.0022)
    assert "unknown" in str(made.cost)
    assert made.to_frame()["cost"].isna().tolist() == [False, True]
    by_model = made.summary().query("by == 'model'").set_index("name")["cost"]
    assert by_model.isna().to_dict() == {"gpt-4.1-2025-04-14": False, model: True}


def test_rules_cost_nothing(call, record, monkeypatch):
    """What mode offline answers is free, with no price list too; beside a real call it adds nothing."""
    assert record([call(0, "offline-rules"), call(1)]).cost.usd == pytest.approx(0.0022)
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    made = record([call(0, "offline-rules")])
    assert (made.cost.usd, made.spans[0].cost) == (0, 0)


def test_tokens_that_were_not_counted_cost_an_unknown_sum(call, record):
    """A call that failed or was not metered has no price; nor has one whose counts contradict each other."""
    made = record([call(0, input_tokens=None), call(1, output_tokens=None), call(2, cached_tokens=4000)])
    assert [span.cost for span in made.spans] == [None, None, None]
    assert made.cost.usd is None


def test_a_run_without_calls_costs_nothing(span, record):
    """Only calls cost; a tool's span has no price, and no call is no dollar."""
    made = record([span(0, model="gpt-4.1", input_tokens=5, output_tokens=5)])
    assert (made.cost.usd, made.cost.on, made.spans[0].cost) == (0, None, None)


def test_a_model_with_its_provider_in_its_name(call, record):
    """LiteLLM's way to name models is understood."""
    assert record([call(0, "openai/gpt-4.1")]).cost.usd == pytest.approx(0.0022)


def test_a_comparison_has_costs(call, record):
    """The change is known where both prices are."""
    a, b = record([call(0), call(1)]), record([call(0, input_tokens=2000), call(1, "my-own-model")])
    frame = a.compare(b).to_frame()
    assert frame["cost_change"].tolist()[0] == pytest.approx(0.002)
    assert frame["cost_change"].isna().tolist() == [False, True]


def test_no_network_is_asked(call, record, monkeypatch):
    """The list comes with the package; a socket would be an error."""

    def refuse(*_args, **_options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert record([call(0, "gpt-5", input_tokens=777)]).cost.usd > 0


def test_without_the_extra_the_error_names_it(path):
    """Frames show NA; `cost` itself says what to install."""
    code = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from nbagents.errors import MissingExtraError\n"
        "from nbagents.tracing.record import TraceRecord\n"
        "from nbagents.tracing.capture.rows import SpanRow, TraceRow\n"
        "tokens = {'input_tokens': 1, 'output_tokens': 1}\n"
        "row = SpanRow('t', 0, 's', None, 'response', 'm', 0, 1, model='gpt-4.1', **tokens)\n"
        "record = TraceRecord(TraceRow('t', 'n', 0, 1), [row])\n"
        "assert record.to_frame()['cost'].isna().all()\n"
        "try: record.cost\n"
        "except MissingExtraError as exc: print(exc.extra, exc)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout == "cost 'genai_prices' is not installed; get it with: pip install \"nbagents[cost]\"\n"
    assert issubclass(MissingExtraError, ImportError)
