"""What a figure leaves under its cell, driven through a real kernel's messages."""

from __future__ import annotations

FIGURE = """
from nbagents import last_trace
with trace("Nightly report"), custom_span("read"):
    pass
figure = last_trace().gantt()
figure.update_layout(title_text="Mine")
"""
PLOTLY = "application/vnd.plotly.v1+json"


def test_a_figure_leaves_a_picture_beside_what_plotly_draws(start):
    """The figure as a cell's last line, and shown; by a renderer that is asked for it is shown by that alone."""
    kernel = start()
    for code in (FIGURE, "figure.show()"):
        execution = kernel.send(code)
        kernel.ended(execution)
        data = kernel.displays(execution)[0]
        assert set(data) == {PLOTLY, "image/svg+xml", "text/plain"}
        assert "Mine" in data["image/svg+xml"]
        assert data["text/plain"].startswith("Mine\nread")
    execution = kernel.send("figure.show('plotly_mimetype')")
    kernel.ended(execution)
    assert [set(data) for data in kernel.displays(execution)] == [{PLOTLY}]
