"""The picture that a figure leaves for pages without Plotly."""

from __future__ import annotations

import copy
import pickle
import xml.etree.ElementTree as ET

import numpy as np
import plotly.graph_objects as go
import pytest

from nbagents.tracing.capture.rows import SpanRow
from nbagents.tracing.figures.colors import color_of
from nbagents.tracing.static.figure import picture_bundle

HOSTILE = '</text></svg><script>alert(1)</script><img src=x onerror="alert(2)">&lt;b&gt;\x00\x0b\x1b\ufffe\ud800\''
DRAWN = {"svg", "g", "rect", "text", "path"}
SVG = "{http://www.w3.org/2000/svg}"


def pictures(figure):
    return picture_bundle(figure.to_dict())


def elements(figure):
    """The picture's elements, read as XML: (name, attributes, text)."""
    root = ET.fromstring(pictures(figure)["image/svg+xml"].encode())
    return [(e.tag.removeprefix(SVG), e.attrib, e.text or "") for e in root.iter()]


def texts(figure):
    return [text.strip("\u00a0") for name, _, text in elements(figure) if name == "text"]


def bars(figure):
    """Bars as (x, y, width, colour), without the swatches of the legend."""
    rects = [a for name, a, _ in elements(figure) if name == "rect" and (a["width"], a["height"]) != ("10", "10")]
    return [(float(a["x"]), float(a["y"]), float(a["width"]), a["fill"]) for a in rects]


@pytest.fixture
def run(span, record):
    return record(
        [
            span(0, kind="agent", name="Triage", begin=0, end=1_000_000),
            span(1, 0, "response", begin=0, end=500_000),
            span(2, 0, "function", begin=500_000, end=1_000_000, error="PolicyError: no photo"),
        ],
        name="A refund",
    )


def test_the_picture_and_the_text_are_what_the_figure_is_now(run):
    """What a user did to it is in both, as plain words."""
    figure = run.gantt()
    figure.update_layout(title_text="<b>Mine</b> &amp; yours")
    saved = pictures(figure)
    assert saved["text/plain"].splitlines()[0] == "Mine & yours"
    assert "PolicyError" in saved["text/plain"].splitlines()[3]
    said = texts(figure)
    assert {"Mine & yours", "Triage", "response 1", "function 2", "✗ PolicyError: no photo", "0.4 s"} <= set(said)
    assert len(saved["image/svg+xml"]) < 4_000


def test_bars_lie_where_they_lie_in_the_figure(run):
    """Each bar has its row, its share of the axis and its colour; a failed one is outlined."""
    (x0, y0, whole, agent), (x1, y1, half, response), (x2, y2, rest, function) = bars(run.gantt())
    assert y0 < y1 < y2
    assert y2 - y1 == pytest.approx(y1 - y0, abs=0.2)
    assert x0 == x1
    assert (x1 + half, half) == (pytest.approx(x2, abs=0.2), pytest.approx(rest, abs=0.2))
    assert half * 2 == pytest.approx(whole, abs=0.2)
    assert [agent, response, function] == [color_of(kind) for kind in ("agent", "response", "function")]
    outlined = [a["fill"] for name, a, _ in elements(run.gantt()) if "stroke-width" in a]
    assert outlined == [function]


def test_what_a_model_wrote_is_text(span, record):
    """A name can neither end an element nor begin one, and what XML forbids is not in it."""
    made = record([span(0, kind=HOSTILE, name=HOSTILE, error=HOSTILE)], name=HOSTILE)
    for figure in (made.gantt(), made.compare(made).gantt()):
        found = elements(figure)
        assert {name for name, _, _ in found} <= DRAWN
        assert sum("<script>" in text for _, _, text in found) >= 2
        assert not any(name.startswith("on") for _, attributes, _ in found for name in attributes)
        assert not set(pictures(figure)["text/plain"]) & set("\x00\x0b\x1b\ufffe\ud800")


def test_nothing_in_it_needs_what_a_sanitiser_takes_away(run):
    """GitHub removes style sheets, ids, classes and links: only the size may depend on a style."""
    for name, attributes, _ in elements(run.gantt(critical=True)):
        assert not set(attributes) & {"id", "class", "href", "clip-path"}
        assert name == "svg" or "style" not in attributes


def test_many_rows_are_cut_and_counted(span, record):
    """A picture of hundreds of spans is small, and says what it leaves out."""
    figure = record([span(n, n - 1 if n else None, name="n" * 99) for n in range(300)]).gantt()
    saved = pictures(figure)
    assert "showing 60 of 300 rows" in saved["image/svg+xml"]
    assert "showing 60 of 300 rows" in saved["text/plain"]
    assert len(bars(figure)) == 60
    assert len(saved["image/svg+xml"]) < 12_000
    assert max(len(text) for _, _, text in elements(figure)) <= 60


def test_folded_gaps_and_the_critical_path_are_in_it(record):
    """What the figure marks is marked in the picture."""
    spans = [
        SpanRow("t1", n, f"s{n}", None, "function", f"f{n}", s, s + 10**6) for n, s in enumerate((0, 4 * 10**9))
    ]
    figure = record(spans, end=4 * 10**9 + 10**6).gantt(fold_idle=True, critical=True)
    assert {"⋯ 1 h 06 min", "critical path", "1 s"} <= set(texts(figure))
    assert len(bars(figure)) == 2 + 2 + 1


def test_a_comparison_has_two_bars_a_row(span, record):
    """The first trace's bar lies over the second's, and the change stands after it."""
    a, b = (
        record([span(0, end=end)], name=name, end=end) for name, end in (("slow", 1_000_000), ("fast", 500_000))
    )
    figure = a.compare(b).gantt()
    (_, above, long, _), (_, below, short, _) = bars(figure)
    assert above < below
    assert long == pytest.approx(2 * short, abs=0.2)
    assert {"a", "b", "-0.50 s"} <= set(texts(figure))


CHANGES = [
    lambda f: f.add_scatter(x=[0, 1], y=["a", "b"]),
    lambda f: f.add_bar(x=["a"], y=[2]),
    lambda f: f.add_pie(values=[1, 2]),
    lambda f: f.add_bar(orientation="h", x=["a", None, float("nan"), True], y=["b", 1, 2, 3]),
    lambda f: f.add_bar(orientation="h", x=[1], y=[0], marker_color=[0.5], marker_colorscale="Viridis", text=7),
    lambda f: f.update_traces(visible="legendonly"),
    lambda f: f.update_yaxes(range=None, autorange="reversed", tickvals=None, ticktext=None),
    lambda f: f.update_yaxes(range=[5, 5]),
    lambda f: f.update_xaxes(range=[0.25, 0.5], tickvals=[0.3], ticktext=["here"]),
    lambda f: f.update_xaxes(type="log", range=[-300, 300]),
    lambda f: f.update_layout(
        title=None, height=None, font=None, legend=None, margin=None, template="plotly_dark"
    ),
    lambda f: f.update_layout(height=10, paper_bgcolor="white", barmode="stack", showlegend=False),
    lambda f: (
        f.add_vline(x=0.5).add_vrect(x0=0, x1=1).add_hline(y=1).add_shape(type="circle", x0=0, x1=1, y0=0, y1=1)
    ),
    lambda f: f.add_annotation(text="see", x=0.5, y=1).add_annotation(text="there", x="2026-01-01", y=None),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_what_cannot_be_drawn_is_left_out(change, run):
    """Whatever a user adds, the figure is shown; the picture has what it can have."""
    figure = run.gantt()
    change(figure)
    assert {name for name, _, _ in elements(figure)} <= DRAWN
    assert pictures(figure)["text/plain"]


def test_numbers_of_numpy_are_numbers(run):
    """Plotly keeps an array as base64; its bars are drawn as those of a list."""
    figure = run.gantt()
    before = bars(figure)
    figure.update_traces(x=np.array([1.0]), y=np.array([0]), selector={"name": "agent 1"})
    assert bars(figure) == before


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f)), go.FigureWidget]
)
def test_it_is_a_figure_like_any_other(again, run):
    """Copies show the same, and a widget can be made of it."""
    figure = run.gantt()
    other = again(figure)
    assert [trace.x for trace in other.data] == [trace.x for trace in figure.data]
    if not isinstance(other, go.FigureWidget):
        assert pictures(other)["image/svg+xml"] == pictures(figure)["image/svg+xml"]
        assert len(other.to_json()) < len(figure.to_json()) + 100
