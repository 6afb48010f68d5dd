"""What a model or a tool wrote is text, wherever nbagents shows it: nothing may run."""

from __future__ import annotations

import json
from pathlib import Path

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

    shown(page, 2).locator(".nbagents-root").get_by_text(HOSTILE[0]).first.wait_for()

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


CORPUS = Path(__file__).with_name("hostile.txt").read_text().splitlines()
ROWS = Path(__file__).with_name("hostile_rows.py").read_text()
LOOK = Path(__file__).with_name("look_at_rows.js").read_text()


def test_a_corpus_of_hostile_text_is_text(notebook):
    """Some eighty payloads in names, inputs, outputs, errors and metadata: all over a view, and saved."""
    static = """for start in range(0, len(CORPUS), 15):
    shown = record("t3", ALL, range(start, min(start + 15, len(CORPUS))))
    display(HTML(static_forms([shown])[0]))"""
    cells = [
        ROWS.replace('["<script>"]', json.dumps(CORPUS)),
        "view = TraceView([lamp], store=lamp.store, expanded=True)\nview",
        static,
        "lamp.gantt(limit=500)",
        "lamp.to_frame()",
    ]
    page = notebook(cells, name="corpus", height=1400)
    dialogs = []
    page.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.run_all()
    view = shown(page, 1)
    view.locator(".plot .point path").first.wait_for(timeout=60_000)
    seen = page.page.evaluate(LOOK)
    assert len(seen) == 2 * len(CORPUS)
    for n, texts in enumerate(seen):
        assert [CORPUS[n // 2] in text for text in texts] == [True] * 3, CORPUS[n // 2]
    for name in ("Agents", "Types", "Filter", "Compare"):
        view.get_by_role("button", name=name, exact=True).click()
    view.locator(".menu .choice").first.click()
    view.locator(".axis .side", has_text="change").wait_for()
    inside = "s => document.querySelector('.nbagents-root').shadowRoot.querySelectorAll(s).length"
    assert (
        page.page.evaluate(inside, "script, img, a, iframe, [onerror], [onload], .details br, .details svg") == 0
    )
    saved = shown(page, 2).text_content()
    assert [payload for payload in CORPUS if payload[:70] not in saved] == []
    assert shown(page, 2).locator(".jp-RenderedHTML :is(script, img, iframe, svg, a, form, style)").count() == 0
    shown(page, 3).locator(".bars path").first.wait_for(timeout=60_000)
    page.screenshot("corpus", view)
    assert page.page.evaluate("() => window.__pwned") is None
    assert dialogs == []
