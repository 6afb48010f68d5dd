"""The driver that the other browser tests stand on."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_runs_cells_and_saves_what_they_gave(notebook):
    """Running all cells runs each in order, and saving writes their outputs to the notebook's file."""
    page = notebook(["lamp = 6 * 7", "lamp"])
    page.run_all()
    assert page.outputs(1)[0]["data"] == {"text/plain": "42"}
    assert page.save()["cells"][1]["outputs"][0]["data"] == {"text/plain": "42"}


def test_kernel_has_no_key_and_sees_this_checkout(notebook):
    """No test can reach a paid API by accident, and the package under test is the one in the checkout."""
    page = notebook(["import os, nbagents", "[k for k in os.environ if 'OPENAI' in k], nbagents.__version__ > ''"])
    page.run_all()
    assert page.outputs(1)[0]["data"]["text/plain"] == "([], True)"


def test_page_errors_are_collected(notebook):
    """A script that fails in the page is reported, so that no test passes over it."""
    page = notebook(["1"])
    with page.page.expect_event("pageerror"):
        page.page.evaluate("() => { setTimeout(() => { throw new Error('on purpose'); }); }")
    problems, page.problems[:] = list(page.problems), []
    assert [problem for problem in problems if "on purpose" in problem] != []


def test_opens_without_a_kernel(notebook):
    """A saved notebook opens with no kernel at all."""
    page = notebook(["6 * 7"], name="no_kernel")
    page.run_all()
    page.save()
    page.close()
    again = notebook(None, name="no_kernel", start=False)
    again.open_without_kernel()
    assert again.cell(0).locator(".jp-OutputArea-output").inner_text() == "42"
    assert again.lab.api("api/sessions") == []
