"""Our own tables, one numbered migration after the other. A released migration is never edited.

Every name begins with ``nb_``; the SDK's two session tables are made where sessions are stored, not here.
Times are whole microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from nbagents._sqlite.backup import backup
from nbagents.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MIGRATIONS", "migrate"]

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE nb_traces (
        trace_id   TEXT PRIMARY KEY,
        name       TEXT NOT NULL,
        group_id   TEXT,
        metadata   TEXT,
        started_us INTEGER NOT NULL,
        ended_us   INTEGER,
        cell_id    TEXT,
        writer     TEXT NOT NULL
    );
    CREATE INDEX nb_traces_started ON nb_traces (started_us);
    CREATE TABLE nb_spans (
        trace_id   TEXT NOT NULL,
        seq        INTEGER NOT NULL,
        span_id    TEXT NOT NULL,
        parent_id  TEXT,
        type       TEXT NOT NULL,
        name       TEXT NOT NULL,
        agent      TEXT,
        started_us INTEGER NOT NULL,
        ended_us   INTEGER,
        model      TEXT,
        input_tokens     INTEGER,
        output_tokens    INTEGER,
        cached_tokens    INTEGER,
        reasoning_tokens INTEGER,
        error      TEXT,
        payload    TEXT,
        PRIMARY KEY (trace_id, seq)
    );
    CREATE TABLE nb_item_metadata (
        messages_table TEXT NOT NULL,
        message_id     INTEGER NOT NULL,
        metadata       TEXT NOT NULL,
        PRIMARY KEY (messages_table, message_id)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE nb_edit_steps (
        step           INTEGER PRIMARY KEY AUTOINCREMENT,
        messages_table TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        at_us          INTEGER NOT NULL,
        author         TEXT NOT NULL,
        origin         TEXT NOT NULL,
        inserted       INTEGER NOT NULL,
        updated        INTEGER NOT NULL,
        deleted        INTEGER NOT NULL,
        moved          INTEGER NOT NULL,
        newest_before  INTEGER,
        newest_after   INTEGER,
        began_at       TEXT,
        of_step        INTEGER,
        below          INTEGER,
        undo_top       INTEGER,
        redo_top       INTEGER
    );
    CREATE INDEX nb_edit_steps_session ON nb_edit_steps (messages_table, session_id, step);
    CREATE TABLE nb_edit_rows (
        step       INTEGER NOT NULL,
        side       INTEGER NOT NULL,
        id         INTEGER NOT NULL,
        was_id     INTEGER,
        created_at,
        data,
        metadata,
        PRIMARY KEY (step, side, id)
    );
    CREATE INDEX nb_edit_rows_id ON nb_edit_rows (id);
    """,  # 2: edit log
    "",  # 3: nothing; branches came with 7
    "",  # 4: nothing; what lists and searches sessions came with 9
    """
    ALTER TABLE nb_spans ADD COLUMN first_token_us INTEGER;
    CREATE TABLE nb_notes (
        trace_id   TEXT NOT NULL,
        seq        INTEGER,
        label      TEXT NOT NULL,
        note       TEXT,
        score      REAL,
        created_us INTEGER NOT NULL
    );
    CREATE INDEX nb_notes_trace ON nb_notes (trace_id, seq);
    """,  # 5: time to first token; notes on traces
    """
    CREATE TRIGGER nb_edit_steps_stay BEFORE UPDATE ON nb_edit_steps
    BEGIN SELECT raise(ABORT, 'the edit log is only added to'); END;
    CREATE TRIGGER nb_edit_steps_kept BEFORE DELETE ON nb_edit_steps
    BEGIN SELECT raise(ABORT, 'the edit log is only added to'); END;
    CREATE TRIGGER nb_edit_rows_stay BEFORE UPDATE ON nb_edit_rows
    BEGIN SELECT raise(ABORT, 'the edit log is only added to'); END;
    CREATE TRIGGER nb_edit_rows_kept BEFORE DELETE ON nb_edit_rows
    BEGIN SELECT raise(ABORT, 'the edit log is only added to'); END;
    """,  # 6: the edit log is append-only, whoever writes
    """
    CREATE TABLE nb_branches (
        messages_table TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        parent_id      TEXT NOT NULL,
        at_id          INTEGER,
        created_us     INTEGER NOT NULL,
        author         TEXT NOT NULL,
        PRIMARY KEY (messages_table, session_id)
    ) WITHOUT ROWID;
    CREATE INDEX nb_branches_parent ON nb_branches (messages_table, parent_id);
    CREATE TABLE nb_current_branches (
        messages_table TEXT NOT NULL,
        root_id        TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        PRIMARY KEY (messages_table, root_id)
    ) WITHOUT ROWID;
    """,  # 7: branches, and the one that is gone on with
    """
    CREATE TABLE nb_cache (
        cache      TEXT NOT NULL,
        key        TEXT NOT NULL,
        answer     TEXT NOT NULL,
        model      TEXT,
        input_tokens  INTEGER NOT NULL,
        cached_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        created_us INTEGER NOT NULL,
        used_ns    INTEGER NOT NULL,
        PRIMARY KEY (cache, key)
    );
    CREATE INDEX nb_cache_used ON nb_cache (cache, used_ns);
    CREATE TABLE nb_batch_rows (
        batch    TEXT NOT NULL,
        row      TEXT NOT NULL,
        nth      INTEGER NOT NULL,
        output   TEXT,
        error    TEXT,
        attempts INTEGER NOT NULL,
        seconds  REAL NOT NULL,
        tokens   INTEGER NOT NULL,
        cost     REAL,
        trace_id TEXT,
        ended_us INTEGER NOT NULL,
        PRIMARY KEY (batch, row, nth)
    ) WITHOUT ROWID;
    """,  # 8: answers of CachedAgent; rows of map_agent
    """
    CREATE TABLE nb_labels (
        messages_table TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        title          TEXT,
        tags           TEXT NOT NULL,
        PRIMARY KEY (messages_table, session_id)
    ) WITHOUT ROWID;
    CREATE TABLE nb_figures (
        messages_table TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        rows           INTEGER NOT NULL,
        newest         INTEGER,
        step           INTEGER NOT NULL,
        items          INTEGER NOT NULL,
        turns          INTEGER NOT NULL,
        tokens         INTEGER NOT NULL,
        agents         TEXT NOT NULL,
        first_us       INTEGER,
        last_us        INTEGER,
        opening        TEXT,
        PRIMARY KEY (messages_table, session_id)
    ) WITHOUT ROWID;
    CREATE TABLE nb_search_state (
        messages_table TEXT PRIMARY KEY,
        last_id        INTEGER NOT NULL,
        last_step      INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE nb_quarantine (
        number         INTEGER PRIMARY KEY,
        messages_table TEXT NOT NULL,
        session_id     TEXT NOT NULL,
        id             INTEGER NOT NULL,
        created_at,
        data,
        metadata,
        problem        TEXT NOT NULL,
        moved_us       INTEGER NOT NULL,
        author         TEXT NOT NULL
    );
    """,  # 9: titles, tags and figures of sessions; what is searched; rows taken out of histories
)


def migrate(connection: sqlite3.Connection, path: Path | str) -> None:
    """Bring a file's ``nb_`` tables up to this version, in one transaction; quick when there is nothing to do.

    A file that an older nbagents wrote is copied before (see ``backup.py``); when that fails, nothing is changed.

    Raises:
        SchemaError: The file was written by a newer nbagents.
    """
    done = _version(connection)
    if done > len(MIGRATIONS):
        raise SchemaError(
            f"{path} was written by a newer nbagents (schema {done}, this one knows {len(MIGRATIONS)}); "
            "upgrade nbagents, or name another file",
            path=path,
        )
    if done == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = _version(connection)  # another process may have been first
        if 0 < done < len(MIGRATIONS):
            backup(connection, done)
        for number in range(done + 1, len(MIGRATIONS) + 1):
            _apply(connection, number)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _version(connection: sqlite3.Connection) -> int:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'nb_migrations'").fetchone()
    if known is None:
        return 0
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM nb_migrations").fetchone()[0])


def _apply(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS nb_migrations ("
        "number INTEGER PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    )
    for statement in _statements(MIGRATIONS[number - 1]):
        connection.execute(statement)
    connection.execute("INSERT INTO nb_migrations (number) VALUES (?)", (number,))


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: ``executescript`` would commit before the first."""
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):  # a trigger holds statements of its own
            yield statement
            statement = ""
