"""A Plotly figure that leaves a picture of itself in the saved notebook, beside what Plotly draws where it can."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from plotly.io.base_renderers import MimetypeRenderer, PlotlyRenderer

from nbagents._location import current_environment, locate
from nbagents.tracing.static.picture import picture_of
from nbagents.tracing.static.picture_text import picture_text
from nbagents.tracing.static.svg import svg

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TraceFigure", "picture_bundle", "trace_figure"]

# A second to import: it asks nbformat for its version, and that loads grammars.
_RENDERERS = "plotly.io._renderers"
_USUAL = frozenset({"lab", "vscode", "papermill", "kernel"})  # where Plotly would choose its own MIME type,
_UNLESS = frozenset(  # but for these variables
    {
        "PLOTLY_RENDERER",
        "AZURE_NOTEBOOKS_HOST",
        "COCALC_PROJECT_ID",
        "DATABRICKS_RUNTIME_VERSION",
        "KAGGLE_URL_BASE",
    }
)


def picture_bundle(figure: Mapping[str, Any]) -> dict[str, str]:
    """Return what a page without Plotly shows: nbconvert, GitHub and nbviewer take the SVG, a terminal the text.

    Args:
        figure: As ``plotly.graph_objects.Figure.to_dict`` gives it.
    """
    picture = picture_of(figure)
    return {"image/svg+xml": svg(picture), "text/plain": picture_text(picture)}


class _PictureRenderer(MimetypeRenderer):  # type: ignore[misc]  # plotly has no types
    def to_mimebundle(self, fig_dict: Mapping[str, Any]) -> dict[str, str]:
        """Render the picture; called by Plotly."""
        return picture_bundle(fig_dict)


class TraceFigure(go.Figure):  # type: ignore[misc]  # likewise
    """A ``plotly.graph_objects.Figure`` that is shown as any other, and saved with a picture for static pages."""

    def show(self, renderer: str | None = None, **options: Any) -> None:  # noqa: ANN401 - Plotly's options
        """Show the figure by Plotly's default renderers and leave the picture, or show it by the one given."""
        import plotly.io as pio

        if renderer is None and pio.renderers.default and current_environment().shell is not None:
            pio.renderers["nbagents"] = _PictureRenderer()
            renderer = f"nbagents+{pio.renderers.default}"
        super().show(renderer, **options)

    def _ipython_display_(self) -> None:
        if _RENDERERS not in sys.modules and _is_usual():
            self._publish()
            return
        import plotly.io as pio

        if pio.renderers.render_on_display and pio.renderers.default:
            self.show()
        else:
            super()._ipython_display_()

    def _publish(self) -> None:
        from IPython.display import display

        drawn = self.to_dict()
        data = picture_bundle(drawn) | PlotlyRenderer().to_mimebundle(drawn)
        display(data, raw=True)  # type: ignore[no-untyped-call]  # IPython's


def _is_usual() -> bool:
    environment = current_environment()
    return locate(environment).frontend in _USUAL and not _UNLESS & environment.variables.keys()


def trace_figure(drawn: Mapping[str, Any]) -> TraceFigure:
    """Make a figure without Plotly's default template, which adds seven kilobytes to a saved notebook."""
    figure = TraceFigure(drawn)
    figure.update_layout(template=None)
    return figure
