"""A conversation as it is recorded and as it is replayed: what was sent, what was received, and its sounds."""
