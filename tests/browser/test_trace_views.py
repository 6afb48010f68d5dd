"""What a trace view shows of a run: lanes, critical path, folded gaps, filters, chat, session, comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = pytest.mark.browser

SETUP = Path(__file__).with_name("desk_runs.py").read_text()
RUNS = """%load_ext nbagents
%nbagents display off
first, second = await run(1, 0), await run(2, 3)
view = second.view()
view"""


def names(page):
    return page.page.locator(".row:not([hidden]) .label").all_inner_texts()


def row(page, name):
    return page.page.locator(".row:not([hidden])", has_text=name)


def button(page, name):
    return page.page.locator(".toolbar").first.get_by_role("button", name=name, exact=True)


def filters(page, foot, root):
    button(page, "Filter").click()
    page.page.locator(".filters [name=failed]").check()
    expect(foot).to_contain_text("1 match, showing 2 rows")
    page.screenshot("views-filter-dark", root)
    page.page.locator(".filters [name=failed]").uncheck()
    page.page.locator(".filters [name=least]").fill("150 ms")
    page.page.locator(".filters [name=least]").press("Tab")
    expect(foot).to_contain_text("4 matches, showing 4 rows")
    page.page.get_by_role("button", name="Clear").click()


def goes_to_the_error(page, details, foot):
    """The count of errors leads to the span that failed, and what went in can be copied."""
    page.page.evaluate("() => { navigator.clipboard.writeText = async text => { globalThis.copied = text; }; }")
    foot.get_by_role("button", name="1 error").click()
    expect(page.page.locator(".row.selected .label")).to_have_text("issue_refund")
    details.get_by_role("button", name="Copy").click()
    page.wait_for("""() => globalThis.copied === '{"order_id": "A-1"}'""")
    details.get_by_role("tab", name="Raw").click()
    details.get_by_role("button", name="Copy").click()
    page.wait_for(
        """() => globalThis.copied.startsWith('{') && JSON.parse(globalThis.copied).output === 'A-1: ok'"""
    )
    details.get_by_role("tab", name="Input").click()


def opens_session(page, details, root):
    """The grid opens under the view, at the item that the span made; where no session has it, that is said."""
    page.page.get_by_text("Show in session").click()
    expect(page.page.locator(".dock")).to_contain_text("The span made items 9, 12 of 14 in the session support")
    grid = page.page.locator(".nbagents-live .nbagents-live")
    expect(grid.locator(".row.selected .cell.position")).to_have_text("9")
    expect(grid.locator(".row.linked .cell.position")).to_have_text("12")
    page.screenshot("views-session-dark", root)
    page.page.get_by_role("button", name="Close").click()
    page.run("await SQLiteSession('support').clear_session()")
    page.page.get_by_text("Show in session").click()
    expect(details).to_contain_text("No session in this notebook's file has it")


def stays_inside(page, root):
    """A menu that grows once the kernel answered is still inside a narrow view."""
    page.page.set_viewport_size({"width": 760, "height": 1000})
    button(page, "Compare").click()
    page.page.locator(".menu .choice").first.wait_for()
    menu, view = page.page.locator(".menu").bounding_box(), root.bounding_box()
    assert menu["x"] + menu["width"] <= view["x"] + view["width"]
    button(page, "Compare").click()
    page.page.set_viewport_size({"width": 1500, "height": 1000})


def compares(page, foot, root):
    stays_inside(page, root)
    button(page, "Compare").click()
    page.page.locator(".menu .choice").first.click()
    expect(page.page.locator(".axis .side").first).to_have_text("change, other minus this")
    took = page.page.locator(".figure tr", has_text="took").first.locator("td")
    expect(took).to_have_text(["took", "3.78 s", "0.78 s", "\u22123.00 s"])
    row(page, "issue_refund").click()
    page.screenshot("views-compare-dark", root)
    button(page, "Compare").click()
    expect(foot).to_contain_text("12 spans")
    page.page.get_by_role("button", name="Export ▾").first.click()
    page.screenshot("views-export-dark", root)
    page.page.locator(".menu .choice", has_text="HTML").click()
    expect(foot).to_contain_text("saved refund-")


def test_a_run_from_every_side(notebook):
    """Each way to look at a run works in one view, and says what the kernel says."""
    page = notebook([SETUP, RUNS], name="views", width=1500, height=1000)
    page.run_all()
    root = page.page.locator(".nbagents-root").first
    details, foot = page.page.locator(".details"), page.page.locator(".foot")
    page.page.wait_for_selector(".plot .point path")
    run = "check_policy \u00d73"
    tree = ["triage", "gpt-4o", "→ refunds", "refunds", "gpt-4o", run, "issue_refund", "gpt-4o"]
    assert names(page) == tree
    expect(foot).to_contain_text("12 spans, showing 8 rows")
    expect(foot).to_contain_text("took 3.78 s · model 0.50 s · tools 0.28 s · idle 3.00 s")
    own = "agent \u00d72 3.00 s · generation \u00d73 0.50 s · function \u00d74 0.28 s · handoff \u00d71 0 ms"
    expect(foot).to_contain_text(f"self time: {own}")
    expect(foot).to_contain_text("720 in · 150 out")
    expect(foot).to_contain_text("$0.0033")

    button(page, "Critical path").click()
    expect(details.locator(".share")).to_contain_text("issue_refund")
    button(page, "Fold gaps").click()
    expect(page.page.locator(".axis .gap")).to_have_text("⋯ 3.00 s")
    page.screenshot("views-tree-light", root)

    goes_to_the_error(page, details, foot)
    row(page, "gpt-4o").nth(1).click()
    expect(details.locator(".bubble.user")).to_have_text("My lamp arrived broken, order A-1043.")
    expect(details.locator(".bubble.call").first).to_have_text('check_policy({"order_id": "A-0"})')
    page.page.get_by_role("tab", name="Settings").click()
    expect(details).to_contain_text("temperature")
    page.page.get_by_role("tab", name="Input").click()
    page.screenshot("views-chat-light", root)

    for by, lanes in (
        ("Agents", ["triage", "", "refunds", ""]),
        ("Types", ["agent", "generation", "handoff", "function"]),
    ):
        button(page, by).click()
        expect(foot).to_contain_text("showing 4 lanes")
        assert names(page) == lanes
        page.screenshot(f"views-{by.lower()}-light", root)

    button(page, "Tree").click()
    row(page, run).click()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowDown")
    page.theme("dark")
    opens_session(page, details, root)
    assert page.run("view.selected.input, view.selected.depth")[0]["data"]["text/plain"] == (
        '(\'{"order_id": "A-0"}\', 2)'
    )

    filters(page, foot, root)
    compares(page, foot, root)
    page.theme("light")
    index = page.append("first.view()")
    page.start(index)
    fold = page.cell(index).get_by_role("button", name="Fold gaps")
    expect(fold).to_be_disabled()
    expect(fold).to_have_attribute("title", "There is no long stretch in which nothing ran")


def test_a_group_and_a_comparison_show_themselves(notebook):
    """As a cell's last line they are views: every trace on one time axis, and two traces side by side."""
    cells = [
        SETUP,
        RUNS.replace("view = second.view()\nview", "first.compare(second)"),
        "from nbagents import TraceStore\nTraceStore().group('lamp')",
    ]
    page = notebook(cells, name="group", width=1500, height=1400)
    page.run_all()
    expect(page.cell(1).locator(".figure").first).to_contain_text("+3.00 s")
    group = page.cell(2)
    group.scroll_into_view_if_needed()
    expect(group.locator(".foot")).to_contain_text("24 spans, showing 18 rows")
    expect(group.locator(".row.trace")).to_have_count(2)
    group.locator(".plot .point path").first.wait_for()
    page.screenshot("views-group", group)
    saved = page.save()["cells"]
    assert "change" in saved[1]["outputs"][-1]["data"]["text/plain"]
    assert "2 traces" in saved[2]["outputs"][0]["data"]["text/html"]
