from __future__ import annotations

import numpy as np
import pytest

from nbagents.audio.pcm16 import from_bytes, level, to_samples
from nbagents.audio.recorded import decode
from nbagents.audio.resample import Resampler, resample
from nbagents.audio.wav import from_wav, to_wav
from nbagents.errors import AudioError, ConfigError


def tone(hertz, rate, seconds=1.0, height=0.5):
    return to_samples(height * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate))


def test_an_odd_number_of_bytes_is_an_error():
    """Half a sample is never guessed at: every later sample would be noise."""
    with pytest.raises(AudioError, match="3 bytes are not PCM16"):
        from_bytes(b"\0\0\0")


@pytest.mark.parametrize("sound", [np.zeros(4, np.int32), np.zeros((2, 2, 2)), np.array(["a"])])
def test_what_is_not_sound_is_an_error(sound):
    """Numbers of another kind would be played as noise."""
    with pytest.raises(AudioError, match="sound is int16"):
        to_samples(sound)


def test_channels_are_averaged_and_what_is_too_loud_is_clipped():
    """Stereo becomes mono, and a sample past full scale does not wrap round."""
    assert to_samples(np.array([[100, 300], [-100, -100]], np.int16)).tolist() == [200, -100]
    assert to_samples([np.nan, 3.0, -3.0]).tolist() == [0, 32767, -32768]


def test_a_wav_file_comes_back_as_it_was(tmp_path):
    """Writing and reading a WAV file changes nothing."""
    sound = tone(440, 16_000)
    (tmp_path / "a.wav").write_bytes(to_wav(sound, 16_000))
    again = from_wav(tmp_path / "a.wav")
    assert again.rate == 16_000
    assert np.array_equal(again.samples, sound)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not a wav file at all, but long enough to be read"])
def test_a_file_that_is_not_wav_is_an_error(data):
    """What cannot be read is said, never returned as silence."""
    with pytest.raises(AudioError, match="not a WAV file"):
        from_wav(data)


def test_resampling_keeps_the_tone_and_removes_what_would_fold():
    """A tone below half the new rate keeps its level; one above it is gone, not folded back."""
    kept = resample(tone(3_000, 48_000), 48_000, 16_000)
    gone = resample(tone(11_000, 48_000), 48_000, 16_000)
    assert level(kept) == pytest.approx(level(tone(3_000, 48_000)), rel=0.01)
    assert level(gone[400:-400]) < 0.001


def test_pieces_are_resampled_as_the_whole_is():
    """Cutting a stream anywhere leaves no click."""
    sound = tone(700, 44_100)
    stream = Resampler(44_100, 24_000)
    pieces = [stream.feed(piece) for piece in np.array_split(sound, 37)]
    whole = resample(sound, 44_100, 24_000)
    assert np.abs(np.concatenate([*pieces, stream.flush()]).astype(int) - whole).max() <= 2  # of 32,768: rounding


@pytest.mark.parametrize("rate", [0, -1, 16_000.0, True, "16000", 10**9])
def test_a_rate_that_no_device_has_is_an_error(rate):
    """A wrong rate is named before any sound is made of it."""
    with pytest.raises(ConfigError, match="samples per second"):
        Resampler(rate, 24_000)


def test_webm_opus_is_decoded():
    """What a browser's recorder gives becomes samples at the rate that is wanted."""
    import io

    import av

    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(440, 48_000)[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = decode(file.getvalue())
    assert len(sound) == pytest.approx(24_000, rel=0.05)
    assert level(sound) == pytest.approx(0.5 / 2**0.5, rel=0.05)
    with pytest.raises(AudioError, match="could not be decoded"):
        decode(b"not a recording")
