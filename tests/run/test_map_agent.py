"""An agent over a table: every row once, whatever a server, a budget or a signal does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pandas as pd
import pytest
from agents import Agent, function_tool, trace
from pydantic import BaseModel

from nbagents.errors import ConfigError
from nbagents.run.batch.compare import compare
from nbagents.run.batch.map_agent import map_agent
from nbagents.run.batch.prompts import Prompt
from nbagents.run.batch.row_result import RowResult
from nbagents.run.batch.store import BatchStore
from nbagents.sessions.sqlite.session import SQLiteSession
from nbagents.tracing.capture.queue_writer import TraceWarning

SOON = {"retry-after-ms": "1"}
QUESTIONS = pd.Series([f"{n}?" for n in range(12)], name="question")


async def ask(agent, data=QUESTIONS, **options):
    return await map_agent(agent, data, progress=False, **options)


async def test_a_frame_beside_its_rows(counting, store):
    """The frame has the rows in order with what came of them, is a real DataFrame, and every row has its trace."""
    data = pd.DataFrame({"text": ["lamp", "sofa"], "lang": ["French", "Dutch"]}, index=["x", "y"])
    frame = await ask(Agent(name="A", model=counting()), data, input="Translate {text} to {lang}")
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == ["x", "y"]
    assert list(frame.columns[:3]) == ["text", "lang", "output"]
    assert [one.split(" #")[0] for one in frame["output"]] == [
        "Translate lamp to French",
        "Translate sofa to Dutch",
    ]
    assert frame["error"].isna().all()
    assert (frame["attempts"].tolist(), frame["tokens"].tolist()) == ([1, 1], [15, 15])
    assert (frame["cost"] > 0).all()
    traces = [store.get(trace_id) for trace_id in frame["trace_id"]]
    assert [trace.metadata for trace in traces] == [{"row": "x"}, {"row": "y"}]
    assert len({trace.group_id for trace in traces}) == 1
    assert list(data.columns) == ["text", "lang"]
    assert frame[["text"]].to_csv() == data[["text"]].to_csv()


async def test_what_a_row_asks(counting):
    """A column, the only column, a template or a function; what cannot be asked is an error before any call."""
    model = counting()
    agent = Agent(name="A", model=model)
    data = pd.DataFrame({"q": ["a", "b"], "n": [1, 2]})
    await ask(agent, data, input="q", concurrency=1)
    await ask(agent, data, input=lambda row: f"{row.q}{row.n}", concurrency=1)
    await ask(agent, data[["n"]].astype(str), concurrency=1)
    items = await ask(agent, data, input=lambda row: [{"role": "user", "content": row.q * 2}], concurrency=1)
    assert model.asked == ["a", "b", "a1", "b2", "1", "2", "aa", "bb"]
    wrong = [
        {"data": ["a"]},
        {"input": None},
        {"input": "Q {missing}"},
        {"input": "no column"},
        {"input": "n"},
        {"input": "q", "concurrency": 0},
        {"input": "q", "retries": -1},
        {"input": "q", "on_error": "ignore"},
        {"input": "q", "session": SQLiteSession("one")},
        {"input": "q", "session": lambda _row: None, "client": object()},
        {"data": items, "input": "q"},
    ]
    for options in wrong:
        with pytest.raises(ConfigError):
            await ask(agent, **({"data": data} | options))
    with pytest.raises(ConfigError, match="costs is not known"):
        await ask(Agent(name="A", model="my-own"), data, input="q", max_cost=1.0)
    assert len(model.asked) == 8


async def test_a_column_for_each_field(server):
    """Structured output gives a column for each field; a model that speaks nonsense is asked again."""

    class Lamp(BaseModel):
        colour: str
        watts: int

    server.replies = {
        "0?": ['{"colour": "blue", "watts": 40}'],
        "1?": ["blue, I think", '{"colour": "red", "watts": 60}'],
        "2?": ["no", "no", "no"],
    }
    frame = await ask(Agent(name="A", output_type=Lamp), QUESTIONS[:3])
    assert frame["output.colour"].tolist()[:2] == ["blue", "red"]
    assert frame["output"].tolist()[1] == {"colour": "red", "watts": 60}
    assert frame["attempts"].tolist() == [1, 2, 3]
    assert "ModelBehaviorError" in frame["error"][2]
    assert pd.isna(frame["output.watts"][2])


async def test_a_server_that_misbehaves(server, store):
    """Rows get their error and the rest finish; what passes is tried again when the server says."""
    server.replies = {
        "0?": [(429, {"retry-after-ms": "30"}), "late"],
        "1?": [*[(500, SOON)] * 2, "at last"],
        "2?": [(500, SOON)] * 3,
        "3?": [b"<html>garbage"],
        "4?": ["hang"],
        "5?": [400],
        "6?": [(429, SOON)] * 3,
    }
    frame = await ask(Agent(name="A", model="gpt-4o"), timeout=3)
    assert frame["output"].tolist() == ["late", "at last", *[None] * 5, *["OK"] * 5]
    assert frame["attempts"].tolist() == [2, 3, 3, 1, 1, 1, 3, *[1] * 5]
    failed = frame["error"].dropna()
    assert [said.split(":")[0] for said in failed[[2, 5, 6]]] == [
        "InternalServerError",
        "BadRequestError",
        "RateLimitError",
    ]
    assert frame["error"][4] == "TimeoutError: took longer than 3 s"
    assert len(server.asked) == 12 + 1 + 2 + 2 + 2
    assert len(store.traces()) == 12
    server.replies = {}
    again = await ask(Agent(name="A", model="gpt-4o"))
    assert again["error"].isna().all()
    assert again["trace_id"][7] == frame["trace_id"][7]
    assert len(server.asked) == 12 + 7 + 5


async def test_no_row_starts_while_the_server_asks_for_patience(server):
    """After a 429 all rows wait as long as it says."""
    server.replies = {"0?": [(429, {"retry-after-ms": "400"}), "late"]}
    began = time.monotonic()
    frame = await ask(Agent(name="A", model="gpt-4o"), QUESTIONS[:3], concurrency=1)
    assert frame["output"].tolist() == ["late", "OK", "OK"]
    assert time.monotonic() - began >= 0.4  # a lower bound: it cannot fail because a machine is slow


async def test_stopping_does_not_wait_for_the_server(server, path):
    """While all rows wait because the server asked for patience, stopping ends the wait."""
    server.replies = {"0?": [(429, {"retry-after": "600"})]}
    task = asyncio.create_task(ask(Agent(name="A", model="gpt-4o"), concurrency=2))
    while not stored(path):  # noqa: ASYNC110 - the row beside it is over
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
    frame = await task
    assert (frame.stopped, frame["error"][0]) == ("interrupted", "not run: interrupted")


async def test_tools_of_a_row_run_once(server):
    """A call that fails in the middle of a row is tried again there: its tools are not called twice."""
    called = []

    @function_tool
    def look(order: str) -> str:
        called.append(order)
        return "delivered"

    call = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "look",
        "arguments": '{"order": "A"}',
    }
    first = server.answer("") | {"output": [call]}
    server.replies = {"0?": [json.dumps(first).encode()], "delivered": [(500, SOON), "done"]}
    frame = await ask(Agent(name="A", model="gpt-4o", tools=[look]), QUESTIONS[:1])
    assert (frame["output"].tolist(), called, frame["attempts"].tolist()) == (["done"], ["A"], [2])


async def test_goes_on_where_it_was(counting):
    """The same call takes finished rows from the file; a changed agent, input or wish runs them."""
    model = counting()
    agent = Agent(name="A", model=model)
    twice = pd.Series(["a?", "a?", "b?"])
    first = await ask(agent, twice)
    again = await ask(agent, twice)
    pd.testing.assert_frame_equal(first, again)
    assert len(model.asked) == 3
    await ask(agent, pd.Series(["b?", "a?", "a?", "a?"]))
    assert len(model.asked) == 4
    await ask(agent, twice, resume=False)
    assert len(model.asked) == 7
    await ask(agent.clone(instructions="Be brief."), twice)
    assert len(model.asked) == 10
    for calls, body in ((13, "return 'x'"), (13, "# the same\n    return 'x'"), (16, "return 'y'")):
        exec(f"def look() -> str:\n    {body}", scope := {})
        await ask(agent.clone(tools=[function_tool(scope["look"])]), twice)
        assert len(model.asked) == calls


async def test_budgets_stop_cleanly(counting):
    """When a budget is used up no more rows start; those that run end, and the rest say why they were not run."""
    frame = await ask(Agent(name="A", model=counting()), max_tokens=70, concurrency=1)
    assert frame["attempts"].tolist() == [1] * 5 + [0] * 7
    assert frame["error"][11] == "not run: the budget of 70 tokens is used up"
    assert frame.stopped == "the budget of 70 tokens is used up"
    rest = await ask(Agent(name="A", model=counting()), max_cost=1.0)
    assert rest.stopped is None
    assert rest["error"].isna().all()


async def test_a_file_that_cannot_be_written_costs_no_row(counting, path):
    """Where finished rows cannot be kept they are in the frame all the same, and a warning says so."""
    model = counting()

    def instructions(_context, _agent):
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE IF EXISTS nb_batch_rows")
        return "Answer."

    with pytest.warns(UserWarning, match="not kept for the next call"):
        frame = await ask(Agent(name="A", model=model, instructions=instructions))
    assert frame["error"].isna().all()


async def test_a_row_is_not_kept_before_its_trace(path):
    """Rows wait while their traces cannot be written, but not for ever: at the end they are kept all the same."""

    def rename(name, new):
        with sqlite3.connect(path) as other:
            other.execute(f"ALTER TABLE {name} RENAME TO {new}")

    def put(store, n):
        with trace("row"):
            pass
        store.put(Prompt(f"{n}?", f"key {n}", 0), RowResult("1", None, 1, 0.1, 5, 0.0, f"trace {n}"))
        store._thread.submit(lambda: None).result()

    with BatchStore(path, "batch") as store, pytest.warns(TraceWarning, match="not being stored"):
        rename("nb_traces", "gone")
        put(store, 1)
        assert stored(path) == []
        rename("gone", "nb_traces")
        put(store, 2)
        assert stored(path) == ["trace 1", "trace 2"]
        rename("nb_traces", "gone")
        put(store, 3)
        assert len(stored(path)) == 2
    assert len(stored(path)) == 3


async def test_the_first_error_may_end_it(counting):
    """With on_error="raise" a row's own error is raised; what had finished is kept."""
    model = counting()
    await ask(Agent(name="A", model=model), QUESTIONS[:2])
    model.error = LookupError("no lamp")
    with pytest.raises(LookupError, match="no lamp"):
        await ask(Agent(name="A", model=model), on_error="raise", concurrency=2)
    assert len(model.asked) <= 2 + 2
    model.error = None
    assert (await ask(Agent(name="A", model=model)))["error"].isna().all()


async def test_cancelling_cancels_the_rows(counting):
    """A cancelled call is cancelled: no row runs on, and what finished is kept."""
    model = counting()
    model.gate = asyncio.Event()
    task = asyncio.create_task(ask(Agent(name="A", model=model), concurrency=3))
    while len(model.asked) < 3:  # noqa: ASYNC110 - the model tells by its list
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    model.gate.set()
    await asyncio.sleep(0)
    assert len(model.asked) == 3


async def test_rate_and_sessions(counting):
    """Rows start no faster than the rate; each row has the session that a function of it gives."""
    data = pd.DataFrame({"q": ["a?", "b?", "c?"], "who": ["ada", "grace", "alan"]})
    began = time.monotonic()
    sessions = {who: SQLiteSession(who) for who in data["who"]}
    await ask(Agent(name="A", model=counting()), data, input="q", rate=20, session=lambda row: sessions[row.who])
    assert time.monotonic() - began >= 0.1
    assert [len(await session.get_items()) for session in sessions.values()] == [2, 2, 2]
    one = sessions["ada"]
    await ask(Agent(name="B", model=counting()), data, input="q", session=one, concurrency=1)
    assert len(await one.get_items()) == 8


SCRIPT = """
import asyncio, json, sys
import pandas as pd
from agents import Agent
from nbagents import enable, map_agent

enable(mode="offline")
rows = int(sys.argv[1])
agent = Agent(name="A", instructions="Answer.")
questions = pd.Series([f"What is {n}?" for n in range(rows)])
frame = asyncio.run(map_agent(agent, questions, concurrency=20, rate=rows / 2))
print(json.dumps({"ran": int((frame["attempts"] > 0).sum()), "stopped": frame.stopped,
                  "traces": frame["trace_id"].dropna().tolist()}))
"""


def start(rows, path):
    environment = {**os.environ, "NBAGENTS_DB": str(path), "NBAGENTS_OFFLINE_SPEED": "0"}
    environment.pop("OPENAI_BASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(rows)], env=environment, stdout=subprocess.PIPE, text=True
    )


def last_line(process):
    return json.loads(process.communicate()[0].splitlines()[-1])


def stored(path):
    try:
        with sqlite3.connect(path) as connection:
            return [row for (row,) in connection.execute("SELECT trace_id FROM nb_batch_rows")]
    except sqlite3.OperationalError:
        return []


def until(process, path, count):
    while len(stored(path)) < count:
        assert process.poll() is None
        time.sleep(0.01)  # a poll of another process's file


@pytest.mark.parametrize("rows", [pytest.param(300, id="short"), pytest.param(10_000, marks=pytest.mark.soak)])
def test_every_row_once_whatever_the_signal(rows, path):
    """Interrupted by SIGINT, then by SIGKILL, then left alone: each row is in the end there once."""
    process = start(rows, path)
    until(process, path, rows // 10)
    process.send_signal(signal.SIGINT)
    partial = last_line(process)
    assert process.returncode == 0
    assert partial["stopped"] == "interrupted"
    assert rows // 10 <= partial["ran"] < rows
    assert sorted(partial["traces"]) == sorted(stored(path))
    process = start(rows, path)
    until(process, path, rows // 2)
    process.kill()
    process.communicate()
    before = stored(path)
    whole = last_line(start(rows, path))
    assert (whole["ran"], whole["stopped"], len(set(whole["traces"]))) == (rows, None, rows)
    assert set(before) <= set(whole["traces"])
    with sqlite3.connect(path) as connection:
        assert (
            connection.execute("SELECT count(*) FROM nb_traces WHERE ended_us IS NOT NULL").fetchone()[0] >= rows
        )


async def test_report(server):
    """The report counts latency, tokens and errors, lists the rows that failed, and escapes what it shows."""
    server.replies = {"2?": [400], "3?": ["<b>bold</b>"]}
    frame = await ask(Agent(name="A", model="gpt-4o"))
    report = frame.report()
    assert report.failures()["question"].tolist() == ["2?"]
    assert report.errors()["rows"].tolist() == [1]
    assert report.summary().loc["tokens", "sum"] == 11 * 15
    assert "12 of 12 rows" in repr(report)
    assert report.progress.rows[0].result.said == frame["output"][0]
    assert "1 failed" in repr(report)
    odd = frame.assign(question="<script>alert(1)</script>").report()
    html = odd._repr_mimebundle_()["text/html"]
    assert "<script>" not in html
    assert "BadRequestError" in html
    good = frame[frame["error"].isna()]
    assert "11 of 11 rows" in repr(good.report())
    with pytest.raises(ConfigError, match="no column"):
        frame[["output"]].report()


async def test_bars_have_names_of_their_own(counting):
    """Rows that took about as long share a bar: none says from 0.20 s to 0.20 s."""
    frame = await ask(Agent(name="A", model=counting()))
    for seconds, bars in ((0.1960 + 0.0004 * frame.index, 1), (0.1 + 0.1 * frame.index, 6), (0.2, 1)):
        text = repr(frame.assign(seconds=seconds, tokens=frame.index % 2 + 26).report())
        latency, tokens = text.split("latency\n")[1].split("tokens\n")
        assert len(latency.splitlines()) == bars, text
        assert [line.split("  ")[1] for line in tokens.splitlines()] == ["26 to 27"]


def test_what_a_comparison_shows():
    """Totals of both sides; rows that fail in one alone, then those that changed most; all of it escaped."""
    asked = [f"{n}?" for n in range(20)]
    base = pd.DataFrame({"q": asked, "output": [f"The lamp {n} is blue & new" for n in range(20)], "error": None})
    base = base.assign(attempts=1, seconds=2.0, tokens=100, cost=0.01, trace_id="t")
    other = base.assign(seconds=1.0, tokens=50, cost=float("nan"))
    said = [*base["output"][:7], *(f"The lamp {n} is red & new" for n in range(7, 20))]
    said[3], said[5], said[9] = None, "Gone.", {"colour": "red"}
    other = other.assign(output=said, error=[None] * 3 + ["LookupError: <b>no</b> lamp"] + [None] * 16)
    text, html = repr(compare(base, other, on="q")), compare(base, other, on="q")._repr_html_()
    assert text.startswith("20 rows   15 changed   failed 0 → 1")
    assert [line.split() for line in text.splitlines()[2:5]] == [
        ["failed", "0", "1", "+1"],
        ["tokens", "2,000", "1,000", "-50", "%"],
        ["cost", "$0.2000", "-"],
    ]
    assert [line for line in text.splitlines() if line.endswith("?")][:3] == ["3?", "5?", "9?"]
    assert "✗ LookupError: &lt;b&gt;no&lt;/b&gt; lamp" in html
    assert "The lamp 7 is <b>red </b>&amp; new" in html
    assert "showing 10 of 15 rows" in html


async def test_compare(counting):
    """Two results are joined row by row; rows that cannot be told apart are an error."""
    one = await ask(Agent(name="A", model=counting()), QUESTIONS[:4], concurrency=1)
    two = await ask(Agent(name="B", model=counting()), QUESTIONS[1:4], concurrency=1)
    found = compare(one, two, on="question")
    assert (len(found), found.left_out) == (3, 1)
    assert found.differing()["question"].tolist() == ["1?", "2?", "3?"]
    assert compare(one, one)["same"].all()
    assert found.summary()["tokens"].tolist() == [45, 45]
    assert "3 rows · 3 changed · 1 row in one result only" in found._repr_html_()
    assert "3 rows   3 changed" in repr(found[["same", *found.columns.drop("same")]])
    assert "changed" not in repr(found[["question", "same"]])
    assert repr(compare(one, two[:0])).startswith("no rows in both results   4 rows")
    for wrong in ("missing", "error", "side"):
        with pytest.raises(ConfigError):
            compare(one.assign(side="left"), two.assign(side="left"), on=wrong)
