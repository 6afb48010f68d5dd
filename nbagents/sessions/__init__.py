"""Conversation sessions: stored in SQLite, read as a DataFrame, edited and written back."""
