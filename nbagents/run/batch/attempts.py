"""What is tried again: a model call that failed for a passing reason, and a run whose model spoke nonsense.

A call is tried again by the SDK's own runner, so that the tools of a row are not called twice for it. The OpenAI
client's hidden retries are turned off: they would wait as they like and be counted by nobody.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents import (
    ModelRetryBackoffSettings,
    ModelRetrySettings,
    ModelSettings,
    MultiProvider,
    RetryDecision,
    RunConfig,
)
from agents.models._openai_shared import get_default_openai_client  # there is no public getter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents import RetryPolicyContext

    from nbagents.run.batch.pace import Pace

__all__ = ["Attempts", "patient_config"]

_PASSING = frozenset({408, 409, 429})
_TOO_MANY, _SERVER = 429, 500
_NO_MONEY = "insufficient_quota"  # a 429 that no patience cures
_BACKOFF = ModelRetryBackoffSettings(initial_delay=0.5, max_delay=30, multiplier=2, jitter=True)

_current: ContextVar[Attempts | None] = ContextVar("nbagents_attempts", default=None)


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

    def again(self) -> bool:
        """Tell whether one more is allowed; then it counts as made."""
        if self.used > self.retries:
            return False
        self.used += 1
        return True

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Let model calls inside be this row's attempts."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


def patient_config(retries: int) -> RunConfig:
    """Return how the rows of a batch are run: what fails for a passing reason is tried again, and counted.

    One for all rows: the SDK takes a millisecond to check a configuration.

    Args:
        retries: How many attempts more than one a row may have.
    """
    retry = ModelRetrySettings(max_retries=retries, backoff=_BACKOFF, policy=_decide)
    client = get_default_openai_client()
    provider = MultiProvider(openai_client=None if client is None else client.with_options(max_retries=0))
    return RunConfig(model_provider=provider, model_settings=ModelSettings(retry=retry))


def _decide(failed: RetryPolicyContext) -> RetryDecision:
    error, attempts = failed.normalized, _current.get()
    status = error.status_code or 0
    passing = error.is_network_error or error.is_timeout or status in _PASSING or status >= _SERVER
    if attempts is None or not passing or error.error_code == _NO_MONEY or not attempts.again():
        return RetryDecision(retry=False)
    if status == _TOO_MANY and error.retry_after is not None:
        attempts.pace.hold(error.retry_after)
    return RetryDecision(retry=True, delay=error.retry_after)
