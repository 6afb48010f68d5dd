"""What is kept of a conversation while it passes."""

from __future__ import annotations

import base64
import json

import pytest

from nbagents.replay.cassette.scrub import Scrubber
from nbagents.replay.conversation.notes import Notes

SECRETS = [
    "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
    "ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123",
    "AKIAIOSFODNN7EXAMPLQ",
    "org-AbCdEfGhIjKlMnOpQrStUvWx",
    "correct horse battery staple",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_stays_whichever_way_it_goes(secret, monkeypatch):
    """Words that are sent, events, deltas that only together are a secret, and base64 are clean."""
    monkeypatch.setenv("VAULT_PASSWORD", SECRETS[-1])
    notes = Notes(Scrubber())
    hidden = base64.b64encode(f"it is {secret} so".encode()).decode()
    notes.sent("session.update", {"session": {"instructions": f"use {secret}", "extra": hidden}})
    notes.received("session.updated", {"session": {"instructions": f"use {secret}", "extra": hidden}})
    for piece in (secret[:5], secret[5:12], secret[12:]):
        notes.received("response.text.delta", {"type": "response.text.delta", "item_id": "i", "delta": piece})
    told = notes.response(lambda *_: None)["conversation"]
    assert [one for one in (secret, hidden) if one in json.dumps(told)] == []
    said = "".join(data["delta"] for _, _, kind, data in told if kind.endswith("delta"))
    assert said.startswith("[redacted ")


def test_sound_is_one_event_until_something_comes_between():
    """Pieces of sound that follow each other are one length and one hash; a telephone's has no seconds."""
    notes = Notes(Scrubber())
    for piece in (bytes(4_800), bytes(4_800)):
        notes.speak(piece)
    notes.received("speech_started", {})
    notes.pcm = False
    notes.speak(bytes(10))
    told = notes.response(lambda *_: None)["conversation"]
    first, between, second = [(kind, data) for _, _, kind, data in told]
    assert (first[0], first[1]["bytes"], first[1]["seconds"]) == ("audio", 9_600, 0.2)
    assert between == ("speech_started", {})
    assert (second[1]["bytes"], "seconds" in second[1]) == (10, False)
