"""A panel to chat in, and how far a table of runs is."""
