"""What a figure leaves under its cell, driven through a real kernel's messages."""

from __future__ import annotations

FIGURE = """
from nbagents import last_trace
with trace("Nightly report"), custom_span("read"):
    pass
figure = last_trace().gantt()
figure.update_layout(title_text="Mine")
"""
PLOTLY, PICTURE = "application/vnd.plotly.v1+json", {"image/svg+xml", "text/plain"}


def displayed(kernel, code):
    """The data of what a cell that made no new trace displayed."""
    execution = kernel.send(code)
    kernel.ended(execution)
    return kernel.displays(execution)


def test_a_figure_leaves_a_picture_beside_what_plotly_shows(start):
    """By Plotly's choice, or by the renderer that was set; where one is asked for, by that alone."""
    kernel = start()
    for code in (FIGURE, "figure.show()", "figure"):
        data = displayed(kernel, code)[0]
        assert set(data) == {PLOTLY, *PICTURE}
        assert "Mine" in data["image/svg+xml"]
        assert data["text/plain"].startswith("Mine\nread")
    assert [set(data) for data in displayed(kernel, "figure.show('plotly_mimetype')")] == [{PLOTLY}]
    kernel.run("import plotly.io as pio; pio.renderers.default = 'json'")
    assert [set(data) for data in displayed(kernel, "figure")] == [{"application/json", *PICTURE}]
    kernel.run("pio.renderers.render_on_display = False")
    assert displayed(kernel, "figure") == []
