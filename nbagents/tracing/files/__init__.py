"""Traces into files that others read, and back."""
