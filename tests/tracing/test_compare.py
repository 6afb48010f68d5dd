"""Two runs side by side."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import pytest

from nbagents.errors import ConfigError
from nbagents.tracing.capture.rows import SpanRow

HOSTILE = "<a href='javascript:x()'><b>&lt;"


def places(comparison):
    frame = comparison.to_frame()
    return list(zip(frame["depth"], frame["name"], frame["status"], strict=True))


def test_spans_are_aligned_by_place_and_name(span, record):
    """The same names at the same place belong together, the second of a name with the second."""
    a = record([span(0, kind="agent", name="a"), span(1, 0, name="x", end=10), span(2, 0, name="x", end=20)])
    b = record(
        [
            span(0, kind="agent", name="a"),
            span(1, 0, name="new", end=5),
            span(2, 0, name="x", end=40),
            span(3, 2, name="inner", end=2),
            span(4, 0, name="x", end=70),
        ]
    )
    assert places(a.compare(b)) == [
        (0, "a", "both"),
        (1, "new", "only b"),
        (1, "x", "both"),
        (2, "inner", "only b"),
        (1, "x", "both"),
    ]
    changes = [round(change * 1e6) for change in a.compare(b).to_frame()["duration_change"]]
    assert changes == [0, 5, 30, 2, 50]


def test_what_one_lacks_keeps_its_place(span, record):
    """Rows follow the first tree; what only the second has comes after the sibling that it follows there."""
    a = record([span(n, name=name) for n, name in enumerate("ABCD")])
    b = record([span(n, name=name) for n, name in enumerate("XACYZD")])
    assert [name for _, name, _ in places(a.compare(b))] == list("XABCYZD")
    assert [status for _, _, status in places(a.compare(b))] == [
        "only b",
        "both",
        "only a",
        "both",
        "only b",
        "only b",
        "both",
    ]


def test_two_models_in_one_place_are_compared(span, record):
    """Trying another model is what a comparison is made for, so a model call needs no name to be aligned."""
    used = {"kind": "response", "end": 10}
    a = record([span(0, name="large", input_tokens=100, output_tokens=7, **used)])
    b = record([span(0, name="small", input_tokens=90, output_tokens=9, **used)])
    (row,) = a.compare(b).to_frame().to_dict("records")
    assert (row["status"], row["input_tokens_change"], row["output_tokens_change"]) == ("both", -10, 2)


def test_what_is_missing_is_unknown_and_counts_as_nothing(span, record):
    """A span that only one trace has gives its whole time and tokens as the change."""
    a = record([])
    b = record([span(0, kind="response", end=500_000, input_tokens=3)])
    (row,) = a.compare(b).to_frame().to_dict("records")
    assert (row["duration_change"], row["input_tokens_change"]) == (0.5, 3)
    frame = a.compare(b).to_frame()
    assert frame[["duration_a", "input_tokens_a", "output_tokens_change", "span_id_a"]].isna().all(axis=None)
    assert record([]).compare(record([])).to_frame().dtypes.equals(frame.dtypes)


def test_a_trace_beside_itself_has_not_changed(span, record):
    """Every place is in both, with no change at all, in the order of the tree."""
    made = record([span(0, kind="agent"), span(1, 0), span(3, 1), span(2, 0, name="function 1"), span(4)])
    frame = made.compare(made).to_frame()
    assert (frame["status"] == "both").all()
    assert not frame["duration_change"].any()
    assert frame["span_id_a"].tolist() == [each.span_id for each in made.spans]


def test_the_figure_has_two_bars_for_each_place(span, record):
    """A plain figure: both durations, and the change beside them."""
    a = record([span(0, end=1_000_000), span(1, name="gone", end=10)], name="before")
    b = record([span(0, end=1_500_000)], name="after")
    figure = a.compare(b).gantt()
    assert isinstance(figure, go.Figure)
    assert [list(bars.x) for bars in figure.data] == [[1.0, 1e-05], [1.5, None]]
    assert list(figure.data[1].text) == ["+0.50 s", "only a"]
    assert "before → after" in figure.layout.title.text


def test_the_figure_shows_what_changed_most(span, record):
    """What is cut is said."""
    a = record([span(n, name=f"f{n}", end=10) for n in range(50)])
    b = record([span(n, name=f"f{n}", end=10_000 if n == 33 else 10) for n in range(50)])
    figure = a.compare(b).gantt(limit=1)
    assert [name.strip() for name in figure.layout.yaxis.ticktext] == ["f33"]
    assert "showing 1 of 50" in figure.layout.title.text
    with pytest.raises(ConfigError):
        a.compare(b).gantt(limit=0)


def test_a_models_markup_is_text(span, record):
    """What is not ours is escaped everywhere in the figure."""
    made = record([span(0, kind=HOSTILE, name=HOSTILE, error=HOSTILE)], name=HOSTILE)
    written = json.dumps(made.compare(made).gantt().to_plotly_json(), default=list)
    assert "<a" not in written


def test_wide_and_deep_trees_can_be_compared(record):
    """Ten thousand siblings that only one trace has, and a line of a thousand, are aligned at once."""
    wide = [SpanRow("t1", n, f"s{n}", None, "function", f"f{n}", n, n + 3) for n in range(10_000)]
    other = [row._replace(name=f"g{row.seq}") for row in wide]
    assert len(record(wide).compare(record(other)).pairs) == 20_000
    deep = [
        SpanRow("t1", n, f"s{n}", f"s{n - 1}" if n else None, "custom", "c", n, 9_000 - n) for n in range(1_000)
    ]
    assert len(record(deep).compare(record(deep)).pairs) == 1_000
