"""A conversation in Redis."""
