"""The session grid in a real JupyterLab: edited, refused, undone, searched, and written to by others meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SETUP = Path(__file__).with_name("session_rows.py").read_text() + "await session.add_items(TURNS)\n"
SAID = "i.get('content') or i.get('output') or i['arguments']"
ITEMS = f"[{SAID} for i in await session.get_items()]"
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_sessions.ipynb"
OUTPUT = "JSON.stringify(nbTestPanel().content.model.sharedModel.getCell(1).getOutputs())"
EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


class Grid:
    """A grid in a page, as a person uses it."""

    def __init__(self, page, cell, *, start=False):
        self.notebook, self.page, self.cell = page, page.page, page.cell(cell)
        if start:
            page.start(cell)
        self.row_at(1).wait_for(timeout=60_000)

    def row_at(self, position):
        return self.cell.locator(f".row[aria-rowindex='{position + 1}']:not([hidden]):not(.unknown)")

    @property
    def area(self):
        return self.cell.locator("textarea.area:visible")

    def texts(self):
        return self.cell.locator(".row:not([hidden]) .said").all_inner_texts()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.insert_text(text)

    def wait(self, text, selector=".box"):
        self.cell.locator(f"{selector}:visible", has_text=text).first.wait_for(timeout=20_000)

    def wait_rows(self, count):
        self.cell.locator(f".scroller[aria-rowcount='{count + 1}']").wait_for(timeout=20_000)

    def wait_idle(self):
        self.notebook.wait_for(IDLE)

    def choose(self, position):
        self.row_at(position).scroll_into_view_if_needed()
        self.notebook.settle()
        self.row_at(position).click()
        self.wait(f"Item {position}", ".heading")

    def button(self, name):
        self.cell.get_by_role("button", name=name, exact=True).first.click()


def kernel(page, expression):
    """What an expression is in the kernel."""
    (output,) = page.run(f"import json; print(json.dumps({expression}))")
    return json.loads("".join(output["text"]))


def open_grid(notebook, *cells, name="support"):
    page = notebook([SETUP, *(cells or ["session"])], name=name, width=1280, height=900)
    page.run_all()
    return Grid(page, len(cells) or 1)


def test_a_conversation_is_edited_by_keyboard(notebook):
    """Choose, edit, save, refuse a bad value, copy, move, delete, undo and redo; every byte stays."""
    grid = open_grid(notebook)
    page = grid.notebook
    assert grid.texts()[1] == 'lookup_order(order_id="A-1043")'
    assert grid.texts()[6] == "✗ needs a photo above 40.00"
    page.screenshot("grid-first", grid.cell)
    grid.choose(1)
    grid.press("ArrowDown", "ArrowDown", "ArrowDown", "Enter", "Control+End")
    grid.type("\n\nCould you send a photo of it first?")
    grid.wait("edited, not saved")
    grid.page.mouse.move(5, 5)
    for theme in ("dark", "light"):
        page.theme(theme)
        page.screenshot(f"grid-{theme}", grid.cell.locator(".nbagents-root"))
    grid.area.press("Control+Enter")
    grid.wait("1 edit, undoable", ".foot")
    asked = "I'm sorry about the lamp. Shall I refund it?\n\nCould you send a photo of it first?"
    assert kernel(page, ITEMS)[3] == asked
    grid.choose(2)
    grid.press("Enter")
    grid.area.fill('{"order_id": ')
    grid.press("Control+Enter")
    grid.wait("Not JSON: expecting value", ".problem")
    assert grid.area.input_value() == '{"order_id": '
    page.screenshot("grid-refused", grid.cell)
    grid.press("Escape")
    grid.wait("Edit dropped", ".bar")
    grid.press("Control+d")
    grid.wait_rows(9)
    assert grid.texts()[3:5] == grid.texts()[1:3]
    grid.choose(6)
    grid.press("Alt+ArrowDown")
    grid.wait("Item 7", ".heading")
    grid.press("Delete")
    grid.wait_rows(8)
    grid.wait("4 edits, all undoable", ".foot")
    before = kernel(page, ITEMS)
    assert asked not in before
    grid.choose(1)
    for left in ("3 edits", "2 edits", "1 edit,", "about 92 tokens"):
        grid.press("Control+z")
        grid.wait(left, ".foot")
    assert len(kernel(page, ITEMS)) == 7
    grid.choose(1)
    for there in ("1 edit,", "2 edits", "3 edits", "4 edits"):
        grid.press("Control+y")
        grid.wait(there, ".foot")
    assert kernel(page, ITEMS) == before


RUNNING = "i => nbTestPanel().content.model.sharedModel.getCell(i).execution_count === null"
IDLE = "() => nbTestPanel().content.model.sharedModel.cells.every(cell => cell.execution_count !== null)"
WRITER = """
import asyncio, pathlib
for n in range(3):
    await session.add_items([{"role": "user", "content": f"written meanwhile {n}"}])
    while not pathlib.Path("first_row_seen").exists():
        await asyncio.sleep(0.05)
"""
BLOCKED = """
import pathlib, time
while not pathlib.Path("saved_in_a_blocked_cell").exists():
    time.sleep(0.05)
"""


def test_others_write_meanwhile(notebook):
    """A run's rows appear while its cell runs; of two tabs the second to save is shown both values."""
    mine = open_grid(notebook, name="shared")
    writer = mine.notebook.append(WRITER)
    mine.notebook.start(writer)
    mine.wait("written meanwhile 0", ".row")
    assert mine.page.evaluate(RUNNING, writer)
    (mine.notebook.lab.folder / "first_row_seen").touch()
    mine.wait_rows(10)
    blocked = mine.notebook.append(BLOCKED)
    mine.notebook.start(blocked)
    mine.choose(1)
    mine.press("Enter", "Control+a")
    mine.type("Saved in a blocked cell")
    mine.press("Control+Enter")
    mine.wait("Saved in a blocked cell", ".row")
    assert mine.page.evaluate(RUNNING, blocked)
    (mine.notebook.lab.folder / "saved_in_a_blocked_cell").touch()
    mine.wait_idle()
    mine.notebook.save()
    theirs = Grid(notebook(None, name="shared", width=1280, height=900), 1)
    mine.choose(5)
    mine.press("Enter", "Control+a")
    mine.type("Mine")
    mine.wait("edited, not saved")
    theirs.choose(5)
    theirs.press("Enter", "Control+a")
    theirs.type("Theirs")
    theirs.press("Control+Enter")
    theirs.wait("Theirs", ".row")
    mine.wait("Theirs", ".row")
    assert mine.area.input_value() == "Mine"
    mine.area.press("Control+Enter")
    mine.wait("Changed elsewhere meanwhile", ".problem")
    assert mine.cell.locator(".problem .block").all_inner_texts() == ["Yes, please.", "Theirs"]
    mine.notebook.screenshot("grid-conflict", mine.cell)
    mine.button("Keep mine")
    mine.wait("Mine", ".row")
    theirs.wait("Mine", ".row")
    theirs.notebook.close()


def test_search_filter_pairs_and_branches(notebook):
    """What fits is found; half a pair asks what becomes of the other; a branch is shown in place."""
    grid = open_grid(notebook, name="searched")
    page = grid.notebook
    grid.choose(1)
    grid.press("/")
    grid.type("REFUND")
    grid.wait_rows(2)
    assert grid.texts()[0].startswith("I'm sorry")
    grid.press("Escape")
    grid.wait_rows(7)
    grid.cell.locator(".sort").click()
    page.screenshot("grid-filter", grid.cell)
    for label in ("user", "assistant"):
        grid.cell.locator(".menu label", has_text=label).click()
    grid.press("Escape")
    grid.wait_rows(4)
    grid.wait("4 shown", ".foot")
    grid.button("Show all")
    grid.wait_rows(7)
    grid.choose(2)
    assert "linked" in grid.row_at(3).get_attribute("class")
    grid.button("Output 3 →")
    grid.wait("Item 3", ".heading")
    grid.cell.locator(".scroller").press("Delete")
    grid.wait("has no output after it", ".bar")
    page.screenshot("grid-orphan", grid.cell)
    grid.press("Enter")  # what is asked has the focus: remove the other half too
    grid.wait_rows(5)
    grid.choose(3)
    grid.press("b")
    grid.wait("Branch at item 3 as", ".bar")
    grid.press("Enter")
    grid.button("Show it here")
    grid.wait_rows(3)
    grid.choose(3)
    page.screenshot("grid-branch", grid.cell)
    assert kernel(page, "list((await session.branches())['session_id'])") == ["support-42", "support-42-b1"]
    assert len(kernel(page, ITEMS)) == 5


BEFORE = "(await session.to_frame())"


def test_items_are_copied_cut_and_pasted_and_all_are_chosen(notebook):
    """Into another session too; any other text begins an item; what was found is seen where it stands."""
    grid = open_grid(notebook, name="copied")
    page = grid.notebook
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    grid.choose(2)
    grid.press("Shift+ArrowDown", "Control+c")
    grid.wait("Copied 2 items.", ".bar")
    copied = page.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [json.loads(line)["type"] for line in copied] == ["function_call", "function_call_output"]
    grid.press("End", "Control+v")
    grid.wait("Pasted 2 items.", ".bar")
    grid.wait_rows(9)
    page.screenshot("grid-pasted", grid.cell)
    grid.press("Control+a", "Control+x")
    grid.wait("Deleted 9 items.", ".bar")
    grid.wait("No items yet", ".none")
    grid.button("Undo")
    grid.wait_rows(9)
    other = Grid(page, page.append(f"(await session.branch('other', int({BEFORE}['id'][0]))).edit()"), start=True)
    other.choose(1)
    other.press("Control+v")
    other.wait_rows(10)
    assert other.texts()[1:3] == [grid.texts()[0], grid.texts()[1]]
    other.press("Home", "Control+c")
    other.wait("Copied.", ".bar")
    page.page.evaluate("navigator.clipboard.writeText('What about\\nthe shade?')")
    other.press("Home", "Control+v")
    other.wait("New item", ".heading")
    assert other.area.input_value() == "What about\nthe shade?"
    other.press("Control+Enter")
    other.wait_rows(11)
    other.press("/")
    other.type("yes, please")
    other.wait_rows(1)
    other.press("Enter", "ArrowDown", "Escape")
    other.wait_rows(11)
    other.wait("Item 7", ".heading")
    other.press("g", "Control+a")
    other.type("11")
    other.press("Enter")
    other.wait("Item 11", ".heading")
    wide = other.cell.locator(".head .label").bounding_box()["width"]
    grip = other.cell.locator("[data-grip=label]").bounding_box()
    page.page.mouse.move(grip["x"] + 3, grip["y"] + 3)
    page.page.mouse.down()
    page.page.mouse.move(grip["x"] + 63, grip["y"] + 3)
    page.page.mouse.up()
    assert other.cell.locator(".row .label").first.bounding_box()["width"] == pytest.approx(wide + 60, abs=1)
    page.screenshot("grid-wider", other.cell)


PLAIN = """
import agents, nbagents
plain = agents.SQLiteSession("plain")
await plain.add_items([{"role": "user", "content": EVIL + "\\r\\nfrom $5 to $9"}, *TURNS])
nbagents.edit(plain)
"""


def test_any_session_hostile_text_and_a_saved_notebook(notebook):
    """A session of the SDK's says what it cannot do; what was written is text; the table outlives the kernel."""
    grid = open_grid(notebook, f"EVIL = {EVIL!r}\n{PLAIN}", name="plain")
    page = grid.notebook
    assert grid.texts()[0].startswith(EVIL)
    grid.choose(1)
    grid.cell.get_by_role("button", name="Branch here").click(force=True)
    grid.wait("keeps one history", ".bar")
    grid.wait("stands for a carriage return", ".hint")
    grid.press("Escape", "Enter", "Control+Home")
    grid.type("New: ")
    grid.press("Control+Enter")
    grid.wait("New: <img", ".row")
    assert kernel(page, "(await plain.get_items())[0]['content']") == f"New: {EVIL}\r\nfrom $5 to $9"
    grid.cell.locator(".scroller").focus()
    grid.press("+")
    grid.type("Added by hand")
    page.screenshot("grid-new", grid.cell)
    grid.press("Control+Enter")
    grid.wait_rows(9)
    assert kernel(page, "(await plain.get_items())[1]") == {"role": "user", "content": "Added by hand"}
    page.wait_for(
        "() => JSON.stringify(nbTestPanel().content.model.sharedModel.getCell(1).getOutputs()).includes('by hand')"
    )
    assert page.page.title() != "taken"
    page.save()
    assert (page.lab.folder / page.path).stat().st_size < 20_000
    page.close()
    saved = notebook(None, name="plain", start=False, width=1280, height=900)
    saved.open_without_kernel()
    cell = saved.cell(1)
    cell.locator("td", has_text="Added by hand").wait_for()
    assert "model not found" not in saved.page.content()
    assert saved.page.title() != "taken"
    saved.screenshot("grid-no-kernel", cell)


def test_the_notebook_shows_its_tables_without_a_kernel(notebook):
    """What was saved with the notebook that teaches sessions is there for whoever only opens it."""
    page = notebook(str(NOTEBOOK), name="sessions", start=False, width=1280, height=900)
    page.open_without_kernel()
    for text in ("lookup_order(order_id=", "has no output after it", "This session is the SDK's own."):
        shown = page.page.locator(".jp-OutputArea-output", has_text=text).first
        shown.scroll_into_view_if_needed()
        shown.wait_for()
    grid = page.page.locator(".jp-Cell", has_text="about").locator("table").first
    page.screenshot("notebook-no-kernel", grid)
