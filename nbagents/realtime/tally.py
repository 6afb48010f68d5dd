"""Tokens and cost of a session so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from nbagents._optional import require
from nbagents.errors import MissingExtraError

__all__ = ["Tally"]


@dataclass(frozen=True)
class Tally:
    """What the answers of a session used.

    Attributes:
        responses: How many answers.
        input_text: Tokens of text that were read, those from the cache included.
        input_audio: Tokens of sound that were heard, those from the cache included.
        cached: Tokens of both that came from the cache.
        output_text: Tokens of text that were written.
        output_audio: Tokens of sound that were spoken.

    Example:
        >>> usage = {"input_tokens": 30, "output_tokens": 12, "input_token_details": {"audio_tokens": 20}}
        >>> tally = Tally().plus(usage)
        >>> tally.input_text, tally.input_audio, tally.total
        (10, 20, 42)
    """

    responses: int = 0
    input_text: int = 0
    input_audio: int = 0
    cached: int = 0
    output_text: int = 0
    output_audio: int = 0

    @property
    def input(self) -> int:
        """All tokens that went in."""
        return self.input_text + self.input_audio

    @property
    def output(self) -> int:
        """All tokens that came out."""
        return self.output_text + self.output_audio

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output

    def plus(self, usage: dict[str, Any]) -> Tally:
        """Return the tally with one more answer.

        Args:
            usage: Its usage, in the API's words.
        """
        given, made = (usage.get(f"{side}_token_details") or {} for side in ("input", "output"))
        heard, spoken = given.get("audio_tokens") or 0, made.get("audio_tokens") or 0
        return replace(
            self,
            responses=self.responses + 1,
            input_text=self.input_text + (usage.get("input_tokens") or 0) - heard,
            input_audio=self.input_audio + heard,
            cached=self.cached + (given.get("cached_tokens") or 0),
            output_text=self.output_text + (usage.get("output_tokens") or 0) - spoken,
            output_audio=self.output_audio + spoken,
        )

    def cost(self, model: str) -> float | None:
        """Return the cost in US dollars; None where the price list does not know the model, or is not there.

        Args:
            model: The model that answered.
        """
        return _cost(self, model)


@lru_cache(maxsize=64)
def _cost(tally: Tally, model: str) -> float | None:
    try:
        prices: Any = require("genai_prices", extra="cost")
    except MissingExtraError:
        return None
    usage = prices.Usage(
        input_tokens=tally.input,
        input_audio_tokens=tally.input_audio,
        cache_read_tokens=tally.cached,
        output_tokens=tally.output,
        output_audio_tokens=tally.output_audio,
    )
    try:
        return float(prices.calc_price(usage, model, provider_id="openai").total_price)
    except (LookupError, ValueError):
        return None
