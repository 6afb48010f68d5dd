from __future__ import annotations

import re
from contextlib import closing

import pytest
from agents import custom_span, trace

from nbagents import last_trace, traces
from nbagents._sqlite import connect, migrate, set_default_path
from nbagents.errors import ConfigError, SchemaError, StoreError, StoreOpenError, TraceNotFoundError
from nbagents.tracing.columns import SPAN_COLUMNS, TRACE_COLUMNS
from nbagents.tracing.stored.store import TraceStore


def run(name, *, trace_id=None, spans=1):
    with trace(name, trace_id=trace_id):
        for number in range(spans):
            with custom_span(f"{name} {number}", {"n": number}):
                pass


def test_what_was_run_is_what_is_read(processor, store):
    """A read waits for what is queued, without anybody flushing."""
    for number in range(20):
        run(f"run {number}", spans=5)
        assert len(store.last().spans) == 5
    assert list(store.traces()["name"]) == [f"run {n}" for n in reversed(range(20))]


def test_frames_have_their_columns_and_types(processor, store):
    """The columns of the table, with the same types also when there are no rows."""
    empty = store.traces()
    run("run", spans=2)
    full = store.traces()
    assert list(full.columns) == [column.name for column in TRACE_COLUMNS]
    assert empty.dtypes.equals(full.dtypes)
    spans = store.last().to_frame()
    assert list(spans.columns) == [column.name for column in SPAN_COLUMNS]
    assert list(spans["name"]) == ["run 0", "run 1"]
    assert str(spans["input_tokens"].dtype) == "Int64"
    assert spans["started_at"].dt.tz is not None


def test_a_limit_counts_the_newest(processor, store):
    """`limit` keeps the newest; 0 is none; a negative one is refused."""
    for name in ("a", "b", "c"):
        run(name)
    assert [record.name for record in store.records(2)] == ["c", "b"]
    assert store.records(0) == []
    with pytest.raises(ConfigError, match="limit is -1"):
        store.records(-1)


def test_a_trace_is_found_by_the_beginning_of_its_id(processor, store):
    """A whole id, or a beginning that no other shares; otherwise the error says which."""
    run("one", trace_id="trace_abc1")
    run("two", trace_id="trace_abd2")
    assert store.get("trace_abc1").name == "one"
    assert store.get("trace_abd").name == "two"
    with pytest.raises(TraceNotFoundError, match="more than one trace begins with") as info:
        store.get("trace_ab")
    assert info.value.trace_id == "trace_ab"
    with pytest.raises(TraceNotFoundError, match="there is no trace 'nope'"):
        store.get("nope")
    with pytest.raises(TraceNotFoundError, match="no trace '%'"):
        store.get("%")


def test_nothing_yet_says_what_to_do(store):
    """An empty file, or none, tells how traces come about, and reading makes no file."""
    with pytest.raises(TraceNotFoundError, match="run an agent after"):
        store.last()
    assert store.traces().empty
    assert not store.path.exists()


def test_a_payload_is_read_when_it_is_asked_for(processor, store):
    """A span's payload is its own; one that is not there is an error with its number."""
    run("run", spans=3)
    record = store.last()
    assert [span.data["n"] for span in record.spans] == [0, 1, 2]
    with pytest.raises(TraceNotFoundError, match="no span number 7"):
        store.payload(record.trace_id, 7)


def test_the_notebooks_own_file_is_the_default(processor, path):
    """`traces()` and `last_trace()` read the file that `enable()` named."""
    run("run")
    set_default_path(path)
    assert list(traces()["name"]) == ["run"]
    assert last_trace().name == "run"


def test_foreign_and_newer_files_are_refused(tmp_path):
    """A file that is not ours to read is named, and left as it is."""
    notes = tmp_path / "notes.db"
    notes.write_text("not a database at all, only my notes\n" * 40)
    with pytest.raises(StoreOpenError, match="not a SQLite file"):
        TraceStore(notes).traces()
    newer = tmp_path / "newer.db"
    connection = connect(newer)
    migrate(connection, newer)
    with connection:
        connection.execute("INSERT INTO nb_migrations (number) VALUES (999)")
    connection.close()
    with pytest.raises(SchemaError, match="newer nbagents"):
        TraceStore(newer).last()


def test_a_file_of_somebody_else_s_keeps_its_tables(tmp_path):
    """A SQLite file with other tables, a session's say, has no traces and loses nothing."""
    other = tmp_path / "other.db"
    with closing(connect(other)) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES ('mine')")
    assert TraceStore(other).traces().empty
    with closing(connect(other)) as connection:
        assert connection.execute("SELECT text FROM notes").fetchall() == [("mine",)]


def test_a_damaged_file_is_an_error_of_ours(processor, store, path):
    """What SQLite says of a file whose pages were overwritten names the file."""
    for number in range(200):
        run(f"run {number}")
    processor.force_flush()
    processor.shutdown()
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match=re.escape(str(path))) as info:
        TraceStore(path).records()
    assert info.value.path == path


def test_a_payload_that_was_damaged_names_its_span(processor, store, path):
    """A row changed by hand is told by its number; the others can be read."""
    run("run", spans=2)
    record = store.last()
    with closing(connect(path)) as connection, connection:
        connection.execute("UPDATE nb_spans SET payload = '{broken' WHERE seq = 1")
    assert record.spans[0].data == {"n": 0}
    with pytest.raises(StoreError, match="payload of span number 1 of trace"):
        _ = record.spans[1].data


def test_a_record_says_what_it_is_in_a_line(processor, store):
    """A repr is short."""
    run("lamp", spans=2)
    record = store.last()
    assert repr(record).startswith("<TraceRecord lamp  ")
    assert "2 spans" in repr(record)
    assert repr(record.spans[0]).startswith("<SpanRecord custom 'lamp 0', ")
    assert set(record._repr_mimebundle_()) == {"text/html", "text/plain"}
