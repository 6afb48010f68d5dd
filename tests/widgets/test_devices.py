"""The kernel's side of the microphone and the loudspeaker, with a page that is played by the test."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from nbagents.audio.pcm16 import RATE
from nbagents.errors import AudioDeviceError, AudioError, ConfigError
from nbagents.widgets.sound import device
from nbagents.widgets.sound.microphone import Microphone
from nbagents.widgets.sound.speaker import AHEAD, Speaker

FRAME = bytes(960)


class Page:
    """A page that has, or wants, a device."""

    def __init__(self, widget, client="one"):
        self.widget, self.client = widget, client
        if "send" not in vars(widget):
            widget.sent = []
            widget.send = lambda content, buffers=None: widget.sent.append((content, buffers))

    def say(self, kind, buffers=(), **fields):
        """Deliver a message as the kernel would, on a thread of its own."""
        message = {"type": kind, "client": self.client, **fields}
        thread = threading.Thread(target=self.widget._handle_custom_msg, args=(message, list(buffers)))
        thread.start()
        thread.join()

    def status(self, state, reason="", text=""):
        self.say("status", state=state, reason=reason, text=text, devices=[{"id": "a", "name": "Desk"}])

    def sent(self, kind):
        return [(content, buffers) for content, buffers in self.widget.sent if content["type"] == kind]


@pytest.fixture
def microphone():
    microphone = Microphone()
    yield microphone
    microphone.close()


@pytest.fixture
def speaker():
    speaker = Speaker()
    yield speaker
    speaker.close()


def test_arguments_that_do_not_exist_or_cannot_be_used(microphone):
    """A misspelled argument is named, and so is a frame that is too long."""
    with pytest.raises(ConfigError, match="no argument 'echo'; it has: frame_ms, echo_cancellation"):
        Microphone(echo=True)
    with pytest.raises(ConfigError, match="frame_ms is from 20 to 40"):
        Microphone(frame_ms=100)
    assert microphone.constraints["echoCancellation"] is True


async def test_frames_are_iterated_and_the_microphone_goes_off(microphone):
    """Frames arrive in order from any thread; what is lost is counted; nobody listening turns it off."""
    page = Page(microphone)
    got = []

    async def take():
        async for frame in microphone:
            got.append(frame)
            if len(got) == 3:
                break

    taking = asyncio.create_task(take())
    await asyncio.sleep(0)
    page.status("live")
    assert (microphone.running, microphone.state, microphone.devices[0].name) == (True, "live", "Desk")
    for sequence in (0, 1, 4):
        page.say("frame", [memoryview(bytes([sequence]) * 960)], seq=sequence, at=0)
    await taking
    assert [frame[0] for frame in got] == [0, 1, 4]
    assert microphone.lost == 2
    await asyncio.get_running_loop().shutdown_asyncgens()
    assert microphone.running is False


@pytest.mark.parametrize("reason", ["denied", "no-device", "insecure", "blocked"])
async def test_a_microphone_that_cannot_be_used_is_an_error_where_it_is_awaited(microphone, reason):
    """Whoever iterates learns what the page says, with the reason as data."""
    page = Page(microphone)
    taking = asyncio.ensure_future(anext(microphone.frames()))
    await asyncio.sleep(0)
    page.status("asking")
    page.status("failed", reason, "Allow it.")
    with pytest.raises(AudioDeviceError, match="Allow it") as caught:
        await taking
    assert caught.value.reason == reason


async def test_no_page_at_all_is_said(microphone, monkeypatch):
    """A notebook that is executed without a browser does not wait for ever."""
    monkeypatch.setattr(device, "PAGE_SECONDS", 0.01)
    with pytest.raises(AudioDeviceError, match="no page has answered") as caught:
        await anext(microphone.frames())
    assert caught.value.reason == "no-page"


def test_two_tabs_are_one_microphone(microphone):
    """The newest page that has it is heard, and the other is told to leave."""
    one, two = Page(microphone, "one"), Page(microphone, "two")
    got = []
    microphone.on_frame(got.append)
    one.status("live")
    two.status("elsewhere")
    assert microphone.state == "live"
    two.status("live")
    assert one.sent("leave")[0][0]["client"] == "one"
    one.say("frame", [memoryview(FRAME)], seq=0, at=0)
    two.say("frame", [memoryview(FRAME)], seq=0, at=0)
    assert len(got) == 1


def test_sound_is_sent_no_faster_than_it_is_played(speaker):
    """The Jupyter server drops what comes too fast: two seconds are ahead, the rest follows what was played."""
    page = Page(speaker)
    speaker.write(bytes(2 * RATE * 10))
    assert page.sent("sound") == []
    page.status("live")
    sent = page.sent("sound")
    assert [content["at"] for content, _ in sent] == list(range(0, AHEAD, RATE // 2))
    page.say("played", epoch=0, played=RATE)
    assert sum(len(buffers[0]) // 2 for _, buffers in page.sent("sound")) == AHEAD + RATE
    assert (speaker.played, speaker.written, speaker.playing) == (RATE, 10 * RATE, True)


def test_a_page_that_was_reloaded_goes_on(speaker):
    """What was sent and not played is sent again to the new page."""
    old, new = Page(speaker, "old"), Page(speaker, "new")
    old.status("live")
    speaker.write(np.arange(RATE, dtype="<i2").tobytes())
    old.say("played", epoch=0, played=9_600)
    speaker.sent.clear()
    new.status("live")
    content, (data,) = new.sent("sound")[0]
    assert content["at"] == 9_600
    assert np.frombuffer(data, "<i2")[0] == 9_600


async def test_play_waits_until_it_was_heard(speaker):
    """play() ends when the last sample was played, and says how many were where it was stopped."""
    page = Page(speaker)
    page.status("live")
    playing = asyncio.create_task(speaker.play(np.zeros(16_000, np.int16), rate=16_000))
    await asyncio.sleep(0)  # it writes at once
    page.say("played", epoch=0, played=12_000)
    assert not playing.done()
    page.say("played", epoch=0, played=RATE)
    assert await playing == RATE
    stopped = asyncio.create_task(speaker.play(np.zeros(RATE, np.float32)))
    await asyncio.sleep(0)
    heard = []
    speaker.on_stop(heard.append)
    page.say("stopped", epoch=0, played=RATE + 4_800)
    assert (await stopped, heard) == (4_800, [RATE + 4_800])


async def test_who_no_longer_waits_changes_nothing(speaker):
    """Where play() or the wait for clear() is cancelled, the page's answer comes all the same, and all works."""
    page = Page(speaker)
    page.status("live")
    playing = asyncio.create_task(speaker.play(np.zeros(RATE, np.float32)))
    await asyncio.sleep(0)
    playing.cancel()
    await asyncio.wait({playing})
    page.say("played", epoch=0, played=4_800)
    cleared = asyncio.wrap_future(speaker.clear())
    cleared.cancel()
    page.say("cleared", epoch=0, played=5_000)
    speaker.write(bytes(2 * RATE))
    assert (speaker.written, speaker.clear().done()) == (RATE, False)
    assert [content for content, _ in page.sent("error")] == []


def test_clear_tells_what_was_heard(speaker):
    """clear() counts anew at once; the page's last word comes later, or never where the page is gone."""
    page = Page(speaker)
    assert speaker.clear().result(0) == 0
    page.status("live")
    speaker.write(bytes(2 * RATE))
    page.say("played", epoch=1, played=4_800)
    heard = speaker.clear()
    assert (speaker.played, speaker.written, heard.done()) == (0, 0, False)
    page.say("played", epoch=1, played=9_600)  # late: of what is forgotten
    assert speaker.played == 0
    page.say("cleared", epoch=1, played=5_000)
    assert heard.result(0) == 5_000
    speaker.write(bytes(2 * RATE))
    lost = speaker.clear()
    Page(speaker, "two").status("live")
    assert lost.result(0) == 0


def test_half_a_sample_is_refused(speaker):
    """An odd number of bytes would turn all that follows into noise."""
    with pytest.raises(AudioError):
        speaker.write(b"abc")
    assert speaker.written == 0


def test_an_audio_recorder_is_another_source():
    """What ipywebrtc recorded arrives as frames, followed by the silence that ends an utterance."""
    ipywebrtc = pytest.importorskip("ipywebrtc")
    av = pytest.importorskip("av")
    import io

    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        track = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.full((1, 48_000), 5_000, np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    recorder = ipywebrtc.AudioRecorder()
    source = Microphone.from_recorder(recorder)
    frames = []
    source.on_frame(frames.append)
    recorder.audio.value = file.getvalue()
    assert {len(frame) for frame in frames[:-1]} == {960}
    assert sum(map(len, frames)) / 2 == pytest.approx(2 * RATE, rel=0.05)
    with pytest.raises(ConfigError, match=r"of type str; give an ipywebrtc\.AudioRecorder"):
        Microphone.from_recorder("recorder")
