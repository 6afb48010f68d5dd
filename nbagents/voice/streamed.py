"""Transcripts of OpenAI's that are told while they are written; all the rest is the SDK's model."""

from __future__ import annotations

from copy import copy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from agents.voice import OpenAISTTModel
from openai import BadRequestError
from openai.types.audio import Transcription

from nbagents.errors import VoiceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Callable

    from agents.voice import STTModel
    from openai import AsyncOpenAI
    from openai.types.audio import TranscriptionStreamEvent

__all__ = ["streamed"]


def streamed(model: STTModel, tell: Callable[[str], Awaitable[None]]) -> STTModel:
    """Return a model that tells what it has written so far, where it is one of OpenAI's; else the same.

    Args:
        model: A speech-to-text model.
        tell: Is awaited with each longer text, before the transcript is complete. A model that cannot stream, such
            as ``whisper-1``, tells nothing.
    """
    if not isinstance(model, OpenAISTTModel):
        return model
    telling: Any = copy(model)
    transcriptions = _Transcriptions(telling._client, tell)  # noqa: SLF001 - the SDK offers no other way to it
    telling._client = SimpleNamespace(audio=SimpleNamespace(transcriptions=transcriptions))  # noqa: SLF001 - likewise
    told: STTModel = telling
    return told


class _Transcriptions:
    """What the SDK's model asks of its client: the same transcript, asked for as a stream."""

    def __init__(self, client: AsyncOpenAI, tell: Callable[[str], Awaitable[None]]) -> None:
        self._client = client
        self._tell = tell

    async def create(self, **asked: Any) -> Transcription:  # noqa: ANN401 - what the API takes
        """Transcribe a sound as ``audio.transcriptions.create`` does, telling what is known on the way."""
        transcriptions = self._client.audio.transcriptions
        try:
            async with transcriptions.with_streaming_response.create(**asked, stream=True) as reply:
                if reply.headers.get("content-type", "").startswith("text/event-stream"):
                    return Transcription(text=await self._follow(await reply.parse()))
                return Transcription(text=(await reply.json())["text"])  # whisper-1 takes no notice of stream
        except BadRequestError as exc:
            if exc.param != "stream":
                raise
        asked["file"][1].seek(0)
        said: Transcription = await transcriptions.create(**asked)
        return said

    async def _follow(self, events: AsyncIterable[TranscriptionStreamEvent]) -> str:
        text = ""
        async for event in events:
            if event.type == "transcript.text.delta":
                text += event.delta
                await self._tell(text.strip())
            elif event.type == "transcript.text.done":
                return event.text
        raise VoiceError("the transcript broke off before it was complete", stage="transcribe")
