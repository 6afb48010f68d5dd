"""A session as a table to edit."""
