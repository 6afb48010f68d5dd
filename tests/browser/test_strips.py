"""Strips under cells in a real JupyterLab: where they appear, and what a run that outlives its cell leaves."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = pytest.mark.browser

SETUP = """%load_ext nbagents
import asyncio
from agents import custom_span, trace
go = asyncio.Event()

async def later():
    await go.wait()
    with trace("from a task"), custom_span("step"):
        await asyncio.sleep(0)"""


def test_a_task_of_an_earlier_cell_is_shown_under_that_cell(notebook):
    """The strip of a run that starts after its cell has ended appears, and stays, in that cell's output."""
    page = notebook([SETUP, "task = asyncio.create_task(later())", "go.set()\nawait task"], name="task")
    page.run_all()
    expect(page.cell(1).locator(".strip")).to_contain_text("from a task")
    expect(page.cell(2).locator(".strip")).to_have_count(0)
    page.wait_for(
        "() => jupyterapp.shell.currentWidget.content.model.sharedModel.getCell(1).getOutputs()"
        ".some(output => /step/.test(output.data['text/plain']) && !/running/.test(output.data['text/plain']))"
    )
    page.save()
    page.close()
    again = notebook(None, name="task", start=False)
    again.open_without_kernel()
    expect(again.cell(1).locator("pre").last).to_contain_text("step")


def test_turned_off_in_one_line(notebook):
    """After `%nbagents display off` a run shows nothing; after `on` it does again."""
    run = "with trace('quiet'), custom_span('step'): pass"
    page = notebook([SETUP, "%nbagents display off", run, "%nbagents display on", run], name="off")
    page.run_all()
    expect(page.cell(4).locator(".strip")).to_contain_text("quiet")
    assert page.outputs(2) == []
