"""Realtime models on the seam: live, offline, recorded or replayed, by the mode when they connect."""

from nbagents.replay.realtime.seam import realtime_model

__all__ = ["realtime_model"]
