"""Traces as lines of JSON at the end of a file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from agents import custom_span, function_span, response_span, trace
from openai.types.responses import Response

from nbagents import FileTracingProcessor
from nbagents.errors import ConfigError, TraceFileError
from nbagents.tracing.capture.queue_writer import TraceWarning


@pytest.fixture
def file(tmp_path):
    return tmp_path / "traces.jsonl"


def lines(*files):
    """Read files; of a trace that is there twice, as it started and as it ended, only the end."""
    found = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [line for line in found if line["kind"] == "span" or line["ended_at"]]


def kept(file):
    """Return a file and what was put aside of it, by name."""
    return sorted(one for one in file.parent.glob(f"{file.name}*") if one.suffix != ".lock")


def run(name="lamp", steps=1):
    with trace(name, group_id="shop", metadata={"day": 3}):
        for step in range(steps):
            with custom_span("outer", {"step": step}), function_span("lookup", '{"id": 1}', {"found": [1]}):
                pass


def test_one_line_a_trace_and_one_a_span(file, only):
    """With all that is known of it, in the order of starting, times in UTC."""
    processor = FileTracingProcessor(file)
    only(processor)
    run()
    processor.shutdown()
    begun, outer, lookup = lines(file)
    assert (begun["kind"], begun["name"], begun["group_id"], begun["metadata"]) == (
        "trace",
        "lamp",
        "shop",
        {"day": 3},
    )
    assert (outer["seq"], outer["name"], outer["data"]) == (0, "outer", {"step": 0})
    assert (lookup["parent_id"], lookup["input"], lookup["output"]) == (
        outer["span_id"],
        '{"id": 1}',
        {"found": [1]},
    )
    assert (
        begun["started_at"] <= outer["started_at"] <= lookup["ended_at"] <= outer["ended_at"] <= begun["ended_at"]
    )
    assert begun["started_at"].endswith("+00:00")


def test_it_appends(file, only):
    """What was there stays; a line that was torn by a power cut is ended first."""
    file.write_text('{"kind": "tr')
    processor = FileTracingProcessor(file)
    only(processor)
    run()
    processor.force_flush()
    assert file.read_text().splitlines()[0] == '{"kind": "tr'
    assert [json.loads(line)["kind"] for line in file.read_text().splitlines()[-2:]] == ["span", "span"]


SAID = "where is my lamp"
REPLY = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-4.1",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "instructions": SAID,
    "output": [{"type": "function_call", "call_id": "c", "name": "lookup", "arguments": json.dumps({"q": SAID})}],
    "usage": {
        "input_tokens": 3,
        "output_tokens": 2,
        "total_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    },
}


def test_without_sensitive_data_nothing_that_was_said_is_in_the_file(file, only):
    """Inputs, outputs and arguments at any depth, in JSON in JSON, in errors and in metadata; the rest stays."""
    processor = FileTracingProcessor(file, include_sensitive_data=False)
    only(processor)
    deep = {"tool": "lookup", "calls": [{"toolArguments": {"q": SAID}, "body": json.dumps({"input": SAID})}]}
    with trace("lamp", metadata={"prompt": SAID, "day": 3}):
        with custom_span("step", deep) as span:
            span.set_error({"message": "Error running tool", "data": {"tool_name": "lookup", "error": SAID}})
        with function_span("lookup", SAID, SAID):
            pass
        with response_span() as span:
            span.span_data.input = [{"role": "user", "content": SAID}]
            span.span_data.response = Response.model_validate(REPLY)
    processor.shutdown()
    assert SAID not in file.read_text()
    lamp, step, lookup, response = sorted(lines(file), key=lambda line: line.get("seq", -1))
    assert lamp["metadata"] == {"prompt": "[redacted]", "day": 3}
    assert step["data"]["tool"] == "lookup"
    assert (step["message"], step["error"]["data"]["tool_name"]) == ("Error running tool", "lookup")
    assert (lookup["input"], lookup["output"]) == ("[redacted]", "[redacted]")
    assert (response["input_tokens"], response["data"]["id"]) == (3, "resp_1")


PROCESS = """
import sys
from agents import custom_span, trace
from agents.tracing import set_trace_processors
from nbagents import FileTracingProcessor
processor = FileTracingProcessor("traces.jsonl", max_bytes=40_000, backups=100)
set_trace_processors([processor])
for n in range(100):
    with trace(f"{sys.argv[1]} {n}"):
        with custom_span("step", {"text": "a lamp, " * 20}): pass
    if n % 10 == 0: processor.force_flush()
"""


def test_several_processes_and_rotation_lose_no_line(file, tmp_path):
    """Two processes write and put the file aside: every line is whole and there once, no file is too long."""
    started = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(n)], cwd=tmp_path, stderr=subprocess.PIPE)
        for n in range(2)
    ]
    for process in started:
        with process:
            assert process.stderr.read() == b""
        assert process.returncode == 0
    files = kept(file)
    assert len(files) > 2
    assert max(one.stat().st_size for one in files) <= 40_000
    found = lines(*files)
    ended = {line["name"] for line in found if line["kind"] == "trace"}
    assert ended == {f"{process} {n}" for process in range(2) for n in range(100)}
    assert sum(line["kind"] == "span" for line in found) == 200


def test_as_many_files_as_were_asked_for_are_kept(file, tmp_path, only):
    """The newest is .1; the oldest goes."""
    processor = FileTracingProcessor(file, max_bytes=1_000, backups=2)
    only(processor)
    for n in range(8):
        run(f"run {n}")
        processor.force_flush()
    assert [one.name for one in kept(file)] == [
        "traces.jsonl",
        "traces.jsonl.1",
        "traces.jsonl.2",
    ]
    assert "run 7" in file.read_text()
    assert "run 6" in file.with_name("traces.jsonl.1").read_text()


def test_a_file_that_cannot_be_written_costs_no_run(file, only):
    """It is said once, and written when it can be."""
    processor = FileTracingProcessor(file)
    only(processor)
    file.mkdir()
    with pytest.warns(TraceWarning, match="traces are not being stored"):
        run("early")
        processor.force_flush()
    file.rmdir()
    run("late")
    processor.force_flush()
    assert [line["name"] for line in lines(file) if line["kind"] == "trace"] == ["early", "late"]


def test_a_processor_that_was_shut_down_leaves_no_thread_and_can_go_on(file, only):
    """A cell that makes one each time it runs does not fill the kernel with threads."""
    before = threading.active_count()
    processor = FileTracingProcessor(file)
    only(processor)
    for number in range(3):
        run(f"run {number}")
        processor.shutdown()
        assert threading.active_count() == before
    assert [line["name"] for line in lines(file) if line["kind"] == "trace"] == ["run 0", "run 1", "run 2"]


@pytest.mark.parametrize("wrong", [{"format": "csv"}, {"max_bytes": 0}, {"backups": -1}])
def test_what_cannot_be_is_refused(file, wrong):
    """The argument is named."""
    with pytest.raises(ConfigError) as info:
        FileTracingProcessor(file, **wrong)
    assert info.value.name in wrong


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """At once, and not when the first run is lost."""
    with pytest.raises(TraceFileError, match="make it first"):
        FileTracingProcessor(tmp_path / "nowhere" / "traces.jsonl")
