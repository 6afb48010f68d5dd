from __future__ import annotations

import json

import plotly.graph_objects as go
import pytest

from nbagents.errors import ConfigError
from nbagents.tracing.capture.payload import TYPES
from nbagents.tracing.figures.colors import COLORS, color_of

HOSTILE = "<a href='javascript:x()'><b>&lt;"


def rows(figure):
    """Every bar as (row, start, length), by row."""
    return sorted(bar for t in figure.data for bar in zip(t.y, t.base, t.x, strict=True))


def test_a_plain_figure_with_a_row_for_each_span(span, record):
    """A plotly Figure: one bar a span, in tree order, at its own time, in seconds."""
    figure = record(
        [
            span(0, kind="agent", begin=0, end=1_000_000),
            span(1, 0, kind="response", begin=0, end=500_000),
            span(3, kind="agent", begin=900_000, end=1_000_000),
            span(2, 0, kind="function", begin=500_000, end=900_000),
        ]
    ).gantt()
    assert isinstance(figure, go.Figure)
    assert rows(figure) == [(0, 0, 1), (1, 0, 0.5), (2, 0.5, 0.4), (3, 0.9, 0.1)]
    assert [name.strip("\u00a0") for name in figure.layout.yaxis.ticktext] == [
        "agent 0",
        "response 1",
        "function 2",
        "agent 3",
    ]


def test_names_are_indented_by_depth(span, record):
    """Plotly aligns ticks right, so names are filled to one length to show the tree."""
    names = record([span(0, kind="agent"), span(1, 0), span(2, 1)]).gantt().layout.yaxis.ticktext
    assert [len(name) - len(name.lstrip("\u00a0")) for name in names] == [0, 2, 4]
    assert len({len(name) for name in names}) == 1


def test_each_type_has_its_colour(span, record):
    """One legend entry a type, in the type's colour, with its count."""
    figure = record([span(0, kind="agent"), span(1, 0), span(2, 0)]).gantt()
    assert {(t.name, t.marker.color) for t in figure.data} == {
        ("agent 1", color_of("agent")),
        ("function 2", color_of("function")),
    }
    assert set(TYPES) == set(COLORS)


def test_errors_and_open_ends_are_marked(span, record):
    """A failed span has a line and says why; one without an end is pale and says how it stands."""
    spans = [span(0, error="PolicyError: no photo"), span(1, end=None)]
    for alive, word in ((True, "running"), (False, "interrupted")):
        (bars,) = record(spans, end=None, alive=alive).gantt().data
        assert bars.text == ("✗ PolicyError: no photo", word)
        assert bars.marker.line.width == (2, 0)
        assert bars.marker.opacity[1] < bars.marker.opacity[0]


def test_hover_has_name_duration_and_tokens(span, record):
    """Hovering says what a bar is."""
    spans = [
        span(0, kind="response", name="gpt", end=1_500_000, input_tokens=1200, output_tokens=34, agent="triage")
    ]
    (text,) = record(spans, end=2_000_000).gantt().data[0].hovertext
    assert text == "<b>gpt</b><br>response · 1.50 s<br>1,200 tokens in · 34 out<br>agent triage"


def test_a_models_markup_is_text(span, record):
    """Plotly reads tags and entities in every text; what is not ours is escaped in all of them."""
    spans = [span(0, kind=HOSTILE, name=HOSTILE, agent=HOSTILE, error=HOSTILE)]
    figure = record(spans, name=HOSTILE).gantt()
    written = json.dumps(figure.to_plotly_json(), default=list)
    assert "<a" not in written
    assert written.count("<b>") == 1
    assert "&amp;lt;" in written


def test_never_more_bars_than_asked_for(span, record):
    """What is cut is said, and what failed or took longest is what is kept, with what it is in."""
    spans = [span(0, kind="agent", end=1_000_000)]
    spans += [
        span(n, 0, begin=n, end=n + (500 if n == 700 else 1), error="no" if n == 900 else None)
        for n in range(1, 1001)
    ]
    figure = record(spans).gantt(limit=3)
    assert len(rows(figure)) == 3
    assert "showing 3 of 1,001 spans" in figure.layout.title.text
    assert {name.strip("\u00a0") for name in figure.layout.yaxis.ticktext} == {
        "agent 0",
        "function 700",
        "function 900",
    }
    assert len(rows(record(spans).gantt())) == 400


def test_a_figure_is_small(span, record):
    """A saved notebook grows by a few kilobytes for a figure of a usual run."""
    figure = record([span(n, n - 1 if n else None) for n in range(14)]).gantt()
    assert len(figure.to_json()) < 8_000


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": -1}, {"height": 0}])
def test_bad_sizes_are_refused(options, span, record):
    """A size that cannot be drawn names its argument."""
    with pytest.raises(ConfigError) as info:
        record([span(0)]).gantt(**options)
    assert info.value.name == next(iter(options))


def test_no_spans_is_an_empty_figure(record):
    """A trace that has only begun can be drawn too."""
    assert rows(record([]).gantt(height=300)) == []
