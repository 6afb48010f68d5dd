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

from nbagents.tracing.redact import Redactor

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
SECRETS = {
    "key": KEY,
    "old key": "sk-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF",
    "bearer": f"Bearer {BEARER}",
    "lower bearer": f"bearer {BEARER}",
    "upper bearer": f"BEARER {BEARER}",
    "variable": VALUE,
    "plain variable": "ghx_1234567890",
}


@pytest.fixture
def variable(monkeypatch):
    monkeypatch.setenv("LAMP_API_KEY", VALUE)
    monkeypatch.setenv("db_password", "hunter2")
    monkeypatch.setenv("GITHUB_TOKEN", "ghx_1234567890")
    monkeypatch.setenv("CLIENT_SECRET", "99887766")


def spellings(secret):
    secret = secret.split(" ", 1)[1] if secret.lower().startswith("bearer ") else secret
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
    secret = SECRETS[kind]
    with trace(f"run {secret}", group_id=f"group {secret}", metadata={"note": f"with {secret}"}):
        for number, place in enumerate(PLACES.values()):
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
    for spelling in spellings(secret):
        assert spelling not in found


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
        {"a": "task-list, disk-space, risk-free", "id": "resp_0123456789abcdef", "n": [1, 2.5, None]}
    )
    assert Redactor().json(text) == text


def test_audio_leaves_kind_length_and_hash(processor, store):
    """Base64 sound is replaced by what it was."""
    with trace("sound"), custom_span("clip", {"input_audio": {"data": SOUND, "format": "wav"}}):
        pass
    (span,) = store.last().spans
    assert SOUND[:40] not in json.dumps(span.payload)
    assert "bytes, sha256" in json.dumps(span.payload)
