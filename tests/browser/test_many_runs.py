"""map_agent's progress and the chat panel in a real JupyterLab: live, stopped, clicked open, and when saved."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = pytest.mark.browser

SETUP = """%load_ext nbagents
import asyncio
import pandas as pd
from agents import Agent, Runner, function_tool
from nbagents import SQLiteSession, chat, map_agent

@function_tool
def look_up_order(order_id: str) -> str:
    "Look up the status of an order."
    return f"{order_id}: delivered <b>on Monday</b>"

def instructions(context, agent):
    if len(done) % 9 == 5:
        done.append(None)
        raise LookupError("no instructions for this row <i>today</i>")
    done.append(None)
    return "Help with orders."

done = []
support = Agent(name="Support", instructions="Help with orders.", tools=[look_up_order])
moody = Agent(name="Moody", instructions=instructions, tools=[look_up_order])
questions = pd.Series([f"Where is order A-{n}?" for n in range(40)], name="question")"""

MANY = "frame = await map_agent(moody, questions, retries=0)"
STOPPED = "part = await map_agent(support, questions, concurrency=1, rate=4)\npart.stopped"
CHAT = 'chat(support, SQLiteSession("support"))'
HELD = """import time
from pathlib import Path
while not Path("chat_seen").exists():
    time.sleep(0.05)  # the event loop stands still
"let go\""""
REPORT = "frame.report()"


def test_progress_report_and_chat(notebook):
    """Rows are seen while they run and can be stopped; a chat streams, branches, and is in the saved notebook."""
    page = notebook([SETUP, MANY, STOPPED, CHAT, HELD, REPORT], name="many", height=1500)
    for index in (0, 1):
        page.start(index)
    progress = page.cell(1).locator(".nbagents-root").first
    expect(progress).to_contain_text("40 of 40 rows")
    expect(progress).to_contain_text("failed")
    expect(progress.locator("button", has_text="Stop")).to_be_hidden()
    progress.locator("button", has_text="Failed").click()
    row = progress.locator(".row").first
    expect(row).to_contain_text("LookupError: no instructions for this row <i>today</i>")
    row.click()
    expect(page.cell(1).locator(".nbagents-root .nbagents-root")).to_contain_text("Moody")
    page.screenshot("many-progress-light", page.cell(1))
    page.theme("dark")
    page.screenshot("many-progress-dark", page.cell(1))

    page.start(2)
    stop = page.cell(2).locator(".nbagents-root button", has_text="Stop")
    expect(page.cell(2).locator(".nbagents-root").first).to_contain_text("rows/s")
    stop.click()
    expect(page.cell(2)).to_contain_text("'interrupted'")
    expect(page.cell(2).locator(".nbagents-root").first).to_contain_text("stopped: interrupted")
    page.theme("light")

    page.start(5)
    report = page.cell(5).locator(".nbagents-root").first
    expect(report.locator(".subject")).to_have_text(["Latency", "Tokens", "Errors"])
    expect(report.locator(".kind")).to_contain_text("LookupError: no instructions for this row <i>today</i>")
    report.locator(".row").first.click()
    expect(page.cell(5).locator(".nbagents-root .nbagents-root")).to_contain_text("Moody")
    page.screenshot("many-report-light", page.cell(5))

    the_chat(page)
    page.wait_for(
        "() => jupyterapp.shell.currentWidget.content.model.sharedModel.getCell(3).getOutputs()"
        ".some(output => /Where is order A-7[^]*all the orders/.test(output.data['text/plain']))"
    )
    kept = page.save()
    texts = [
        "".join(out["data"]["text/plain"])
        for cell in kept.cells
        for out in cell.get("outputs", [])
        if "data" in out
    ]
    assert any("40 of 40 rows" in text for text in texts)
    assert any("> Where is order A-7?" in text and "A-7: delivered" in text for text in texts)
    assert "<b>on Monday" not in str([out["data"].get("text/html") for out in kept.cells[3].outputs])


def the_chat(page):
    """See it while a cell blocks; talk, look at a trace, go back on a message, switch back, stop."""
    page.start(3)
    page.start(4)
    panel = page.cell(3).locator(".nbagents-root").first
    box = panel.locator("textarea")
    expect(box).to_be_visible()
    (page.lab.folder / "chat_seen").touch()
    expect(page.cell(4)).to_contain_text("'let go'")
    box.fill("Where is order A-7?")
    box.press("Enter")
    expect(panel.locator(".card")).to_contain_text('look_up_order(order_id="A-7")')
    expect(panel.locator(".card")).to_contain_text("A-7: delivered <b>on Monday</b>")
    expect(panel.locator(".link")).to_have_count(1)
    expect(box).to_be_focused()
    said = panel.locator(".list")
    said.evaluate("list => { list.style.maxHeight = '120px'; }")
    box.fill("And order B-2000?")
    box.press("Enter")
    expect(panel.locator(".link")).to_have_count(2)
    at_end = "list => list.scrollTop > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 2"
    page.wait_for(at_end, said.element_handle())  # also when the output was drawn anew as the run ended
    said.evaluate("list => { list.style.maxHeight = ''; }")
    panel.locator(".link").last.click()
    expect(page.cell(3).locator(".nbagents-root .nbagents-root")).to_contain_text("look_up_order")
    page.screenshot("many-chat-light", page.cell(3))
    page.theme("dark")
    page.screenshot("many-chat-dark", page.cell(3))
    page.theme("light")

    box.press("ArrowUp")
    expect(box).to_have_value("And order B-2000?")
    box.press("Escape")
    panel.locator(".edit").first.focus()
    panel.locator(".edit").first.press("Enter")
    expect(box).to_have_value("Where is order A-7?")
    page.screenshot("many-chat-edit", page.cell(3))
    box.fill("Where is order C-9?")
    box.press("Enter")
    expect(panel.locator(".line.user")).to_have_text(["Where is order C-9?"])
    expect(panel.locator(".session")).to_have_value("support~2")
    expect(panel.locator(".link")).to_have_count(1)
    panel.locator(".session").select_option("support")
    expect(panel.locator(".line.user")).to_have_text(["Where is order A-7?", "And order B-2000?"])
    box.fill("Tell me everything about all the orders, please.")
    box.press("Enter")
    box.press("Escape")
    expect(panel.locator(".write .button").last).to_have_text("Send")
