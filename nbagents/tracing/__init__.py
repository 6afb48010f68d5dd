"""Traces: from the SDK's callbacks to rows in SQLite, and from rows to records, frames and figures."""
