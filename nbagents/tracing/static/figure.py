"""A Plotly figure that leaves a picture of itself in the saved notebook, beside what Plotly draws where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import plotly.io as pio
from plotly.io.base_renderers import MimetypeRenderer

from nbagents.tracing.static.picture import picture_of
from nbagents.tracing.static.picture_text import picture_text
from nbagents.tracing.static.svg import svg

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TraceFigure", "trace_figure"]

_PICTURE = "nbagents"  # the renderer's name among Plotly's


class _PictureRenderer(MimetypeRenderer):  # type: ignore[misc]  # plotly has no types
    """What a page shows that has no Plotly: nbconvert, GitHub and nbviewer take the SVG, a terminal the text."""

    def to_mimebundle(self, fig_dict: Mapping[str, Any]) -> dict[str, str]:
        """Draw a figure as it is at the time of display."""
        picture = picture_of(fig_dict)
        return {"image/svg+xml": svg(picture), "text/plain": picture_text(picture)}


pio.renderers[_PICTURE] = _PictureRenderer()


class TraceFigure(go.Figure):  # type: ignore[misc]  # likewise
    """A ``plotly.graph_objects.Figure`` that is shown as any other, and saved with a picture for static pages."""

    def show(self, renderer: str | None = None, **options: Any) -> None:  # noqa: ANN401 - Plotly's options
        """Show the figure by Plotly's default renderers and leave the picture, or show it by the one given."""
        from IPython import get_ipython

        if renderer is None and pio.renderers.default and get_ipython() is not None:
            renderer = f"{_PICTURE}+{pio.renderers.default}"
        super().show(renderer, **options)

    def _ipython_display_(self) -> None:
        if pio.renderers.render_on_display and pio.renderers.default:
            self.show()
        else:
            super()._ipython_display_()


def trace_figure(drawn: Mapping[str, Any]) -> TraceFigure:
    """Make a figure without Plotly's default template, which adds seven kilobytes to a saved notebook."""
    figure = TraceFigure(drawn)
    figure.update_layout(template=None)
    return figure
