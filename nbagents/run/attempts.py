"""What is tried again: a model call that failed for a passing reason, and a run whose model spoke nonsense.

A call is tried again by the SDK's own runner, so that the tools of a row are not called twice for it. The OpenAI
client's hidden retries are turned off: they would wait as they like and be counted by nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents import ModelRetryBackoffSettings, ModelRetrySettings, MultiProvider, RetryDecision
from agents.models._openai_shared import get_default_openai_client  # there is no public getter

if TYPE_CHECKING:
    from agents import ModelProvider, RetryPolicyContext

    from nbagents.run.pace import Pace

__all__ = ["Attempts", "patient_provider"]

_PASSING = frozenset({408, 409, 429})
_TOO_MANY, _SERVER = 429, 500
_NO_MONEY = "insufficient_quota"  # a 429 that no patience cures
_BACKOFF = ModelRetryBackoffSettings(initial_delay=0.5, max_delay=30, multiplier=2, jitter=True)


@dataclass
class Attempts:
    """The attempts of one row.

    Attributes:
        retries: How many more than one there may be.
        pace: Held when the server says when it wants to be asked again.
        used: How many there were.
    """

    retries: int
    pace: Pace
    used: int = 1

    @property
    def again(self) -> bool:
        """Whether one more is allowed; then it counts as made."""
        if self.used > self.retries:
            return False
        self.used += 1
        return True

    def settings(self) -> ModelRetrySettings:
        """Return what the SDK's runner does when a model call fails."""
        return ModelRetrySettings(max_retries=self.retries, backoff=_BACKOFF, policy=self._decide)

    def _decide(self, failed: RetryPolicyContext) -> RetryDecision:
        error = failed.normalized
        status = error.status_code or 0
        passing = error.is_network_error or error.is_timeout or status in _PASSING or status >= _SERVER
        if not passing or error.error_code == _NO_MONEY or not self.again:
            return RetryDecision(retry=False)
        if status == _TOO_MANY and error.retry_after is not None:
            self.pace.hold(error.retry_after)
        return RetryDecision(retry=True, delay=error.retry_after)


def patient_provider() -> ModelProvider:
    """Return the SDK's default provider, whose client leaves it to us to try again."""
    client = get_default_openai_client()
    return MultiProvider(openai_client=None if client is None else client.with_options(max_retries=0))
