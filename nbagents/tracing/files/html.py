"""A trace as one page of HTML: no script, no network, so that it opens anywhere and nothing in it can run."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from nbagents._short import short
from nbagents._static_table import many
from nbagents.tracing.capture.encode import cut
from nbagents.tracing.figures.colors import color_of
from nbagents.tracing.measure.layout import chosen, seconds, without_structure
from nbagents.tracing.static.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbagents.tracing.measure.layout import Node
    from nbagents.tracing.record import TraceRecord

__all__ = ["page"]

_ROWS = 5_000
_CHARACTERS = 20_000  # of one input or output
_NAME = 80
_TICKS = 5

# The policy forbids every script and every request, whatever the text of a trace may try.
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>"""
_STYLE = """</title><style>
:root { color-scheme: light dark; --line: #d8dee4; --soft: #f6f8fa; --dim: #59636e; --bad: #d1242f; --back: #fff }
@media (prefers-color-scheme: dark) {
  :root { --line: #30363d; --soft: #161b22; --dim: #9198a1; --bad: #ff7b72; --back: #0d1117 }
}
* { box-sizing: border-box }
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px auto; max-width: 1280px; padding: 0 16px;
  background: var(--back) }
h1 { font-size: 18px; margin: 0 0 4px }
p { color: var(--dim); margin: 0 0 16px }
section { border: 1px solid var(--line); border-radius: 6px; margin-bottom: 24px; overflow: hidden }
.row { align-items: center; display: grid; gap: 8px; grid-template-columns: minmax(160px, 30%) 1fr 84px;
  min-height: 26px; padding: 0 12px }
summary { cursor: pointer; list-style: none }
summary::-webkit-details-marker { display: none }
summary .name::before { color: var(--dim); content: "▸"; display: inline-block; font-size: 10px; width: 14px }
details[open] > summary .name::before { content: "▾" }
summary:hover, details[open] > summary { background: var(--soft) }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.name i { border-radius: 2px; display: inline-block; height: 9px; margin-right: 7px; width: 9px }
.track { height: 14px; position: relative }
.track b { border-radius: 3px; height: 100%; min-width: 2px; position: absolute }
.track .open { opacity: .55 }
.took, .axis { color: var(--dim); font-variant-numeric: tabular-nums; text-align: right }
.axis { background: var(--soft); border-bottom: 1px solid var(--line); font-size: 12px; text-align: left }
.axis .track span { position: absolute }
.bad .name, .error { color: var(--bad) }
.bad .track b { outline: 2px solid var(--bad); outline-offset: 1px }
.said { border-bottom: 1px solid var(--line); padding: 4px 12px 12px 34px }
.said h2 { color: var(--dim); font-size: 12px; font-weight: 600; margin: 10px 0 2px }
pre { background: var(--soft); border-radius: 6px; font: 12.5px/1.5 ui-monospace, monospace; margin: 0;
  max-height: 320px; overflow: auto; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere }
</style></head><body>
"""


def page(records: Sequence[TraceRecord]) -> Iterator[str]:
    """Give the page in pieces; everything from a model or a tool is escaped.

    Args:
        records: One or more traces; of very many spans, those that failed and the longest are shown.
    """
    title = records[0].name if len(records) == 1 else f"{len(records)} traces"
    yield f"{_HEAD}{escape(title)}{_STYLE}"
    for record in records:
        yield from _trace(record)
    yield "</body></html>\n"


def _trace(record: TraceRecord) -> Iterator[str]:
    whole = without_structure(record.nodes)
    nodes = chosen(whole, _ROWS, record.end_us)
    facts = _facts(record)
    if len(nodes) < len(whole):
        facts.append(f"showing {len(nodes):,} of {many(len(whole), 'span')}")
    yield f"<h1>{escape(record.name)}</h1><p>{escape(' · '.join(facts))}</p><section>{_axis(record)}"
    if record.metadata:
        yield (
            '<details><summary class="row"><span class="name">metadata</span></summary>'
            f'<div class="said"><pre>{escape(cut(_pretty(record.metadata), _CHARACTERS))}</pre></div></details>\n'
        )
    for node in nodes:
        yield _row(node, record)
    yield "</section>\n"


def _facts(record: TraceRecord) -> list[str]:
    tokens = record.usage.total_tokens
    return [
        seconds(record.end_us - record.row.started_us),
        many(len(record.rows), "span"),
        *([many(tokens, "token")] if tokens else []),
        *([many(record.errors, "error")] if record.errors else []),
        *([record.status] if record.row.ended_us is None else []),
        f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC",
        *([f"group {short(one_line(record.group_id), _NAME)}"] if record.group_id else []),
    ]


def _axis(record: TraceRecord) -> str:
    whole = max(1, record.end_us - record.row.started_us)
    ticks = "".join(
        f'<span style="left:{100 * tick / _TICKS:g}%">{seconds(whole * tick // _TICKS)}</span>'
        for tick in range(_TICKS)
    )
    return f'<div class="row axis"><span></span><span class="track">{ticks}</span><span></span></div>'


def _row(node: Node, record: TraceRecord) -> str:
    span = node.span
    whole = max(1, record.end_us - record.row.started_us)
    end = span.ended_us or record.end_us
    left, width = (100 * part / whole for part in (span.started_us - record.row.started_us, end - span.started_us))
    color = color_of(span.type)
    state = "" if span.ended_us is not None else ' class="open"'
    kind = "row bad" if span.error is not None else "row"
    return (
        f'<details><summary class="{kind}"><span class="name" style="padding-left:{node.depth * 18}px">'
        f'<i style="background:{color}"></i>{escape(short(one_line(span.name), _NAME))}</span>'
        f'<span class="track"><b{state} style="background:{color};left:{left:.3f}%;width:{width:.3f}%"></b></span>'
        f'<span class="took">{seconds(end - span.started_us)}</span></summary>'
        f'<div class="said">{_said(node, record)}</div></details>\n'
    )


def _said(node: Node, record: TraceRecord) -> str:
    span = node.span
    payload = record.payload(span.seq)
    facts = [span.type, f"agent {span.agent}" if span.agent and span.type != "agent" else None, span.model]
    if span.input_tokens is not None:
        facts.append(f"{span.input_tokens:,} tokens in, {span.output_tokens or 0:,} out")
    if span.ended_us is None:
        facts.append("running" if record.writer_alive else "interrupted")
    parts = [f"<h2>{escape(' · '.join(str(fact) for fact in facts if fact))}</h2>"]
    if span.error is not None:
        parts.append(f'<h2>error</h2><pre class="error">{escape(span.error)}</pre>')
    parts += [
        f"<h2>{name}</h2><pre>{escape(cut(_pretty(payload[name]), _CHARACTERS))}</pre>"
        for name in ("input", "output", "error", "data")
        if payload.get(name) not in (None, {}, [])
    ]
    return "".join(parts)


def _pretty(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            return value
        return _pretty(parsed) if isinstance(parsed, (dict, list)) else value
    return json.dumps(value, ensure_ascii=False, indent=2)
