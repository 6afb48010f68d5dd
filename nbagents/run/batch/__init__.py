"""An agent run over a table."""
