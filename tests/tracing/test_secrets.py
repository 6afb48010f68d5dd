"""Secrets are gone before anything is queued: none is in any byte of the file."""

from __future__ import annotations

import base64
import dataclasses
import html
import json
from urllib.parse import quote, quote_plus

import pydantic
import pytest
from agents import custom_span, function_span, generation_span, trace

from nbagents.tracing.capture.redact import Redactor

KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
BEARER = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
VALUE = 'correct horse "battery" ü/\\staple'
SOUND = base64.b64encode(b"\x01\x02secret sound\x03" * 200).decode()


@dataclasses.dataclass
class Note:
    text: str


class Letter(pydantic.BaseModel):
    text: str


# Where a secret may stand. Each is a function of the secret, so that each kind is planted in each way.
PLACES = {
    "text": lambda s: {"text": f"use {s} please"},
    "key of an object": lambda s: {s: 1},
    "list": lambda s: [1, [s]],
    "JSON in JSON": lambda s: json.dumps({"token": s}),
    "JSON in JSON in JSON": lambda s: json.dumps({"body": json.dumps({"token": s})}),
    "escaped for ASCII": lambda s: json.dumps({"token": s}, ensure_ascii=True),
    "a repr": lambda s: repr({"token": s}),
    "bytes": lambda s: s.encode(),
    "an object's repr": lambda s: type("Box", (), {"__repr__": lambda _self: f"<Box {s}>"})(),
    "a tuple, as a key": lambda s: {("a", s): 1},
    "a set": lambda s: {s},
    "an exception": lambda s: ValueError(f"cannot use {s}"),
    "a dataclass": Note,
    "a model": lambda s: Letter(text=s),
    "lines": lambda s: f"first\n{s}\nlast\t{s}\r\n",
    "lines in JSON": lambda s: json.dumps({"log": f"first\n{s}\nlast"}),
    "a query": lambda s: f"https://example.com/?key={quote(s, safe='')}&x=1",
    "a form": lambda s: f"token={quote_plus(s)}&x=1",
    "HTML": lambda s: f"<b title='{html.escape(s)}'>",
    "a header": lambda s: {"Authorization": s, "x-api-key": s},
    "a shell line": lambda s: f"curl -H 'Authorization: {s}' --data key={s}",
    "right after a word": lambda s: f"key:{s},{s};{s}|",
}
# What is planted, and where only a part of it is secret, that part.
TOKENS = {
    "key": KEY,
    "old key": "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF",
    "bearer": (f"Bearer {BEARER}", BEARER),
    "lower bearer": (f"bearer {BEARER}", BEARER),
    "upper bearer": (f"BEARER {BEARER}", BEARER),
    "variable": VALUE,
    "plain variable": "ghx_1234567890",
    "organisation": "org-Ab12Cd34Ef56Gh78",
    "project": "proj_Ab12Cd34Ef56Gh78",
    "GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "GitHub, fine": "github_pat_0123456789abcdefghijABCDEFGHIJ012345",
    "GitLab": "glpat-0123456789abcdefghij",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "Google": "AIzaSyA0123456789abcdefghijABCDEFGHIJ012",
    "Google session": "ya29.a0AfB_byC0123456789abcdefghij",
    "Slack": "xoxb-123456789012-abcdefghijkl",
    "Stripe": "sk_live_0123456789abcdefghij",
    "Stripe hook": "whsec_0123456789abcdefghij",
    "SendGrid": "SG.0123456789abcdef.0123456789abcdefghij",
    "Hugging Face": "hf_0123456789abcdefghijABCDEFGHIJ",
    "npm": "npm_0123456789abcdefghijABCDEFGHIJ012345",
    "PyPI": "pypi-AgEIcHlwaS5vcmcCJDAxMjM0NTY3ODlhYmNkZWY",
    "DigitalOcean": "dop_v1_0123456789abcdef0123456789abcdef01234567",
    "another provider": "gsk_0123456789abcdefghijABCDEFGHIJ",
    "web token": BEARER,
}
# Known by what stands around them, so nothing finds them once that is written another way.
IN_CONTEXT = {
    "Telegram": "123456789:AAabcdefghijklmnopqrstuvwxyz0123456789",
    "Slack hook": (
        "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijkl",
        "T00000000/B00000000/abcdefghijkl",
    ),
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK\n+abc/def==\n-----END RSA PRIVATE KEY-----",
    "login in an address": ("postgres://ada:correct-horse@db.example.com/lamp", "correct-horse"),
    "basic login": ("Basic YWRhOmNvcnJlY3QgaG9yc2U=", "YWRhOmNvcnJlY3QgaG9yc2U"),
    "signed address": ("https://example.com/a?sig=0a1b2c3d4e5f&x=1", "0a1b2c3d4e5f"),
    "password": ("password=correct-horse-1", "correct-horse-1"),
    "named token": ("LAMP_ACCESS_TOKEN: correct-horse-2", "correct-horse-2"),
}
SECRETS = {**TOKENS, **IN_CONTEXT}


def planted(kind):
    """Return what is planted, what of it is secret, and the places where it can be known."""
    whole = SECRETS[kind]
    whole, part = (whole, whole) if isinstance(whole, str) else whole
    written_otherwise = () if kind in TOKENS else ("a query", "a form")
    return whole, part, [place for name, place in PLACES.items() if name not in written_otherwise]


@pytest.fixture
def variable(monkeypatch):
    monkeypatch.setenv("LAMP_API_KEY", VALUE)
    monkeypatch.setenv("db_password", "hunter2")
    monkeypatch.setenv("GITHUB_TOKEN", "ghx_1234567890")
    monkeypatch.setenv("CLIENT_SECRET", "99887766")


def spellings(secret):
    return [
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        html.escape(secret).encode(),
        secret.encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        repr(secret)[1:-1].encode(),
    ]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_planted_secret_is_in_any_byte_of_the_file(kind, variable, processor, raw):
    """In names, metadata, inputs, outputs, errors, keys and nested JSON, in the file and in its log."""
    secret, part, places = planted(kind)
    with trace(f"run {secret}", group_id=f"group {secret}", metadata={"note": f"with {secret}"}):
        for number, place in enumerate(places):
            with custom_span(f"span {secret}", {"data": place(secret)}) as span:
                span.set_error({"message": f"failed with {secret}", "data": {"at": place(secret)}})
            with function_span(
                f"tool {number}", input=json.dumps({"q": str(place(secret))}), output=place(secret)
            ):
                pass
            with generation_span(input=[{"content": place(secret)}], model=f"model {secret}"):
                pass
    found = raw()
    assert b"tool 0" in found
    for spelling in spellings(part):
        assert spelling not in found


@pytest.mark.parametrize("key", ["password", "client_secret", "DB-PASSWORD", "apiKey", "x-api-key"])
def test_a_value_is_secret_because_of_its_key(key):
    """Whatever it looks like, as a string and as a number."""
    for value in ("a b c d e f", "hunter22", 123456789):
        cleaned = json.loads(Redactor().json(json.dumps({"deep": [{key: value}]})))
        assert cleaned == {"deep": [{key: "[redacted named secret]"}]}


def test_short_values_go_only_where_they_stand_alone(variable):
    """A short password is removed as a word and leaves longer words alone; a number stays valid JSON."""
    cleaned = json.loads(Redactor().json('{"a": "hunter2, hunter22", "n": 99887766, "m": 1}'))
    assert cleaned == {"a": "[redacted db_password], hunter22", "n": "[redacted CLIENT_SECRET]", "m": 1}


def test_a_variable_that_is_set_later_counts_from_then(monkeypatch):
    """A key set in a cell is removed from the next span on."""
    redactor = Redactor()
    assert "ghx_abcdefgh" in redactor.json('{"a": "ghx_abcdefgh"}')
    monkeypatch.setenv("LATE_TOKEN", "ghx_abcdefgh")
    assert "ghx_abcdefgh" not in redactor.json('{"a": "ghx_abcdefgh"}')


def test_ordinary_text_is_left_as_it_is(variable):
    """What only looks a little like a secret stays: words, numbers, ids, a task named sk-."""
    text = json.dumps(
        {
            "a": "task-list, disk-space, risk-free; a basic understanding. Tokens: 12345678. The secret is: love.",
            "id": "resp_0123456789abcdef",
            "n": [1, 2.5, None],
            "parameters": {"password": {"type": "string"}, "max_output_tokens": 1000000},
        }
    )
    assert Redactor().json(text) == text


def test_audio_leaves_kind_length_and_hash(processor, store):
    """Base64 sound is replaced by what it was."""
    with trace("sound"), custom_span("clip", {"input_audio": {"data": SOUND, "format": "wav"}}):
        pass
    (span,) = store.last().spans
    assert SOUND[:40] not in json.dumps(span.payload)
    assert "bytes, sha256" in json.dumps(span.payload)
