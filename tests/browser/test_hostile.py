"""What a model or a tool wrote is text, wherever nbagents shows it: nothing may run."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.__pwned=1>",
    "</script><script>window.__pwned=1</script>",
    "<a href='javascript:window.__pwned=1'>link</a> [link](javascript:window.__pwned=1)",
    "<b>bold</b><br>&lt;i&gt; %{x} <svg onload=window.__pwned=1>",
    "$\\href{javascript:window.__pwned=1}{x}$",
]

SETUP = f"""%load_ext nbagents
from agents import Agent, Runner, function_tool, trace
from agents.testing import ScriptedModel, assistant_message, function_call
from nbagents import SQLiteSession, last_trace
HOSTILE = {json.dumps(HOSTILE)}
ALL = " ".join(HOSTILE)

@function_tool
def fetch(page: str) -> str:
    return ALL

@function_tool(failure_error_function=lambda context, error: str(error))
def broken(page: str) -> str:
    raise ValueError(ALL)

steps = [
    [function_call(name, {{"page": ALL}}, call_id=name) for name in ("fetch", "broken")],
    [assistant_message(ALL)],
]
agent = Agent(name=ALL, tools=[fetch, broken], model=ScriptedModel(steps, emit_traces=True))
session = SQLiteSession(ALL)"""
RUN = "with trace(ALL):\n    result = await Runner.run(agent, ALL, session=session)"
CELLS = [
    SETUP,
    RUN,
    "session",
    "last_trace()",
    "last_trace().gantt()",
    "last_trace().to_frame()",
    "await session.to_frame()",
]


def shown(page, index):
    cell = page.cell(index)
    cell.scroll_into_view_if_needed()
    return cell


def test_hostile_text_is_text_everywhere(notebook):
    """Strip, tree, details, session table, figure and its hover, frames, saved file: text, and no more."""
    page = notebook(CELLS, name="hostile", height=1400)
    page.run_all()

    strip = shown(page, 1)
    strip.locator(".strip").click()
    strip.locator(".plot .point path").first.wait_for(timeout=60_000)
    assert HOSTILE[0] in strip.locator(".strip").inner_text()
    for tool in ("fetch", "broken"):
        strip.locator(".row:not([hidden])", has_text=tool).click()
        strip.locator(".block", has_text="onerror").first.wait_for()

    assert HOSTILE[0] in shown(page, 2).inner_text()

    opened = shown(page, 3)
    opened.locator(".plot .point path").first.wait_for(timeout=60_000)

    figure = shown(page, 4)
    figure.locator(".bars path").first.wait_for(timeout=60_000)
    for bar in figure.locator(".bars path").all()[:6]:
        bar.hover(force=True)
        figure.locator(".hoverlayer").first.wait_for(state="attached")
    assert figure.locator("a[href^='javascript'], image, svg svg script").count() == 0

    for index in (5, 6):
        assert "onerror" in shown(page, index).inner_text()
    page.screenshot("hostile", strip)
    page.save()
    assert page.page.evaluate("() => window.__pwned") is None
    page.close()

    again = notebook(None, name="hostile", start=False, height=1400)
    again.open_without_kernel()
    for index in (1, 2, 3):
        assert "onerror" in shown(again, index).inner_text()
    again.screenshot("hostile-no-kernel", again.cell(1))
    assert again.page.evaluate("() => window.__pwned") is None
    assert again.page.locator(".jp-OutputArea a[href^='javascript']").count() == 0
