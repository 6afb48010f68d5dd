"""OpenAI's clients, which let an error of ours through: openai itself would make one of its own of it.

They are asked for an address wherever a WebSocket is about to be opened: a streamed transcription of the SDK,
the realtime API, Responses by WebSocket. Nothing is recorded there, so that it is an error in all modes but live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import openai

from nbagents.errors import NetworkRefusedError, OfflineError
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
            NetworkRefusedError: The mode is record or replay.
        """
        if self.seam is not None:
            _refuse_websocket(self.seam)
        return self._address

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


def _refuse_websocket(seam: Seam) -> None:
    if seam.mode == "live":
        return
    if seam.mode == "offline":
        raise OfflineError(f"offline nothing answers a WebSocket of openai: {_INSTEAD}", endpoint="websocket")
    place = seam.deck.place()
    if seam.deck.player is not None:
        seam.deck.player.report.refused(place, "a WebSocket of openai")
    raise NetworkRefusedError(
        f"{place} opens a WebSocket of openai, which mode {seam.mode} keeps nothing of: {_INSTEAD}",
        host="",
        cell=place.cell,
    )
