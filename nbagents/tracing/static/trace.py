"""What a trace leaves in the saved notebook: text with bars, and HTML without script, style sheet or network.

GitHub's sanitiser takes styles away, so the HTML is made of elements that read well bare; in JupyterLab two
classes keep MathJax from reading a model's dollar signs.
"""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents._static_table import folding, many
from nbagents.tracing.measure.layout import chosen, seconds, without_structure
from nbagents.tracing.measure.runs import folded
from nbagents.tracing.static.plain_text import PRE, bar, column, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.capture.rows import SpanRow
    from nbagents.tracing.measure.layout import Node
    from nbagents.tracing.record import TraceRecord

__all__ = ["ROWS", "headline", "trace_html", "trace_text"]

ROWS = 40  # bars in one display
_OPEN_ROWS = 16  # a display of more starts closed
_PREVIEWS = 12
_PREVIEW_CHARACTERS = 160
_HEADLINE_NAME = 60
_PREVIEWED = frozenset({"function", "response", "generation", "mcp_tools", "guardrail", "transcription", "speech"})


def static_forms(records: Sequence[TraceRecord]) -> tuple[str, str]:
    """Write traces as HTML and as text: a headline, then a bar for each span.

    Of many spans those that failed and the slowest are shown, with what they are in, and what is left out is
    counted. Siblings that are alike are one bar with a count.

    Args:
        records: One or more traces; several share one time axis, each under its own name.
    """
    chart = [line.rstrip() for line in _chart(records)] if records else []
    return _html(records, chart), "\n".join([headline(records, "   "), *chart])


def trace_text(records: Sequence[TraceRecord]) -> str:
    """Write traces as text; see ``static_forms``."""
    return static_forms(records)[1]


def trace_html(records: Sequence[TraceRecord]) -> str:
    """Write traces as HTML; everything from a model or a tool is escaped; see ``static_forms``."""
    return static_forms(records)[0]


def _html(records: Sequence[TraceRecord], chart: Sequence[str]) -> str:
    rows = "\n".join(escape(line) for line in chart)
    body = f"{PRE}{rows}</pre>{_previews(records)}" if rows else ""
    return folding(headline(records, "   "), body, is_open=len(chart) <= _OPEN_ROWS)


def headline(records: Sequence[TraceRecord], gap: str) -> str:
    """Sum traces up in a line: name, time, spans, tokens, errors.

    Args:
        records: One or more traces.
        gap: What stands between the parts.
    """
    if not records:
        return "no traces"
    name = records[0].name if len(records) == 1 else f"{len(records)} traces"
    duration = max(r.end_us for r in records) - min(r.row.started_us for r in records)
    tokens = sum(record.usage.total_tokens for record in records)
    errors = sum(record.errors for record in records)
    parts = [
        short(one_line(name), _HEADLINE_NAME),
        seconds(duration),
        many(sum(len(record.rows) for record in records), "span"),
    ]
    if tokens:
        parts.append(many(tokens, "token"))
    if errors:
        parts.append(many(errors, "error"))
    states = {record.status for record in records}
    parts += [state for state in ("running", "interrupted") if state in states]
    return gap.join(parts)


def _chart(records: Sequence[TraceRecord]) -> list[str]:
    began = min(record.row.started_us for record in records)
    whole = max(1, max(record.end_us for record in records) - began)
    several = len(records) > 1
    share = max(1, ROWS // len(records))
    lines: list[str] = []
    shown: Counter[str] = Counter()
    for record in records[:ROWS]:
        if several:
            took = bar((record.row.started_us - began) / whole, (record.end_us - record.row.started_us) / whole)
            lines.append(f"{column(record.name)}{took}  {seconds(record.end_us - record.row.started_us):>10}")
        tree = folded(without_structure(record.nodes), record.end_us)
        nodes = chosen(tree.nodes, share, record.end_us)
        lines += [_row(node, record, began, whole, indent=several) for node in nodes]
        for node in nodes:
            shown[node.span.type] += tree.members.get(node.span.seq, 1)
    if len(records) > ROWS:
        lines.append(f"showing {ROWS:,} of {len(records):,} traces")
    return [*lines, *_left_out(records, shown)]


def _left_out(records: Sequence[TraceRecord], shown: Counter[str]) -> list[str]:
    """Count what has no bar, by type."""
    there = sum((record.figures.types for record in records), Counter[str]())
    if there == shown:
        return []
    missing = ", ".join(f"{number:,} {kind}" for kind, number in (there - shown).most_common())
    return [f"showing {shown.total():,} of {many(there.total(), 'span')}; left out: {missing}"]


def _row(node: Node, record: TraceRecord, began: int, whole: int, *, indent: bool) -> str:
    span = node.span
    end = span.ended_us or record.end_us
    took = bar((span.started_us - began) / whole, (end - span.started_us) / whole)
    name = column("  " * (node.depth + indent) + one_line(span.name))
    return f"{name}{took}  {seconds(end - span.started_us):>10}{_mark(span, record)}"


def _mark(span: SpanRow, record: TraceRecord) -> str:
    if span.error is not None:
        return f"  ✗ {short(one_line(span.error), 80)}"
    if span.ended_us is None:
        return "  running" if record.writer_alive else "  interrupted"
    return ""


def _previews(records: Sequence[TraceRecord]) -> str:
    spans = [(record, node.span) for record in records for node in record.nodes if node.span.type in _PREVIEWED]
    ended = [(record, span) for record, span in spans if span.ended_us is not None]
    rows = "".join(_preview(record, span) for record, span in ended[:_PREVIEWS])
    if not rows:
        return ""
    more = f"<p>showing {_PREVIEWS} of {len(ended):,} calls</p>" if len(ended) > _PREVIEWS else ""
    head = "<tr><th>span</th><th>input</th><th>output</th></tr>"
    return f"<details><summary>inputs and outputs</summary><table>{head}{rows}</table>{more}</details>"


def _preview(record: TraceRecord, span: SpanRow) -> str:
    payload = record.payload(span.seq)
    cells = (span.name, _newest(payload.get("input")), span.error or _newest(payload.get("output")))
    lines = (escape(short(one_line(_text(cell)), _PREVIEW_CHARACTERS)) for cell in cells)
    return f"<tr>{''.join(f'<td><code>{line}</code></td>' for line in lines)}</tr>"


def _newest(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Of a model's input or output, keep what is new: the last item's text, call or result."""
    item = value[-1] if isinstance(value, list) and value else value
    if not isinstance(item, dict):
        return item
    if item.get("type") == "function_call":
        return f"{item.get('name')}({item.get('arguments')})"
    content = item.get("content", item.get("output", item))
    parts = content if isinstance(content, list) else [content]
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return " ".join(texts) if texts else content


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
