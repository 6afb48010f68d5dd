"""What appears under a cell, driven through a real kernel's messages."""

from __future__ import annotations

import json

from nbagents import TraceStore

ASK = "(await Runner.run({agent}, 'Where is my lamp?')).final_output"
VIEW = "application/vnd.jupyter.widget-view+json"


def published(kernel, kind):
    return lambda message: message["msg_type"] == kind


def test_a_run_leaves_one_static_display(start):
    """Without a page to run a widget, a cell that ran an agent holds text and HTML, and no widget."""
    kernel = start()
    execution = kernel.send(ASK.format(agent="scripted()"))
    kernel.ended(execution)
    (data,) = kernel.displays(execution)
    assert set(data) == {"text/html", "text/plain"}
    assert "Agent workflow" in data["text/plain"]
    assert "lookup_order" in data["text/plain"]
    assert "lookup_order" in data["text/html"]
    assert "running" not in data["text/plain"]


def test_several_runs_in_a_cell_share_one_strip(start):
    """There is one strip a cell, whatever number of traces it starts."""
    kernel = start()
    execution = kernel.send("for name in ('ada', 'bob', 'eve'):\n    await Runner.run(scripted(name), 'Hello')")
    kernel.ended(execution)
    (data,) = kernel.displays(execution)
    assert all(name in data["text/plain"] for name in ("ada", "bob", "eve"))


def test_a_cell_without_an_agent_shows_nothing(start):
    """The display is calm: only a cell that ran an agent gets a strip."""
    kernel = start()
    execution = kernel.send("1 + 1")
    kernel.ended(execution)
    assert kernel.displays(execution) == []


def test_display_off_is_one_line(start):
    """`%nbagents display off` stops strips, and the runs are still stored."""
    kernel = start()
    kernel.run("%nbagents display off")
    execution = kernel.send(ASK.format(agent="scripted()"))
    kernel.ended(execution)
    assert kernel.displays(execution) == []
    assert "1" in kernel.run("import nbagents; print(len(nbagents.traces()))").text


def test_enabling_again_records_a_run_once(start):
    """`enable()` under cell re-runs and reloads of its module, as by `%autoreload`, adds no second processor."""
    kernel = start()
    kernel.run("import nbagents; nbagents.enable(); nbagents.enable(); None")
    kernel.run("%reload_ext nbagents")
    kernel.run("import importlib, nbagents.notebook.enable as module; importlib.reload(module).enable(); None")
    kernel.run("before = len(nbagents.traces())")
    execution = kernel.send(ASK.format(agent="scripted()"))
    kernel.ended(execution)
    assert len(kernel.displays(execution)) == 1
    assert kernel.run("print(len(nbagents.traces()) - before)").text.strip() == "1"


def test_another_integration_may_replace_the_processors(start):
    """After `set_trace_processors` the next cell is traced again; the cell says who did it, and what that cost."""
    kernel = start()
    kernel.run(
        "from agents import set_trace_processors\nfrom nbagents import ConsoleTracingProcessor\n"
        "class Greedy(ConsoleTracingProcessor): pass"
    )
    removed = kernel.run("set_trace_processors([Greedy()])\n" + ASK.format(agent="scripted()"))
    assert "in place of ours: __main__.Greedy. nbagents is back. What agents did after that" in removed.text
    assert kernel.run("print(len(__import__('nbagents').traces()))").text.strip() == "0"
    execution = kernel.send(ASK.format(agent="scripted()"))
    kernel.ended(execution)
    assert len(kernel.displays(execution)) == 1
    assert "in place of ours" not in kernel.run("1").text


def test_an_exception_in_the_cell_keeps_the_run(start):
    """A run that fails is shown with its error, under the traceback's own cell."""
    kernel = start()
    execution = kernel.send(
        "with trace('doomed'):\n    with custom_span('half way'):\n        raise RuntimeError('no')"
    )
    assert kernel.wait(execution).error == "RuntimeError"
    (data,) = kernel.displays(execution)
    assert "half way" in data["text/plain"]


def test_an_interrupt_keeps_the_run(start):
    """Interrupting the kernel ends the cell, and what ran until then is shown and stored."""
    kernel = start()
    execution = kernel.send(
        "import time\nwith trace('long'):\n    with custom_span('waiting'):\n"
        "        print('now')\n        while True: time.sleep(0.05)"
    )
    kernel.until(lambda m: m["msg_type"] == "stream" and "now" in m["content"]["text"])
    kernel.manager.interrupt_kernel()
    assert kernel.wait(execution).error == "KeyboardInterrupt"
    (data,) = kernel.displays(execution)
    assert "waiting" in data["text/plain"]
    assert "waiting" in kernel.run("print([s.name for s in __import__('nbagents').last_trace().spans])").text


def test_a_task_of_an_earlier_cell_belongs_to_that_cell(start):
    """A run in a task is shown under the cell that made the task, also once that cell has ended."""
    kernel = start()
    first = kernel.send(
        "import asyncio\ngo = asyncio.Event()\n"
        "async def later():\n    await go.wait()\n    return await Runner.run(scripted('later'), 'Hello')\n"
        "task = asyncio.create_task(later())",
        cell_id="first",
    )
    kernel.wait(first)
    second = kernel.send("go.set(); result = await task", cell_id="second")
    kernel.wait(second)
    kernel.until(lambda m: any("later" in d["text/plain"] for d in kernel.displays(first)))
    kernel.until(lambda m: all("running" not in d["text/plain"] for d in kernel.displays(first)))
    (data,) = kernel.displays(first)
    assert "later" in data["text/plain"]
    assert kernel.displays(second) == []


def test_the_cell_is_stored_with_the_trace(start):
    """A trace knows the cell that started it."""
    kernel = start()
    kernel.run(ASK.format(agent="scripted()"), cell_id="cell-7")
    assert "cell-7" in kernel.run("print(__import__('nbagents').traces().to_csv())").text


def test_in_lab_the_widget_grows_while_the_cell_runs(start, tmp_path):
    """With a page to run it, the widget opens at the first span and gets rows while the cell is blocked."""
    kernel = start(JPY_SESSION_NAME=str(tmp_path / "lamp.ipynb"))
    execution = kernel.send(
        "import threading\ngo = threading.Event()\n"
        "with trace('slow'):\n    with custom_span('one'): pass\n    input_seen = go.wait(60)\n"
        "    with custom_span('two'): pass"
    )
    kernel.until(published(kernel, "display_data"))
    kernel.manager.interrupt_kernel()
    kernel.wait(execution)
    (data,) = kernel.displays(execution)
    assert VIEW not in data
    assert "slow" in data["text/plain"]
    states = [m["content"]["data"]["state"] for m in kernel.published if m["msg_type"] == "comm_open"]
    assert states
    assert "slow" not in json.dumps(states)


def test_running_a_cell_again_lets_go_of_its_old_widget(start, tmp_path):
    """A cell run a hundred times holds one widget."""
    kernel = start(JPY_SESSION_NAME=str(tmp_path / "lamp.ipynb"))
    for _ in range(2):
        kernel.run(ASK.format(agent="scripted()"), cell_id="again")
    assert sum(m["msg_type"] == "comm_close" for m in kernel.published) >= 1


def test_status_and_bad_words(start):
    """`%nbagents` says what is set up, as `enable()` shows it; a word that is not known is answered in a line."""
    kernel = start()
    status = kernel.run("%nbagents").text
    assert "mode      offline" in status
    assert "nbagents.db" in status
    assert kernel.run("import nbagents; print(repr(nbagents.enable()))").text == status
    for line, said in {
        "%nbagents dispaly off": "use %nbagents, %nbagents display on|off",
        "%nbagents mode fast": "UsageError: mode='fast' is not a mode; use one of: live",
        "%nbagents mode replay": "nbagents record nbagents.ipynb",
    }.items():
        assert said in kernel.wait(kernel.send(line)).text


def test_an_agent_cell(start):
    """`%%agent NAME` sends the cell's text to that agent and prints its answer, or says what it needs."""
    kernel = start()
    kernel.run("helper = scripted()")
    assert "It is on its way." in kernel.run("%%agent helper\nWhere is my lamp?").text
    for cell, said in {
        "%%agent nobody\nWhere is my lamp?": "UsageError: there is no nobody here; use %%agent AGENT",
        "%%agent\nWhere is my lamp?": "use %%agent AGENT [SESSION]",
        "%%agent Runner\nWhere is my lamp?": "Runner is of type type, not an agents.Agent",
        "%%agent helper": "nothing is asked",
    }.items():
        assert said in kernel.wait(kernel.send(cell)).text


def test_a_kernel_that_is_shut_down_loses_nothing(start, tmp_path):
    """What ran until the kernel was shut down is in the file, and a span without an end reads as interrupted."""
    kernel = start()
    kernel.run(ASK.format(agent="scripted()"))
    kernel.send(
        "import time\nwith trace('cut short'):\n    with custom_span('done'): pass\n"
        "    custom_span('open').start(mark_as_current=True)\n    print('now')\n    while True: time.sleep(0.05)"
    )
    kernel.until(lambda m: m["msg_type"] == "stream" and "now" in m["content"]["text"])
    kernel.manager.shutdown_kernel(now=False)
    cut_short, whole = TraceStore(tmp_path / "nbagents.db").records()
    assert {span.status for span in whole.spans} == {whole.status} == {"ok"}
    assert "lookup_order" in {span.name for span in whole.spans}
    assert {span.name: span.status for span in cut_short.spans} == {"done": "ok", "open": "interrupted"}


def test_a_kernel_that_is_killed_leaves_what_it_began(start, tmp_path):
    """Even after a kill the file holds every span that had begun, and nobody takes it for running."""
    kernel = start(JPY_SESSION_NAME=str(tmp_path / "lamp.ipynb"))
    kernel.send(
        "import time\nwith trace('killed'), custom_span('open'):\n    print('now')\n"
        "    while True: time.sleep(0.05)"
    )
    kernel.until(lambda m: m["msg_type"] == "display_data")
    kernel.manager.shutdown_kernel(now=True)
    record = TraceStore(tmp_path / "lamp.nbagents.db").last()
    assert [(span.name, span.status) for span in record.spans] == [("open", "interrupted")]
    assert record.interrupted


WAITING = """
import threading
from nbagents.notebook.cells import Cell
from nbagents.notebook.strips import Strip
from nbagents.tracing.capture.rows import SpanRow, TraceRow

class Waiting:
    "A store whose read waits for the writer, as a real one's does."
    asked, merged = threading.Event(), threading.Event()
    def payload(self, trace_id, seq):
        self.asked.set()
        assert self.merged.wait(30)
        return {}

strip = Strip(Cell("c", "e"), Waiting(), "kernel", cell_ended=False)
strip.merge([TraceRow("t", "run", 0)], [SpanRow("t", 0, "s", None, "function", "tool", 0, 1)])
painter = threading.Thread(target=strip.paint)
painter.start()
Waiting.asked.wait(30)
writer = threading.Thread(target=strip.merge, args=([], [SpanRow("t", 1, "s2", None, "function", "tool", 1, 2)]))
writer.start()
writer.join(10)
print("writer waits" if writer.is_alive() else "writer went on")
Waiting.merged.set()
painter.join()
"""


def test_the_writer_never_waits_for_a_display(start):
    """A display reads payloads, which waits for the writer; the writer must not wait for the display too."""
    assert "writer went on" in start().run(WAITING).text
