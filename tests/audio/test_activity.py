from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.activity import LONGEST_MS, SpeechEnded, SpeechStarted, VoiceActivity
from nbagents.audio.detectors import LevelDetector, SileroDetector, WebrtcDetector, _silero_model, best_detector
from nbagents.audio.pcm16 import to_samples
from nbagents.errors import ConfigError

SILENCE = np.zeros(16_000, np.int16)


def detectors():
    model = _silero_model()
    made = [LevelDetector(), WebrtcDetector()]
    return [*made, SileroDetector(model)] if model else made


def noise(seconds, height, seed=0):
    return to_samples(np.random.default_rng(seed).normal(0, height, int(16_000 * seconds)))


def hear(activity, sound, step=480):
    return [event for at in range(0, len(sound), step) for event in activity.feed(sound[at : at + step])]


@pytest.mark.parametrize("detector", detectors(), ids=lambda each: each.name)
def test_two_sentences_are_two_utterances(said, detector):
    """Each sentence begins and ends once, and keeps 300 ms from before its first sound."""
    sound = np.concatenate([said("Where is my order?"), said("Please stop.")])
    events = hear(VoiceActivity(16_000, detector=detector), sound)
    ended = [event for event in events if isinstance(event, SpeechEnded)]
    assert sum(isinstance(event, SpeechStarted) for event in events) == len(ended) == 2
    for event in ended:
        first = np.flatnonzero(np.abs(event.samples) > 300)[0]
        assert 100 * 16 <= first <= 500 * 16


def test_how_long_a_silence_ends_an_utterance(said):
    """silence_duration_ms decides whether a pause is inside a sentence or after it."""
    sound = np.concatenate([said("Where is", after_ms=0), said("my order?", before_ms=450)])

    def count(silence_ms):
        events = hear(VoiceActivity(16_000, silence_duration_ms=silence_ms), sound)
        return sum(isinstance(event, SpeechEnded) for event in events)

    assert (count(200), count(900)) == (2, 1)


def test_how_loud_speech_must_be(said):
    """What is below silence_threshold is silence, whatever a detector takes it for."""
    quiet = (said("Where is my order?") * 0.05).astype(np.int16)
    assert hear(VoiceActivity(16_000, silence_threshold=0.05), quiet) == []
    assert hear(VoiceActivity(16_000, silence_threshold=0.001), quiet) != []


def test_silence_is_nothing():
    """Silence begins no utterance."""
    assert hear(VoiceActivity(16_000), np.tile(SILENCE, 10)) == []


def test_noise_is_cut_and_not_gathered():
    """Noise that a detector takes for speech cannot fill the memory: an utterance has a longest length."""
    events = hear(VoiceActivity(16_000, detector=LevelDetector()), noise(70, 0.1), step=16_000)
    lengths = [len(event.samples) for event in events if isinstance(event, SpeechEnded)]
    assert len(lengths) == 2
    assert max(lengths) <= (LONGEST_MS + 500) * 16


def test_letting_go_of_the_button_ends_an_utterance(said):
    """end() gives what was said so far, and nothing where nobody spoke."""
    activity = VoiceActivity(16_000)
    hear(activity, said("Where is my order?", after_ms=0))
    assert [type(event) for event in activity.end()] == [SpeechEnded]
    assert list(activity.end()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("silence_threshold", -1),
        ("silence_threshold", "0"),
        ("silence_duration_ms", 0),
        ("silence_duration_ms", True),
    ],
)
def test_a_setting_that_cannot_be_used_is_an_error(name, value):
    """A wrong setting is named at once."""
    with pytest.raises(ConfigError, match=name):
        VoiceActivity(16_000, **{name: value})


def test_the_best_detector_that_is_installed_is_used():
    """Silero where its network and onnxruntime are there."""
    assert best_detector().name == ("Silero" if _silero_model() else "WebRTC")
