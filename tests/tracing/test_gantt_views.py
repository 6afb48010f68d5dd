"""A Gantt by agent, by type, with the critical path, with idle time folded."""

from __future__ import annotations

import pytest

from nbagents.errors import ConfigError
from nbagents.tracing.capture.rows import SpanRow


def labels(figure):
    return [label.strip("\u00a0") for label in figure.layout.yaxis.ticktext]


def bars(figure, *names):
    """(row, start, length) of the bars whose legend begins with a name."""
    wanted = [t for t in figure.data if not names or t.name.startswith(names)]
    return sorted(bar for t in wanted for bar in zip(t.y, t.base, t.x, strict=True))


@pytest.fixture
def run(span, record):
    return record(
        [
            span(0, kind="agent", name="triage", begin=0, end=600_000, agent="triage"),
            span(1, 0, "turn", begin=0, end=600_000, agent="triage"),
            span(2, 1, "response", begin=0, end=100_000, agent="triage"),
            span(3, 1, "function", begin=100_000, end=300_000, agent="triage"),
            span(4, 1, "function", begin=100_000, end=600_000, agent="triage"),
            span(5, kind="agent", name="refunds", begin=600_000, end=1_000_000, agent="refunds"),
            span(6, kind="custom", begin=0, end=100_000),
        ]
    )


def test_by_agent_gives_each_agent_a_lane(run):
    """As many rows as an agent had spans at once; the SDK's turns are left out; no bar hides another."""
    figure = run.gantt(by="agent")
    assert labels(figure) == ["triage", "", "", "refunds", "no agent"]
    assert_apart(figure)


def test_by_type_gives_each_type_a_lane(run):
    """Calls of one type that run side by side lie in rows of their own."""
    figure = run.gantt(by="type")
    assert labels(figure) == ["agent", "response", "function", "", "custom"]
    assert_apart(figure)


def test_a_row_that_is_free_again_is_used_again(span, record):
    """A thousand calls one after the other are one row."""
    made = record([span(n, begin=n, end=n + 1) for n in range(1000)])
    assert len(labels(made.gantt(by="type", limit=1000))) == 1


def assert_apart(figure):
    rows = {}
    for row, start, length in bars(figure):
        assert start >= rows.get(row, 0) - 1e-9
        rows[row] = start + length


def test_the_critical_path_is_drawn_under_its_bars(run):
    """One mark for each stretch, in the row of its span; together they cover the whole."""
    figure = run.gantt(critical=True)
    steps = bars(figure, "critical path")
    assert sum(length for _, _, length in steps) == pytest.approx(1.0)
    shown = {labels(figure)[int(row)] for row, _, _ in steps}
    assert shown == {"response 2", "function 4", "refunds"}
    assert not any(t.name == "critical path" for t in run.gantt().data)


def test_the_critical_path_is_kept_where_spans_are_cut(span, record):
    """Of many spans those on the path are kept first."""
    spans = [span(n, begin=0, end=100 + n % 7) for n in range(100)]
    spans.append(SpanRow("t1", 100, "s100", None, "function", "last", 999_999, 1_000_000))
    figure = record(spans).gantt(limit=3, critical=True)
    assert "last" in labels(figure)
    assert len(bars(figure, "critical path")) == 2


def test_folded_idle_time_is_marked_and_the_axis_tells_the_truth(span, record):
    """A gap is drawn narrow, with its length written on it; ticks name true times; bars keep their length."""
    spans = [span(0, begin=0, end=1_000_000), span(1, begin=3_601_000_000, end=3_602_000_000)]
    made = record(spans, end=3_602_000_000)
    figure = made.gantt(fold_idle=True)
    (_, first, length), (_, second, other) = bars(figure)
    assert (first, length, other) == (0, 1, 1)
    assert second == pytest.approx(1.06)
    assert figure.layout.annotations[0].text == "⋯ 1 h 00 min"
    assert len(figure.layout.shapes) == 1
    assert "3601 s" in figure.layout.xaxis.ticktext
    at = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert at["3601 s"] == pytest.approx(1.06)


def test_nothing_to_fold_changes_nothing(run):
    """A run without gaps is drawn as it is."""
    assert run.gantt(fold_idle=True).to_json() == run.gantt().to_json()


def test_nothing_but_idle_time_can_be_folded(record):
    """A trace without spans, and one without time, are drawn too."""
    assert len(record([]).gantt(fold_idle=True).data) == 0
    assert len(record([], end=0).gantt(fold_idle=True, critical=True).data) <= 1


def test_an_unknown_view_is_refused(run):
    """The error names the views that there are."""
    with pytest.raises(ConfigError, match="tree, agent, type") as info:
        run.gantt(by="model")
    assert (info.value.name, info.value.value) == ("by", "model")
