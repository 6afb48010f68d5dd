"""A model made of rules: answers /v1/responses and /v1/chat/completions with no network and no weights.

Everything here is pure: a request's bytes go in, an answer's bytes come out; the same ones for the same ones.
"""

from __future__ import annotations

from nbagents.replay.offline.http import Answer, refuse
from nbagents.replay.offline.route import answer

__all__ = ["Answer", "answer", "refuse"]
