"""`%voice` and `%%voice`, in a real kernel."""

from __future__ import annotations

import pytest

from nbagents.audio.espeak import espeak_installed

pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed: pip install pocketsphinx")
pytestmark = pytest.mark.skipif(not espeak_installed(), reason="no espeak-ng: pip install espeakng-loader")


def test_a_panel_by_name(start):
    """The cell's lines are what may be said, the panel is displayed, and a name that is not there is named."""
    kernel = start(NBAGENTS_MODE="offline")
    kernel.run("agent, session = scripted(), None")
    execution = kernel.send("%%voice agent session\nwhere is my order\n\nthank you")
    kernel.ended(execution)
    (data,) = kernel.displays(execution)
    assert data["text/plain"].startswith("Voice   0 turns   espeak-ng · pocketsphinx (local, no key)")
    vocabulary = kernel.run("print(sorted(_.pipeline._engines.stt._vocabulary))").text
    assert vocabulary == "['is', 'my', 'order', 'thank', 'where', 'you']\n"
    assert "there is no nobody here; use %voice AGENT" in kernel.wait(kernel.send("%voice nobody")).text
