"""The notebook itself: enabling, magics, and what appears under a cell."""
