from __future__ import annotations

from importlib.util import find_spec

import pytest

from nbagents.audio.espeak import espeak_installed
from nbagents.realtime.local.engines import CannedEngines, LocalEngines, best_engines

needs_engines = pytest.mark.skipif(
    not espeak_installed() or find_spec("pocketsphinx") is None,
    reason="no engines: pip install espeakng-loader pocketsphinx",
)


@needs_engines
def test_an_expected_sentence_is_heard_as_it_is_written():
    """With capitals and punctuation, so that a rule finds the name in it."""
    engines, expected = LocalEngines(), ("What is the weather in Paris?", "Thank you.")
    for sentence in expected:
        assert engines.transcribe(engines.speak(sentence), expected) == sentence


@needs_engines
def test_a_hint_that_no_dictionary_knows_is_no_hint():
    """Speech is heard all the same, as well as it can be without one."""
    engines = LocalEngines()
    assert engines.transcribe(engines.speak("Thank you."), ("Zyxomatic quorblefish!",)) != ""


def test_without_engines_there_is_a_hum_and_what_was_announced():
    """A machine without engines still gets turns, captions and sound."""
    engines = CannedEngines()
    assert engines.transcribe(bytes(48_000)) == "(speech of 1.0 s)"
    engines.prepare(["Hello!"])
    assert engines.transcribe(bytes(48_000)) == "Hello!"
    assert len(engines.speak("Good morning to you")) > 24_000
    assert best_engines().name
