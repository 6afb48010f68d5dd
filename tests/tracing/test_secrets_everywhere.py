"""Whatever leaves a trace: the file, the notebook, a page, lines, other formats, the widget's messages."""

from __future__ import annotations

import html
import json

import pytest
from agents import custom_span, function_span, generation_span, trace

from nbagents import FileTracingProcessor
from nbagents.tracing.static.trace import trace_html, trace_text
from nbagents.widgets.trace.trace_view import TraceView

# One of each kind, with what of it is secret.
KINDS = {
    "OpenAI key": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "bearer token": "Bearer qJ8vRt2LmN5xZ0aB7cD1eF",
    "variable": "correct-horse-battery",
    "organisation": "org-Ab12Cd34Ef56Gh78",
    "project": "proj_Ab12Cd34Ef56Gh78",
    "GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "GitLab": "glpat-0123456789abcdefghij",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "Google": "AIzaSyA0123456789abcdefghijABCDEFGHIJ012",
    "Slack": "xoxb-123456789012-abcdefghijkl",
    "Slack hook": "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijkl",
    "Stripe": "sk_live_0123456789abcdefghij",
    "SendGrid": "SG.0123456789abcdef.0123456789abcdefghij",
    "Hugging Face": "hf_0123456789abcdefghijABCDEFGHIJ",
    "npm": "npm_0123456789abcdefghijABCDEFGHIJ012345",
    "DigitalOcean": "dop_v1_0123456789abcdef0123456789abcdef01234567",
    "another provider": "gsk_0123456789abcdefghijABCDEFGHIJ",
    "Telegram": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456789",
    "web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "private key": "-----BEGIN PRIVATE KEY-----\nMIIBOgIBAAJBAKpqrstuv\n-----END PRIVATE KEY-----",
    "login in an address": "postgres://ada:lovelace1815@db.example.com/lamp",
    "basic login": "Basic YWRhOmxvdmVsYWNlMTgxNQ==",
    "signed address": "https://example.com/a?sig=0a1b2c3d4e5f6789",
    "password": "password=lovelace1816",
}
SECRETS = {
    **KINDS,
    "bearer token": "qJ8vRt2LmN5xZ0aB7cD1eF",
    "Slack hook": "T00000000/B00000000/abcdefghijkl",
    "private key": "MIIBOgIBAAJBAKpqrstuv",
    "login in an address": "lovelace1815",
    "basic login": "YWRhOmxvdmVsYWNlMTgxNQ",
    "signed address": "0a1b2c3d4e5f6789",
    "password": "lovelace1816",
}


@pytest.fixture
def run(monkeypatch, processor, only, tmp_path, store):
    """A run with every kind in its prompt, arguments, output, error, names and metadata, in two processors."""
    monkeypatch.setenv("LAMP_TOKEN", KINDS["variable"])
    lines = FileTracingProcessor(tmp_path / "traces.jsonl")
    only(processor, lines)
    for secret in KINDS.values():
        with trace(f"ask {secret}", metadata={"note": secret, "deep": [{"header": secret}]}):
            with generation_span([{"role": "user", "content": f"use {secret}"}], [{"content": secret}], "gpt-4.1"):
                pass
            with function_span("call", json.dumps({"url": secret}), f"got {secret}") as span:
                span.set_error({"message": f"refused {secret}", "data": {"request": json.dumps({"h": secret})}})
            with custom_span(f"step {secret}", {"log": f"first\n{secret}\nlast"}):
                pass
    lines.shutdown()
    return store.records()


def widget_messages(records, store):
    """Everything that a page is sent when it opens, and when each span is chosen."""
    sent = []
    view = TraceView(records, store=store)
    view.send = lambda content, buffers=None: sent.append(repr((content, [bytes(b) for b in buffers or ()])))
    view._handle_custom_msg({"type": "ready"}, [])
    for record in records:
        for row in record.rows:
            view._handle_custom_msg({"type": "detail", "trace_id": record.trace_id, "seq": row.seq}, [])
    view.close()
    assert sum("refused" in message for message in sent) >= len(records)
    return "\n".join(sent)


def test_no_kind_of_secret_leaves_a_trace_anywhere(run, store, raw, tmp_path):
    """Twenty-four kinds, in every place, in none of the ways out."""
    for name in ("page.html", "lamp.json", "lamp.jsonl", "lamp.otlp.json"):
        for number, record in enumerate(run):
            record.export(tmp_path / f"{number}-{name}")
    store.to_dataset(run, path=tmp_path / "dataset.jsonl")
    listed = store.traces()
    out = {
        "the database and its log": raw().decode("utf-8", "replace"),
        "the saved notebook": trace_html(run) + trace_text(run) + listed._repr_html_() + repr(listed),
        "the file of lines": (tmp_path / "traces.jsonl").read_text(),
        "the dataset": (tmp_path / "dataset.jsonl").read_text(),
        "the widget's messages": widget_messages(run, store),
        **{file.name: file.read_text() for file in tmp_path.glob("[0-9]*-*")},
    }
    assert len(out) == 5 + 4 * len(KINDS)
    for where, text in out.items():
        found = [kind for kind, secret in SECRETS.items() if secret in text or html.escape(secret) in text]
        assert (where, found) == (where, [])
