"""Traces that are taken out, and files that others have open or an older nbagents wrote."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from agents import custom_span, trace

from nbagents._sqlite import MIGRATIONS, connect
from nbagents._sqlite.backup import backup_path
from nbagents.errors import ConfigError, TraceNotFoundError, TraceRunningError
from nbagents.tracing.stored.store import TraceStore


def run(name, size=0):
    with trace(name), custom_span("step", {"text": "a lamp, " * size}):
        pass


def left(store):
    return [record.name for record in reversed(store.records())]


def test_delete_takes_spans_and_notes_along(processor, store, path):
    """What is deleted leaves no row; the rest stays."""
    for name in ("a", "b", "c"):
        run(name)
    first, second = store.records()[1:]
    store.annotate(first, "good")
    assert store.delete(first, second.trace_id) == 2
    assert left(store) == ["c"]
    assert store.notes().empty
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM nb_spans").fetchone() == (1,)


def test_delete_is_all_or_nothing(processor, store):
    """A trace that is not there, or still runs, keeps the others."""
    run("a")
    with pytest.raises(TraceNotFoundError):
        store.delete(store.last(), "nope")
    with trace("b"):
        with pytest.raises(TraceRunningError, match="still running") as info:
            store.delete(*store.records())
        assert info.value.trace_id == store.last().trace_id
    assert left(store) == ["a", "b"]


def test_vacuum_gives_space_back(processor, store, path):
    """The file is smaller by what it says."""
    for name in ("a", "b"):
        run(name, size=50_000)
    assert store.delete(*store.records()) == 2
    assert store.vacuum() >= 500_000
    assert path.stat().st_size < 400_000  # of which every table takes some
    assert store.vacuum() == 0
    run("c")
    assert left(store) == ["c"]
    assert TraceStore(path.parent / "none.db").vacuum() == 0


def test_prune_by_count_and_by_age(processor, store, path):
    """The newest stay, the young stay, what runs stays; nothing to do is no error."""
    for name in "abcd":
        run(name)
    old = int((datetime.now(UTC) - timedelta(days=8)).timestamp() * 1e6)
    store.flush()
    with closing(connect(path)) as connection, connection:
        connection.execute("UPDATE nb_traces SET started_us = ? WHERE name = 'b'", (old,))
    assert store.prune(older_than=timedelta(days=7)) == 1
    assert left(store) == ["a", "c", "d"]
    assert store.prune(keep=2) == 1
    with trace("e"):
        assert store.prune(keep=0) == 2
        assert left(store) == ["e"]
    assert store.prune(keep=1, older_than=timedelta(0)) == 1
    assert store.prune(keep=5) == 0
    assert TraceStore(path.parent / "none.db").prune(keep=1) == 0


@pytest.mark.parametrize("wrong", [{}, {"keep": -1}, {"older_than": timedelta(days=-1)}])
def test_prune_refuses_what_would_be_a_mistake(store, wrong):
    """Neither bound, or a negative one."""
    with pytest.raises(ConfigError):
        store.prune(**wrong)


KERNEL = """
import sys
from agents import custom_span, trace
from agents.tracing import set_trace_processors
from nbagents.tracing.capture.processor import NotebookTracingProcessor
from nbagents.tracing.stored.store import TraceStore
set_trace_processors([NotebookTracingProcessor("lamp.nbagents.db")])
store = TraceStore("lamp.nbagents.db")
def run(n):
    with trace(f"{sys.argv[1]} {n}") as made:
        for step in range(4):
            with custom_span(f"step {step}"): pass
    if n % 10 == 0:
        store.annotate(made.trace_id, "seen")
run(0), run(1)
print(len(store.records()), flush=True)
for n in range(2, 20):
    run(n)
print(len(store.records()), flush=True)
"""


def test_two_kernels_write_and_read_one_file(tmp_path, path, store):
    """Both write at the same time, annotate and read, while a third deletes and vacuums: nothing else is lost."""
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, name],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("left", "right")
    ]
    for kernel in kernels:
        assert int(kernel.stdout.readline()) >= 2
    store.delete(next(record for record in store.records() if record.name == "left 1"))
    store.vacuum()
    for kernel in kernels:
        with kernel:
            assert int(kernel.stdout.read()) >= 20
        assert kernel.returncode == 0
    records = {record.name: record for record in store.records()}
    assert sorted(records) == sorted({f"{side} {n}" for side in ("left", "right") for n in range(20)} - {"left 1"})
    assert all([s.name for s in r.spans] == [f"step {n}" for n in range(4)] for r in records.values())
    assert store.notes()["label"].tolist() == ["seen"] * 4


def test_a_file_of_an_older_version_is_copied_and_read(path, store):
    """Traces that an older nbagents wrote are there, and the file as it was lies beside."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute("CREATE TABLE nb_migrations (number INTEGER PRIMARY KEY, applied_at TEXT)")
        connection.execute("INSERT INTO nb_migrations (number) VALUES (1)")
        connection.execute("INSERT INTO nb_traces VALUES ('t', 'old', NULL, NULL, 1, 2, NULL, 'gone:1:0')")
        connection.execute(
            "INSERT INTO nb_spans (trace_id, seq, span_id, type, name, started_us, ended_us) "
            "VALUES ('t', 0, 's', 'custom', 'step', 1, 2)"
        )
    store.annotate("t", "old but good")
    assert [span.name for span in store.last().spans] == ["step"]
    with closing(sqlite3.connect(backup_path(path, 1))) as copy:
        assert copy.execute("SELECT name FROM nb_traces").fetchall() == [("old",)]
        assert copy.execute("SELECT max(number) FROM nb_migrations").fetchone() == (1,)
