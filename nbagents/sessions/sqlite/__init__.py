"""A conversation in one SQLite file: its rows, edit log, branches, search and repair."""
