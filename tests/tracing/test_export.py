"""Traces into files that others read, and back."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from agents import agent_span, function_span, generation_span, trace

from nbagents import FileTracingProcessor, TraceStore
from nbagents.errors import ConfigError, TraceFileError
from nbagents.tracing.files.chrome import tracks
from nbagents.tracing.measure.layout import tree

HOSTILE = "</pre></details><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


@pytest.fixture
def lamp(processor, store):
    """A run with an error, a hostile tool, metadata and letters of all kinds."""
    with trace("lamp — ✓", group_id="shop", metadata={"day": 3}), agent_span("triage"):
        usage = {"input_tokens": 412, "output_tokens": 56, "input_tokens_details": {"cached_tokens": 128}}
        with generation_span([{"content": "Wo?"}], [{"content": "日本"}], "gpt-4.1", {"top_p": 1}, usage):
            pass
        with function_span(HOSTILE, f'{{"id": "{HOSTILE[:10]}"}}', HOSTILE) as span:
            span.set_error({"message": HOSTILE, "data": {"id": 1}})
    return store.last()


def same(a, b):
    assert a.row._replace(writer="") == b.row._replace(writer="")
    assert a.rows == b.rows
    assert [span.payload for span in a.spans] == [span.payload for span in b.spans]


@pytest.mark.parametrize("name", ["lamp.jsonl", "lamp.otlp.json"])
def test_what_is_exported_and_imported_is_the_same(lamp, tmp_path, name):
    """Rows and payloads to the last field; and twice is once."""
    written = lamp.export(tmp_path / name)
    other = TraceStore(tmp_path / "other.db")
    for _ in range(2):
        (found,) = other.import_(written)
        same(lamp, found)
    assert len(other.records()) == 1
    assert found.status == "error"
    (here,) = TraceStore(tmp_path / "lamp.nbagents.db").import_(written)
    same(lamp, here)


def test_a_group_is_exported_together(lamp, store, processor, tmp_path):
    """All its traces are in one file."""
    with trace("again", group_id="shop"):
        pass
    other = TraceStore(tmp_path / "other.db")
    assert [r.name for r in other.import_(store.group("shop").export(tmp_path / "g.jsonl"))] == [
        "lamp — ✓",
        "again",
    ]


def test_what_the_file_processor_wrote_can_be_looked_at_here(only, tmp_path):
    """Traces from production: whole ones, and one of a process that was killed."""
    processor = FileTracingProcessor(tmp_path / "traces.jsonl")
    only(processor)
    with trace("lamp"), agent_span("triage"), function_span("lookup", "in", "out"):
        pass
    processor.shutdown()
    lines = (tmp_path / "traces.jsonl").read_text().splitlines()
    killed = [re.sub(r"trace_[0-9a-f]{32}", "trace_killed", line) for line in lines if '"span"' in line]
    (tmp_path / "traces.jsonl").write_text("\n".join([*lines, *killed]))
    whole, rest = TraceStore(tmp_path / "here.db").import_(tmp_path / "traces.jsonl")
    assert [(span.name, span.depth, span.agent) for span in whole.spans] == [
        ("triage", 0, "triage"),
        ("lookup", 1, "triage"),
    ]
    assert (whole.status, rest.status, len(rest.spans)) == ("ok", "interrupted", 2)


def other_span(number, parent, name, facts, **more):
    """A span as OpenTelemetry writes it, from `number` to 9 - `number` seconds."""
    values = {key: {"intValue" if isinstance(v, int) else "stringValue": str(v)} for key, v in facts.items()}
    return {
        "traceId": "a" * 32,
        "spanId": f"{number:016x}",
        "parentSpanId": parent and f"{parent:016x}",
        "name": name,
        "startTimeUnixNano": str(number * 10**9),
        "endTimeUnixNano": str((9 - number) * 10**9),
        "attributes": [{"key": key, "value": value} for key, value in values.items()],
        **more,
    }


TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"id": 1}'}
MODEL = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "gpt-4.1",
    "llm.token_count.prompt": 7,
    "llm.token_count.completion": 2,
    "output.value": "Hi",
}
RAISED = [{"key": "exception.message", "value": {"stringValue": "no such order"}}]


def test_spans_of_other_tools_are_read(tmp_path):
    """OpenInference's and OpenTelemetry's own words, as a collector writes them: a request on each line."""
    failed = {"status": {"code": 2}, "events": [{"name": "exception", "attributes": RAISED}]}
    spans = [
        other_span(3, 2, "lookup", TOOL, **failed),
        other_span(2, 1, "triage", {"openinference.span.kind": "AGENT"}),
        other_span(4, 2, "answer", MODEL),
        other_span(1, "", "POST /chat", {"http.status_code": 200}),
    ]
    lines = [json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}) for one in spans]
    (tmp_path / "collector.json").write_text("\n".join(lines))
    (found,) = TraceStore(tmp_path / "here.db").import_(tmp_path / "collector.json")
    assert found.name == "POST /chat"
    assert [(s.type, s.name, s.depth, s.agent) for s in found.spans] == [
        ("custom", "POST /chat", 0, None),
        ("agent", "triage", 1, "triage"),
        ("function", "lookup", 2, "triage"),
        ("generation", "answer", 2, "triage"),
    ]
    assert (found.spans[2].error, found.spans[2].input) == ("no such order", {"id": 1})
    assert (found.usage.input_tokens, found.usage.output_tokens, found.spans[3].model) == (7, 2, "gpt-4.1")
    assert found.spans[3].output == "Hi"
    assert found.duration == 7


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('{"kind": "trace"}\n', "line 1 of .* cannot be read: it is neither", 1),
        ('{"kind": "span", "trace_id": "t"\n', "line 1 of", 1),
        ('{"resourceSpans": []}\n{"resource\n', "line 2 of .* is not JSON", 2),
        ('{"a": 1}', "neither lines of nbagents", None),
        ('{"resourceSpans": [{"scopeSpans": [{"spans": [{}]}]}]}', "a span has no traceId", None),
        ("[1, 2]", "neither lines of nbagents", None),
    ],
)
def test_a_file_that_is_neither_says_where(tmp_path, text, message, line):
    """Nothing of it is stored."""
    (tmp_path / "x.json").write_text(text)
    store = TraceStore(tmp_path / "here.db")
    with pytest.raises(TraceFileError, match=message) as info:
        store.import_(tmp_path / "x.json")
    assert info.value.line == line
    assert store.records() == []


def test_what_is_imported_has_no_secret(tmp_path):
    """What another tool did not take out is taken out here."""
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    facts = [{"key": "input.value", "value": {"stringValue": f"use {key}"}}]
    facts += [
        {"key": name, "value": {"stringValue": key}}
        for name in ("session.id", "gen_ai.request.model", "agent.name")
    ]
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": key, "startTimeUnixNano": "1", "attributes": facts}
    (tmp_path / "x.json").write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    store = TraceStore(tmp_path / "here.db")
    store.import_(tmp_path / "x.json")
    assert store.last().spans[0].input == "use [redacted key]"
    assert key.encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("here.db*"))


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_the_page_needs_nothing_and_runs_nothing(lamp, tmp_path):
    """Every fact of the trace as text; no script, no address, and a policy that forbids both."""
    page = Page()
    html = lamp.export(tmp_path / "lamp.html").read_text()
    page.feed(html)
    assert not page.tags & {"script", "img", "iframe", "link", "object", "form", "a"}
    assert not any(name.startswith("on") or name in {"src", "href"} for name in page.attributes)
    assert "default-src 'none'" in html
    assert "http" not in html.replace("http-equiv", "")
    assert page.text.count(HOSTILE) >= 3
    for fact in (
        "lamp — ✓",
        "triage",
        "gpt-4.1",
        "日本",
        "412 tokens in, 56 out",
        "top_p",
        "1 error",
        "shop",
        '"day": 3',
    ):
        assert fact in page.text
    assert len(html) < 20_000


def test_a_page_of_very_many_spans_says_what_it_left_out(record, span, tmp_path):
    """The failed and the longest are there."""
    many = [span(n, end=n % 100) for n in range(6_000)] + [span(6_000, error="no such order", end=1)]
    html = record(many).export(tmp_path / "many.html").read_text()
    assert "showing 5,000 of 6,001 spans" in html
    assert "no such order" in html


def test_chrome_s_events(lamp, tmp_path):
    """One event a span, in microseconds, with its payload; a process for each trace."""
    events = json.loads(lamp.export(tmp_path / "lamp.json").read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    assert [(event["cat"], event["ts"], event["dur"]) for event in spans] == [
        (row.type, row.started_us, row.ended_us - row.started_us) for row in lamp.rows
    ]
    assert spans[1]["args"]["output"] == [{"content": "日本"}]
    assert events[0] == {"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "lamp — ✓"}}


def test_spans_that_run_side_by_side_have_tracks_of_their_own(span):
    """On one track spans lie inside each other or apart, or the format would show them wrong."""
    spans = [
        span(0, begin=0, end=100),
        span(1, 0, begin=10, end=50),
        span(2, 0, begin=20, end=60),
        span(3, 2, begin=30, end=40),
        span(4, 0, begin=70, end=None),
    ]
    nodes = tree(spans)
    assert [node.span.seq for node in nodes] == [0, 1, 2, 3, 4]
    assert tracks(nodes, 100) == [0, 0, 1, 1, 0]


def test_the_format_follows_from_the_name_or_is_given(lamp, tmp_path):
    """What cannot be known is asked for."""
    assert '"resourceSpans"' in lamp.export(tmp_path / "a.txt", format="otlp").read_text()
    with pytest.raises(ConfigError, match=r"end it with \.otlp\.json"):
        lamp.export(tmp_path / "a.txt")
    with pytest.raises(ConfigError, match="one of html, chrome, jsonl, otlp"):
        lamp.export(tmp_path / "a.txt", format="pdf")
    with pytest.raises(TraceFileError, match="name another file"):
        lamp.export(tmp_path / "nowhere" / "a.html")
    assert sorted(file.name for file in tmp_path.iterdir() if "a." in file.name) == ["a.txt"]
