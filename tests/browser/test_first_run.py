"""The first notebook, as a person runs it: in a real JupyterLab, from top to bottom, without a key."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser

FIRST = Path(__file__).parents[2] / "notebooks" / "01_first_run.ipynb"
RUN, TABLE, EDIT, AGAIN, SPANS, GANTT, STREAM = ("run", "table", "edit", "again", "spans", "gantt", "stream")
LIMIT = 150_000  # bytes of the saved notebook

# The view lives in a shadow root, which `document.querySelector` does not look into.
STRIP = (
    "[...document.querySelectorAll('.nbagents-live *')]"
    ".map(element => element.shadowRoot?.querySelector('.strip')).find(Boolean)"
)
# The kernel calls itself idle whenever it has answered a widget; a cell without a number still runs.
GROWN = f"""index => {{
    const seen = (window.__seen ??= new Set());
    const spans = /(\\d+) spans?/.exec({STRIP}?.textContent ?? '')?.[1];
    const cell = jupyterapp.shell.currentWidget.content.model.sharedModel.getCell(index);
    if (spans && cell.execution_count === null) seen.add(Number(spans));
    return seen.size >= 2 ? [...seen] : null;
}}"""


def index_of(name):
    return next(i for i, cell in enumerate(nbformat.read(FIRST, as_version=4).cells) if cell.id == name)


def text_of(page, name):
    parts = []
    for output in page.outputs(index_of(name)):
        parts.append("".join(output.get("text", "")))
        parts.append("".join(output.get("data", {}).get("text/plain", "")))
    return "\n".join(parts)


@pytest.fixture
def first_run(notebook):
    page = notebook(str(FIRST), name="first_run", height=1400)
    page.run_all()
    return page


def test_every_cell_does_what_its_text_says(first_run):
    """Real tools and a handoff, an edit that changes the answer, a frame, a figure and a stream; under 150 KB."""
    page = first_run
    assert "Refunded 42.50 for order A-1043." in text_of(page, RUN)
    assert "lookup_order" in text_of(page, TABLE)
    assert "updated=1" in text_of(page, EDIT)
    assert "voucher" in text_of(page, AGAIN)
    assert "→ Refunds" in text_of(page, SPANS)
    assert "delivered" in text_of(page, STREAM)
    figure = page.outputs(index_of(GANTT))[0]["data"]["application/vnd.plotly.v1+json"]
    assert sum(len(bars["y"]) for bars in figure["data"]) == 14
    page.save()
    saved = page.lab.folder / page.path
    assert saved.stat().st_size < LIMIT
    assert "plotly.js v" not in saved.read_text()


def test_a_plain_figure_is_drawn(first_run):
    """The figure of `gantt()` is drawn by Plotly's own Lab extension."""
    cell = first_run.cell(index_of(GANTT))
    cell.scroll_into_view_if_needed()
    cell.locator(".js-plotly-plot .bars path").first.wait_for(timeout=60_000)
    first_run.screenshot("first-run-figure", cell)


def test_the_strip_grows_while_the_cell_runs(notebook):
    """While the cell still runs the strip is there, and its spans become more."""
    page = notebook(str(FIRST), name="grows", height=1400)
    for name in ("load", "agents"):
        page.start(index_of(name))
        page.wait_for(
            "i => jupyterapp.shell.currentWidget.content.model.sharedModel.getCell(i).execution_count !== null"
            " && jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'",
            index_of(name),
        )
    page.start(index_of(RUN))
    seen = page.page.wait_for_function(GROWN, arg=index_of(RUN), timeout=60_000, polling=20).json_value()
    assert seen == sorted(seen)
    page.wait_for(f"() => /14 spans/.test({STRIP}.textContent)")


def test_a_click_opens_the_run_and_its_details(first_run):
    """The strip opens into tree and Gantt; a span shows its arguments and its result."""
    cell = first_run.cell(index_of(RUN))
    cell.scroll_into_view_if_needed()
    cell.locator(".strip").click()
    cell.locator(".plot .point path").first.wait_for(timeout=60_000)
    cell.locator(".row:not([hidden])", has_text="issue_refund").click()
    cell.locator(".block", has_text="42.5").first.wait_for()
    assert "Refunded 42.50" in cell.inner_text()
    for theme in ("light", "dark"):
        first_run.theme(theme)
        cell.scroll_into_view_if_needed()
        first_run.screenshot(f"first-run-{theme}")
        first_run.screenshot(f"first-run-{theme}-cell", cell)
    table = first_run.cell(index_of(TABLE))
    table.scroll_into_view_if_needed()
    first_run.screenshot("first-run-dark-table", table)
    first_run.theme("light")
    table.scroll_into_view_if_needed()
    first_run.screenshot("first-run-light-table", table)


def test_the_saved_notebook_shows_the_run_without_a_kernel(first_run, notebook):
    """With no kernel and no network, the file still shows what ran, and nothing says that something is missing."""
    first_run.save()
    first_run.close()
    page = notebook(None, name="first_run", start=False, height=1400)
    page.page.route("**/*", lambda route: route.continue_() if "127.0.0.1" in route.request.url else route.abort())
    page.open_without_kernel()
    cell = page.cell(index_of(RUN))
    cell.scroll_into_view_if_needed()
    cell.locator("pre", has_text="lookup_order").first.wait_for()
    assert "First run" in cell.inner_text()
    assert "model not found" not in page.page.content()
    assert "Loading widget" not in page.page.content()
    page.screenshot("first-run-no-kernel", cell)
    table = page.cell(index_of(TABLE))
    table.scroll_into_view_if_needed()
    assert "lookup_order" in table.inner_text()
