"""What model calls cost, by the price list of the package ``genai-prices`` (extra ``cost``); offline, tokens only.

A price that is not known is None, never 0: a model that is not in the list, a call whose tokens were not counted,
and a model that is not charged by text tokens alone (audio, images), of which a span does not keep the count.
Rules cost nothing, and that is known without a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from nbagents._optional import require
from nbagents.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbagents.tracing.capture.rows import SpanRow

__all__ = ["Cost", "cost_of", "known_cost", "known_price", "total_cost"]

_EXTRA = "cost"
_RULES = "offline-rules"  # what mode offline calls its model
_OTHERWISE_CHARGED = ("audio", "image", "video")


@dataclass(frozen=True, slots=True)
class Cost:
    """What the model calls of a trace cost.

    Attributes:
        usd: In US dollars, or None where the price of a call is not known.
        known_usd: That of the calls whose price is known.
        unknown: The models whose price is not known, each once.
        on: The day whose prices were used, or None where there was no call.
        source: The price list: the package and its version, and when it was updated where that was done.
    """

    usd: float | None
    known_usd: float
    unknown: tuple[str, ...]
    on: date | None
    source: str

    def __str__(self) -> str:
        if self.usd is None:
            rest = f", without it ${self.known_usd:.4f}" if self.known_usd else ""
            return f"unknown (no price for {', '.join(self.unknown)}{rest})"
        dated = f", prices of {self.on}" if self.on else ""
        return f"${self.usd:.4f} ({self.source}{dated})"


def total_cost(calls: Sequence[SpanRow]) -> Cost:
    """Sum up model calls, each at the prices of its own day.

    Args:
        calls: Spans of model calls.

    Raises:
        MissingExtraError: ``genai-prices`` is not installed.
    """
    by_rule = calls and all(call.model == _RULES for call in calls)
    source = "by rule" if by_rule else _source(require("genai_prices", extra=_EXTRA))
    costs = [(call, cost_of(call)) for call in calls]
    known = sum(cost for _, cost in costs if cost is not None)
    unknown = dict.fromkeys(call.model or call.name for call, cost in costs if cost is None)
    last = max((call.started_us for call in calls), default=None)
    day = None if last is None else _moment(last).date()
    return Cost(None if unknown else known, known, tuple(unknown), day, source)


def known_cost(call: SpanRow) -> float | None:
    """Return what a call cost in US dollars; None also where the price list is not installed."""
    try:
        return cost_of(call)
    except MissingExtraError:
        return None


def known_price(model: str | None, given: int, cached: int, answered: int) -> float | None:
    """Return what a call costs today in US dollars; None where that is not known, or the list not installed.

    Args:
        model: The model's name, or None.
        given: Input tokens.
        cached: Of these, those the API had cached.
        answered: Output tokens.
    """
    if model is None:
        return None
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        return _price(model, now, given, cached, answered)
    except MissingExtraError:
        return None


def cost_of(call: SpanRow) -> float | None:
    """Return what a model call cost in US dollars, or None where that is not known.

    Args:
        call: The span of the call.

    Raises:
        MissingExtraError: ``genai-prices`` is not installed.
    """
    if call.model == _RULES:
        return 0.0
    require("genai_prices", extra=_EXTRA)
    if call.model is None or call.input_tokens is None or call.output_tokens is None:
        return None
    tokens = (call.input_tokens, call.cached_tokens or 0, call.output_tokens)
    return _price(call.model, _moment(call.started_us).replace(minute=0, second=0, microsecond=0), *tokens)


@cache
def _price(model: str, moment: datetime, given: int, cached: int, answered: int) -> float | None:
    prices = require("genai_prices", extra=_EXTRA)
    usage = prices.Usage(input_tokens=given, cache_read_tokens=cached, output_tokens=answered)
    provider = "litellm" if "/" in model else None  # there the provider is part of the model's name
    try:
        found = prices.calc_price(usage, model, provider_id=provider, genai_request_timestamp=moment)
    except (LookupError, ValueError):  # not in the list; counts that contradict each other
        return None
    return float(found.total_price) if _by_text_tokens(found.model_price) else None


def _by_text_tokens(price: Any) -> bool:  # noqa: ANN401 - the package is optional
    named = {name for name, value in vars(price).items() if value is not None}
    other = any(word in name for name in named for word in _OTHERWISE_CHARGED)
    return {"input_mtok", "output_mtok"} <= named and not other


def _source(prices: Any) -> str:  # noqa: ANN401 - the package is optional
    snapshot = prices.data_snapshot.get_snapshot()
    updated = f", updated {snapshot.timestamp:%Y-%m-%d}" if snapshot.from_auto_update else ""
    return f"genai-prices {prices.__version__}{updated}"


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
