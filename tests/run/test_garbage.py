"""While many rows run, collections do not search what was there before; afterwards all is as it was."""

from __future__ import annotations

import gc

import pytest

from nbagents.run.batch.garbage import only_new_garbage


class Knot:
    """An object that only a collection finds."""

    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def thawed():
    """What Python 3.12 itself freezes is not ours to count."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_was_there_is_left_alone(monkeypatch):
    """What many rows leave behind is collected meanwhile, and all that was there before at the end."""
    ended = []
    monkeypatch.setattr(Knot, "__del__", lambda _self: ended.append(1), raising=False)
    old = Knot()
    gc.collect()
    with pytest.raises(KeyError), only_new_garbage(1_000):
        assert gc.get_freeze_count() > 0
        del old
        Knot()
        gc.collect()
        assert len(ended) == 1
        raise KeyError
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert len(ended) == 2


def test_a_few_rows_and_what_others_froze():
    """A few rows change nothing, nor do many where somebody else has frozen what there is."""
    with only_new_garbage(3):
        assert gc.get_freeze_count() == 0
    gc.freeze()
    frozen = gc.get_freeze_count()
    with only_new_garbage(1_000):
        assert gc.get_freeze_count() == frozen
    assert gc.get_freeze_count() == frozen
