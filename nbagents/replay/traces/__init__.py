"""Ids and times of traces in a replay, and the SDK's own exporter behind the seam."""
