"""The trace view in a real JupyterLab: hydration, drawing, keys, hostile text, a cell that blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed").expect

pytestmark = pytest.mark.browser

SETUP = Path(__file__).with_name("lamp_rows.py").read_text()


COUNTED = """
import plotly.offline
asked = []
def get_plotlyjs(real=plotly.offline.get_plotlyjs):
    asked.append(1)
    return real()
plotly.offline.get_plotlyjs = get_plotlyjs
"""

BROKEN = """
import plotly.offline
def get_plotlyjs():
    raise OSError("no such disk")
plotly.offline.get_plotlyjs = get_plotlyjs
"""

HOSTILE = [
    "<img src=x onerror=window.__pwned=1>",
    "</script><script>window.__pwned=1</script>",
    "<b>bold</b><br>&lt;i&gt;<a href='javascript:window.__pwned=1'>link</a>",
    "$\\href{javascript:window.__pwned=1}{x}$ %{x} [link](javascript:window.__pwned=1)",
]


def open_view(notebook, cell="view = View([lamp], store=store)\nview", **options):
    page = notebook([SETUP, cell], **options)
    page.run_all()
    page.page.wait_for_selector(".strip .facts >> text=span")  # the rows have come
    return page


def expand(page):
    page.page.locator(".strip").first.click()
    page.page.wait_for_selector(".plot .point path")  # Plotly has drawn


def row(page, name):
    return page.page.locator(".row:not([hidden])", has_text=name)


def names(page):
    return page.page.locator(".row:not([hidden]) .label").all_inner_texts()


def test_live_view_takes_the_place_of_the_static_content(notebook):
    """With a kernel one sees the live view; the file holds only the static part, seen without a kernel."""
    page = open_view(notebook, name="hydrate")
    facts = ["3.42 s", "13 spans", "1,236 tokens", "$0.0041", "1 error"]
    expect(page.page.locator(".strip .facts span")).to_have_text(facts)
    assert page.page.locator(".strip .name").inner_text() == "Agent workflow"
    assert page.page.locator(".nbagents-live pre").first.is_hidden()
    data = page.save()["cells"][1]["outputs"][0]["data"]
    assert sorted(data) == ["text/html", "text/plain"]
    assert "triage" not in data["text/html"]
    page.close()
    again = notebook(None, name="hydrate", start=False)
    again.open_without_kernel()
    again.page.wait_for_selector(".nbagents-live pre >> text=static lamp")
    assert again.page.locator(".nbagents-root").count() == 0


def test_records_show_themselves(notebook):
    """A record as a cell's last line is the live view, and without a kernel its static form."""
    cell = "from nbagents.tracing.record import TraceRecord\nTraceRecord(lamp.row, LAMP)"
    page = open_view(notebook, cell, name="record")
    expect(page.page.locator(".plot:has(.point path)")).to_have_count(1)  # a record opens expanded
    page.save()
    page.close()
    again = notebook(None, name="record", start=False)
    again.open_without_kernel()
    expect(again.page.locator(".nbagents-live pre").first).to_contain_text("lookup_order")
    again.screenshot("trace-static", again.cell(1))


@pytest.mark.parametrize("how", ["restarted", "shut down"])
def test_a_view_outlives_its_kernel(notebook, how):
    """What was sent can be looked at when the kernel is gone; what only it knows is said to be so."""
    page = open_view(notebook)
    expand(page)
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=delivered")
    page.restart_kernel() if how == "restarted" else page.shutdown_kernel()
    whole = names(page)
    row(page, "refunds").locator(".fold").last.click()
    expect(row(page, "issue_refund")).to_have_count(0)
    row(page, "refunds").locator(".fold").last.click()
    expect(row(page, "issue_refund")).to_have_count(1)
    assert names(page) == whole
    axis, plot = page.page.locator(".axis"), page.page.locator(".plot").bounding_box()
    times = axis.text_content()
    page.page.mouse.click(plot["x"] + 100, plot["y"] + 20)
    page.page.mouse.wheel(0, -900)
    expect(axis).not_to_have_text(times)
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=delivered")
    row(page, "issue_refund").click()
    page.page.wait_for_selector(".block.error >> text=the kernel is gone")
    page.screenshot(f"trace-{how.replace(' ', '-')}")


def test_page_reload_brings_the_view_back(notebook):
    """The kernel outlives the page: after a reload the view asks again, open and with the same span chosen."""
    page = open_view(notebook)
    expand(page)
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=A-1043")
    page.save()
    page.reload()
    page.page.wait_for_selector(".plot .point path")
    page.page.wait_for_selector(".block >> text=A-1043")
    expect(row(page, "lookup_order")).to_have_attribute("aria-selected", "true")


def test_chosen_span_shows_its_payload(notebook):
    """A click fetches what went in and came out; what is cut says how much; a payload that fails says why."""
    page = open_view(notebook)
    expand(page)
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=delivered")
    assert page.page.locator(".pairs").inner_text().split("\n") == [
        "started", "+0.82 s", "took", "0.34 s · 10 % of the run", "agent", "triage",
    ]  # fmt: skip
    assert page.run("view.selected.name")[0]["data"]["text/plain"] == "'lookup_order'"
    row(page, "gpt-4o").first.click()
    page.page.wait_for_selector("text=showing first 20,000 of 1,203,444 characters")
    page.page.get_by_role("tab", name="Output").click()
    page.page.wait_for_selector(".block >> text=on its way")
    row(page, "issue_refund").click()
    page.page.wait_for_selector(".block.error >> text=needs a photo above 40.00")
    expect(page.page.locator(".plot + .labels .failed")).to_have_text("PolicyError")  # above the bars, not under
    row(page, "check_policy").click()
    page.page.wait_for_selector(".block.error >> text=LookupError: no payload of t1 9")


def test_keyboard_alone_is_enough(notebook):
    """Enter opens the strip, arrows walk and fold, slash searches, and no key reaches the notebook's shortcuts."""
    page = open_view(notebook)
    keyboard = page.page.keyboard
    page.page.locator(".strip").focus()
    keyboard.press("Enter")
    tree = page.page.locator(".scroller")
    tree.focus()
    keyboard.press("ArrowDown")
    expect(row(page, "triage")).to_have_attribute("aria-selected", "true")
    keyboard.press("ArrowLeft")
    page.page.wait_for_selector(".row[aria-expanded=false] >> text=triage")
    assert names(page)[:2] == ["triage", "refunds"]
    keyboard.press("Enter")
    page.page.wait_for_selector(".row:not([hidden]) >> text=lookup_order")
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    page.page.wait_for_selector(".block >> text=A-1043")
    assert tree.get_attribute("aria-activedescendant") == row(page, "lookup_order").get_attribute("id")
    keyboard.press("/")
    for key in "ddxabmy":  # delete, cut, insert and convert a cell, were they to reach the notebook
        keyboard.press(key)
    page.page.wait_for_selector("text=No span matches.")
    assert len(page.sources()) == 2
    keyboard.press("Escape")
    page.page.wait_for_selector(".row:not([hidden]) >> text=refunds")
    keyboard.press("Escape")
    for key in ("d", "d", "x", "a", "Shift+Enter"):
        keyboard.press(key)
    assert len(page.sources()) == 2


def test_filter_and_search(notebook):
    """A chip hides its type and hands children up; a search keeps what matches and what it is in."""
    page = open_view(notebook)
    expand(page)
    chip = page.page.get_by_role("button", name="response 4")
    chip.click()
    expect(page.page.locator(".foot")).to_contain_text("7 rows")
    assert names(page) == [
        "triage",
        "lookup_order",
        "→ refunds",
        "refunds",
        "check_policy",
        "no_secrets",
        "issue_refund",
    ]
    assert chip.get_attribute("aria-pressed") == "false"
    chip.click()
    page.page.locator(".search").fill("secret")
    page.page.wait_for_selector("text=13 spans, 1 match, showing 3 rows")
    assert names(page) == ["refunds", "check_policy", "no_secrets"]


def test_zoom_pan_and_reset(notebook):
    """A wheel over the focused chart zooms about the pointer, a drag pans, a double click shows the whole run."""
    page = open_view(notebook)
    expand(page)
    axis = page.page.locator(".axis")
    whole = axis.text_content()
    plot = page.page.locator(".plot").bounding_box()
    page.page.mouse.click(plot["x"] + 100, plot["y"] + 20)
    page.page.mouse.wheel(0, -900)
    expect(axis).not_to_have_text(whole)
    close = axis.text_content()
    page.page.mouse.down()
    page.page.mouse.move(plot["x"] + 20, plot["y"] + 20, steps=4)
    page.page.mouse.up()
    expect(axis).not_to_have_text(close)
    page.page.mouse.dblclick(plot["x"] + 100, plot["y"] + 20)
    expect(axis).to_have_text(whole)


def test_theme_switch_recolours_the_bars(notebook):
    """Both themes come from the page, at once and without a kernel's help."""
    page = open_view(notebook, width=1440)
    page.screenshot("trace-strip-light", page.page.locator(".nbagents-root"))
    expand(page)
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block")
    color = "e => getComputedStyle(e).fill"
    page.screenshot("trace-light", page.page.locator(".nbagents-root"))
    assert page.page.locator(".plot .point path").first.evaluate(color) == "rgb(0, 114, 178)"
    page.theme("dark")
    page.wait_for("() => document.querySelector('.nbagents-root').hasAttribute('data-dark')")
    page.page.wait_for_selector(".plot .point path[style*='74, 163, 223']")
    page.screenshot("trace-dark", page.page.locator(".nbagents-root"))
    page.theme("light")


def test_several_places_share_one_state(notebook):
    """The same view in a layout, in two outputs, and in an output that is drawn anew, is one view."""
    page = notebook(
        [
            SETUP,
            "view = View([lamp], store=store)\nhandle = display(view, display_id='lamp')",
            "import ipywidgets\nipywidgets.VBox([view])",
        ]
    )
    page.run_all()
    page.wait_for("() => document.querySelectorAll('.nbagents-root').length === 2")
    page.page.locator(".strip").nth(1).click()
    expect(page.page.locator(".plot:has(.point path)")).to_have_count(2)
    page.page.evaluate("() => { window.__root = document.querySelector('.nbagents-root'); }")
    page.run("handle.update(view)")
    page.wait_for("() => window.__root.isConnected && document.querySelectorAll('.nbagents-root').length === 2")
    assert page.page.locator(".nbagents-live pre").first.is_hidden()
    assert page.page.evaluate("() => [typeof window.Plotly, typeof window.moduleName]") == [
        "undefined",
        "undefined",
    ]


def test_plotly_comes_once_for_a_page(notebook):
    """Two views that are opened ask for plotly.js once between them."""
    page = notebook(
        [SETUP, COUNTED, "one = View([lamp], store=store, expanded=True)\none", "View([lamp], expanded=True)"]
    )
    page.run_all()
    expect(page.page.locator(".plot:has(.point path)")).to_have_count(2, timeout=30_000)
    assert page.run("len(asked)")[0]["data"]["text/plain"] == "1"
    assert len(str(page.save())) < 12_000


def test_tree_works_without_plotly(notebook):
    """Where plotly.js cannot be had the cell says so, and tree, plain bars and details are there."""
    page = open_view(notebook, BROKEN + "View([lamp], store=store, expanded=True)")
    page.page.wait_for_selector(".foot >> text=no such disk")
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=delivered")
    expect(page.page.locator(".plain path")).to_have_count(5)  # a path for each colour


def test_script_errors_show_in_the_cell(notebook):
    """What goes wrong in the page is said in the cell, not only in a console."""
    page = open_view(notebook)
    page.run("view.send({'type': 'rows', 'reset': False, 'now_us': 0, 'columns': {}}, [b'not json'])")
    page.page.wait_for_selector(".trouble:visible >> text=nbagents could not draw this view")


def test_hostile_text_stays_text(notebook):
    """Nothing that a model or a tool wrote runs as HTML, script, or Plotly's own markup."""
    cell = f"""HOSTILE = {HOSTILE!r}
rows = [span(n, "function", text, n, n + 1, agent=text, model=text, error=text) for n, text in enumerate(HOSTILE)]
rows += [span(4, HOSTILE[0], "odd type", 4, 5)]
for n, text in enumerate(HOSTILE):
    store.payloads["t1", n] = dict(input=text, output=text, data=dict(text=text), error=text)
View([Record(TraceRow("t1", HOSTILE[0], T0, T0 + 5_000_000), rows)], store=store)"""
    page = open_view(notebook, cell)
    assert HOSTILE[0] in page.page.locator(".strip").inner_text()
    expand(page)
    assert names(page) == [*HOSTILE, "odd type"]
    for text in HOSTILE:
        row(page, text).first.hover(position={"x": 330, "y": 10})
        assert text in page.page.locator(".tip").inner_text()
        row(page, text).first.click()
        expect(page.page.locator(".details .block:not(.error)").first).to_have_text(text)
        for tab in ("Output", "Raw", "Input"):
            page.page.get_by_role("tab", name=tab).click()
    inside = "s => document.querySelector('.nbagents-root').shadowRoot.querySelectorAll(s).length"
    assert page.page.evaluate(inside, "img, script, a, iframe, [onerror], .details br") == 0
    assert page.page.evaluate("() => typeof window.__pwned") == "undefined"


def test_grows_and_answers_while_a_cell_blocks(notebook):
    """In a cell that never awaits, rows arrive as they are pushed, and the details of a span can be read."""
    block = """
import pathlib, time
view = View(store=store)
display(view)
trace = TraceRow("t1", "Agent workflow", time.time_ns() // 1000)
view.push([trace], [])
done = pathlib.Path("trace_seen")
for n in range(2000):
    if done.exists(): break
    at = time.time_ns() // 1000
    view.push([], [SpanRow("t1", n, f"s{n}", None, "function", f"tool_{n}", at - 100_000, at)])
    store.payloads["t1", n] = {"input": f"argument {n}", "output": None, "data": None, "error": None}
    time.sleep(0.25)
print("unblocked", "at last" if done.exists() else "by nobody")
"""
    page = notebook([SETUP, block])
    page.start(0)
    page.start(1)
    page.page.wait_for_selector(r".facts >> text=/\d spans/")
    assert page.page.locator(".pulse").is_visible()
    took = page.page.locator(".facts span").first.inner_text()
    expect(page.page.locator(".facts span").first).not_to_have_text(took)
    expand(page)
    row(page, "tool_1").first.click()
    page.page.wait_for_selector(".block >> text=argument 1")
    page.screenshot("trace-running", page.page.locator(".nbagents-root"))
    (page.lab.folder / "trace_seen").touch()
    expect(page.cell(1)).to_contain_text("unblocked at last")


def test_twenty_thousand_spans_stay_light(notebook):
    """However long a run, only what can be seen is in the page; the end of it is a key away."""
    cell = """
big = [span(0, "agent", "root", 0, 2000)]
kinds = ("function", "response", "handoff")
big += [span(n, kinds[n % 3], f"step {n}", n / 10, n / 10 + 0.09, 0) for n in range(1, 20_000)]
View([Record(TraceRow("t1", "Long run", T0, T0 + 2_000_000_000), big)], store=store)"""
    page = open_view(notebook, cell)
    expand(page)
    assert page.page.locator(".foot").inner_text().startswith("20,000 spans, showing 20,000 rows")
    assert page.page.locator(".plot .point").count() <= 20
    assert (
        page.page.evaluate(
            "() => document.querySelector('.nbagents-root').shadowRoot.querySelectorAll('*').length"
        )
        < 500
    )
    page.page.locator(".scroller").focus()
    page.page.keyboard.press("End")
    page.page.wait_for_selector(".row.selected >> text=step 19999")
    assert page.page.locator(".plot .point").count() <= 20
    page.screenshot("trace-20000", page.page.locator(".nbagents-root"))


@pytest.mark.parametrize("width", [620, 900, 1600])
def test_fits_its_width(notebook, width):
    """From 600 to 1,600 pixels nothing overflows; the details go below where it is narrow."""
    page = open_view(
        notebook,
        "view = View([lamp], store=store, expanded=True)\nview",
        width=2100,
    )
    page.page.locator(".nbagents-root").evaluate("(e, width) => { e.style.width = width + 'px'; }", width)
    page.page.wait_for_selector(".plot .point path")
    row(page, "lookup_order").click()
    page.page.wait_for_selector(".block >> text=delivered")
    page.screenshot(f"trace-{width}", page.page.locator(".nbagents-root"))
    box = page.page.locator(".panes").bounding_box()
    tree, side = page.page.locator(".scroller").bounding_box(), page.page.locator(".details").bounding_box()
    assert box["width"] <= width
    assert (side["y"] >= tree["y"] + tree["height"]) is (width < 760)
    assert page.page.locator(".box").evaluate("e => e.scrollWidth <= e.clientWidth")
