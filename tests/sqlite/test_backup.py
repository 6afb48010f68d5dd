"""A file that an older nbagents wrote is copied before it is changed."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing

import pytest

from nbagents import errors
from nbagents._sqlite import MIGRATIONS, connect, migrate, migrations, translate
from nbagents._sqlite.backup import backup_path

NEWEST = len(MIGRATIONS)


def older(path, schema):
    """Make a file as the version with that many migrations left it, with a trace in it."""
    with closing(connect(path)) as connection:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:schema])
            migrate(connection, path)
        with connection:
            connection.execute(
                "INSERT INTO nb_traces (trace_id, name, started_us, writer) VALUES ('t1', 'old', 1, 'w')"
            )


def names(path):
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("SELECT max(number) FROM nb_migrations").fetchone()
        return version, connection.execute("SELECT name FROM nb_traces").fetchall()


@pytest.mark.parametrize("schema", range(1, NEWEST))
def test_what_an_older_version_wrote_is_copied_and_then_migrated(schema, tmp_path):
    """The copy has the old tables and all rows, those in the write-ahead log too; the file the new ones."""
    path = tmp_path / "lamp.db"
    older(path, schema)
    with closing(connect(path)) as connection:
        migrate(connection, path)
    assert names(path) == (NEWEST, [("old",)])
    assert names(backup_path(path, schema)) == (schema, [("old",)])
    assert sorted(file.name for file in tmp_path.glob("*.bak*")) == [f"lamp.db.schema-{schema}.bak"]


def test_a_fresh_file_and_one_that_is_current_are_not_copied(tmp_path):
    """Nor is one that has only tables of others, the SDK's sessions say."""
    with closing(connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE agent_sessions (session_id)")
        migrate(connection, tmp_path / "a.db")
        migrate(connection, tmp_path / "a.db")
    with closing(connect(":memory:")) as connection:
        migrate(connection, ":memory:")
    assert list(tmp_path.glob("*.bak*")) == []


def test_a_copy_that_is_there_is_kept(tmp_path):
    """The first copy is the one made before anything was changed."""
    path = tmp_path / "lamp.db"
    older(path, 1)
    backup_path(path, 1).write_bytes(b"the first copy")
    with closing(connect(path)) as connection:
        migrate(connection, path)
    assert backup_path(path, 1).read_bytes() == b"the first copy"
    assert names(path)[0] == NEWEST


def test_where_no_copy_can_be_made_nothing_is_changed(tmp_path):
    """The error is SQLite's, and the file stays as the older version left it."""
    path = tmp_path / "lamp.db"
    older(path, 1)
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        blocked = tmp_path / f"{backup_path(path, 1).name}.{multiprocessing.current_process().pid}"
        blocked.mkdir()
        with pytest.raises((sqlite3.Error, OSError)) as info:
            migrate(connection, path)
        assert not connection.in_transaction
    if isinstance(info.value, sqlite3.Error):
        assert isinstance(translate(info.value, path), errors.StoreError)
    blocked.rmdir()
    assert names(path) == (1, [("old",)])


def _migrate(path, gate):
    gate.wait(30)
    with closing(connect(path)) as connection:
        migrate(connection, path)


def test_several_processes_that_open_an_old_file_at_once(tmp_path):
    """One of them copies and migrates, the others find it done; the copy is of the old state."""
    path = tmp_path / "lamp.db"
    older(path, 1)
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(4)
    processes = [context.Process(target=_migrate, args=(path, gate)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert names(path)[0] == NEWEST
    assert names(backup_path(path, 1)) == (1, [("old",)])
