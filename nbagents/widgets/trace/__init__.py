"""A trace as a strip that opens into a tree, a Gantt chart and details."""
