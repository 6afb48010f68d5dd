"""What a comparison leaves in a saved notebook."""

from __future__ import annotations

HOSTILE = "<img src=x onerror=alert(1)></pre>"


def test_both_times_and_the_change_are_there(span, record):
    """A line for each place in the trees; what one has not is a dash; the SDK's bookkeeping is left out."""
    first = record([span(0, kind="agent", name="a", end=900_000), span(1, 0, name="f", end=400_000)])
    spans = [
        span(0, kind="agent", name="a", end=500_000),
        span(1, 0, "turn"),
        span(2, 0, name="g", error="ValueError: no"),
    ]
    bundle = first.compare(record(spans, end=500_000, name="again"))._repr_mimebundle_()
    lines = bundle["text/plain"].splitlines()
    assert lines[0] == "lamp → again   1.00 s → 0.50 s   -0.50 s"
    assert [line.split() for line in lines[1:]] == [
        ["this", "other", "change"],
        ["a", "0.90", "s", "0.50", "s", "-0.40", "s"],
        ["g", "-", "0.1", "ms", "+0.1", "ms", "✗", "ValueError:", "no"],
        ["f", "0.40", "s", "-", "-0.40", "s"],
    ]
    assert all(line in bundle["text/html"] for line in lines[1:])


def test_of_many_places_those_that_changed_most_are_shown(span, record):
    """How many there are is said."""
    first = record([span(n, name=f"f{n}", end=1000) for n in range(100)])
    second = record([span(n, name=f"f{n}", end=900_000 if n == 77 else 1000 + n) for n in range(100)])
    lines = first.compare(second)._repr_mimebundle_()["text/plain"].splitlines()
    assert lines[-1] == "showing 40 of 100 places, those that changed most"
    assert any(line.startswith("f77") for line in lines)


def test_what_a_model_wrote_is_text(span, record):
    """Names and errors are escaped."""
    made = record([span(0, name=HOSTILE, error=HOSTILE)], name=HOSTILE)
    html = made.compare(made)._repr_mimebundle_()["text/html"]
    assert "<img" not in html
    assert html.count("</pre>") == 1
