from __future__ import annotations

import numpy as np
import pytest
from agents.voice import AudioInput, STTModelSettings, TTSModelSettings

from nbagents.audio.espeak import EspeakTTSModel, speak
from nbagents.audio.resample import resample
from nbagents.audio.sphinx import SphinxSTTModel
from nbagents.errors import ConfigError

SENTENCES = ["where is my order", "please stop", "what is the weather in paris", "thank you"]


@pytest.fixture(scope="module")
def sphinx():
    pytest.importorskip("pocketsphinx", reason="pocketsphinx is not installed: pip install pocketsphinx")
    return SphinxSTTModel(sentences=SENTENCES)


async def test_what_espeak_says_pocketsphinx_understands(said, sphinx):
    """The two local engines understand each other: a grammar's sentences come back as they were said."""
    for sentence in SENTENCES:
        data = b"".join(
            [chunk async for chunk in EspeakTTSModel(words_per_minute=140).run(sentence, TTSModelSettings())]
        )
        sound = AudioInput(np.concatenate([np.zeros(6_000, np.int16), np.frombuffer(data, np.int16)]))
        assert await sphinx.transcribe(sound, STTModelSettings(), *(True, False)) == sentence


def test_listening_along_gives_words_before_the_end(said, sphinx):
    """Words appear while somebody speaks, and the last of them is the transcript."""
    listener = sphinx.listen()
    sound = said("what is the weather in paris", after_ms=300)
    partial = [listener.feed(piece) for piece in np.array_split(sound, 40)]
    assert len({text for text in partial if text}) > 1
    assert listener.finish() == "what is the weather in paris"


def test_silence_and_noise_are_no_words_or_words_of_the_grammar(sphinx):
    """Nothing said is an empty text, never an error."""
    assert sphinx.recognise(np.zeros(0, np.int16)) == ""
    assert sphinx.recognise(np.zeros(16_000, np.int16)) == ""


def test_a_new_listener_takes_over(said, sphinx):
    """A listener that was left behind, as after a cancelled turn, is in nobody's way."""
    old = sphinx.listen()
    old.feed(said("thank you")[:6_000])
    assert sphinx.recognise(said("please stop", after_ms=300)) == "please stop"
    assert old.feed(said("thank you")) == old.finish()


def test_a_word_that_the_dictionary_does_not_have_is_named(sphinx):
    """pocketsphinx would say nothing and never understand it."""
    with pytest.raises(ConfigError, match="does not have: zyzzyx"):
        SphinxSTTModel(words=["yes", "zyzzyx"]).load()
    with pytest.raises(ConfigError, match="not JSGF"):
        SphinxSTTModel("this is no grammar").load()
    with pytest.raises(ConfigError, match="not both"):
        SphinxSTTModel("#JSGF", words=["yes"])


def test_a_voice_that_is_not_there_is_named(said):
    """espeak-ng would go on with the voice before."""
    with pytest.raises(ConfigError, match="no voice 'xx-klingon'"):
        speak("lamp", language="xx-klingon")
    with pytest.raises(ConfigError, match="words_per_minute"):
        speak("lamp", words_per_minute=4_000)


def test_any_text_can_be_said(said):
    """What a model wrote is said, whatever is in it, and the voice after it is as before."""
    before = speak("A lamp.")
    for text in ("", "\0", "<speak>", "[[h@l'oU]]", "日本", "a" * 5_000, "\ud800"):
        speak(text)
    assert resample(before.samples, before.rate, 24_000).size > 12_000
    assert len(speak("A lamp.").samples) == pytest.approx(len(before.samples), abs=100)
