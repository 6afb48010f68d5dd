"""The pieces of what a cell printed, joined."""

from __future__ import annotations

from nbagents.replay.commands.streams import joined

DISPLAY = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}


def piece(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def test_pieces_are_one_up_to_the_next_output():
    """How a stream was cut, and how stdout and stderr alternate, does not count; where a display stands does."""
    cut = [piece("a"), piece("!", "stderr"), piece("b\n"), DISPLAY, piece(["c", "d"])]
    assert joined(cut) == [piece("ab\n"), piece("!", "stderr"), DISPLAY, piece("cd")]
    assert joined(joined(cut)) == joined(cut)


def test_overwritten_lines_are_left_out():
    """A progress bar leaves its last state, and the end of a line is not an overwriting."""
    assert joined([piece("1 %\r2 %\r"), piece("3 %\ndone\r\n")]) == [piece("3 %\ndone\n")]


def test_a_line_of_megabytes_is_joined():
    """A printed conversation with sound is one long line; nbclient's own joining spins on it."""
    line = '"delta": "AAAA", ' * 300_000
    assert joined([piece(line[:1_000_000]), piece(line[1_000_000:])]) == [piece(line)]
