"""What a display leaves in a notebook, for each front end.

JupyterLab shows "Error displaying widget" for a saved widget whose kernel is gone, and never falls back to the
HTML beside it. So there the HTML is all that is left: static and complete, in a placeholder that the widget's
script finds and shows itself in for as long as a kernel is there (see ``trace_view.js``). The placeholder is named
by a class, because the sanitiser of notebooks that are not trusted keeps classes and drops ``data-`` attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nbagents._location import Frontend

__all__ = ["WIDGET_MIME", "LiveView", "mime_bundle", "placeholder"]

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


class LiveView(Protocol):
    """A widget that can show itself in a placeholder."""

    view_id: str

    @property
    def model_id(self) -> str | None:
        """The widget's id in its kernel."""


def mime_bundle(view: LiveView | None, static_html: str, static_text: str, frontend: Frontend) -> dict[str, Any]:
    """Build the MIME bundle of a display.

    Args:
        view: The live widget, or None where there is none.
        static_html: The display without a script.
        static_text: The same facts as text.
        frontend: What shows the output.

    Returns:
        MIME types and their data: a live placeholder for Lab, a widget for VS Code and Colab (which fall back to
        the HTML), and the static forms anywhere else.

    Example:
        >>> sorted(mime_bundle(None, "<p>lamp</p>", "lamp", "kernel"))
        ['text/html', 'text/plain']
    """
    bundle: dict[str, Any] = {"text/plain": static_text, "text/html": static_html}
    if view is None:
        return bundle
    if frontend == "lab":
        bundle["text/html"] = placeholder(view.view_id, static_html)
    elif frontend in {"vscode", "colab"}:
        bundle[WIDGET_MIME] = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
    return bundle


def placeholder(view_id: str, static_html: str) -> str:
    """Wrap static HTML so that a view can take its place; MathJax leaves what is inside alone.

    Example:
        >>> placeholder("0a1b", "<p>lamp</p>")
        '<div class="nbagents-live nbagents-view-0a1b tex2jax_ignore mathjax_ignore"><div><p>lamp</p></div></div>'
    """
    classes = f"nbagents-live nbagents-view-{view_id} tex2jax_ignore mathjax_ignore"
    return f'<div class="{classes}"><div>{static_html}</div></div>'
