"""The one SQLite file beside the notebook: where it is, how it is opened, how its tables came about."""

from nbagents._sqlite.connect import BUSY_TIMEOUT_MS, connect, file_at, translate
from nbagents._sqlite.default import default_path, set_default_path
from nbagents._sqlite.migrations import MIGRATIONS, migrate

__all__ = [
    "BUSY_TIMEOUT_MS",
    "MIGRATIONS",
    "connect",
    "default_path",
    "file_at",
    "migrate",
    "set_default_path",
    "translate",
]
