from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest

from nbagents.tracing.capture.redact import Redactor

SOUND = base64.b64encode(bytes(range(256)) * 8).decode()

# Shapes that a careless pattern takes exponential or quadratic time for; each is longer than a minute's work then.
AWKWARD = """
import json
from nbagents.tracing.capture.redact import Redactor
redactor = Redactor()
for text in (
    "\\n".join("id%04d" % n for n in range(40)) + "é" * 300,
    ("\\n" * 60 + "A" * 190 + "é") * 40,
    "A" * 511 + " ",
    ("A" * 600 + "!") * 400,
    "\\\\n" * 60_000,
    " " * 200_000 + "!",
    "data:" + "x" * 100_000,
):
    for level in (text, json.dumps(text), json.dumps(json.dumps(text))):
        redactor.json(json.dumps({"data": level, "type": "audio", "text": level}))
print("done")
"""


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}},
        {"type": "input_image", "image_url": f"data:image/png;base64,{SOUND}"},
        {"type": "response.audio.delta", "delta": SOUND},
        {"anything": SOUND},
        {"arguments": json.dumps({"picture": f"data:image/png;base64,{SOUND}"})},
        {"arguments": json.dumps({"deep": json.dumps({"blob": SOUND})})},
    ],
)
def test_media_leaves_a_note_of_its_size(payload):
    """Audio and images are replaced by kind, length and hash, wherever they lie, and the JSON stays JSON."""
    cleaned = Redactor().json(json.dumps(payload))
    assert SOUND[:64] not in cleaned
    assert "2,048 bytes, sha256" in cleaned
    assert json.loads(cleaned)


def test_no_text_keeps_the_agent_waiting():
    """Looking for media takes time in proportion to the text, whatever its shape."""
    result = subprocess.run(
        [sys.executable, "-c", AWKWARD], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stdout == "done\n", result.stderr
