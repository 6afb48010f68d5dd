from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from nbagents import errors
from nbagents._sqlite import MIGRATIONS, connect, migrate


def test_a_file_is_opened_in_wal_with_a_patient_timeout(tmp_path):
    """Readers and a writer do not block each other, and a busy file is waited for."""
    connection = connect(tmp_path / "a.db")
    modes = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "busy_timeout")]
    connection.close()
    assert modes == ["wal", 30_000]


def test_a_missing_folder_is_named(tmp_path):
    """The error names the folder, and nothing is made."""
    path = tmp_path / "no" / "a.db"
    with pytest.raises(errors.StoreOpenError, match="there is no folder") as info:
        connect(path)
    assert info.value.path == path
    assert not path.parent.exists()


def test_a_file_that_is_not_sqlite_is_left_alone(tmp_path):
    """A text file is refused with its name, and its bytes stay."""
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, not a database\n" * 50)
    before = path.read_bytes()
    with pytest.raises(errors.StoreOpenError, match="not a SQLite file"):
        connect(path)
    assert path.read_bytes() == before


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs Linux's /proc, where even root may not write")
def test_an_unwritable_folder_is_an_open_error():
    """Permission problems are said as such."""
    with pytest.raises(errors.StoreOpenError, match="cannot be written"):
        connect("/proc/self/a.db")


def test_a_folder_in_place_of_a_file_is_an_open_error(tmp_path):
    """A path that is a folder is refused as what it is."""
    with pytest.raises(errors.StoreOpenError, match="is a folder; name a file in it"):
        connect(tmp_path)


_SPARING = """
import resource, sys
from nbagents import errors
from nbagents._sqlite import connect
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    connect(sys.argv[1])
except errors.StoreOpenError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix limits open files so")
def test_a_process_without_a_file_to_spare_is_told_so(tmp_path):
    """Hundreds of open sessions meet the limit of open files: that is said, not something about permissions."""
    command = [sys.executable, "-c", _SPARING, str(tmp_path / "lamp.db")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "as many files open as it may" in said.stdout


def test_migrations_are_applied_once(tmp_path):
    """A second migration of the same file does nothing, and leaves the number."""
    connection = connect(tmp_path / "a.db")
    migrate(connection, "a.db")
    migrate(connection, "a.db")
    rows = connection.execute("SELECT number FROM nb_migrations").fetchall()
    connection.close()
    assert rows == [(number,) for number in range(1, len(MIGRATIONS) + 1)]


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    """A schema we do not know is not guessed at."""
    connection = connect(tmp_path / "a.db")
    migrate(connection, "a.db")
    connection.execute("INSERT INTO nb_migrations (number) VALUES (999)")
    with pytest.raises(errors.SchemaError, match="newer nbagents"):
        migrate(connection, "a.db")
    connection.close()


def test_a_failed_migration_leaves_nothing(tmp_path, monkeypatch):
    """A migration is one transaction: a bad statement takes its neighbours with it."""
    connection = connect(tmp_path / "a.db")
    monkeypatch.setattr(
        "nbagents._sqlite.migrations.MIGRATIONS", ("CREATE TABLE nb_a (x); CREATE TABEL nb_b (x)",)
    )
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, "a.db")
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == []
