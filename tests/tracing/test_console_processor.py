"""The tree that is printed while agents run."""

from __future__ import annotations

import re
import threading

import pytest
from agents import agent_span, custom_span, function_span, generation_span, trace
from agents.tracing import task_span, turn_span

from nbagents import ConsoleTracingProcessor
from nbagents.errors import ConfigError
from nbagents.tracing.stored.store import TraceStore


def run():
    with trace("lamp shop"), task_span("lamp shop"), agent_span("triage"), turn_span(1, "triage"):
        usage = {"input_tokens": 412, "output_tokens": 56}
        with generation_span([{"content": "Where is it?"}], [{"content": "Here"}], "gpt-4.1", usage=usage):
            pass
        with function_span("lookup", '{"id": "A-1"}') as span:
            span.set_error({"message": "Error running tool", "data": {"error": "no such\norder"}})


@pytest.fixture
def printed(capsys):
    """Read what was printed, durations as one word."""
    return lambda: re.sub(r" +\d[\d.]* (ms|s)\b", " TIME", capsys.readouterr().out).splitlines()


def test_a_tree_with_durations_and_errors(only, printed):
    """Each line as its span ends, under the names of what it is in; the SDK's bookkeeping is left out."""
    only(ConsoleTracingProcessor())
    run()
    assert printed() == [
        "┌ lamp shop",
        "│ ┌ agent triage",
        "│ │ generation gpt-4.1 TIME   468 tokens",
        "│ │ function lookup TIME   ✗ no such order",
        "│ └ agent triage TIME",
        "└ lamp shop TIME   5 spans   1 error",
    ]


def test_debug_shows_every_span(only, printed):
    """Tasks and turns too."""
    only(ConsoleTracingProcessor("debug"))
    run()
    lines = printed()
    assert "│ ┌ task lamp shop" in lines
    assert "│ │ │ └ turn turn 1 TIME" in lines


def test_error_shows_what_failed_and_what_it_was_in(only, printed):
    """A trace without errors prints nothing."""
    only(ConsoleTracingProcessor("ERROR"))
    with trace("fine"), custom_span("step"):
        pass
    run()
    assert printed() == [
        "┌ lamp shop",
        "│ ┌ agent triage",
        "│ │ function lookup TIME   ✗ no such order",
        "└ lamp shop TIME   5 spans   1 error",
    ]


def test_data_is_shown_on_request_without_secrets(only, printed, monkeypatch):
    """The beginning of what went in and came out, on one line each."""
    monkeypatch.setenv("LAMP_TOKEN", "lamp-4f9c1e77")
    only(ConsoleTracingProcessor(include_data=True))
    with trace("lamp-4f9c1e77"), function_span("lookup", '{"key": "lamp-4f9c1e77"}', "first\nand second, " * 20):
        pass
    lines = printed()
    assert lines[0] == "┌ [redacted LAMP_TOKEN]"
    assert lines[2] == '│     in  {"key": "[redacted LAMP_TOKEN]"}'
    assert lines[3].startswith("│     out first and second, first")
    assert len(lines[3]) < 180


def test_branches_that_run_at_once_are_told_apart(only, printed):
    """A line always stands under what it is in; a branch that goes on says so."""
    only(ConsoleTracingProcessor())
    with trace("batch"), custom_span("left") as left, custom_span("right") as right:
        for name, parent in (("a", left), ("b", right), ("c", left)):
            with custom_span(name, parent=parent):
                pass
    assert printed() == [
        "┌ batch",
        "│ ┌ custom left",
        "│ │ custom a TIME",
        "│ │ ┌ custom right",
        "│ │ │ custom b TIME",
        "│ │ custom c TIME",
        "│ │ └ custom right TIME",
        "│ └ custom left TIME",
        "└ batch TIME   5 spans",
    ]


def test_traces_of_several_threads_stay_whole(only, printed):
    """Whatever order threads print in, every line is under its own trace's name."""
    only(ConsoleTracingProcessor())

    def work(name):
        for _ in range(20):
            with trace(name), custom_span(f"{name} outer"), custom_span(f"{name} inner"):
                pass

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inside = None
    lines = printed()
    for line in lines:
        name = re.search(r"thread \d", line)[0]
        if line[0] in "┌├":
            inside = name
        assert name == inside
    assert sum(line.startswith("└") for line in lines) == 80


def test_a_level_that_is_none_is_refused():
    """The error names the levels there are."""
    with pytest.raises(ConfigError, match="DEBUG, INFO, WARNING, ERROR"):
        ConsoleTracingProcessor("loud")


def test_it_stands_beside_ours(only, processor, path, printed):
    """Both see every span."""
    only(processor, ConsoleTracingProcessor())
    run()
    assert len(TraceStore(path).last().spans) == 5
    assert len(printed()) == 6
