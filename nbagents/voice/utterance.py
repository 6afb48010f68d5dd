"""An utterance while it is spoken: some models listen along, and know it when it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from agents import transcription_span
from agents.voice import STTModel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agents.voice import AudioInput, StreamedAudioInput, StreamedTranscriptionSession, STTModelSettings

    from nbagents.audio.pcm16 import Samples

_TOGETHER = 8  # frames of some 30 ms that a model gets at once where it is behind

__all__ = ["HeardSTTModel", "Listener", "ListeningModel", "Utterance"]


class Listener(Protocol):
    """Recognises an utterance while it is spoken; called on a thread."""

    def feed(self, samples: Samples) -> str:
        """Take in the next samples at 16 kHz, and return what was understood so far."""

    def finish(self) -> str:
        """Return all that was understood."""


@runtime_checkable
class ListeningModel(Protocol):
    """A speech-to-text model that can listen along, such as ``SphinxSTTModel``."""

    def load(self) -> None:
        """Get ready, which may take a second."""

    def listen(self) -> Listener:
        """Begin to listen to an utterance."""


class Utterance:
    """What somebody is saying, given to a model that listens along as fast as it can take it.

    Args:
        model: A model that listens along.
        tell: Is awaited with each new text.
    """

    def __init__(self, model: ListeningModel, tell: Callable[[str], Awaitable[None]]) -> None:
        self._model = model
        self._tell = tell
        self._waiting: list[Samples] = []
        self._news = asyncio.Event()
        self._over = False
        self._task = asyncio.create_task(self._listen())

    def feed(self, samples: Samples) -> None:
        """Take in the next samples at 16 kHz; never waits."""
        self._waiting.append(samples)
        self._news.set()

    def cancel(self) -> None:
        """Stop listening; nobody wants to know any more."""
        self._task.cancel()

    async def text(self) -> str:
        """Say that the utterance is over, and return all that was understood."""
        self._over = True
        self._news.set()
        return await self._task

    async def _listen(self) -> str:
        listener = await asyncio.to_thread(self._model.listen)
        understood = ""
        while not self._over or self._waiting:
            if not self._waiting:
                await self._news.wait()
                self._news.clear()
                continue
            pieces, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            text = await asyncio.to_thread(listener.feed, np.concatenate(pieces))
            if text and text != understood:
                await self._tell(text)
            understood = text
        return await asyncio.to_thread(listener.finish)


class HeardSTTModel(STTModel):
    """A model that has listened along already: the SDK's pipeline asks it for what it knows.

    Args:
        model: The model.
        utterance: What it listened to.
    """

    def __init__(self, model: STTModel, utterance: Utterance) -> None:
        self._model = model
        self._utterance = utterance

    @property
    def model_name(self) -> str:
        """The model's own name."""
        return self._model.model_name

    async def transcribe(
        self,
        input: AudioInput,  # noqa: A002, ARG002 - the SDK's signature; the sound was heard already
        settings: STTModelSettings,  # noqa: ARG002 - likewise
        trace_include_sensitive_data: bool,  # noqa: FBT001 - likewise
        trace_include_sensitive_audio_data: bool,  # noqa: ARG002, FBT001 - likewise
    ) -> str:
        """Return what was understood."""
        with transcription_span(model=self.model_name, input="", input_format="pcm") as span:
            text = await self._utterance.text()
            if trace_include_sensitive_data:
                span.span_data.output = text
            return text

    async def create_session(
        self,
        input: StreamedAudioInput,  # noqa: A002 - the SDK's name
        settings: STTModelSettings,
        trace_include_sensitive_data: bool,  # noqa: FBT001 - the SDK's signature
        trace_include_sensitive_audio_data: bool,  # noqa: FBT001 - likewise
    ) -> StreamedTranscriptionSession:
        """Hand a stream to the model itself."""
        return await self._model.create_session(
            input, settings, trace_include_sensitive_data, trace_include_sensitive_audio_data
        )
