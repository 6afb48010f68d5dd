"""What a display leaves in a notebook."""

from __future__ import annotations

from anywidget import AnyWidget

from nbagents.widgets.bundle import WIDGET_MIME, mime_bundle


def bundle(open_page, frontend, *, live=False):
    view = open_page().view
    assert view.comm is None  # a program that runs a notebook would save what is open
    if live:
        AnyWidget.open(view)
    return view, mime_bundle(view, "<p>lamp</p>", "lamp", frontend)


def test_lab_has_html_and_text_alone(open_page):
    """Lab shows an error for a saved widget without its kernel: none is saved, its script finds the HTML."""
    view, data = bundle(open_page, "lab")
    assert sorted(data) == ["text/html", "text/plain"]
    assert f"nbagents-view-{view.view_id}" in data["text/html"]
    assert "<p>lamp</p>" in data["text/html"]


def test_vscode_and_colab_have_the_widget_with_fallbacks(open_page):
    """Front ends that fall back to HTML get the widget itself."""
    for frontend in ("vscode", "colab"):
        view, data = bundle(open_page, frontend, live=True)
        assert data[WIDGET_MIME]["model_id"] == view.model_id
        assert (data["text/html"], data["text/plain"]) == ("<p>lamp</p>", "lamp")


def test_elsewhere_only_what_lasts(open_page):
    """Where no page can run a script nothing refers to one."""
    for frontend in ("papermill", "kernel", "ipython", "script"):
        assert bundle(open_page, frontend)[1] == {"text/html": "<p>lamp</p>", "text/plain": "lamp"}


def test_identity_is_in_a_class(open_page):
    """Lab's sanitiser drops data- attributes from notebooks that are not trusted, and keeps classes."""
    _, data = bundle(open_page, "lab")
    assert "data-" not in data["text/html"]
    assert "<script" not in data["text/html"]
