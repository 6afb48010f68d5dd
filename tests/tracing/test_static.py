from __future__ import annotations

from html.parser import HTMLParser

import pytest

from nbagents.tracing.static.plain_text import bar
from nbagents.tracing.static.trace import trace_html, trace_text

HOSTILE = "<img src=x onerror=alert(1)></pre></details><script>alert(2)</script> $x$"
HARMLESS = {"details", "summary", "code", "pre", "table", "tr", "th", "td", "p"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags close in order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


class Payloads:
    def __init__(self, payload):
        self._payload = payload

    def payload(self, _trace_id, _seq):
        return self._payload


@pytest.fixture
def lamp(span, record):
    """The run of the drawing: an agent with a model call, and a tool that fails."""
    spans = [
        span(0, kind="task", end=2_000_000),
        span(1, 0, kind="agent", name="triage", end=2_000_000),
        span(2, 1, kind="turn", end=2_000_000),
        span(3, 2, kind="response", name="gpt-4o", end=1_000_000, input_tokens=1000, output_tokens=236),
        span(4, 2, name="issue_refund", begin=1_000_000, end=1_500_000, error="PolicyError: needs a photo"),
    ]
    return record(spans, end=2_000_000, name="Agent workflow", store=Payloads({"input": "in", "output": "out"}))


def test_text_has_headline_bars_and_errors(lamp):
    """The facts of the drawing: sums, a bar a row where it belongs, what failed, and what is not shown."""
    headline, *rows, cut = trace_text([lamp]).splitlines()
    assert headline == "Agent workflow   2.00 s   5 spans   1,236 tokens   1 error"
    assert [row.split("  ✗ ") for row in rows] == [
        [f"{'triage':28}{'█' * 44}      2.00 s"],
        [f"{'  gpt-4o':28}{'█' * 22:44}      1.00 s"],
        [f"{'  issue_refund':28}{' ' * 22 + '█' * 11:44}      0.50 s", "PolicyError: needs a photo"],
    ]
    assert cut == "showing 3 of 5 spans; left out: 1 task, 1 turn"


def test_html_has_the_same_facts_without_script_or_style_sheet(lamp):
    """The same lines, in elements that read well bare, out of MathJax's reach."""
    page = Reader(trace_html([lamp]))
    assert set(page.tags) <= HARMLESS
    assert {name for name, _ in page.attributes} <= {"class", "open", "style"}
    assert dict(page.attributes)["class"] == "mathjax_ignore tex2jax_ignore"
    assert all(line in page.text.replace("\u00a0", " ") for line in trace_text([lamp]).splitlines())


def test_everything_from_a_model_is_text(span, record):
    """Names, errors, inputs and outputs that are HTML are shown as they are written."""
    spans = [span(0, name=HOSTILE, error=HOSTILE), span(1, kind="response", name=HOSTILE, end=None)]
    made = record(spans, name=HOSTILE, store=Payloads({"input": HOSTILE, "output": [{"content": HOSTILE}]}))
    page = Reader(trace_html([made]))
    assert set(page.tags) <= HARMLESS
    assert "onerror=alert(1)" in page.text


def test_control_characters_cannot_move_what_is_beside_them(span, record):
    """A line is a line, whatever a name holds."""
    text = trace_text([record([span(0, name="a\nb\tc\u202ed\x1b[2J")])])
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("客服", "客服" + " " * 24),
        ("問い合わせ担当エージェント", "問い合わせ担当エージェント  "),
        ("問い合わせ担当エージェントです", "問い合わせ担当エージェン…   "),
        ("🚀 go", "🚀 go" + " " * 23),
        ("cafe\u0301", "cafe\u0301" + " " * 24),
        ("x" * 40, "x" * 25 + "…  "),
    ],
)
def test_bars_stay_in_line_beside_wide_names(span, record, name, shown):
    """A Chinese character or an emoji takes two columns, an accent of its own none."""
    spans = [span(0, name=name, end=1_000_000), span(1, name="plain", end=1_000_000)]
    wide, plain = trace_text([record(spans)]).splitlines()[1:]
    assert plain.index("█") == 28
    assert wide.startswith(shown + "█")


def test_a_count_that_is_cut_says_so(span, record):
    """Of many spans, traces and calls it is said how many are shown."""
    many = record([span(n) for n in range(12_310)], store=Payloads({"input": "x", "output": "y"}))
    assert trace_text([many]).splitlines()[-1] == "showing 40 of 12,310 spans; left out: 12,270 function"
    html = trace_html([many])
    assert "showing 12 of 12,310 calls" in html
    assert len(html) < 12_000
    assert "showing 40 of 50 traces" in trace_text([record([span(0)])] * 50)


def test_of_many_spans_the_failed_and_the_slowest_are_shown_and_the_rest_is_counted(span, record):
    """With what they are in, in tree order; what is left out by type."""
    spans = [span(0, kind="agent", name="root", end=900)]
    spans += [span(n, 0, name=f"tool {n}", begin=n, end=n + (500 if n == 70 else 1)) for n in range(1, 200)]
    spans += [span(200, 0, kind="response", name="gpt", begin=899, end=900, error="ValueError: no")]
    *rows, cut = trace_text([record(spans)]).splitlines()[1:]
    names = [row.split("  ")[0 if row.startswith("root") else 1] for row in rows]
    assert (len(rows), names[0], names[-1]) == (40, "root", "gpt")
    assert "tool 70" in names
    assert cut == "showing 40 of 201 spans; left out: 161 function"


def test_siblings_that_are_alike_are_one_line(span, record):
    """Three calls of a tool, one after the other, are a line with their number; what failed is not among them."""
    calls = [span(n, 0, name="check", begin=n * 100, end=n * 100 + 50) for n in (1, 2, 3)]
    failed = span(4, 0, name="check", begin=400, end=450, error="PolicyError: no")
    inside = span(5, 1, kind="guardrail", name="secrets", begin=110, end=120)
    lines = trace_text([record([span(0, kind="agent", name="a", end=900), *calls, failed, inside])]).splitlines()
    assert [line.split("  ")[1].strip() for line in lines[2:4]] == ["check \u00d73", "check"]
    assert "0.2 ms" in lines[2]
    assert lines[-1] == "showing 5 of 6 spans; left out: 1 guardrail"


def test_several_traces_share_one_axis(span, record):
    """Each has its own bar, with its spans under it."""
    first = record([span(0, name="one", end=500_000)], name="first")
    second = record([span(0, name="two", begin=500_000, end=1_000_000)], name="second")
    lines = trace_text([first, second]).splitlines()
    assert lines[0] == "2 traces   1.00 s   2 spans"
    assert [line.split()[0] for line in lines[1:]] == ["first", "one", "second", "two"]
    assert lines[4].index("█") > lines[2].index("█")


def test_what_has_no_end_says_how_it_stands(span, record):
    """A running trace says so; one whose kernel is gone was interrupted."""
    spans = [span(0, end=None)]
    assert trace_text([record(spans, end=None, alive=True)]).count("running") == 2
    assert trace_text([record(spans, end=None)]).count("interrupted") == 2


def test_a_failed_turn_is_shown(span, record):
    """Task and turn are hidden only while they have nothing to say."""
    assert "turn 1" in trace_text([record([span(0, kind="task"), span(1, 0, kind="turn", error="too many")])])


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 1, "████"), (0, 0, "▏   "), (1, 0, "   ▏"), (0.5, 0.125, "  ▌ "), (0.9, 0.5, "   █")],
)
def test_bars_are_drawn_in_eighths(start, length, expected):
    """A bar is never nothing, and never leaves its column."""
    assert bar(start, length, width=4) == expected


def test_no_traces_is_a_sentence():
    """Nothing to show is said, not raised."""
    assert trace_text([]) == "no traces"
