"""Traces as plain Plotly figures."""
