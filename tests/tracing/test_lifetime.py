"""However a process ends, what it had begun is in the file, and its state can be told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from agents import custom_span, trace

PRELUDE = """
import os, sys, threading
from agents import custom_span, trace
from agents.tracing import set_trace_processors
from nbagents.tracing.capture.processor import NotebookTracingProcessor
processor = NotebookTracingProcessor("lamp.nbagents.db")
set_trace_processors([processor])
def run(count=200):
    with trace("run"):
        for n in range(count):
            with custom_span(f"step {n}"):
                pass
"""

ENDINGS = {
    "the script's end": "run()",
    "sys.exit": "run(); sys.exit(3)",
    "an exception": "run(); raise RuntimeError('no')",
    "an exception inside": "with trace('outer'): run(); raise KeyError",
    "an interrupt": "run(); raise KeyboardInterrupt",
    "a thread's run": "t = threading.Thread(target=run); t.start(); t.join()",
}


def python(code, path, **options):
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + code],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_lost_when_a_process_ends(ending, path, store):
    """Two hundred spans queued just before the end are two hundred rows."""
    python(ENDINGS[ending], path)
    record = next(record for record in store.records() if record.name == "run")
    assert [span.name for span in record.spans] == [f"step {n}" for n in range(200)]
    assert {span.status for span in record.spans} == {"ok"}


def test_a_kill_leaves_open_spans_interrupted(path, store):
    """What was open when the process was killed never ended, and is not taken for running."""
    code = (
        "with trace('run'), custom_span('open'):\n    processor.force_flush()\n"
        "    print('now', flush=True)\n    threading.Event().wait()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code], cwd=path.parent, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "now\n"
        record = store.last()
        assert (record.status, record.spans[0].status) == ("running", "running")
        process.send_signal(signal.SIGKILL)
    record = store.last()
    assert (record.status, record.spans[0].status) == ("interrupted", "interrupted")
    assert record.interrupted


def test_an_end_without_goodbye_keeps_what_was_committed(path, store):
    """After `os._exit` in the middle of a span, what was in the file is there, and nothing is called running."""
    result = python(
        "with trace('run'), custom_span('open'), custom_span('deep'):\n"
        "    with custom_span('done'): pass\n"
        "    processor.force_flush()\n"
        "    os._exit(9)",
        path,
    )
    assert result.returncode == 9
    record = store.last()
    assert {span.name: span.status for span in record.spans} == {
        "open": "interrupted",
        "deep": "interrupted",
        "done": "ok",
    }
    assert record.status == "interrupted"


def test_an_interrupt_in_a_span_ends_it(path, store):
    """Ctrl-C in a cell unwinds the run: its spans end, and the trace with them."""
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it\n"
        "with trace('run'), custom_span('open'):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    threading.Event().wait(60)"
    )
    result = python(code, path)
    assert "KeyboardInterrupt" in result.stderr
    record = store.last()
    assert [(span.name, span.status) for span in record.spans] == [("open", "ok")]
    assert record.status == "ok"


def test_an_open_span_of_this_process_is_running(processor, store):
    """A span that is open now is running, and ends with its time."""
    with trace("run"), custom_span("open"):
        record = store.last()
        assert (record.status, record.spans[0].status) == ("running", "running")
        assert record.spans[0].duration >= 0
    assert store.last().spans[0].status == "ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_neither_hangs_nor_writes_for_its_parent(path, store):
    """What the parent had queued is written once; the child's own traces are stored too."""
    result = python(
        "run(50)\nchild = os.fork()\nif child == 0:\n    with trace('child'), custom_span('own'): pass\n"
        "    processor.force_flush()\n    os._exit(0)\nos.waitpid(child, 0)\nprint('parent')",
        path,
        timeout=60,
    )
    assert result.stdout == "parent\n", result.stderr
    assert {record.name: len(record.spans) for record in store.records()} == {"run": 50, "child": 1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_may_go_on_with_its_parents_trace(path, store):
    """Parent and child number their spans apart from each other; none takes another's place."""
    result = python(
        "with trace('shared'), custom_span('both') as both:\n"
        "    processor.force_flush()\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        with custom_span('of the child', {'by': 'child'}): pass\n"
        "        processor.force_flush()\n"
        "        os._exit(0)\n"
        "    with custom_span('of the parent', {'by': 'parent'}):\n"
        "        os.waitpid(child, 0)\n"
        "        processor.force_flush()\n"
        "print('parent')",
        path,
        timeout=60,
    )
    assert result.stdout == "parent\n", result.stderr
    record = store.last()
    assert sorted(span.name for span in record.spans) == ["both", "of the child", "of the parent"]
    assert {span.name: span.data.get("by") for span in record.spans if span.depth} == {
        "of the child": "child",
        "of the parent": "parent",
    }
    assert {span.status for span in record.spans} == {"ok"}
