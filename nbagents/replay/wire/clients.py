"""OpenAI's clients, which let an error of ours through: openai itself would make one of its own of it.

They are asked for an address wherever a WebSocket is about to be opened: a streamed transcription of the SDK,
the realtime API, Responses by WebSocket. In modes record and replay that address is ours (see ``relay.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import openai

from nbagents.errors import OfflineError
from nbagents.replay.wire.playback import ERROR

if TYPE_CHECKING:
    import httpx2

    from nbagents.replay.wire.transport import Seam

__all__ = ["AsyncSeamOpenAI", "SeamOpenAI"]

_SAME = "ws://same.invalid"  # openai's copy() asks for the address where it is given none
_INSTEAD = (
    "for speech use nbagents.VoicePipeline (or AudioInput with the SDK's), for realtime nbagents.RealtimeAgent, "
    "for Responses the transport 'http'"
)


class _OnTheSeam:
    """What both clients have."""

    seam: Seam | None = None
    _address: str | httpx2.URL | None = None

    @property
    def websocket_base_url(self) -> Any:  # noqa: ANN401 - an address as openai keeps it
        """Where WebSockets go.

        Raises:
            OfflineError: The mode is offline.
            ConfigError: A proxy of the environment is in the way of a recording or a replay.
        """
        if self.seam is None or self.seam.mode == "live":
            return self._address
        if self.seam.mode == "offline":
            raise OfflineError(f"offline nothing answers a WebSocket of openai: {_INSTEAD}", endpoint="websocket")
        return self.seam.relay.address(str(self._address or self.base_url))  # type: ignore[attr-defined]  # openai's

    @websocket_base_url.setter
    def websocket_base_url(self, address: str | httpx2.URL | None) -> None:
        """Set where WebSockets go; None is openai's own address."""
        self._address = address

    def copy(self, **options: Any) -> Self:  # noqa: ANN401 - openai's own
        """Return a client with other options, on the same seam."""
        made: Self = super().copy(**{"websocket_base_url": _SAME, **options})  # type: ignore[misc]  # openai's
        made.seam = self.seam
        if made._address == _SAME:
            made.websocket_base_url = self._address
        return made

    with_options = copy

    def _make_status_error(
        self, err_msg: str, *, body: object, response: httpx2.Response
    ) -> openai.APIStatusError:
        error = response.extensions.get(ERROR)
        if isinstance(error, Exception):
            raise error from None  # nothing was asked, so that no HTTP error is the reason
        made: openai.APIStatusError = super()._make_status_error(  # type: ignore[misc]  # openai's
            err_msg, body=body, response=response
        )
        return made


class AsyncSeamOpenAI(_OnTheSeam, openai.AsyncOpenAI):
    """``AsyncOpenAI`` on the seam."""


class SeamOpenAI(_OnTheSeam, openai.OpenAI):
    """``OpenAI`` on the seam."""
