"""The list of traces as it shows itself."""

from __future__ import annotations

import pytest

from nbagents.tracing.frame import trace_frame
from nbagents.tracing.static.trace_table import TraceTable


@pytest.fixture
def table(record, span):
    """Three traces: one that failed, one that was interrupted and one with a name that is markup."""

    def make():
        call = span(0, kind="response", input_tokens=1200, output_tokens=34, end=500_000)
        return trace_frame(
            [
                record([call], name="lamp"),
                record([span(0, error="no such order")], name="refund", end=2_000_000),
                record([span(0, end=None)], name="<img src=x onerror=alert(1)>\n$x$", end=None),
            ]
        )

    return make


def test_it_is_a_frame(table):
    """What pandas does with it is what pandas does with any frame."""
    frame = table()
    assert frame.query("errors > 0")["name"].tolist() == ["refund"]
    assert isinstance(frame.head(1), TraceTable)
    assert frame["duration"].sum() == pytest.approx(3.0, abs=0.01)


def test_html_and_text_have_the_same_facts(table):
    """Name, start, bar, duration, counts and state of each; a headline with the sums."""
    frame = table()
    for shown in (frame._repr_html_(), repr(frame)):
        for fact in ("3 traces", "1,234", "1 error", "1970-01-01 00:00:00", "2.00 s", "✗ error", "◌ interrupted"):
            assert fact in shown
    assert "████████████" in repr(frame).splitlines()[2]


def test_nothing_of_a_trace_is_markup(table):
    """A name is text, on one line, in both forms."""
    frame = table()
    assert "<img" not in frame._repr_html_()
    assert "&lt;img src=x onerror" in frame._repr_html_()
    assert len(repr(frame).splitlines()) == 4


def test_what_is_cut_is_counted(record, span):
    """A long list says how much of it is shown."""
    frame = trace_frame([record([span(0)])] * 41)
    assert frame._repr_html_().count("<tr>") == 41
    assert "showing 40 of 41" in repr(frame)


def test_other_columns_are_pandas_own_display(table):
    """A selection is not forced into the list's form."""
    part = table()[["name", "duration"]]
    assert "no such" not in repr(part)
    assert repr(part).splitlines()[0].split() == ["name", "duration"]
    assert 'class="dataframe"' in part._repr_html_()


def test_nothing_yet(table):
    """An empty list says so."""
    assert repr(trace_frame([])) == "no traces"
    assert "no traces" in trace_frame([])._repr_html_()
