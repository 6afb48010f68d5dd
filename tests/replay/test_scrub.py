from __future__ import annotations

import base64
import json

import pytest

from nbagents.replay.cassette.deltas import scrub_events
from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.cassette.sse import Event

PLANTED = {
    "openai": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "anthropic": "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
    "organisation": "org-AbCdEfGhIjKlMnOpQrStUvWx",
    "project": "proj_AbCdEfGhIjKlMnOpQrStUvWx",
    "github": "ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123",
    "github_fine": "github_pat_11ABCDEFG0abcdefghijklmnop_qrstuvwxyz",
    "gitlab": "glpat-abcdefghij0123456789",
    "aws": "AKIAIOSFODNN7EXAMPLQ",
    "google": "AIzaSyA-abcdefghijklmnopqrstuvwxyz012345",
    "google_oauth": "ya29.a0AfH6SMBabcdefghijklmnop",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "stripe": "sk_live_abcdefghijklmnop01234567",
    "sendgrid": "SG.abcdefghijklmnop.qrstuvwxyz0123456789",
    "hugging_face": "hf_abcdefghijklmnopqrstuvwxyzABCDEF01",
    "npm": "npm_abcdefghijklmnopqrstuvwxyzABCDEF0123",
    "digital_ocean": "dop_v1_" + "0123456789abcdef" * 4,
    "groq": "gsk_abcdefghijklmnopqrstuvwxyz012345",
    "telegram": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
    "environment": 'correct horse "battery" staple',
}


@pytest.fixture
def scrubber(monkeypatch):
    monkeypatch.setenv("VAULT_PASSWORD", PLANTED["environment"])
    return Scrubber()


def gone(secret, text):
    return secret not in text and json.dumps(secret)[1:-1] not in text


@pytest.mark.parametrize("kind", PLANTED)
def test_each_kind_is_taken_out_wherever_it_stands(scrubber, kind):
    """A secret is gone from text, keys, JSON inside JSON, addresses and base64; what is around it stays."""
    secret = PLANTED[kind]
    hidden = base64.b64encode(f"login with {secret} now".encode()).decode()
    places = {
        "text": f"before {secret} after",
        "line": f"before\n{secret}\nafter",
        "nested": json.dumps({"deep": json.dumps([secret])}),
        "base64": hidden,
        "address": f"https://example.org/?x=1&y={secret}",
        secret: "as a key",
    }
    text = json.dumps(scrubber.value(places))
    assert gone(secret, text)
    assert hidden not in text
    assert "[redacted" in text
    assert "before" in text
    assert "as a key" in text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2hunter2", "hunter2hunter2"),
        ('{"api_key": "abcdef123"}', "abcdef123"),
        ('{\\"client_secret\\":\\"abcdef123\\"}', "abcdef123"),
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("Authorization: Basic YWRhOmxvdmVsYWNl", "YWRhOmxvdmVsYWNl"),
        ("postgres://ada:lovelace@db/x", "lovelace"),
        ("https://s3/x?X-Amz-Signature=0123456789abcdef", "0123456789abcdef"),
        ("https://hooks.slack.com/services/T00000000/B00000000/abcdefgh", "B00000000"),
    ],
)
def test_what_is_named_as_a_secret_goes(scrubber, text, secret):
    """A value is secret where its name, its header or its address says so, whatever it looks like."""
    assert secret not in scrubber.text(text)
    assert scrubber.hits(scrubber.text(text)) == []


def test_objects_with_a_secret_key_lose_the_value(scrubber):
    """The value of a key named like a secret goes, a number too; the schema of a field of that name stays."""
    schema = {"properties": {"password": {"type": "string"}}, "max_tokens": 1000000}
    assert scrubber.value(schema) == schema
    assert scrubber.value({"password": "hunter22", "api_key": 12345678, "secret": None}) == {
        "password": "[redacted named secret]",
        "api_key": "[redacted named secret]",
        "secret": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "The secret of good bread is patience; the key is time.",
        "call_Ab3dEf6hIj9kLm2n resp_67ced68410bc8191adb61bca6bf53ff9",
        "What is the capital of France? Visit https://example.org/a?page=2&sort=name",
        json.dumps({"usage": {"input_tokens": 12_345}, "tool_choice": "auto"}),
    ],
)
def test_ordinary_text_stays_as_it_is(scrubber, text):
    """What is no secret is not touched."""
    assert scrubber.text(text) == text


def test_a_secret_in_pieces_is_found(scrubber):
    """A secret that a stream says in several deltas is in none of them; another item's deltas stay."""
    secret = PLANTED["openai"]
    pieces = ["it is ", secret[:3], secret[3:20], secret[20:] + " ok", "!"]
    events = [
        Event(n, "delta", {"type": "response.output_text.delta", "item_id": "a", "delta": piece})
        for n, piece in enumerate(pieces)
    ]
    other = Event(9, "delta", {"type": "response.output_text.delta", "item_id": "b", "delta": "calm"})
    said = [event.data["delta"] for event in scrub_events([*events[:2], other, *events[2:]], scrubber)]
    assert said == ["it is ", "[redacted key]", "calm", "", " ok", "!"]


def test_a_secret_in_pieces_of_a_chat_is_found(scrubber):
    """Likewise in the chunks of Chat Completions."""
    secret = PLANTED["github"]
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": {"content": p}}]} for p in (secret[:2], secret[2:])]
    events = scrub_events([Event(0, None, chunk) for chunk in chunks], scrubber)
    assert [event.data["choices"][0]["delta"]["content"] for event in events] == ["[redacted GitHub token]", ""]


def test_a_short_value_leaves_the_words_of_the_api(monkeypatch):
    """A variable whose value is an ordinary word is taken out of texts, not out of the shape of a reply."""
    monkeypatch.setenv("SORT_KEY", "message")
    monkeypatch.setenv("PIN_TOKEN", "1")
    reply = {"type": "message", "message": 1, "text": "a message for 1"}
    assert Scrubber().value(reply) == {**reply, "text": "a [redacted SORT_KEY] for 1"}
    assert Scrubber().hits_in_file(json.dumps(reply)) == []
