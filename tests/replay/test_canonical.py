from __future__ import annotations

import json

import pytest

from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.match.canonical import canonical_request, hash_of
from nbagents.replay.wire.ask import Ask

BODY = {
    "model": "gpt-4o",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": "Hello"}],
    "tools": [{"type": "function", "name": "lamp", "parameters": {"type": "object"}}],
    "temperature": 0.5,
}


def ask(body=BODY, **other):
    given = {"method": "POST", "path": "/v1/responses", "content_type": "application/json", **other}
    return Ask(body=json.dumps(body).encode(), **given)


def key(one):
    return hash_of(canonical_request(one, Scrubber()))


def form(boundary, sound):
    return (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--{boundary}\r\n'
            'Content-Disposition: form-data; name="file"; filename="audio.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        ).encode()
        + sound
        + f"\r\n--{boundary}--\r\n".encode()
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "gpt-4o-mini"},
        {"instructions": "Be short."},
        {"input": [{"role": "user", "content": "Hello!"}]},
        {"tools": [{"type": "function", "name": "lamp", "parameters": {"type": "object", "required": ["on"]}}]},
        {"temperature": 0.6},
        {"stream": True},
    ],
)
def test_what_a_call_asks_is_in_the_hash(changed):
    """Model, instructions, input, tools and settings each make another key."""
    assert key(ask()) != key(ask({**BODY, **changed}))


def test_what_differs_from_run_to_run_is_not():
    """The order of keys, the server's address, the number of tries and caching hints make no other key."""
    assert key(ask()) == key(ask(dict(reversed(BODY.items()))))
    assert key(ask()) == key(ask(path="/proxy/v1/responses"))
    assert key(ask()) == key(ask(attempt=2))
    assert key(ask()) == key(ask({**BODY, "prompt_cache_key": "agents-sdk:run:1"}))


def test_ids_count_by_their_place_and_not_by_their_text():
    """Ids are numbered as they first appear: other ids match, ids that are mixed up do not."""

    def items(call, output):
        return {"input": [{"call_id": call, "type": "function_call"}, {"call_id": output, "output": "4"}]}

    one, two = "call_" + "a1B2" * 6, "call_" + "c3D4" * 6
    assert key(ask(items(one, one))) == key(ask(items(two, two)))
    assert key(ask(items(one, one))) != key(ask(items(one, two)))


def test_conversations_match_whatever_their_id():
    """An id in the path is numbered too; the rest of the path is not."""
    first = Ask("GET", "/v1/conversations/conv_0123456789abcdef/items", "limit=20&order=asc")
    second = Ask("GET", "/v1/conversations/conv_fedcba9876543210/items", "order=asc&limit=20")
    assert key(first) == key(second)
    assert key(first) != key(Ask("GET", "/v1/conversations/conv_0123456789abcdef/items", "limit=21&order=asc"))


def test_words_are_no_ids():
    """A name that begins like an id, but is made of words, stays what it is."""
    body = {"metadata": {"run_thenightlycleanup": "item_thelastoneofthem"}}
    assert canonical_request(ask(body), Scrubber())["body"] == body


def test_a_form_is_known_by_its_parts_and_not_by_its_boundary():
    """An uploaded sound is known by its hash; the random boundary is gone."""

    def upload(boundary, sound):
        kind = f"multipart/form-data; boundary={boundary}"
        return Ask("POST", "/v1/audio/transcriptions", content_type=kind, body=form(boundary, sound))

    assert key(upload("x1", b"RIFF one")) == key(upload("y22", b"RIFF one"))
    assert key(upload("x1", b"RIFF one")) != key(upload("x1", b"RIFF two"))
    parts = canonical_request(upload("x1", b"\x00\xffRIFF"), Scrubber())["body"]["form"]
    assert parts[0] == {"name": "model", "text": "whisper-1"}
    assert parts[1]["file"].startswith("[audio/wav: 6 bytes, sha256 ")


def test_media_in_json_are_known_by_their_hash():
    """Sound and images in a request make a key of their content, and are not kept themselves."""
    sound = {"type": "input_audio", "data": "UklGRiQAAABXQVZFZm10IBAAAAABAAEA", "format": "wav"}
    body = canonical_request(ask({"input": [sound]}), Scrubber())["body"]
    assert body["input"][0]["data"].startswith("[audio: 24 bytes, sha256 ")
    assert key(ask({"input": [sound]})) != key(ask({"input": [{**sound, "data": sound["data"][:-4] + "BBBB"}]}))


@pytest.mark.parametrize("body", [b"", b"plain words", b"\xff\x00\x01", b"[" * 100_000])
def test_any_body_has_a_key(body):
    """A body that is not JSON is a request like any other."""
    one = Ask("POST", "/v1/anything", body=body)
    assert key(one) == key(one)
