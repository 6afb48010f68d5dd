from __future__ import annotations

from nbagents.realtime.playback import Playback

MS = 48  # bytes


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def elapsed(playback):
    return playback.get_state()["elapsed_ms"]


def test_never_at_zero_and_never_past_what_was_received():
    """The API refuses to cut at 0, and to cut what is shorter."""
    clock = Clock()
    playback = Playback(reported=True, clock=clock)
    playback.received("a", 0, 100 * MS + 1)
    assert elapsed(playback) == 1
    playback.report("a", 0, 99.6)
    clock.now = 5.0
    assert elapsed(playback) == 100
    playback.report("a", 0, 250)
    assert elapsed(playback) == 100


def test_between_reports_it_goes_on_but_not_far():
    """A report is at most some tens of milliseconds old; silence of the reporter is not believed longer."""
    clock = Clock()
    playback = Playback(reported=True, clock=clock)
    playback.received("a", 0, 1000 * MS)
    playback.report("a", 0, 200)
    clock.now = 0.03
    assert elapsed(playback) == 230
    clock.now = 3.0
    assert elapsed(playback) == 260


def test_what_is_wholly_played_is_not_cut():
    """After the end there is nothing to interrupt; what comes next is current."""
    playback = Playback(reported=True, clock=Clock())
    playback.received("a", 0, 100 * MS)
    playback.ended("a", 0)
    playback.received("b", 0, 100 * MS)
    assert playback.playing == ("a", 0)
    playback.report("a", 0, 100)
    assert playback.playing == ("b", 0)
    playback.ended("b", 0)
    playback.report("b", 0, 100)
    assert playback.get_state()["current_item_id"] is None


def test_speech_that_was_cut_does_not_come_back():
    """What arrives late for an item that was cut off is not waiting to be played."""
    playback = Playback(reported=True, clock=Clock())
    playback.received("a", 0, 100 * MS)
    playback.report("a", 0, 40)
    playback.note_cut()
    playback.on_interrupted()
    playback.received("a", 0, 100 * MS)
    assert playback.playing is None
    assert playback.cut_ms("a", 0) == 40


def test_without_reports_speech_is_taken_for_played_as_it_comes():
    """A program that plays what it gets need not report."""
    clock = Clock()
    playback = Playback(clock=clock)
    playback.received("a", 0, 1000 * MS)
    clock.now = 0.25
    assert elapsed(playback) == 250
