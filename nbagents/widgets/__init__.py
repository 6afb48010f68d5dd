"""Widgets: one Python file and one plain ES module each."""
