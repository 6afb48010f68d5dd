"""What counts as a stale output, and how it is shown."""

from __future__ import annotations

from nbagents.replay.commands.compare import compare


def stale(saved, new, mime="text/html"):
    """The lines that differ between two outputs of one cell."""
    notebooks = [
        {"cells": [{"cell_type": "code", "id": "c1", "source": "lamp", "outputs": [output]}]}
        for output in ({"output_type": "display_data", "data": {mime: data}} for data in (saved, new))
    ]
    return [line for one in compare(*notebooks) for line in one.lines]


def test_tags_are_not_words():
    """Another class, style or tag is no stale output; another word is, and so is another picture."""
    saved = (
        '<table class="a b"><tr><td>lamp</td><td>1 &lt; 2</td></tr></table><img src="data:image/png;base64,AAA">'
    )
    tags = saved.replace("a b", "b a").replace("&lt;", "&#60;").replace("<img ", "<br>\n <img alt='' ")
    assert stale(saved, tags) == []
    assert stale(saved, saved.replace("lamp", "sun")) == ["-text/html: lamp", "+text/html: sun"]
    (old, _) = stale(saved, saved.replace("AAA", "BBB"))
    assert old == "-text/html: data:image/png;base64,AAA"
    assert stale("a < b", "a <= b") == ["-text/html: a < b", "+text/html: a <= b"]


def test_a_long_line_is_shown_where_it_differs():
    """Of two lines that are alike for a page the place is shown at which they are not."""
    same = "word " * 400
    (old, new) = stale(f"{same}on", f"{same}off", "text/plain")
    assert old.endswith("word on")
    assert new.endswith("word off")
    assert max(len(old), len(new)) < 60
