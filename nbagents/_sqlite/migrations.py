"""Our own tables, one numbered migration after the other. A released migration is never edited.

Every name begins with ``nb_``; the SDK's two session tables are made where sessions are stored, not here.
Times are whole microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbagents.errors import SchemaError

if TYPE_CHECKING:
    import sqlite3
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
    "",  # 2: edit log
    "",  # 3: branches
    "",  # 4: catalogue, search, quarantine
    "",  # 5: notes on traces
)


def migrate(connection: sqlite3.Connection, path: Path | str) -> None:
    """Bring a file's ``nb_`` tables up to this version, in one transaction; quick when there is nothing to do.

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
        for number in range(_version(connection) + 1, len(MIGRATIONS) + 1):  # another process may have been first
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
    for statement in MIGRATIONS[number - 1].split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("INSERT INTO nb_migrations (number) VALUES (?)", (number,))
