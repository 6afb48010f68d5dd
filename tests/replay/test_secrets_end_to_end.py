"""Twenty kinds of secret, planted everywhere in real calls: none is in any byte of what a recording leaves."""

from __future__ import annotations

import base64
import json

import pytest

KINDS = [
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
    "org-AbCdEfGhIjKlMnOpQrStUvWx",
    "proj_AbCdEfGhIjKlMnOpQrStUvWx",
    "ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123",
    "github_pat_11ABCDEFG0abcdefghijklmnop_qrstuvwxyz",
    "glpat-abcdefghij0123456789",
    "AKIAIOSFODNN7EXAMPLQ",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz012345",
    "ya29.a0AfH6SMBabcdefghijklmnop",
    "xoxb-123456789012-abcdefghijkl",
    "sk_live_abcdefghijklmnop01234567",
    "SG.abcdefghijklmnop.qrstuvwxyz0123456789",
    "hf_abcdefghijklmnopqrstuvwxyzABCDEF01",
    "npm_abcdefghijklmnopqrstuvwxyzABCDEF0123",
    "dop_v1_" + "0123456789abcdef" * 4,
    "gsk_abcdefghijklmnopqrstuvwxyz012345",
    "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\n-----END PRIVATE KEY-----",
    "correct horse battery staple",
]


def forms(secret):
    """A secret as it is, in JSON, and in base64."""
    wrapped = f"it is {secret} so"
    return [secret, json.dumps(secret)[1:-1], base64.b64encode(wrapped.encode()).decode()]


@pytest.mark.parametrize("secret", KINDS, ids=range(len(KINDS)))
async def test_no_byte_of_a_secret_stays(tape, secret):
    """Requests, tools, addresses, replies, streams, errors and base64 are clean, and replay all the same."""
    tape.environment.setenv("VAULT_PASSWORD", KINDS[-1])
    plain, _, hidden = forms(secret)
    tape.server.says(f"you said {plain}, or {hidden}")
    tape.server.json(
        {"error": {"message": f"no such key: {plain}", "param": json.dumps({"k": plain})}}, status=400
    )
    pieces = [
        {"choices": [{"index": 0, "delta": {"content": part}}]} for part in ("a ", plain[:5], plain[5:], "!")
    ]
    stream = [f"data: {json.dumps(one)}\n\n".encode() for one in pieces]
    tape.server.answers.append((200, "text/event-stream", [*stream, b"data: [DONE]\n\n"]))
    tape.server.json({"object": "list", "data": []})

    async def ask(client):
        client = client.with_options(max_retries=0)
        tool = {"type": "function", "name": "t", "description": plain, "parameters": {"enum": [hidden]}}
        extra = {"metadata": {"note": json.dumps({"deep": plain})}}
        reply = await client.responses.create(model="m", input=f"{plain} {hidden}", tools=[tool], extra_body=extra)
        try:
            await client.responses.create(model="m", input="fail")
        except Exception as exc:  # noqa: BLE001 - any error of the API will do
            failure = type(exc)
        said = await client.chat.completions.create(model="m", messages=[], stream=True)
        words = [chunk.choices[0].delta.content async for chunk in said]
        await client.models.list(extra_query={"after": plain})
        return reply.output_text, failure, "".join(words)

    text, failure, words = await ask(tape.record().openai_client())
    assert plain in text
    assert words == f"a {plain}!"
    written = tape.path.read_text()
    assert len(tape.lines) == 4
    assert [form for form in forms(secret) if form in written] == []
    joined = "".join(
        chunk[-1]["choices"][0]["delta"]["content"]
        for line in tape.lines
        for chunk in line["response"].get("events", [])[:-1]
    )
    assert joined.startswith("a [redacted ")
    assert plain not in joined
    text, again, words = await ask(tape.replay().openai_client())
    assert again is failure
    assert plain not in text + words
